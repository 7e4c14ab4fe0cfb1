"""From hints and readings to joins and leaves: pure. Lost, doubled and reordered hints end in the same members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from qunflow.community.model import (
    GroupChecked,
    GroupState,
    KickHinted,
    MemberBanned,
    PersonMet,
    PersonState,
    RelistGroups,
    RereadGroup,
    StaffSeen,
    channel_stream,
    group_stream,
    person_stream,
)
from qunflow.domain.actions import ListGroups, ReadContact, ReadGroup, Wish
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent, Timer, reject
from qunflow.domain.events import GroupFound, GroupGone, MemberJoined, MemberLeft
from qunflow.domain.inbound import (
    ContactAdded,
    GroupCreated,
    GroupHinted,
    GroupRead,
    GroupsListed,
    MemberEntered,
    MemberSeen,
    MemberWent,
    Message,
)
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View

#: A group that changed within the last hour is read every ten minutes, any other once a day (campaigns.md §7).
HOT_FOR = timedelta(hours=1)
HOT_EVERY = timedelta(minutes=10)
COLD_EVERY = timedelta(hours=24)
#: Once a day, at 04:00 in China, all groups are listed and read: the full diff, which finds groups nobody told of.
LISTED_AT = datetime(2000, 1, 1, 20, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """The group's stream and the persons behind platform ids that may be new to it."""

    stream: str
    persons: Mapping[str, str]


async def load_group(reader: Reader, message: Message) -> GroupFacts:
    """Find the persons of a reading that the group does not know yet."""
    body = message.body
    stream = group_stream(message.channel, body.chat)
    if isinstance(body, GroupRead):
        known = await reader.state(stream)
        members = known.members if known is not None else {}
        unknown = [seen.external for seen in body.members if seen.external not in members]
    else:
        unknown = [body.external] if isinstance(body, MemberEntered | MemberWent) else []
    return GroupFacts(stream, await reader.persons(message.channel, unknown))


def need_group(message: Message, facts: GroupFacts) -> Needs:
    """The group's stream."""
    return Needs(streams=(facts.stream,))


def need_nothing(message: Message, facts: Any) -> Needs:
    """For rules that only look at their message."""
    return Needs()


def read_wish(channel: str, chat: str) -> Wish:
    """Read a group whole; a queued twin is needless."""
    return Wish(channel, ReadGroup(chat), lane_key=group_stream(channel, chat), coalesce=f"read:{channel}:{chat}")


def decide_hinted(message: Message, facts: GroupFacts, view: View, chance: Chance) -> Decision:
    """Something changed: read the group; remember who is said to have been removed by staff."""
    body: GroupHinted = message.body
    wish = read_wish(message.channel, body.chat)
    if body.change == "members_removed" and body.removed_by_staff and body.members:
        event = NewEvent(facts.stream, KickHinted(body.members), group=facts.stream)
        return Decision(events=(event,), wishes=(wish,))
    return Decision(wishes=(wish,))


def decide_read(message: Message, facts: GroupFacts, view: View, chance: Chance) -> Decision:
    """Compare a full reading with what is known: the difference is what happened."""
    body: GroupRead = message.body
    state: GroupState = view.state(facts.stream)
    if state.read_at is not None and body.read_at < state.read_at:
        return Decision(stop=Reason.STALE_READING)
    if state.changed_at is not None and body.read_at < state.changed_at:
        # Somebody came or went by an exact event while the group was being read: it cannot say who is inside now.
        return Decision(wishes=(read_wish(message.channel, body.chat),), stop=Reason.STALE_READING)
    events: list[NewEvent] = []
    if not state.chat:
        events.append(NewEvent(facts.stream, GroupFound(body.chat, body.owner, body.name), group=facts.stream))
    if body.gone:
        leaving = list(state.members)
        events.extend(_left(facts.stream, state, leaving))
        events.append(NewEvent(facts.stream, GroupGone(), group=facts.stream))
        return Decision(events=tuple(events), timers_off=((facts.stream, "reread"),))
    present = {seen.external: seen for seen in body.members}
    again = {seen.external for seen in body.members if _came_again(state, seen)}
    leaving = [external for external in state.members if external not in present or external in again]
    arriving = [seen for seen in body.members if seen.external not in state.members or seen.external in again]
    events.extend(_left(facts.stream, state, leaving))
    size = len(state.members) - len(leaving)
    for seen in sorted(arriving, key=lambda seen: (seen.joined_at or body.read_at, seen.external)):
        size += 1
        events.append(_joined(facts, state, seen, size, seen.joined_at or body.read_at))
    changed = bool(leaving or arriving)
    overtaken = any(at < body.read_at for at in state.kick_hints.values())
    if changed or overtaken or state.read_at is None:
        events.append(NewEvent(facts.stream, GroupChecked(body.read_at, size), group=facts.stream))
    timers = [_next_reading(facts.stream, body, message.at if changed else state.changed_at)]
    if not state.chat and body.version:
        # Only platforms whose hints can be lost tell a version; a timer set again at the same instant is the same.
        timers.append(_next_listing(message.channel, message.at))
    return Decision(events=tuple(events), timers=tuple(timers))


