"""Reading ahead without locks. Questions that are asked before anybody waits travel in one query (a data loader)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from qunflow.domain.codec import decode
from qunflow.engine.feature import Answerer, Registry
from qunflow.engine.seen import Seen
from qunflow.engine.stored_states import state_of
from qunflow.storage.guards import find_expired
from qunflow.storage.people import find_externals, find_names, find_persons
from qunflow.storage.streams import list_states, read_states
from qunflow.storage.unit_of_work import UnitOfWork

PERSON_SPACE = UUID("6f0d1c5e-3f52-4d0e-9b60-5d0c8f6a7e11")
Batch = Callable[[list[Any]], Awaitable[Mapping[Any, Any]]]


def first_person_id(workspace: str, channel: str, external: str) -> str:
    """The id a person gets when first seen: the same whoever sees it first, so two writers cannot disagree."""
    return uuid5(PERSON_SPACE, f"{workspace}\n{channel}\n{external}").hex


class BatchReader:
    """A :class:`qunflow.engine.feature.Reader` on one transaction; answers are remembered for the batch."""

    def __init__(self, unit: UnitOfWork, registry: Registry, seen: Seen | None = None) -> None:
        self.workspace = unit.workspace
        self._unit = unit
        self._seen = Seen() if seen is None else seen
        self._registry = registry
        self._waiting: dict[str, dict[Any, asyncio.Future[Any]]] = {}
        self._known: dict[tuple[str, Any], asyncio.Future[Any]] = {}
        self._flush: asyncio.Task[None] | None = None
        self._one_query = asyncio.Lock()  # a connection carries one query at a time
        self.new_persons: dict[tuple[str, str], str] = {}
        self._batches: dict[str, Batch] = {
            "state": self._states,
            "person": self._persons,
            "externals": self._externals,
            "name": self._names,
        }

    async def state(self, stream: str, *, stale_ok: bool = False) -> Any:
        """The state of a stream, or None when it has no event."""
        return await self._ask("state", stream)

    def answer_of(self, question: type[Any]) -> Answerer | None:
        """Who answers a kind of question."""
        return self._registry.answers.get(question)

    async def person(self, channel: str, external: str) -> str:
        """Our id of a platform's person; one never seen gets an id that is stored with the commit."""
        return str(await self._ask("person", (channel, external)))

    async def persons(self, channel: str, externals: Sequence[str]) -> Mapping[str, str]:
        """Our ids of many persons of a platform, asked together."""
        found = await asyncio.gather(*(self.person(channel, external) for external in externals))
        return dict(zip(externals, found, strict=True))

    async def externals(self, person: str) -> Mapping[str, str]:
        """channel → platform id of a person."""
        found: Mapping[str, str] = await self._ask("externals", person)
        return found

    async def name(self, person: str) -> str:
        """The name of a person, empty when unknown."""
        return str(await self._ask("name", person))

    async def expired_claims(self, scope: str, at: datetime) -> tuple[str, ...]:
        """Keys of a scope whose claim ended at or before ``at`` (at most 2,000)."""
        async with self._one_query:
            return await find_expired(self._unit, scope, at)

    async def states(self, kind: str, prefix: str) -> Mapping[str, Any]:
        """Every stream of a kind whose name starts so: for rare, whole looks such as a daily digest."""
        state = self._registry.streams[kind].state
        async with self._one_query:
            rows = await list_states(self._unit, kind, prefix)
        return {name: decode(state, data) for name, data in rows}

    def _ask(self, kind: str, key: Any) -> asyncio.Future[Any]:
        known = self._known.get((kind, key))
        if known is None:
            known = self._known[(kind, key)] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(kind, {})[key] = known
            if self._flush is None or self._flush.done():
                self._flush = asyncio.create_task(self._answer_all())
        return known

    async def _answer_all(self) -> None:
        await asyncio.sleep(0)  # let every coroutine that can ask do so first
        while self._waiting:
            kind, questions = self._waiting.popitem()
            try:
                async with self._one_query:
                    found = await self._batches[kind](list(questions))
            except Exception as error:  # noqa: BLE001 - handed on to whoever waits
                for future in questions.values():
                    future.set_exception(error)
                continue
            for key, future in questions.items():
                future.set_result(found.get(key))

    async def _states(self, streams: list[str]) -> Mapping[str, Any]:
        seen = self._seen
        unknown = [name for name in streams if not seen.knows(name)]
        if unknown:
            texts = await read_states(self._unit, unknown)
            found: dict[str, Any] = {name: state_of(self._registry, name, text) for name, text in texts.items()}
            seen.note_read(unknown, found)
        return {name: seen.state(name) for name in streams}

    async def _persons(self, keys: list[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        found = await find_persons(self._unit, keys)
        for channel, external in keys:
            if (channel, external) not in found:
                person = first_person_id(self.workspace, channel, external)
                found[(channel, external)] = self.new_persons[(channel, external)] = person
        return found

    async def _externals(self, people: list[str]) -> Mapping[str, Mapping[str, str]]:
        stored = await find_externals(self._unit, people)
        for (channel, external), person in self.new_persons.items():
            stored.setdefault(person, {})[channel] = external
        return {person: stored.get(person, {}) for person in people}

    async def _names(self, people: list[str]) -> Mapping[str, str]:
        names = await find_names(self._unit, people)
        return {person: names.get(person, "") for person in people}


class MessageReader:
    """The batch's reader for one message: remembers which streams its facts stand on."""

    def __init__(self, batch: BatchReader) -> None:
        self.workspace = batch.workspace
        self.batch = batch
        self.reads: set[str] = set()
        self.person = batch.person
        self.persons = batch.persons
        self.externals = batch.externals
        self.name = batch.name
        self.expired_claims = batch.expired_claims
        self.states = batch.states

    async def state(self, stream: str, *, stale_ok: bool = False) -> Any:
        """The state of a stream, or None when it has no event."""
        found = await self.batch.state(stream)
        if not stale_ok or found is None:
            self.reads.add(stream)
        return found

    async def ask(self, question: type[Any], key: str) -> Any:
        """A fact that another feature answers; None when no feature does."""
        answerer = self.batch.answer_of(question)
        return None if answerer is None else await answerer(self, key)


async def gather_in_order(coroutines: Iterable[Awaitable[Any]]) -> list[Any]:
    """Run read-aheads side by side so that their questions meet; the first error is raised."""
    return list(await asyncio.gather(*coroutines))
