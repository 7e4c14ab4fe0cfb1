"""A group and its members. Membership truth is a full reading; hints only say that it is time to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.events import Event, GroupFound, GroupGone, MemberJoined, MemberLeft
from qunflow.domain.ids import stream_id


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a group now."""

    person: str
    staff: bool = False


@dataclass(frozen=True, slots=True)
class GroupState:
    """A group: ``members`` and ``past`` by the platform's id.

    ``kick_hints`` (platform id → when we heard) wait for the first later reading, which proves or disproves them.
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
class RereadGroup:
    """A timer: read the group again, because hints can be lost (campaigns.md §7)."""

    KIND: ClassVar[str] = "reread_group"
    chat: str


def group_stream(channel: str, chat: str) -> str:
    """The stream of a platform's group."""
    return stream_id("group", channel, chat)


def evolve(state: GroupState, event: Event) -> GroupState:
    """Fold one event of a group."""
    body = event.body
    if isinstance(body, GroupFound):
        return replace(state, chat=body.chat, channel=event.channel, owner=body.owner)
    if isinstance(body, MemberJoined):
        members = {**state.members, body.external: Member(event.person, body.is_staff)}
        past = {key: value for key, value in state.past.items() if key != body.external}
        return replace(state, members=members, past=past, changed_at=event.at)
    if isinstance(body, MemberLeft):
        members = {key: value for key, value in state.members.items() if key != body.external}
        past = {**state.past, body.external: event.person}
        hints = {key: at for key, at in state.kick_hints.items() if key != body.external}
        return replace(state, members=members, past=past, kick_hints=hints, changed_at=event.at)
    if isinstance(body, KickHinted):
        return replace(state, kick_hints={**state.kick_hints, **dict.fromkeys(body.members, event.at)})
    if isinstance(body, GroupChecked):
        hints = {key: at for key, at in state.kick_hints.items() if at >= body.read_at}
        return replace(state, read_at=body.read_at, kick_hints=hints)
    if isinstance(body, GroupGone):
        return replace(state, gone=True)
    return state


@dataclass(frozen=True, slots=True)
class PersonState:
    """When a person was first seen as a contact or member: what makes somebody new to a campaign (§0.3)."""

    met_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PersonMet:
    """A person was seen for the first time."""

    KIND: ClassVar[str] = "person_met"
    SCHEMA: ClassVar[int] = 1


def person_stream(person: str) -> str:
    """The stream of a person."""
    return stream_id("person", person)


def evolve_person(state: PersonState, event: Event) -> PersonState:
    """Fold one event of a person."""
    return replace(state, met_at=event.at) if isinstance(event.body, PersonMet) else state
