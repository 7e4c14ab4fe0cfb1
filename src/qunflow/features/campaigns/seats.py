"""Who comes and goes is a human, whatever account they come with: which participation a message is about.

The rules of ``entering.py`` are asked for the participation that the human goes on with. A human is in a group as long
as one of their accounts is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from qunflow.community.model import GroupState, PersonState, person_stream
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs
from qunflow.domain.inbound import Message
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns import entering
from qunflow.features.campaigns.entering import EntryFacts, MembershipFacts
from qunflow.features.campaigns.model import InvolvedState, ParticipationState, involved_stream, participation_stream


@dataclass(frozen=True, slots=True)
class Human:
    """The person that goes on, and those that went into it; for nearly everybody themselves and nobody."""

    root: str
    faces: tuple[str, ...] = ()

    @property
    def people(self) -> tuple[str, ...]:
        """All of them, the one that goes on first."""
        return (self.root, *self.faces)


@dataclass(frozen=True, slots=True)
class SeatedEntry:
    """An entry, for the participation that it is about."""

    human: Human
    message: Message
    entry: EntryFacts


@dataclass(frozen=True, slots=True)
class SeatedMembership:
    """A join or a leave, for each participation that it is about."""

    human: Human
    parts: tuple[tuple[Message, MembershipFacts], ...]


async def human_of(reader: Reader, person: str) -> Human:
    """Who a person is after merges."""
    state: PersonState | None = await reader.state(person_stream(person))
    if state is not None and state.merged_into:
        person = state.merged_into
        state = await reader.state(person_stream(person))
    return Human(person, state.took_in if state is not None else ())


async def load_entry(reader: Reader, message: Message) -> SeatedEntry:
    """Read the code and its campaign; nobody is brought by themselves."""
    human = await human_of(reader, message.person)
    acting = replace(message, person=human.root)
    facts = await entering.load_entry(reader, acting)
    if facts.campaign is None or facts.code is None or not human.faces:
        return SeatedEntry(human, acting, facts)
    for person in human.people:
        state: ParticipationState | None
        state = await reader.state(participation_stream(facts.campaign.campaign, person), stale_ok=True)
        if state is not None and state.person:
            acting = replace(message, person=person)
            break
    if facts.code.owner in human.people:
        facts = replace(facts, code=replace(facts.code, owner=acting.person))
    return SeatedEntry(human, acting, facts)


def need_entry(message: Message, facts: SeatedEntry) -> Needs:
    """What an entry needs, and that the person is who they were when it was read."""
    needs = entering.need_entry(facts.message, facts.entry)
    return replace(needs, streams=(*needs.streams, *_persons(message, facts.human))) if needs.streams else needs


def decide_contact(message: Message, facts: SeatedEntry, view: View, chance: Chance) -> Decision:
    """A contact was added through a campaign's code."""
    if facts.entry.campaign is None:
        return NOTHING
    _look_again(message, facts.human, view)
    return entering.decide_contact(facts.message, facts.entry, view, chance)


async def load_membership(reader: Reader, message: Message) -> SeatedMembership:
    """A join is the seat's; a leave is everybody's, once no account of the human is in the group any more."""
    human = await human_of(reader, message.person)
    first = replace(message, person=human.root)
    own = await entering.load_membership(reader, first)
    if not human.faces:
        return SeatedMembership(human, ((first, own),) if own != MembershipFacts() else ())
    leaves = not hasattr(message.body, "first")
    if leaves and await _still_inside(reader, message, human):
        return SeatedMembership(human, ())
    parts = [(first, own)]
    known = set(await _campaigns(reader, human.root))
    for person in human.faces:
        found = await entering.load_membership(reader, replace(message, person=person))
        campaigns = tuple(one for one in found.campaigns if leaves or one.campaign not in known)
        known |= set(await _campaigns(reader, person))
        parts.append((replace(message, person=person), MembershipFacts(campaigns)))
    begins = own.begins
    if begins is not None and begins.campaign is not None and begins.campaign.campaign in known:
        parts[0] = (first, replace(own, begins=None))
    elif begins is not None and begins.code is not None and begins.code.owner in human.people:
        parts[0] = (first, replace(own, begins=replace(begins, code=replace(begins.code, owner=human.root))))
    return SeatedMembership(human, tuple((part, facts) for part, facts in parts if facts != MembershipFacts()))


async def _campaigns(reader: Reader, person: str) -> tuple[str, ...]:
    involved: InvolvedState | None = await reader.state(involved_stream(person))
    return involved.campaigns if involved is not None else ()


async def _still_inside(reader: Reader, message: Message, human: Human) -> bool:
    group: GroupState | None = await reader.state(message.group, stale_ok=True)
    members: Mapping[str, object] = group.members if group is not None else {}
    gone = message.body.external
    return any(getattr(one, "person", "") in human.people for name, one in members.items() if name != gone)


def need_membership(message: Message, facts: SeatedMembership) -> Needs:
    """What each participation needs, and that the person is who they were when it was read."""
    streams = [name for part, found in facts.parts for name in entering.need_membership(part, found).streams]
    return Needs(streams=(*streams, *_persons(message, facts.human))) if facts.parts else Needs()


def decide_joined(message: Message, facts: SeatedMembership, view: View, chance: Chance) -> Decision:
    """Somebody is in a group."""
    return _each(message, facts, view, chance, joined=True)


def decide_left(message: Message, facts: SeatedMembership, view: View, chance: Chance) -> Decision:
    """Somebody left a group."""
    return _each(message, facts, view, chance, joined=False)


def _each(message: Message, facts: SeatedMembership, view: View, chance: Chance, joined: bool) -> Decision:
    if not facts.parts:
        return NOTHING
    _look_again(message, facts.human, view)
    rule = entering.decide_joined if joined else entering.decide_left
    decision = NOTHING
    for part, found in facts.parts:
        decision += rule(part, found, view, chance)
    return decision


def _persons(message: Message, human: Human) -> tuple[str, ...]:
    return tuple(dict.fromkeys((person_stream(message.person), person_stream(human.root))))


def _look_again(message: Message, human: Human, view: View) -> None:
    """A merge in between: what was read is looked at again, for a stream that nobody named is asked for."""
    state: PersonState = view.state(person_stream(message.person))
    root = state.merged_into or message.person
    now: PersonState = view.state(person_stream(root))
    if root != human.root or now.took_in != human.faces:
        view.state(person_stream(f"{root}/{len(now.took_in)}"))
