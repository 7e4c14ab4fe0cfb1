"""Sets of groups (群组分组, M52): named folders in which an operator puts groups of one kind. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from qunflow.community.model import GroupState
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent, reject
from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View

MAX_SETS = 200
MAX_GROUPS = 500
MAX_TITLE = 40


@dataclass(frozen=True, slots=True)
class GroupSet:
    """A set: ``groups`` are streams of groups in the order in which they were put in."""

    name: str = ""
    title: str = ""
    groups: tuple[str, ...] = ()
    removed: bool = False


@dataclass(frozen=True, slots=True)
class GroupSetMade:
    """A set exists under this title; made again it is back, or has a new title."""

    KIND: ClassVar[str] = "group_set_made"
    SCHEMA: ClassVar[int] = 1
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class GroupSetChanged:
    """Groups were put into a set and taken out of it."""

    KIND: ClassVar[str] = "group_set_changed"
    SCHEMA: ClassVar[int] = 1
    added: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupSetRemoved:
    """A set is no longer used; its groups stay as they are."""

    KIND: ClassVar[str] = "group_set_removed"
    SCHEMA: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class MakeGroupSet:
    """A command: make a set, rename one, or bring a removed one back."""

    KIND: ClassVar[str] = "make_group_set"
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class ChangeGroupSet:
    """A command: put groups (by their streams) into a set, take others out."""

    KIND: ClassVar[str] = "change_group_set"
    name: str
    add: tuple[str, ...] = ()
    take: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoveGroupSet:
    """A command: use a set no longer."""

    KIND: ClassVar[str] = "remove_group_set"
    name: str


SET_EVENTS = (GroupSetMade, GroupSetChanged, GroupSetRemoved)
SET_BODIES = (MakeGroupSet, ChangeGroupSet, RemoveGroupSet)
Known = Mapping[str, GroupState | None]


def set_stream(name: str) -> str:
    """The stream of a set."""
    return stream_id("group_set", name)


def need_set(message: Message, facts: Any) -> Needs:
    """The set."""
    return Needs(streams=(set_stream(message.body.name),))


async def load_groups(reader: Reader, message: Message) -> Known:
    """The groups that are to be put in."""
    return {stream: await reader.state(stream, stale_ok=True) for stream in message.body.add}


def decide_make_set(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """Make or rename; the same title again changes nothing."""
    body: MakeGroupSet = message.body
    state: GroupSet = view.state(set_stream(body.name))
    if state.name and state.title == body.title and not state.removed:
        return Decision(answer=body.name)
    made = NewEvent(set_stream(body.name), GroupSetMade(body.name, body.title))
    return Decision(events=(made,), answer=body.name)


def decide_change_set(message: Message, facts: Known, view: View, chance: Chance) -> Decision:
    """Put in what is not there yet, take out what is; never more than fit, never a group that is not known."""
    body: ChangeGroupSet = message.body
    state: GroupSet = view.state(set_stream(body.name))
    if not state.name or state.removed:
        return reject(Reason.UNKNOWN_GROUP, set=body.name)
    unknown = [stream for stream, group in facts.items() if group is None or not group.chat or group.gone]
    if unknown:
        return reject(Reason.UNKNOWN_GROUP, group=unknown[0])
    added = tuple(stream for stream in dict.fromkeys(body.add) if stream not in state.groups)
    taken = tuple(stream for stream in dict.fromkeys(body.take) if stream in state.groups)
    if len(state.groups) + len(added) - len(taken) > MAX_GROUPS:
        return reject(Reason.QUOTA, groups=MAX_GROUPS)
    if not added and not taken:
        return Decision(answer=0)
    changed = NewEvent(set_stream(body.name), GroupSetChanged(added, taken))
    return Decision(events=(changed,), answer=len(added) + len(taken))


def decide_remove_set(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """Use a set no longer."""
    body: RemoveGroupSet = message.body
    state: GroupSet = view.state(set_stream(body.name))
    if not state.name or state.removed:
        return NOTHING
    return Decision(events=(NewEvent(set_stream(body.name), GroupSetRemoved()),))


def evolve_set(state: GroupSet, event: Event) -> GroupSet:
    """Fold one event of a set."""
    body = event.body
    if isinstance(body, GroupSetMade):
        return replace(state, name=body.name, title=body.title, removed=False)
    if isinstance(body, GroupSetChanged):
        kept = tuple(stream for stream in state.groups if stream not in body.taken)
        return replace(state, groups=(*kept, *body.added))
    if isinstance(body, GroupSetRemoved):
        return replace(state, removed=True)
    return state
