"""What is asked of referrals: by phones, by staff, and by timers. Frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class OpenRecommender:
    """The message's person wants a personal link; ``device`` is a hash of their browser, empty when unknown."""

    KIND: ClassVar[str] = "open_recommender"
    program: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class RecommendFriend:
    """A friend agreed and left name and phone: sealed for storing, ``digest`` for being one, ``device`` a hash."""

    KIND: ClassVar[str] = "recommend_friend"
    code: str
    digest: str
    sealed: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class ContactLead:
    """Staff spoke with the friend."""

    KIND: ClassVar[str] = "contact_lead"
    lead: str
    by: str


@dataclass(frozen=True, slots=True)
class WinLead:
    """The friend bought: ``order`` is a number paid here, or staff's own with its net price."""

    KIND: ClassVar[str] = "win_lead"
    lead: str
    order: str
    net_fen: int
    by: str


@dataclass(frozen=True, slots=True)
class AgreeLead:
    """A second person agrees to a deal, or does not."""

    KIND: ClassVar[str] = "agree_lead"
    lead: str
    agree: bool
    by: str


@dataclass(frozen=True, slots=True)
class RefundLead:
    """Staff gave back ``fen`` of a deal's price; ``refund`` makes it once."""

    KIND: ClassVar[str] = "refund_lead"
    lead: str
    refund: str
    fen: int
    by: str


@dataclass(frozen=True, slots=True)
class LoseLead:
    """Nothing comes of it."""

    KIND: ClassVar[str] = "lose_lead"
    lead: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class ForgetLead:
    """Erase name and phone of the friend; also the timer that does it after the end."""

    KIND: ClassVar[str] = "forget_lead"
    lead: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class ExpireLead:
    """A timer: the protection is over."""

    KIND: ClassVar[str] = "expire_lead"
    lead: str


@dataclass(frozen=True, slots=True)
class SettleLead:
    """Bring what is due to the ledger: when the hold is over, when the price changed, when a budget has room again."""

    KIND: ClassVar[str] = "settle_lead"
    lead: str


COMMANDS = (
    OpenRecommender,
    RecommendFriend,
    ContactLead,
    WinLead,
    AgreeLead,
    RefundLead,
    LoseLead,
    ForgetLead,
    ExpireLead,
    SettleLead,
)
