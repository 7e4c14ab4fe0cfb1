"""An outside client drives the pay sandbox: wechatpayv3 over real HTTP, its gateway set to ours (decision 0016)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.connectors.wechatpay.stand_in import DEFAULT, StandIn
from wechatpayv3 import WeChatPay, WeChatPayType

from qunflow.connectors.wechatpay.client import PayClient


@pytest.fixture
def library(stand_in: StandIn) -> Iterator[Any]:
    keys, secret = stand_in.keys, stand_in.secrets()
    made: Any = WeChatPay(
        WeChatPayType.JSAPI,
        DEFAULT.mchid,
        secret["private_key"],
        keys.serial_no,
        DEFAULT.appid,
        secret["api_v3_key"],
        notify_url="http://127.0.0.1:9/none",
        public_key=secret["public_key"],
        public_key_id=keys.public_key_id,
        timeout=(3, 10),
    )
    made._core._gate_way = stand_in.url
    yield made


def test_its_transfer_is_made_queried_and_cancelled(library: Any, new_number: Callable[[], str]) -> None:
    number = new_number()
    infos = [
        {"info_type": "活动名称", "info_content": "冬季活动"},
        {"info_type": "奖励说明", "info_content": "活动奖励"},
    ]
    code, text = library.mch_transfer_bills(
        number, "1000", "o-lib", 188, "活动奖励", transfer_scene_report_infos=infos, appid=DEFAULT.appid
    )
    assert code == 200 and json.loads(text)["state"] == "WAIT_USER_CONFIRM", text
    code, text = library.mch_transfer_bills_query(out_bill_no=number)
    assert code == 200 and json.loads(text)["transfer_amount"] == 188
    code, text = library.mch_transfer_bills_cancel(number)
    assert code == 200 and json.loads(text)["state"] == "CANCELLED"


def test_its_order_is_prepared_paid_and_refunded_in_part(
    library: Any, stand_in: StandIn, new_number: Callable[[], str]
) -> None:
    number = new_number()
    amount, payer = {"total": 990}, {"openid": "o-lib"}
    code, text = library.pay("活动商品", number, amount, payer)
    assert code == 200, text
    stand_in.act("/phone/pay", prepay_id=json.loads(text)["prepay_id"])
    code, text = library.query(out_trade_no=number)
    assert json.loads(text)["trade_state"] == "SUCCESS"
    code, text = library.refund(f"{number}r", {"refund": 90, "total": 990, "currency": "CNY"}, out_trade_no=number)
    assert code == 200 and json.loads(text)["amount"]["refund"] == 90
    assert library.close(number)[0] == 400


def test_its_wrong_key_is_refused(library: Any, stand_in: StandIn) -> None:
    library._core._private_key = stand_in.keys.platform
    code, text = library.mch_transfer_bills_query(out_bill_no="none")
    assert (code, json.loads(text)["code"]) == (401, "SIGN_ERROR")


def test_both_sign_a_payment_so_that_the_other_side_could_check_it(library: Any, client: PayClient) -> None:
    values = client.payment_values("wx123")
    ours = [values["appId"], values["timeStamp"], values["nonceStr"], values["package"]]
    assert values["paySign"] == library.sign(ours)
