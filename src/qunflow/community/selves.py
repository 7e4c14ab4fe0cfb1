"""Who an account of the console is 本人: people of the workspace whom its owner is on a channel. Pure.

Rules that keep somebody from judging own invitees compare people; accounts are none. So an account names the people it
is, and what it decides counts as decided by them (campaigns.md §8).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from qunflow.community.model import PersonState, person_stream
from qunflow.domain.decisions import Chance, Decision, Needs, NewEvent, reject
from qunflow.domain.events import Event
from qunflow.domain.facts import AccountPersons
from qunflow.domain.ids import stream_id
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View

#: People who one account is: one for each channel, and some that were made twice.
MAX_SELVES = 20


@dataclass(frozen=True, slots=True)
class Selves:
    """The people that an account is in this workspace, as they were named."""

    persons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SelfNamed:
    """The account is this person."""

    KIND: ClassVar[str] = "self_named"
    SCHEMA: ClassVar[int] = 1
    person: str


@dataclass(frozen=True, slots=True)
class SelfUnnamed:
    """The account is not this person, as was said before."""

    KIND: ClassVar[str] = "self_unnamed"
    SCHEMA: ClassVar[int] = 1
    person: str


@dataclass(frozen=True, slots=True)
class NameSelf:
    """A command: say that an account is a person, or (``is_it`` off) that it is not."""

    KIND: ClassVar[str] = "name_self"
    account: str
    person: str
    is_it: bool = True


SELF_EVENTS = (SelfNamed, SelfUnnamed)


def account_stream(account: str) -> str:
    """What is known of an account of the console in this workspace."""
    return stream_id("account", account)


def need_self(message: Message, facts: object) -> Needs:
    """The account."""
    return Needs(streams=(account_stream(message.body.account),))


def decide_self(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """Name or unname a person; the answer says whether anything changed."""
    body: NameSelf = message.body
    stream = account_stream(body.account)
    state: Selves = view.state(stream)
    if (body.person in state.persons) == body.is_it:
        return Decision(answer=False)
    if body.is_it and len(state.persons) >= MAX_SELVES:
        return reject(Reason.QUOTA, most=MAX_SELVES)
    event = SelfNamed(body.person) if body.is_it else SelfUnnamed(body.person)
    return Decision(events=(NewEvent(stream, event, body.person),), answer=True)


def evolve_selves(state: Selves, event: Event) -> Selves:
    """Fold one event of an account."""
    body = event.body
    if isinstance(body, SelfNamed):
        return replace(state, persons=(*state.persons, body.person))
    if isinstance(body, SelfUnnamed):
        return replace(state, persons=tuple(person for person in state.persons if person != body.person))
    return state


async def answer_persons(reader: Reader, account: str) -> AccountPersons:
    """The people that an account is, under every id that they have had since merges."""
    state: Selves | None = await reader.state(account_stream(account))
    found: dict[str, None] = {}
    for person in state.persons if state is not None else ():
        root, one = person, await _person(reader, person)
        if one.merged_into:
            root = one.merged_into
            one = await _person(reader, root)
        found |= dict.fromkeys((person, root, *one.took_in))
    return AccountPersons(tuple(found))


async def _person(reader: Reader, person: str) -> PersonState:
    return await reader.state(person_stream(person)) or PersonState()
