"""The feature's door, and what is kept of merges beside the log: whose identities are whose."""

from __future__ import annotations

from collections.abc import Sequence

from qunflow.community.model import PersonState, person_stream
from qunflow.domain.events import Event
from qunflow.domain.facts import SamePerson
from qunflow.domain.inbound import ContactRead, Message
from qunflow.domain.merging import PersonMerged
from qunflow.engine.feature import Feature, Handler, Reader
from qunflow.features.merging import decide
from qunflow.features.merging.model import MergePersons, root_of
from qunflow.storage.people import move_identities, store_union_ids
from qunflow.storage.unit_of_work import UnitOfWork


async def answer_same(reader: Reader, person: str) -> SamePerson:
    """Who a person is after merges."""
    state: PersonState | None = await reader.state(person_stream(person), stale_ok=True)
    root = root_of(person, state)
    if root != person:
        state = await reader.state(person_stream(root), stale_ok=True)
    return SamePerson(root, state.took_in if state is not None else ())


async def keep_merges(unit: UnitOfWork, messages: Sequence[Message], events: Sequence[Event]) -> None:
    """Store union ids, which are erasable, and hand the identities of who is gone to who goes on."""
    found = {
        message.body.union_id[:64]: message.person
        for message in messages
        if isinstance(message.body, ContactRead) and message.body.union_id and message.person
    }
    await store_union_ids(unit, found)
    for event in events:
        if isinstance(event.body, PersonMerged):
            await move_identities(unit, event.body.gone, event.body.kept)


MERGING = Feature(
    name="merging",
    handlers=(
        Handler("merging.merge", MergePersons, decide.need_merge, decide.decide_merge, decide.load_merge),
        Handler("merging.union", ContactRead, decide.need_union, decide.decide_union),
    ),
    bodies=(MergePersons,),
    answers={SamePerson: answer_same},
)
