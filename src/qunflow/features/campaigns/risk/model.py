"""Streams of the risk rules: where people were seen, whom they helped, and the flags that were raised.

Events hold ids, rules and numbers. A device or an address stands here by a handle that means nothing by itself: the
hash behind it lies in an erasable table (``store.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from qunflow.domain.ids import stream_id
from qunflow.features.campaigns.risk.rules import Hit

HOUR, RUSH, WEEK = timedelta(hours=1), timedelta(minutes=10), timedelta(days=7)
#: Handles, like the hashes behind them, are good for so long.
KEPT = timedelta(days=90)
#: Handles of devices, of accounts that are paid to, and of addresses of parcels begin so; of these not an hour counts.
LASTING = ("d", "p", "a")
#: Kinds of what is told of a person apart from a move: where money goes, and where parcels go.
PAYEE, ADDRESS = "payee", "address"
MOST_SPOTS, MOST_GAVE, MOST_RECEIVED, MOST_HELPERS = 200, 100, 200, 60
MAX_WORDS = 500
#: A person has so many tries to answer a question.
MAX_TRIES = 3

INVITE, PLAY, VOTE, OWNER = "invite", "play", "vote", "owner"
#: The host's move by which a help that was taken back comes again.
RETURN = "return"
HELD, DENIED, APPROVED, REFUSED, EXPIRED = "held", "denied", "approved", "refused", "expired"
PASSED = "passed"  # the person answered the question
#: Statuses in which the help counts after all, and in which it does not.
GOOD, BAD = (APPROVED, EXPIRED, PASSED), (DENIED, REFUSED)
#: What a claim on a help or an owner says: what rules look at without loading a flag. Held, denied, or one of these.
CLEARED, ASKED = "cleared", "asked"
#: It waits; when asked, the person may free it by an answer.
WAITING = (HELD, ASKED)


# --- states -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spot:
    """One person in one campaign at a device or an address; ``owner`` is whom they helped from there, if anybody."""

    person: str
    campaign: str
    owner: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TraceState:
    """Who was seen at one device or address."""

    spots: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class Gave:
    """Somebody was helped, in a campaign."""

    owner: str
    campaign: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Got:
    """Somebody helped this person, in a campaign."""

    helper: str
    campaign: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WatchState:
    """One person over all campaigns: where they were seen last, whom they helped, and when they were helped.

    ``payee`` and ``address`` are the last account that was to be paid and the last address of a parcel. ``pictured``
    is off for somebody who has no picture; None where nobody knows.
    """

    device: str = ""
    ip: str = ""
    gave: tuple[Gave, ...] = ()
    received: tuple[datetime, ...] = ()
    payee: str = ""
    address: str = ""
    helpers: tuple[Got, ...] = ()
    pictured: bool | None = None


@dataclass(frozen=True, slots=True)
class FlagState:
    """What the rules held or denied, and what became of it. ``status``: '' (not there), held, denied, approved (by a
    person), refused (by a person), expired (approved by time) or passed (the question was answered). ``appeal``: '',
    open or answered.

    ``waiting`` are helps whose own hold ended while this flag was open, as (unit, helper). ``made``: the help was made
    at some time. ``challenge``: a question may be answered; ``tried`` are the questions that were.
    """

    flag: str = ""
    campaign: str = ""
    kind: str = ""
    status: str = ""
    helper: str = ""
    owner: str = ""
    unit: str = ""
    move: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    hits: tuple[Hit, ...] = ()
    score: int = 0
    severe: bool = False
    raised_at: datetime | None = None
    until: datetime | None = None
    decided_at: datetime | None = None
    by: str = ""
    appeal: str = ""
    was_denied: bool = False
    waiting: tuple[tuple[str, str], ...] = ()
    made: bool = False
    challenge: bool = False
    tried: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether the person may still free it by an answer."""
        return self.challenge and self.status == HELD and len(self.tried) < MAX_TRIES

    @property
    def stands(self) -> bool:
        """Whether the help is there now: taken, though it may be held."""
        return self.status in GOOD or (self.status == HELD and self.kind != VOTE)


