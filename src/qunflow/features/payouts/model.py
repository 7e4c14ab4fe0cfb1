"""A payout: who gets how much under which number, who agreed, and what became of it. Frozen; amounts in fen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar

from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id

REQUESTED, AUDITED, SENDING, WAITING = "requested", "audited", "sending", "waiting_user"
PAID, FAILED, RETURNED = "paid", "failed", "returned"
STATUSES = (REQUESTED, AUDITED, SENDING, WAITING, PAID, FAILED, RETURNED)
ON_THE_WAY = (SENDING, WAITING)
BACK = (FAILED, RETURNED)
REJECT_REASONS = ("fraud", "wrong_person", "wrong_amount", "duplicate", "other")
#: The channel of payouts that staff pay by hand; no account may be called so.
MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class PayoutState:
    """One payout. ``channel`` is the payment account, or ``manual``; ``day`` the local day that its caps count on.

    ``fen`` leaves the person's balance; of it ``fee`` is kept by the campaign and ``net`` is paid out.
    ``eyes`` is how many people must agree, ``approved_by`` who did. ``package`` opens the person's page to take it
    and is sealed, ``list_name`` is the last list that a manual one stands on, ``code`` says why it failed or was
    returned.
    ``grant`` is the prize that it pays, out of ``account`` instead of the person's balance.
    """

    number: str = ""
    key: str = ""
    person: str = ""
    external: str = ""
    campaign: str = ""
    channel: str = ""
    fen: int = 0
    status: str = ""
    day: date | None = None
    requested_at: datetime | None = None
    asked_by: str = ""
    eyes: int = 1
    approved_by: tuple[str, ...] = ()
    sent_day: date | None = None
    bill: str = ""
    package: str = ""
    list_name: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    code: str = ""
    fee: int = 0
    grant: str = ""
    account: str = ""

    @property
    def net(self) -> int:
        """What the person gets."""
        return self.fen - self.fee


@dataclass(frozen=True, slots=True)
class PayoutRequested:
    """A person's available fen were set aside to be paid out."""

    KIND: ClassVar[str] = "payout_requested"
    SCHEMA: ClassVar[int] = 1
    number: str
    key: str
    external: str
    fen: int
    eyes: int
    day: date
    by: str


@dataclass(frozen=True, slots=True)
class PayoutCharged:
    """Of what was set aside so much is the campaign's fee, once the rest is paid."""

    KIND: ClassVar[str] = "payout_charged"
    SCHEMA: ClassVar[int] = 1
    number: str
    fee: int


@dataclass(frozen=True, slots=True)
class PayoutForPrize:
    """It pays a prize: its fen come out of ``account``, and go back there when it is not paid."""

    KIND: ClassVar[str] = "payout_for_prize"
    SCHEMA: ClassVar[int] = 1
    number: str
    grant: str
    account: str


@dataclass(frozen=True, slots=True)
class PayoutApproved:
    """Somebody agreed; with ``last`` nobody else has to."""

    KIND: ClassVar[str] = "payout_approved"
    SCHEMA: ClassVar[int] = 1
    number: str
    by: str
    last: bool


@dataclass(frozen=True, slots=True)
class PayoutSent:
    """It is on its way: asked of the payment account, or put on a list for staff. ``day`` counts for the channel."""

    KIND: ClassVar[str] = "payout_sent"
    SCHEMA: ClassVar[int] = 1
    number: str
    fen: int
    day: date
    list_name: str = ""


@dataclass(frozen=True, slots=True)
class PayoutWaiting:
    """The transfer waits for the person to take it."""

    KIND: ClassVar[str] = "payout_waiting"
    SCHEMA: ClassVar[int] = 1
    number: str
    bill: str
    package: str


@dataclass(frozen=True, slots=True)
class PayoutPaid:
    """The person has the money. ``late``: although it had been taken for failed."""

    KIND: ClassVar[str] = "payout_paid"
    SCHEMA: ClassVar[int] = 1
    number: str
    fen: int
    bill: str
    by: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class PayoutBack:
    """It was not paid and the money is the person's again; ``status`` is ``failed`` or ``returned``."""

    KIND: ClassVar[str] = "payout_back"
    SCHEMA: ClassVar[int] = 1
    number: str
    fen: int
    status: str
    code: str
    by: str = ""


