"""An order that a person pays inside WeChat, and its refunds. Frozen; amounts in fen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id
from qunflow.domain.payments import OrderPaid, OrderRefunded

DUE, OPENING, OPEN, ORDER_PAID, CLOSED = "due", "opening", "open", "paid", "closed"
GOING, ARRIVED, STUCK = "going", "arrived", "stuck"


@dataclass(frozen=True, slots=True)
class RefundState:
    """One refund of an order; ``status``: going, arrived, or stuck, which staff have to look after.

    ``unit`` is whose escrow it leaves when that is not the order's own: a late payment may have moved on.
    """

    refund: str
    fen: int
    status: str = GOING
    code: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class OrderState:
    """One order. ``prepay`` opens the payment on the phone; ``refunds`` by the merchant's refund number."""

    number: str = ""
    order: str = ""
    unit: str = ""
    campaign: str = ""
    channel: str = ""
    payer: str = ""
    external: str = ""
    fen: int = 0
    until: datetime | None = None
    status: str = ""
    prepay: str = ""
    transaction: str = ""
    paid_at: datetime | None = None
    code: str = ""
    refunds: Mapping[str, RefundState] = field(default_factory=dict)

    @property
    def given_back(self) -> int:
        """Fen of refunds that arrived, are on their way, or will be once what holds them up is mended."""
        return sum(refund.fen for refund in self.refunds.values())


@dataclass(frozen=True, slots=True)
class OrderExpected:
    """A campaign made an order that can be paid here."""

    KIND: ClassVar[str] = "order_expected"
    SCHEMA: ClassVar[int] = 1
    number: str
    order: str
    unit: str
    payer: str
    fen: int
    until: datetime


@dataclass(frozen=True, slots=True)
class OrderOpening:
    """The payer wants to pay: the platform is asked for a payment."""

    KIND: ClassVar[str] = "order_opening"
    SCHEMA: ClassVar[int] = 1
    number: str
    external: str


@dataclass(frozen=True, slots=True)
class OrderOpened:
    """The payment can be opened on the phone."""

    KIND: ClassVar[str] = "order_opened"
    SCHEMA: ClassVar[int] = 1
    number: str
    prepay: str


@dataclass(frozen=True, slots=True)
class OrderClosed:
    """The order cannot be paid any more; ``code`` when the platform refused it."""

    KIND: ClassVar[str] = "order_closed"
    SCHEMA: ClassVar[int] = 1
    number: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class RefundGoing:
    """A refund is asked of the platform under its own number."""

    KIND: ClassVar[str] = "refund_going"
    SCHEMA: ClassVar[int] = 1
    number: str
    refund_number: str
    refund: str
    fen: int


@dataclass(frozen=True, slots=True)
class RefundElsewhere:
    """A refund leaves the escrow of another unit than the one that made the order."""

    KIND: ClassVar[str] = "refund_elsewhere"
    SCHEMA: ClassVar[int] = 1
    number: str
    refund_number: str
    unit: str


@dataclass(frozen=True, slots=True)
class RefundStuck:
    """The platform refused a refund or could not deliver it: staff have to act on the merchant's site."""

    KIND: ClassVar[str] = "refund_stuck"
    SCHEMA: ClassVar[int] = 1
    number: str
    refund_number: str
    code: str


EVENTS = (OrderExpected, OrderOpening, OrderOpened, OrderClosed, RefundGoing, RefundElsewhere, RefundStuck)


@dataclass(frozen=True, slots=True)
class StartPayment:
    """The payer, known to the payment account as ``external``, wants to pay the order now."""

    KIND: ClassVar[str] = "start_payment"
    number: str
    external: str


@dataclass(frozen=True, slots=True)
class CheckOrder:
    """A timer: ask what became of an order; ``turn`` counts up."""

    KIND: ClassVar[str] = "check_order"
    number: str
    turn: int


@dataclass(frozen=True, slots=True)
class CheckRefund:
    """A timer: ask what became of a refund; ``turn`` counts up."""

    KIND: ClassVar[str] = "check_refund"
    number: str
    refund_number: str
    turn: int


COMMANDS = (StartPayment, CheckOrder, CheckRefund)


def order_stream(number: str) -> str:
    """The stream of one order."""
    return stream_id("payorder", number)


def evolve(state: OrderState, event: Event) -> OrderState:
    """Fold one event of an order."""
    body = event.body
    if isinstance(body, OrderExpected):
        return OrderState(
            number=body.number,
            order=body.order,
            unit=body.unit,
            campaign=event.campaign,
            channel=event.channel,
            payer=body.payer,
            fen=body.fen,
            until=body.until,
            status=DUE,
        )
    if isinstance(body, OrderOpening):
        return replace(state, status=OPENING, external=body.external)
    if isinstance(body, OrderOpened):
        return replace(state, status=OPEN, prepay=body.prepay)
    if isinstance(body, OrderClosed):
        return replace(state, status=CLOSED, code=body.code)
    if isinstance(body, OrderPaid):
        return replace(state, status=ORDER_PAID, transaction=body.transaction, paid_at=event.at, code="")
    return _evolve_refund(state, body)


def _evolve_refund(state: OrderState, body: object) -> OrderState:
    if isinstance(body, RefundGoing):
        return replace(state, refunds={**state.refunds, body.refund_number: RefundState(body.refund, body.fen)})
    if isinstance(body, RefundElsewhere) and body.refund_number in state.refunds:
        moved = replace(state.refunds[body.refund_number], unit=body.unit)
        return replace(state, refunds={**state.refunds, body.refund_number: moved})
    if isinstance(body, RefundStuck) and body.refund_number in state.refunds:
        stuck = replace(state.refunds[body.refund_number], status=STUCK, code=body.code)
        return replace(state, refunds={**state.refunds, body.refund_number: stuck})
    if isinstance(body, OrderRefunded):
        refunds = {
            number: replace(refund, status=ARRIVED, code="") if refund.refund == body.refund else refund
            for number, refund in state.refunds.items()
        }
        return replace(state, refunds=refunds)
    return state
