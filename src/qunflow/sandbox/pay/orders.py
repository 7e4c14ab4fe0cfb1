"""Orders that are paid inside WeChat (JSAPI), and their refunds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from qunflow.sandbox.pay.fields import TRADE_NUMBER, fen, number, text, url, wrong
from qunflow.sandbox.pay.world import Data, Order, PayRefusal, PayWorld, Refund

_DAYS = 7


def create(world: PayWorld, body: Data) -> Data:
    """Prepare an order; again with the same values it answers a prepay id anew."""
    if body.get("mchid") != world.settings.mchid or body.get("appid") != world.settings.appid:
        raise PayRefusal(400, "APPID_MCHID_NOT_MATCH", "商户号和appid没有绑定关系")
    out_trade_no = number(body, "out_trade_no", TRADE_NUMBER)
    text(body, "description", 127)
    text(body, "attach", 128, 0)
    total = fen(body.get("amount"), "total")
    payer = body.get("payer")
    openid = text(payer if isinstance(payer, dict) else {}, "openid", 128)
    notify_url, expires = url(body, "notify_url"), _expires(world, body)
    known = world.orders.get(out_trade_no)
    if known is not None:
        if known.state in ("SUCCESS", "REFUND"):
            raise PayRefusal(400, "ORDERPAID", "该订单已支付")
        if known.state == "CLOSED":
            raise PayRefusal(400, "ORDER_CLOSED", "订单已关闭")
        if known.asked != body:
            raise PayRefusal(400, "OUT_TRADE_NO_USED", "商户订单号重复")
        return {"prepay_id": known.prepay}
    order = Order(out_trade_no, world.next_id("wx"), openid, total, notify_url, body, expires)
    world.orders[out_trade_no] = order
    return {"prepay_id": order.prepay}


def _expires(world: PayWorld, body: Data) -> datetime:
    now = world.clock.now()
    if "time_expire" not in body:
        return now + timedelta(days=_DAYS)
    try:
        at = datetime.fromisoformat(text(body, "time_expire", 64))
    except ValueError:
        raise wrong("time_expire") from None
    if at.tzinfo is None or at <= now or at > now + timedelta(days=_DAYS):
        raise wrong("time_expire")
    return at


def read(world: PayWorld, path: Mapping[str, str], query: Mapping[str, str]) -> Data:
    """An order by the merchant's number."""
    if query.get("mchid") != world.settings.mchid:
        raise wrong("mchid")
    return world.show_order(_found(world, path["number"]))


def close(world: PayWorld, path: Mapping[str, str], body: Data) -> None:
    """Close an order that was not paid; a closed one stays closed."""
    if body.get("mchid") != world.settings.mchid:
        raise wrong("mchid")
    order = _found(world, path["number"])
    if order.state in ("SUCCESS", "REFUND"):
        raise PayRefusal(400, "ORDERPAID", "该订单已支付")
    order.state = "CLOSED"


def refund(world: PayWorld, body: Data) -> Data:
    """Give back part or all; the same number with the same values answers the one that is there."""
    out_refund_no = text(body, "out_refund_no", 64)
    amount = body.get("amount")
    back, total = fen(amount, "refund"), fen(amount, "total")
    notify_url = url(body, "notify_url", 0)
    order = _found(world, number(body, "out_trade_no", TRADE_NUMBER), "RESOURCE_NOT_EXISTS")
    known = world.refunds.get(out_refund_no)
    if known is not None:
        if known.asked != body:
            raise PayRefusal(400, "INVALID_REQUEST", "退款单号已存在，且参数与原单不一致")
        return world.show_refund(known)
    if order.state not in ("SUCCESS", "REFUND"):
        raise PayRefusal(400, "INVALID_REQUEST", "订单未支付")
    if total != order.fen or order.refunded + back > order.fen:
        raise PayRefusal(400, "INVALID_REQUEST", "退款金额大于可退金额")
    if world.balance < back:
        raise PayRefusal(403, "NOT_ENOUGH", "基本账户余额不足")
    world.balance -= back
    order.refunded, order.state = order.refunded + back, "REFUND"
    made = Refund(out_refund_no, order.number, world.next_id("5030"), back, body, notify_url, world.clock.now())
    world.refunds[out_refund_no] = made
    return world.show_refund(made)


def read_refund(world: PayWorld, path: Mapping[str, str]) -> Data:
    """A refund by the merchant's number."""
    found = world.refunds.get(path["number"])
    if found is None:
        raise PayRefusal(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
    return world.show_refund(found)


def _found(world: PayWorld, out_trade_no: str, code: str = "ORDER_NOT_EXIST") -> Order:
    order = world.orders.get(out_trade_no)
    if order is None:
        raise PayRefusal(404, code, "订单不存在")
    return order
