"""A gathering: whom, into which groups, and what became of each person. States, events and commands, frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.events import CodeWanted, Event
from qunflow.domain.ids import stream_id

ACTIVE, PAYING = "active", "paying"
WHO = (ACTIVE, PAYING)
MAX_PEOPLE = 5_000
#: Who said something is not noted again within this time.
SPOKE_HOURS = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is gathered where: ``who`` in the last ``days`` (of a ``campaign``), into groups called ``name`` of at most
    ``limit`` people. ``automatic``: the channel makes groups and invites by itself; else staff make the group and
    confirm a mass send of ``text`` with the link.
    """

    name: str
    who: str
    days: int
    campaign: str
    staff: tuple[str, ...]
    limit: int
    automatic: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sending:
    """One mass send: its task at the platform, how often it was asked after, and who has not got it yet."""

    task: str = ""
    polls: int = 0
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GatheringState:
    """A gathering. ``people`` are all that were ever asked (platform id → person), in this order.

    ``waiting`` are those whose mass send could not go out yet, because there is no group to come into. ``rooms`` are
    the groups by their number, ``asked_rooms`` how many were asked for.
    """

    gathering: str = ""
    channel: str = ""
    asked: Asked | None = None
    by: str = ""
    started_at: datetime | None = None
    people: Mapping[str, str] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    asked_rooms: int = 0
    rooms: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    code_wanted: bool = False
    sendings: Mapping[str, Sending] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GatheredState:
    """One person of a gathering; ``outcome`` is empty while it waits."""

    external: str = ""
    chat: str = ""
    asked_at: datetime | None = None
    outcome: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SpokeState:
    """When a person last said something in a group, to within some hours."""

    last_at: datetime | None = None


# --- events -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GatheringStarted:
    """A group of some people is made from now on."""

    KIND: ClassVar[str] = "gathering_started"
    SCHEMA: ClassVar[int] = 1
    gathering: str
    asked: Asked
    by: str


@dataclass(frozen=True, slots=True)
class PeopleGathered:
    """These people (platform id → person) are asked to come, each for the first time."""

    KIND: ClassVar[str] = "people_gathered"
    SCHEMA: ClassVar[int] = 1
    people: Mapping[str, str]
    by: str


@dataclass(frozen=True, slots=True)
class RoomsAsked:
    """So many groups are asked for in all."""

    KIND: ClassVar[str] = "gathering_rooms_asked"
    SCHEMA: ClassVar[int] = 1
    rooms: int


@dataclass(frozen=True, slots=True)
class RoomFound:
    """A group of the gathering exists."""

    KIND: ClassVar[str] = "gathering_room_found"
    SCHEMA: ClassVar[int] = 1
    room: str
    chat: str


@dataclass(frozen=True, slots=True)
class GatheringCoded:
    """The live code that leads into the gathering's groups."""

    KIND: ClassVar[str] = "gathering_coded"
    SCHEMA: ClassVar[int] = 1
    code: str


@dataclass(frozen=True, slots=True)
class SendingFiled:
    """A mass send goes out to these people (platform ids); staff confirm it."""

    KIND: ClassVar[str] = "gathering_filed"
    SCHEMA: ClassVar[int] = 1
    broadcast: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SendingTasked:
    """The platform took a mass send."""

    KIND: ClassVar[str] = "gathering_tasked"
    SCHEMA: ClassVar[int] = 1
    broadcast: str
    task: str


@dataclass(frozen=True, slots=True)
class SendingRead:
    """It was asked how far a mass send is; these people's result is final."""

    KIND: ClassVar[str] = "gathering_read"
    SCHEMA: ClassVar[int] = 1
    broadcast: str
    final: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonAsked:
    """A person is invited into a group, or told of it."""

    KIND: ClassVar[str] = "person_asked"
    SCHEMA: ClassVar[int] = 1
    external: str
    chat: str = ""


@dataclass(frozen=True, slots=True)
class PersonAnswered:
    """What became of it: an outcome of the closed list, ``reason`` when it was refused."""

    KIND: ClassVar[str] = "person_answered"
    SCHEMA: ClassVar[int] = 1
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PersonSpoke:
    """A person said something in a group; noted at most once in some hours."""

    KIND: ClassVar[str] = "person_spoke"
    SCHEMA: ClassVar[int] = 1


