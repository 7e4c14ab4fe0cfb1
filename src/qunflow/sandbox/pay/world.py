"""What the pay sandbox knows: transfers, orders, refunds, the merchant's balance and the notices that are due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from qunflow.domain.clock import Clock
from qunflow.sandbox.pay.keys import PayKeys
from qunflow.sandbox.pay.settings import CallFault, PaySandboxSettings

Data = dict[str, Any]
_CHINA = timezone(timedelta(hours=8))

ACCEPTED, WAITING, SUCCESS, FAIL, CANCELLED = "ACCEPTED", "WAIT_USER_CONFIRM", "SUCCESS", "FAIL", "CANCELLED"


class PayRefusal(Exception):
    """A call that is refused with an HTTP status and a code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(slots=True)
class Bill:
    """One transfer. ``asked`` are the values it was made with: the same number with others is refused."""

    number: str
    bill_no: str
    openid: str
    fen: int
    notify_url: str
    asked: Data
    made_at: datetime
    state: str = WAITING
    fail_reason: str = ""
    changed_at: datetime | None = None


@dataclass(slots=True)
class Order:
    """One order that is paid inside WeChat. ``state``: NOTPAY, SUCCESS, REFUND, CLOSED."""

    number: str
    prepay: str
    openid: str
    fen: int
    notify_url: str
    asked: Data
    expires_at: datetime
    state: str = "NOTPAY"
    transaction: str = ""
    paid_at: datetime | None = None
    refunded: int = 0


@dataclass(slots=True)
class Refund:
    """One refund of an order. ``state``: PROCESSING, SUCCESS."""

    number: str
    order: str
    refund_id: str
    fen: int
    asked: Data
    notify_url: str
    made_at: datetime
    state: str = "PROCESSING"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell the merchant: where, what kind, and what is sealed in it."""

    url: str
    event_type: str
    original_type: str
    resource: Data


@dataclass
class PayWorld:
    """One merchant's side of WeChat Pay; ``tell`` takes notices that are due."""

    settings: PaySandboxSettings
    keys: PayKeys
    clock: Clock
    tell: Callable[[Notice], None]
    balance: int = 0
    bills: dict[str, Bill] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    faults: list[CallFault] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    serial: int = 0

    def next_id(self, prefix: str) -> str:
        """An id of the platform's own."""
        self.serial += 1
        return f"{prefix}{self.serial:020d}"

    def stamp(self, at: datetime | None = None) -> str:
        """An instant as the platform writes it."""
        return (at or self.clock.now()).astimezone(_CHINA).isoformat(timespec="seconds")

    def settle(self) -> None:
        """What waits for an instant happens: transfers that nobody took lapse, refunds arrive."""
        now = self.clock.now()
        limit = timedelta(seconds=self.settings.confirm_seconds)
        for bill in self.bills.values():
            if bill.state == WAITING and now >= bill.made_at + limit:
                self.end_bill(bill, FAIL, "OVERDUE_CLOSE")
        arrive = timedelta(seconds=self.settings.refund_seconds)
        for refund in self.refunds.values():
            if refund.state == "PROCESSING" and now >= refund.made_at + arrive:
                self.end_refund(refund)

    def end_bill(self, bill: Bill, state: str, reason: str = "") -> None:
        """A transfer comes to its end; the merchant gets the money back unless it succeeded, and is told."""
        bill.state, bill.fail_reason, bill.changed_at = state, reason, self.clock.now()
        if state != SUCCESS:
            self.balance += bill.fen
        shown = {**self.show_bill(bill), "mch_id": self.settings.mchid}
        self.tell(Notice(bill.notify_url, "MCHTRANSFER.BILL.FINISHED", "mch_payment", shown))

    def show_bill(self, bill: Bill) -> Data:
        """A transfer as the query tells it."""
        shown = {
            "mch_id": self.settings.mchid,
            "out_bill_no": bill.number,
            "transfer_bill_no": bill.bill_no,
            "appid": bill.asked["appid"],
            "state": bill.state,
            "transfer_amount": bill.fen,
            "transfer_remark": bill.asked["transfer_remark"],
            "openid": bill.openid,
            "create_time": self.stamp(bill.made_at),
            "update_time": self.stamp(bill.changed_at or bill.made_at),
        }
        return {**shown, "fail_reason": bill.fail_reason} if bill.fail_reason else shown

    def pay_order(self, order: Order) -> None:
        """The phone paid; the merchant is told."""
        order.state, order.transaction, order.paid_at = "SUCCESS", self.next_id("42000"), self.clock.now()
        self.balance += order.fen
        shown = self.show_order(order)
        self.tell(Notice(order.notify_url, "TRANSACTION.SUCCESS", "transaction", shown))

    def show_order(self, order: Order) -> Data:
        """An order as the query tells it."""
        shown: Data = {
            "appid": order.asked["appid"],
            "mchid": self.settings.mchid,
            "out_trade_no": order.number,
            "trade_state": order.state,
            "trade_state_desc": order.state,
            "amount": {"total": order.fen, "currency": "CNY"},
        }
        if not order.paid_at:
            return shown
        paid = {
            "transaction_id": order.transaction,
            "trade_type": "JSAPI",
            "bank_type": "OTHERS",
            "success_time": self.stamp(order.paid_at),
            "payer": {"openid": order.openid},
        }
        amount = {"total": order.fen, "payer_total": order.fen, "currency": "CNY", "payer_currency": "CNY"}
        return {**shown, **paid, "amount": amount}

    def end_refund(self, refund: Refund) -> None:
        """A refund arrived at the payer; the merchant is told."""
        refund.state = "SUCCESS"
        order = self.orders[refund.order]
        amount = {"total": order.fen, "refund": refund.fen, "payer_total": order.fen, "payer_refund": refund.fen}
        shown = {
            "mchid": self.settings.mchid,
            "out_trade_no": order.number,
            "transaction_id": order.transaction,
            "out_refund_no": refund.number,
            "refund_id": refund.refund_id,
            "refund_status": "SUCCESS",
            "success_time": self.stamp(),
            "user_received_account": "零钱",
            "amount": amount,
        }
        if refund.notify_url:
            self.tell(Notice(refund.notify_url, "REFUND.SUCCESS", "refund", shown))

    def show_refund(self, refund: Refund) -> Data:
        """A refund as the query tells it."""
        order = self.orders[refund.order]
        amount = {"total": order.fen, "refund": refund.fen, "payer_total": order.fen, "payer_refund": refund.fen}
        shown = {
            "refund_id": refund.refund_id,
            "out_refund_no": refund.number,
            "transaction_id": order.transaction,
            "out_trade_no": order.number,
            "channel": "ORIGINAL",
            "user_received_account": "零钱",
            "create_time": self.stamp(refund.made_at),
            "status": refund.state,
            "amount": {**amount, "currency": "CNY"},
        }
        return {**shown, "success_time": self.stamp(refund.made_at)} if refund.state == "SUCCESS" else shown
