"""Transfers to people (商家转账): make, query, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qunflow.sandbox.pay.fields import NUMBER, fen, number, text, url, wrong
from qunflow.sandbox.pay.world import CANCELLED, WAITING, Bill, Data, PayRefusal, PayWorld

#: From 0.1 yuan; the default cap of one transfer is 200 yuan.
LEAST, MOST = 10, 20_000
#: Scene → what has to be reported for it.
_REPORTS = {"1000": ("活动名称", "奖励说明")}


def create(world: PayWorld, body: Data) -> Data:
    """Make a transfer; the same number with the same values answers the one that is there."""
    out_bill_no = number(body, "out_bill_no", NUMBER)
    if body.get("appid") != world.settings.appid:
        raise PayRefusal(400, "APPID_MCHID_NOT_MATCH", "商户号和appid没有绑定关系")
    amount = fen(body, "transfer_amount", LEAST, MOST)
    openid, notify_url = text(body, "openid", 64), url(body, "notify_url", 0)
    text(body, "transfer_remark", 32)
    _check_report(text(body, "transfer_scene_id", 36), body.get("transfer_scene_report_infos"))
    known = world.bills.get(out_bill_no)
    if known is not None:
        if known.asked != body:
            raise PayRefusal(400, "INVALID_REQUEST", "商户订单号已存在，且参数与原单不一致")
        return _answer(world, known)
    if world.balance < amount:
        raise PayRefusal(403, "NOT_ENOUGH", "资金不足")
    world.balance -= amount
    bill = Bill(out_bill_no, world.next_id("1330"), openid, amount, notify_url, body, world.clock.now())
    world.bills[out_bill_no] = bill
    return _answer(world, bill)


def _check_report(scene: str, infos: Any) -> None:
    wanted = _REPORTS.get(scene)
    if wanted is None:
        raise PayRefusal(403, "NO_AUTH", "商户未获得该转账场景的权限")
    if not isinstance(infos, list) or not all(isinstance(info, dict) for info in infos):
        raise wrong("transfer_scene_report_infos")
    told = {info.get("info_type"): info.get("info_content") for info in infos}
    if set(told) != set(wanted) or not all(isinstance(value, str) and value for value in told.values()):
        raise PayRefusal(400, "INVALID_REQUEST", "转账场景报备信息不符合要求")


def _answer(world: PayWorld, bill: Bill) -> Data:
    made = {
        "out_bill_no": bill.number,
        "transfer_bill_no": bill.bill_no,
        "create_time": world.stamp(bill.made_at),
        "state": bill.state,
    }
    return {**made, "package_info": f"package-{bill.bill_no}"} if bill.state == WAITING else made


def read(world: PayWorld, path: Mapping[str, str]) -> Data:
    """A transfer by the merchant's number or by the platform's."""
    return world.show_bill(_found(world, path))


def cancel(world: PayWorld, path: Mapping[str, str]) -> Data:
    """Take a transfer back that its person has not taken."""
    bill = _found(world, path)
    if bill.state == WAITING:
        world.end_bill(bill, CANCELLED)
    elif bill.state != CANCELLED:
        raise PayRefusal(400, "INVALID_REQUEST", "当前单据状态不支持撤销")
    return {
        "out_bill_no": bill.number,
        "transfer_bill_no": bill.bill_no,
        "state": bill.state,
        "update_time": world.stamp(bill.changed_at),
    }


def _found(world: PayWorld, path: Mapping[str, str]) -> Bill:
    bill = world.bills.get(path["number"])
    if bill is None:
        bill = next((one for one in world.bills.values() if one.bill_no == path["number"]), None)
    if bill is None:
        raise PayRefusal(404, "NOT_FOUND", "记录不存在")
    return bill