EVENTS = (
    GatheringStarted,
    PeopleGathered,
    RoomsAsked,
    RoomFound,
    GatheringCoded,
    SendingFiled,
    SendingTasked,
    SendingRead,
    PersonAsked,
    PersonAnswered,
    PersonSpoke,
)


# --- commands and timers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gather:
    """Gather these people (platform id → person); those who were asked before are left out."""

    KIND: ClassVar[str] = "gather"
    gathering: str
    asked: Asked
    people: Mapping[str, str]
    by: str


@dataclass(frozen=True, slots=True)
class PollSending:
    """A timer: ask how far a mass send is."""

    KIND: ClassVar[str] = "poll_gathering"
    gathering: str
    broadcast: str


BODIES = (Gather, PollSending)


def gathering_id(channel: str, name: str) -> str:
    """The same for the same name on the same channel: gathering again goes on with what is there."""
    return hashlib.blake2b(f"{channel}\x00{name}".encode(), digest_size=6).hexdigest()


def pool_of(gathering: str) -> str:
    """The pool of a gathering's groups."""
    return f"gather-{gathering}"


def gathering_of(pool: str) -> str:
    """The gathering that a pool or a mass send (``pool:round``) belongs to, empty when it is none's."""
    head = pool.partition(":")[0]
    return head.removeprefix("gather-") if head.startswith("gather-") else ""


def gathering_stream(gathering: str) -> str:
    """The stream of a gathering."""
    return stream_id("gathering", gathering)


def gathered_stream(gathering: str, person: str) -> str:
    """The stream of one person of a gathering."""
    return stream_id("gathered", gathering, person)


def spoke_stream(person: str) -> str:
    """The stream of a person's words, which are not in it."""
    return stream_id("spoke", person)


# --- folds ------------------------------------------------------------------------------------------------------------


def evolve_gathering(state: GatheringState, event: Event) -> GatheringState:
    """Fold one event of a gathering."""
    body = event.body
    if isinstance(body, GatheringStarted):
        return GatheringState(body.gathering, event.channel, body.asked, body.by, event.at)
    if isinstance(body, PeopleGathered):
        later = () if state.asked is not None and state.asked.automatic else tuple(body.people)
        return replace(state, people={**state.people, **body.people}, waiting=(*state.waiting, *later))
    if isinstance(body, RoomsAsked):
        return replace(state, asked_rooms=body.rooms)
    if isinstance(body, RoomFound):
        return replace(state, rooms={**state.rooms, body.room: body.chat})
    if isinstance(body, CodeWanted):
        return replace(state, code_wanted=True)
    if isinstance(body, GatheringCoded):
        return replace(state, code=body.code)
    return _evolve_sending(state, body)


def _evolve_sending(state: GatheringState, body: object) -> GatheringState:
    if isinstance(body, SendingFiled):
        sendings = {**state.sendings, body.broadcast: Sending(left=body.people)}
        return replace(state, sendings=sendings, waiting=())
    if isinstance(body, SendingTasked):
        tasked = replace(state.sendings[body.broadcast], task=body.task)
        return replace(state, sendings={**state.sendings, body.broadcast: tasked})
    if isinstance(body, SendingRead):
        known = state.sendings[body.broadcast]
        over = frozenset(body.final)
        left = tuple(one for one in known.left if one not in over)
        read = replace(known, polls=known.polls + 1, left=left)
        return replace(state, sendings={**state.sendings, body.broadcast: read})
    return state


def evolve_gathered(state: GatheredState, event: Event) -> GatheredState:
    """Fold one event of a gathered person."""
    body = event.body
    if isinstance(body, PersonAsked):
        return GatheredState(body.external, body.chat, event.at)
    if isinstance(body, PersonAnswered):
        return replace(state, outcome=body.outcome, reason=body.reason)
    return state


def evolve_spoke(state: SpokeState, event: Event) -> SpokeState:
    """Fold one event of a person's words."""
    return SpokeState(event.at) if isinstance(event.body, PersonSpoke) else state