def decide_entered(message: Message, facts: GroupFacts, view: View, chance: Chance) -> Decision:
    """An exact join on a platform whose events are kept and ordered."""
    body: MemberEntered = message.body
    state: GroupState = view.state(facts.stream)
    events: list[NewEvent] = []
    if not state.chat:
        events.append(NewEvent(facts.stream, GroupFound(body.chat), group=facts.stream))
    if body.external in state.members:
        return Decision(events=tuple(events))
    seen = MemberSeen(body.external, body.is_staff, name=body.name)
    events.append(_joined(facts, state, seen, len(state.members) + 1, message.at))
    return Decision(events=tuple(events))


def decide_went(message: Message, facts: GroupFacts, view: View, chance: Chance) -> Decision:
    """An exact leave on such a platform, and a ban also of somebody who was not inside."""
    body: MemberWent = message.body
    state: GroupState = view.state(facts.stream)
    events: list[NewEvent] = []
    if body.external in state.members:
        events = _left(facts.stream, state, [body.external], body.removed)
    if body.banned and state.chat and body.external not in state.bans:
        person = facts.persons.get(body.external, "") or message.person
        events.append(NewEvent(facts.stream, MemberBanned(body.external), person=person, group=facts.stream))
    return Decision(events=tuple(events))


def decide_created(message: Message, facts: GroupFacts, view: View, chance: Chance) -> Decision:
    """A group that we asked for exists."""
    body: GroupCreated = message.body
    state: GroupState = view.state(facts.stream)
    if state.chat:
        return NOTHING
    return Decision(events=(NewEvent(facts.stream, GroupFound(body.chat, name=body.name), group=facts.stream),))


def decide_listed(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """Every listed group is read; those new to us are found that way."""
    body: GroupsListed = message.body
    return Decision(wishes=tuple(read_wish(message.channel, chat) for chat in body.chats))


def decide_reread(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """The timer of the regular reading."""
    body: RereadGroup = message.body
    channel = message.lane_key.split(":")[1]
    return Decision(wishes=(read_wish(channel, body.chat),))


def decide_read_now(message: Message, facts: GroupFacts, view: View, chance: Chance) -> Decision:
    """An operator does not want to wait for the regular reading."""
    state: GroupState = view.state(facts.stream)
    if not state.chat or state.gone:
        return reject(Reason.UNKNOWN_GROUP, group=message.body.chat)
    return Decision(wishes=(read_wish(message.channel, state.chat),), answer=state.chat)


def decide_relist(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """The timer of the daily listing."""
    channel = message.body.channel
    stream = channel_stream(channel)
    wish = Wish(channel, ListGroups(), lane_key=stream, coalesce=f"list:{channel}")
    return Decision(wishes=(wish,), timers=(_next_listing(channel, message.at),))


def decide_named(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """A member's new name: it is kept beside the log, which holds no names."""
    return NOTHING


def decide_contact(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """A new contact: read its name and union id once."""
    body: ContactAdded = message.body
    wish = Wish(message.channel, ReadContact(body.external), f"person:{message.person}", f"contact:{body.external}")
    return Decision(wishes=(wish,))


def need_person(message: Message, facts: Any) -> Needs:
    """The stream of the message's person."""
    return Needs(streams=(person_stream(message.person),))


def decide_seen(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """The first sight of a person."""
    stream = person_stream(message.person)
    state: PersonState = view.state(stream)
    events = [NewEvent(stream, PersonMet())] if state.met_at is None else []
    if getattr(message.body, "is_staff", False) and not state.staff:
        events.append(NewEvent(stream, StaffSeen()))
    return Decision(events=tuple(events)) if events else NOTHING


def _came_again(state: GroupState, seen: MemberSeen) -> bool:
    """Whether a known member joined later than we know: they left and came back between two readings (§0.4)."""
    known = state.members.get(seen.external)
    return known is not None and seen.joined_at is not None and 0 < known.joined < int(seen.joined_at.timestamp())


def _joined(facts: GroupFacts, state: GroupState, seen: MemberSeen, size: int, at: datetime) -> NewEvent:
    known = state.members.get(seen.external)
    person = (
        known.person if known is not None else facts.persons.get(seen.external) or state.past.get(seen.external, "")
    )
    first = known is None and seen.external not in state.past
    body = MemberJoined(seen.external, size, first, at, seen.state, seen.is_staff)
    return NewEvent(facts.stream, body, person=person, group=facts.stream)


def _left(stream: str, state: GroupState, externals: list[str], removed: bool = False) -> list[NewEvent]:
    events = []
    size = len(state.members)
    for external in sorted(externals):
        size -= 1
        member = state.members[external]
        kicked = removed or external in state.kick_hints
        events.append(
            NewEvent(stream, MemberLeft(external, size, kicked, member.staff), person=member.person, group=stream)
        )
    return events


def _next_reading(stream: str, body: GroupRead, changed_at: datetime | None) -> Timer:
    hot = changed_at is not None and body.read_at - changed_at < HOT_FOR
    return Timer(stream, "reread", body.read_at + (HOT_EVERY if hot else COLD_EVERY), RereadGroup(body.chat))


def _next_listing(channel: str, now: datetime) -> Timer:
    days = (now - LISTED_AT) // COLD_EVERY + 1
    return Timer(channel_stream(channel), "relist", LISTED_AT + days * COLD_EVERY, RelistGroups(channel))
