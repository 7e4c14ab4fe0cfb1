"""Streams of the risk rules: where people were seen, whom they helped, and the flags that were raised.

Events hold ids, rules and numbers. A device or an address stands here by a handle that means nothing by itself: the
hash behind it lies in an erasable table (``store.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id
from qunflow.features.campaigns.risk.rules import Hit

HOUR, RUSH, WEEK = timedelta(hours=1), timedelta(minutes=10), timedelta(days=7)
#: Handles, like the hashes behind them, are good for so long.
KEPT = timedelta(days=90)
#: Handles of devices begin so, those of addresses otherwise.
DEVICE = "d"
MOST_SPOTS, MOST_GAVE, MOST_RECEIVED = 200, 100, 200
MAX_WORDS = 500

INVITE, PLAY, VOTE, OWNER = "invite", "play", "vote", "owner"
HELD, DENIED, APPROVED, REFUSED, EXPIRED = "held", "denied", "approved", "refused", "expired"
#: Statuses in which the help counts after all, and in which it does not.
GOOD, BAD = (APPROVED, EXPIRED), (DENIED, REFUSED)
#: What a claim on a help or an owner says: what rules look at without loading a flag.
CLEARED = "cleared"


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
class WatchState:
    """One person over all campaigns: where they were seen last, whom they helped, and when they were helped."""

    device: str = ""
    ip: str = ""
    gave: tuple[Gave, ...] = ()
    received: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class FlagState:
    """What the rules held or denied, and what became of it. ``status``: '' (not there), held, denied, approved (by a
    person), refused (by a person) or expired (approved by time). ``appeal``: '', open or answered.

    ``waiting`` are helps whose own hold ended while this flag was open, as (unit, helper).
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


# --- events -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """The person was last seen at these handles."""

    KIND: ClassVar[str] = "risk_seen"
    SCHEMA: ClassVar[int] = 1
    device: str
    ip: str


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
    """A person, or the time, decided: approved, refused or expired. ``by`` is the operator's account."""

    KIND: ClassVar[str] = "risk_decided"
    SCHEMA: ClassVar[int] = 1
    status: str
    by: str = ""


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


# --- commands and timers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sight:
    """The message's person moves from these handles."""

    KIND: ClassVar[str] = "risk_sight"
    device: str = ""
    ip: str = ""


@dataclass(frozen=True, slots=True)
class RaiseFlag:
    """A rule found something; the flag of this name is raised, once."""

    KIND: ClassVar[str] = "risk_raise"
    flag: str
    what: Flagged


@dataclass(frozen=True, slots=True)
class WaitForFlag:
    """A help's own hold is over, and a flag is in its way."""

    KIND: ClassVar[str] = "risk_wait"
    flag: str
    unit: str
    helper: str


@dataclass(frozen=True, slots=True)
class FlagDue:
    """A timer: the hold ends by itself."""

    KIND: ClassVar[str] = "risk_due"
    flag: str
    until: datetime


@dataclass(frozen=True, slots=True)
class DecideFlag:
    """An operator approves or denies; ``words`` are kept apart, for the person and for other operators."""

    KIND: ClassVar[str] = "risk_decide"
    flag: str
    approve: bool
    by: str
    words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AppealFlag:
    """The message's person asks to be looked at again."""

    KIND: ClassVar[str] = "risk_appeal"
    flag: str
    words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ScreenHelp:
    """What a flag on an owner says about one invited friend: held, cleared or denied."""

    KIND: ClassVar[str] = "risk_screen"
    flag: str
    person: str
    verdict: str


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
    """The claim that tells what a flag says now; its holder is held, denied or cleared."""
    return ("risk", f"{campaign}:{flag}")


# --- folds ------------------------------------------------------------------------------------------------------------


def evolve_trace(state: TraceState, event: Event) -> TraceState:
    """Fold one sight at a device or address."""
    if not isinstance(event.body, Traced):
        return state
    spot = Spot(event.person, event.campaign, event.body.owner, event.at)
    same = (spot.person, spot.campaign, spot.owner)
    kept = KEPT if event.stream.startswith(trace_stream(DEVICE)) else HOUR  # of an address only the hour counts
    rest = [
        item for item in state.spots if (item.person, item.campaign, item.owner) != same and item.at > event.at - kept
    ]
    return TraceState((*rest[-MOST_SPOTS + 1 :], spot))


def evolve_watch(state: WatchState, event: Event) -> WatchState:
    """Fold one event of what is watched of a person."""
    body, at = event.body, event.at
    if isinstance(body, Seen):
        return replace(state, device=body.device or state.device, ip=body.ip)
    if isinstance(body, GaveHelp):
        gave = [item for item in state.gave if item.at > at - WEEK][-MOST_GAVE + 1 :]
        return replace(state, gave=(*gave, Gave(body.owner, event.campaign, at)))
    if isinstance(body, GotHelp):
        received = [item for item in state.received if item > at - RUSH][-MOST_RECEIVED + 1 :]
        return replace(state, received=(*received, at))
    return state


def evolve_flag(state: FlagState, event: Event) -> FlagState:
    """Fold one event of a flag."""
    body = event.body
    if isinstance(body, Flagged):
        return FlagState(
            flag=event.stream.split(":", 2)[2],
            campaign=event.campaign,
            kind=body.kind,
            status=body.status,
            helper=body.helper,
            owner=body.owner,
            unit=body.unit,
            move=body.move,
            params=body.params,
            hits=body.hits,
            score=body.score,
            severe=body.severe,
            raised_at=event.at,
            until=body.until,
            was_denied=body.status == DENIED,
        )
    if isinstance(body, FlagDecided):
        appeal = "answered" if state.appeal == "open" else state.appeal
        return replace(state, status=body.status, by=body.by, decided_at=event.at, appeal=appeal, waiting=())
    if isinstance(body, FlagAppealed):
        return replace(state, appeal="open")
    if isinstance(body, FlagWaited):
        return replace(state, waiting=(*state.waiting, (body.unit, body.helper)))
    return state


EVENTS = (Seen, Traced, GaveHelp, GotHelp, Flagged, FlagDecided, FlagAppealed, FlagWaited)
BODIES = (Sight, RaiseFlag, WaitForFlag, FlagDue, DecideFlag, AppealFlag, ScreenHelp)