# --- events -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """The person was last seen at these handles."""

    KIND: ClassVar[str] = "risk_seen"
    SCHEMA: ClassVar[int] = 1
    device: str
    ip: str


@dataclass(frozen=True, slots=True)
class Marked:
    """The person is paid to, or gets parcels at, this handle; ``kind`` is payee or address."""

    KIND: ClassVar[str] = "risk_marked"
    SCHEMA: ClassVar[int] = 1
    kind: str
    handle: str


@dataclass(frozen=True, slots=True)
class Pictured:
    """Whether the person's account has a picture, as the platform shows it."""

    KIND: ClassVar[str] = "risk_pictured"
    SCHEMA: ClassVar[int] = 1
    has: bool


@dataclass(frozen=True, slots=True)
class Traced:
    """The event's person was seen at a device or address, and helped ``owner`` from there, if anybody."""

    KIND: ClassVar[str] = "risk_traced"
    SCHEMA: ClassVar[int] = 1
    owner: str = ""


@dataclass(frozen=True, slots=True)
class GaveHelp:
    """The person helped ``owner``."""

    KIND: ClassVar[str] = "risk_gave"
    SCHEMA: ClassVar[int] = 1
    owner: str


@dataclass(frozen=True, slots=True)
class GotHelp:
    """The person was helped."""

    KIND: ClassVar[str] = "risk_got"
    SCHEMA: ClassVar[int] = 1
    helper: str


@dataclass(frozen=True, slots=True)
class Flagged:
    """A help, a vote or an owner was held or denied; the hits are the evidence."""

    KIND: ClassVar[str] = "risk_flagged"
    SCHEMA: ClassVar[int] = 1
    kind: str
    status: str
    helper: str
    owner: str
    hits: tuple[Hit, ...]
    score: int
    severe: bool
    unit: str = ""
    move: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FlagDecided:
    """A person, or the time, decided: approved, refused, expired or passed. ``by`` is the operator's account."""

    KIND: ClassVar[str] = "risk_decided"
    SCHEMA: ClassVar[int] = 1
    status: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Challenged:
    """The person may free what is held by an answer."""

    KIND: ClassVar[str] = "risk_challenged"
    SCHEMA: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class ChallengeTried:
    """The person answered a question; each question is answered once."""

    KIND: ClassVar[str] = "risk_tried"
    SCHEMA: ClassVar[int] = 1
    nonce: str
    right: bool


@dataclass(frozen=True, slots=True)
class FlagAppealed:
    """The person asks to be looked at again; the words lie in an erasable table."""

    KIND: ClassVar[str] = "risk_appealed"
    SCHEMA: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class FlagWaited:
    """A help's own hold ended while the flag was open."""

    KIND: ClassVar[str] = "risk_waited"
    SCHEMA: ClassVar[int] = 1
    unit: str
    helper: str


# --- names ------------------------------------------------------------------------------------------------------------


def trace_stream(handle: str) -> str:
    """Who was seen at a device or address."""
    return stream_id("trace", handle)


def watch_stream(person: str) -> str:
    """What is watched of one person."""
    return stream_id("watch", person)


def flag_stream(campaign: str, flag: str) -> str:
    """One flag of a campaign."""
    return stream_id("flag", campaign, flag)


def flag_name(kind: str, person: str, unit: str = "") -> str:
    """The name of a flag: an invited friend's help, a help on a unit, or an owner."""
    return {INVITE: f"i.{person}", OWNER: f"o.{person}"}.get(kind, f"u.{unit}.{person}")


def flag_claim(campaign: str, flag: str) -> tuple[str, str]:
    """The claim that tells what a flag says now; its holder is held, asked, denied or cleared."""
    return ("risk", f"{campaign}:{flag}")


EVENTS = (
    Seen,
    Marked,
    Pictured,
    Traced,
    GaveHelp,
    GotHelp,
    Flagged,
    FlagDecided,
    FlagAppealed,
    FlagWaited,
    Challenged,
    ChallengeTried,
)
