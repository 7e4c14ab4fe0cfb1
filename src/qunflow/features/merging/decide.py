"""Merging two persons: who goes on, what is recorded, whose money it is from now on. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.community.model import PersonState, person_stream
from qunflow.domain.decisions import NOTHING, Chance, Claim, CounterMove, Decision, Needs, NewEvent, reject
from qunflow.domain.inbound import ContactRead, Message
from qunflow.domain.merging import UNION_ID, PersonMerged, PersonTookIn
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.merging.model import (
    MERGES,
    MOST_MERGES,
    MOST_TAKEN_IN,
    UNION_SCOPE,
    MergePersons,
    in_order,
    root_of,
    union_key,
)
from qunflow.ledger.sweeping import purse, sweep


@dataclass(frozen=True, slots=True)
class MergeFacts:
    """Everybody whom the merge may touch: the two, who goes on for them, and who went into those."""

    people: tuple[str, ...]


async def load_merge(reader: Reader, message: Message) -> MergeFacts:
    """Read both, and those behind them; looked at again under the locks."""
    body: MergePersons = message.body
    found = dict.fromkeys((body.one, body.other))
    for person in (body.one, body.other):
        state: PersonState | None = await reader.state(person_stream(person))
        root = root_of(person, state)
        found[root] = None
        whole: PersonState | None = await reader.state(person_stream(root))
        found.update(dict.fromkeys(whole.took_in if whole is not None else ()))
    return MergeFacts(tuple(found))


def need_merge(message: Message, facts: MergeFacts) -> Needs:
    """The persons and their purses."""
    accounts = tuple(account for person in facts.people for account in purse(person))
    return Needs(streams=tuple(person_stream(person) for person in facts.people), counters=(MERGES,), accounts=accounts)


def decide_merge(message: Message, facts: MergeFacts, view: View, chance: Chance) -> Decision:
    """The person who was met first goes on. Asked again, or the other way round, it is done already."""
    body: MergePersons = message.body
    one, other = (root_of(person, view.state(person_stream(person))) for person in (body.one, body.other))
    if one == other:
        return reject(Reason.ALREADY_DONE, kept=one)
    first, second = view.state(person_stream(one)), view.state(person_stream(other))
    if first.met_at is None or second.met_at is None:
        return reject(Reason.WRONG_STATE, person="unknown")
    if first.staff or second.staff:
        return reject(Reason.WRONG_STATE, person="staff")
    kept, gone = in_order(one, first, other, second)
    whole, lost = (first, second) if kept == one else (second, first)
    going = (gone, *lost.took_in)
    if len(whole.took_in) + len(going) > MOST_TAKEN_IN:
        return reject(Reason.QUOTA, most=MOST_TAKEN_IN)
    events: list[NewEvent] = []
    for person in going:
        merged = PersonMerged(person, kept, body.how, body.by, whole.met_at)
        events.append(NewEvent(person_stream(person), merged, person))
        events.append(NewEvent(person_stream(kept), PersonTookIn(person), kept))
    return Decision(
        events=tuple(events),
        counters=(CounterMove(MERGES, len(going), MOST_MERGES),),
        postings=sweep(going, kept, view.balance, f"merge:{gone}:{kept}"),
        answer=kept,
    )


def need_union(message: Message, facts: object) -> Needs:
    """The guard of the contact's union id: one holder in a workspace, whoever reads first."""
    body: ContactRead = message.body
    if not body.union_id or not message.person:
        return Needs()
    return Needs(claims=((UNION_SCOPE, union_key(message.workspace, body.union_id)),))


def decide_union(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """A contact whose union id another person has already is that person."""
    body: ContactRead = message.body
    if not body.union_id or not message.person:
        return NOTHING
    key = union_key(message.workspace, body.union_id)
    held = view.claim(UNION_SCOPE, key)
    if held is None:
        return Decision(claims=(Claim(UNION_SCOPE, key, message.person),))
    if held.holder == message.person:
        return NOTHING
    return Decision(commands=((person_stream(held.holder), MergePersons(held.holder, message.person, UNION_ID)),))