EVENTS = (
    PayoutRequested,
    PayoutCharged,
    PayoutForPrize,
    PayoutApproved,
    PayoutSent,
    PayoutWaiting,
    PayoutPaid,
    PayoutBack,
)


@dataclass(frozen=True, slots=True)
class ApprovePayout:
    """Agree to a payout."""

    KIND: ClassVar[str] = "approve_payout"
    number: str
    by: str


@dataclass(frozen=True, slots=True)
class RejectPayout:
    """Refuse a payout, or take it back before the person took it; ``reason`` is one of REJECT_REASONS."""

    KIND: ClassVar[str] = "reject_payout"
    number: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class RetryPayout:
    """Try a failed payout again: a new one of its own number, to which everybody agreed already."""

    KIND: ClassVar[str] = "retry_payout"
    number: str
    by: str


@dataclass(frozen=True, slots=True)
class ListPayout:
    """Put a manual payout on a list that staff pay from."""

    KIND: ClassVar[str] = "list_payout"
    number: str
    list_name: str


@dataclass(frozen=True, slots=True)
class SettlePayout:
    """Staff say what became of a manual payout: ``paid`` or ``failed``, of exactly so many fen."""

    KIND: ClassVar[str] = "settle_payout"
    number: str
    result: str
    fen: int
    by: str


@dataclass(frozen=True, slots=True)
class CheckPayout:
    """A timer: ask what became of a transfer; ``turn`` counts up."""

    KIND: ClassVar[str] = "check_payout"
    number: str
    turn: int


@dataclass(frozen=True, slots=True)
class AskPayout:
    """The message's person asks what became of their payout, on the way to taking it or back from there."""

    KIND: ClassVar[str] = "ask_payout"
    number: str


COMMANDS = (ApprovePayout, RejectPayout, RetryPayout, ListPayout, SettlePayout, CheckPayout, AskPayout)


def merchant_number(workspace: str, what: str, *key: str) -> str:
    """The merchant's own number for a thing: the same thing has the same number for ever (31 letters and digits)."""
    text = "\x00".join((workspace, what, *key))
    return "q" + hashlib.blake2b(text.encode(), digest_size=15).hexdigest()


def payout_stream(number: str) -> str:
    """The stream of one payout."""
    return stream_id("payout", number)


def clearing(channel: str) -> str:
    """The account of what is set aside on a channel and not known to be paid."""
    return f"clearing:{channel}"


def evolve(state: PayoutState, event: Event) -> PayoutState:
    """Fold one event of a payout."""
    body = event.body
    if isinstance(body, PayoutRequested):
        return PayoutState(
            number=body.number,
            key=body.key,
            person=event.person,
            external=body.external,
            campaign=event.campaign,
            channel=event.channel,
            fen=body.fen,
            status=REQUESTED,
            day=body.day,
            requested_at=event.at,
            asked_by=body.by,
            eyes=body.eyes,
        )
    if isinstance(body, PayoutCharged):
        return replace(state, fee=body.fee)
    if isinstance(body, PayoutForPrize):
        return replace(state, grant=body.grant, account=body.account)
    if isinstance(body, PayoutApproved):
        approved = (*state.approved_by, body.by)
        return replace(state, approved_by=approved, status=AUDITED if body.last else state.status)
    if isinstance(body, PayoutSent):
        return replace(state, status=SENDING, sent_day=body.day, list_name=body.list_name)
    if isinstance(body, PayoutWaiting):
        return replace(state, status=WAITING, bill=body.bill, package=body.package)
    if isinstance(body, PayoutPaid):
        bill = body.bill or state.bill
        return replace(state, status=PAID, bill=bill, ended_at=event.at, ended_by=body.by, code="")
    if isinstance(body, PayoutBack):
        return replace(state, status=body.status, ended_at=event.at, ended_by=body.by, code=body.code)
    return state
