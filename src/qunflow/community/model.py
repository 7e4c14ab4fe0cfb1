"""A group and its members. Membership truth is a full reading; hints only say that it is time to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, TypeVar

from qunflow.domain.events import Event, GroupFound, GroupGone, MemberJoined, MemberLeft
from qunflow.domain.ids import stream_id
from qunflow.domain.merging import PersonMerged, PersonTookIn

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a group now, since ``joined`` (UTC seconds; 0 where the platform does not tell)."""

    person: str
    staff: bool = False
    joined: int = 0


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody who waits to be let in. ``message`` is where their words lie, which stand in no event."""

    person: str
    at: datetime
    message: str


@dataclass(frozen=True, slots=True)
class GroupState:
    """A group: ``members``, ``past``, ``bans`` and ``knocks`` by the platform's id.

    ``kick_hints`` (platform id → when we heard) wait for the first later reading, which proves or disproves them.
    ``bans`` (platform id → person) are those that the platform told of.
    """

    chat: str = ""
    channel: str = ""
    owner: str = ""
    members: Mapping[str, Member] = field(default_factory=dict)
    past: Mapping[str, str] = field(default_factory=dict)
    kick_hints: Mapping[str, datetime] = field(default_factory=dict)
    read_at: datetime | None = None
    changed_at: datetime | None = None
    gone: bool = False
    bans: Mapping[str, str] = field(default_factory=dict)
    knocks: Mapping[str, Knock] = field(default_factory=dict)

    @property
    def customers(self) -> int:
        """Members who are not staff."""
        return sum(not member.staff for member in self.members.values())


@dataclass(frozen=True, slots=True)
class KickHinted:
    """The platform said that staff removed these people; the next reading decides."""

    KIND: ClassVar[str] = "kick_hinted"
    SCHEMA: ClassVar[int] = 1
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupChecked:
    """A full reading was compared; what differed stands in events of its own."""

    KIND: ClassVar[str] = "group_checked"
    SCHEMA: ClassVar[int] = 1
    read_at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class MemberBanned:
    """A person may not come into a group any more."""

    KIND: ClassVar[str] = "member_banned"
    SCHEMA: ClassVar[int] = 1
    external: str


@dataclass(frozen=True, slots=True)
class BanLifted:
    """A person may come in again."""

    KIND: ClassVar[str] = "ban_lifted"
    SCHEMA: ClassVar[int] = 1
    external: str


@dataclass(frozen=True, slots=True)
class Knocked:
    """A person asks to be let into a group."""

    KIND: ClassVar[str] = "knocked"
    SCHEMA: ClassVar[int] = 1
    external: str


@dataclass(frozen=True, slots=True)
class KnockClosed:
    """A knock is over: ``how`` is ``invited``, ``refused`` or ``withdrawn``."""

    KIND: ClassVar[str] = "knock_closed"
    SCHEMA: ClassVar[int] = 1
    external: str
    how: str


@dataclass(frozen=True, slots=True)
class RereadGroup:
    """A timer: read the group again, because hints can be lost (campaigns.md §7)."""

    KIND: ClassVar[str] = "reread_group"
    chat: str


@dataclass(frozen=True, slots=True)
class ReadNow:
    """A command: an operator wants a group read again at once."""

    KIND: ClassVar[str] = "read_now"
    chat: str


@dataclass(frozen=True, slots=True)
class RelistGroups:
    """A timer: list a channel's groups, because the hint that one was made can be lost too (campaigns.md §7)."""

    KIND: ClassVar[str] = "relist_groups"
    channel: str


def channel_stream(channel: str) -> str:
    """Where the timers of a whole channel hang."""
    return stream_id("channel", channel)


def group_stream(channel: str, chat: str) -> str:
    """The stream of a platform's group."""
    return stream_id("group", channel, chat)


def evolve(state: GroupState, event: Event) -> GroupState:
    """Fold one event of a group."""
    body = event.body
    if isinstance(body, GroupFound):
        return replace(state, chat=body.chat, channel=event.channel, owner=body.owner)
    if isinstance(body, MemberJoined):
        joined = int(body.joined_at.timestamp())
        members = {**state.members, body.external: Member(event.person, body.is_staff, joined)}
        inside = _outside_no_more(state, body.external)
        return replace(inside, members=members, past=_without(state.past, body.external), changed_at=event.at)
    if isinstance(body, MemberLeft):
        past = {**state.past, body.external: event.person}
        hints = _without(state.kick_hints, body.external)
        remaining = _without(state.members, body.external)
        return replace(state, members=remaining, past=past, kick_hints=hints, changed_at=event.at)
    if isinstance(body, KickHinted):
        return replace(state, kick_hints={**state.kick_hints, **dict.fromkeys(body.members, event.at)})
    if isinstance(body, GroupChecked):
        waiting = {key: at for key, at in state.kick_hints.items() if at >= body.read_at}
        return replace(state, read_at=body.read_at, kick_hints=waiting)
    if isinstance(body, GroupGone):
        return replace(state, gone=True, knocks={})
    return _evolve_threshold(state, event)


def _evolve_threshold(state: GroupState, event: Event) -> GroupState:
    """Fold what happens before the door: bans and knocks."""
    body = event.body
    if isinstance(body, MemberBanned):
        outside = _outside_no_more(state, body.external)
        return replace(outside, bans={**state.bans, body.external: event.person})
    if isinstance(body, BanLifted):
        return replace(state, bans=_without(state.bans, body.external))
    if isinstance(body, Knocked):
        knock = Knock(event.person, event.at, event.cause)
        return replace(state, knocks={**state.knocks, body.external: knock})
    if isinstance(body, KnockClosed):
        return replace(state, knocks=_without(state.knocks, body.external))
    return state


def _outside_no_more(state: GroupState, external: str) -> GroupState:
    """Neither banned nor knocking."""
    return replace(state, bans=_without(state.bans, external), knocks=_without(state.knocks, external))


def _without(rows: Mapping[str, T], key: str) -> Mapping[str, T]:
    return {name: row for name, row in rows.items() if name != key} if key in rows else rows


@dataclass(frozen=True, slots=True)
class PersonState:
    """When a person was first seen as a contact or member: what makes somebody new to a campaign (§0.3).

    ``merged_into`` is who goes on for them since a merge, ``took_in`` who went into them.
    """

    met_at: datetime | None = None
    merged_into: str = ""
    took_in: tuple[str, ...] = ()
    staff: bool = False


@dataclass(frozen=True, slots=True)
class PersonMet:
    """A person was seen for the first time."""

    KIND: ClassVar[str] = "person_met"
    SCHEMA: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class StaffSeen:
    """A person is staff: seen as such in a group."""

    KIND: ClassVar[str] = "staff_seen"
    SCHEMA: ClassVar[int] = 1


def person_stream(person: str) -> str:
    """The stream of a person."""
    return stream_id("person", person)


def evolve_person(state: PersonState, event: Event) -> PersonState:
    """Fold one event of a person."""
    body = event.body
    if isinstance(body, PersonMet):
        return replace(state, met_at=event.at)
    if isinstance(body, StaffSeen):
        return replace(state, staff=True)
    if isinstance(body, PersonMerged):
        return replace(state, merged_into=body.kept)
    if isinstance(body, PersonTookIn):
        return replace(state, took_in=(*state.took_in, body.gone))
    return state
