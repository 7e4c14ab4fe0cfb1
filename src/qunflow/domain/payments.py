"""Words of paying: wishes to a payment platform, what it tells, and what other features hear of it. Amounts are fen.

``number`` is always the merchant's own number of a transfer, an order or a refund: made once, kept for ever, the key
under which the platform counts the thing once (wecom-api.md §12).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

# --- wishes -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendTransfer:
    """Transfer ``fen`` to a person of the payment platform, who has to take it."""

    KIND: ClassVar[str] = "send_transfer"
    number: str
    external: str
    fen: int


@dataclass(frozen=True, slots=True)
class ReadTransfer:
    """Ask what became of a transfer."""

    KIND: ClassVar[str] = "read_transfer"
    number: str
    fen: int


@dataclass(frozen=True, slots=True)
class CancelTransfer:
    """Take a transfer back that its person has not taken yet."""

    KIND: ClassVar[str] = "cancel_transfer"
    number: str
    fen: int


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """Make an order that a person pays inside WeChat, at the latest ``until``."""

    KIND: ClassVar[str] = "open_payment"
    number: str
    external: str
    fen: int
    until: datetime


@dataclass(frozen=True, slots=True)
class ReadPayment:
    """Ask whether an order was paid."""

    KIND: ClassVar[str] = "read_payment"
    number: str


@dataclass(frozen=True, slots=True)
class ClosePayment:
    """Make an order that nobody paid impossible to pay."""

    KIND: ClassVar[str] = "close_payment"
    number: str


@dataclass(frozen=True, slots=True)
class SendRefund:
    """Give back ``fen`` of the ``total`` that was paid for an order; ``refund`` is the refund's own number."""

    KIND: ClassVar[str] = "send_refund"
    number: str
    refund: str
    fen: int
    total: int


@dataclass(frozen=True, slots=True)
class ReadRefund:
    """Ask what became of a refund."""

    KIND: ClassVar[str] = "read_refund"
    number: str
    refund: str
    fen: int


PAYMENT_ACTIONS: tuple[type, ...] = (
    SendTransfer,
    ReadTransfer,
    CancelTransfer,
    OpenPayment,
    ReadPayment,
    ClosePayment,
    SendRefund,
    ReadRefund,
)

# --- what the platform tells ------------------------------------------------------------------------------------

#: States beside the platform's own words: it knows no such number; it refused for good and knows no such number.
NOT_FOUND, REFUSED = "NOT_FOUND", "REFUSED"


@dataclass(frozen=True, slots=True)
class TransferSeen:
    """A transfer as told by an answer or a notice; ``state`` in the platform's words, NOT_FOUND or REFUSED.

    ``package`` opens the person's page to take it, ``code`` says why it failed.
    """

    KIND: ClassVar[str] = "transfer_seen"
    number: str
    state: str
    fen: int
    bill: str = ""
    package: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class PaymentOpened:
    """An order can be paid; ``prepay`` opens the payment on the phone for two hours. Without one it was refused."""

    KIND: ClassVar[str] = "payment_opened"
    number: str
    prepay: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class PaymentSeen:
    """An order as told by an answer or a notice; ``state`` in the platform's words or NOT_FOUND."""

    KIND: ClassVar[str] = "payment_seen"
    number: str
    state: str
    fen: int = 0
    transaction: str = ""


@dataclass(frozen=True, slots=True)
class RefundSeen:
    """A refund as told by an answer or a notice; ``state`` in the platform's words, NOT_FOUND or REFUSED."""

    KIND: ClassVar[str] = "refund_seen"
    number: str
    refund: str
    state: str
    fen: int
    code: str = ""


PAYMENT_BODIES: tuple[type, ...] = (TransferSeen, PaymentOpened, PaymentSeen, RefundSeen)

# --- what other features ask and hear -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestPayout:
    """Pay ``fen`` out to the message's person. ``key`` makes it once; ``external`` is their id at the payment account.

    With a campaign the terms of that campaign hold (:class:`qunflow.domain.facts.WithdrawalTerms`).
    """

    KIND: ClassVar[str] = "request_payout"
    key: str
    fen: int
    by: str = ""
    external: str = ""


@dataclass(frozen=True, slots=True)
class OrderPaid:
    """An order of a campaign was paid, once; ``order``, ``unit`` and ``payer`` as :class:`OrderMade` named them."""

    KIND: ClassVar[str] = "order_paid"
    SCHEMA: ClassVar[int] = 1
    order: str
    unit: str
    payer: str
    fen: int
    number: str
    transaction: str


@dataclass(frozen=True, slots=True)
class OrderRefunded:
    """A refund that was owed arrived at the payer, told once; ``left`` is what of the payment was not given back."""

    KIND: ClassVar[str] = "order_refunded"
    SCHEMA: ClassVar[int] = 1
    order: str
    unit: str
    payer: str
    refund: str
    fen: int
    left: int


@dataclass(frozen=True, slots=True)
class PayoutWanted:
    """A prize of ``fen`` is to be paid to the event's person out of ``account``; ``key`` makes it once.

    ``agreed`` are those who approved the prize by hand. What becomes of it is told by :class:`PayoutTold`.
    """

    KIND: ClassVar[str] = "payout_wanted"
    SCHEMA: ClassVar[int] = 1
    grant: str
    key: str
    account: str
    fen: int
    agreed: tuple[str, ...] = ()


#: It waits for its person to take it; nothing was set aside, ``code`` says why.
PAYOUT_WAITING, PAYOUT_REFUSED = "waiting_user", "refused"


@dataclass(frozen=True, slots=True)
class PayoutTold:
    """A command: what became of the payout ``key`` of a prize: ``paid``, ``failed``, ``returned``, PAYOUT_WAITING or
    PAYOUT_REFUSED. ``lapsed``: nobody took it in time. ``again_at`` is when a refused one has a chance again.
    """

    KIND: ClassVar[str] = "payout_told"
    grant: str
    key: str
    status: str
    code: str = ""
    lapsed: bool = False
    again_at: datetime | None = None


PAYMENT_EVENTS: tuple[type, ...] = (OrderPaid, OrderRefunded, PayoutWanted)
