"""Looking at states without deciding: for pages, reports and commands of the CLI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qunflow.domain.codec import decode
from qunflow.engine.feature import Registry
from qunflow.engine.reading import BatchReader, MessageReader
from qunflow.engine.stored_states import state_of
from qunflow.storage.database import Database
from qunflow.storage.streams import list_states, read_states


class Look:
    """Typed states as of the last commit."""

    def __init__(self, database: Database, registry: Registry) -> None:
        self.database = database
        self.registry = registry

    async def states(self, workspace: str, streams: Sequence[str]) -> list[Any]:
        """The states of some streams in their order; None for one without an event."""
        async with self.database.read(workspace) as unit:
            found = await read_states(unit, streams)
        return [state_of(self.registry, name, found[name]) if name in found else None for name in streams]

    async def state(self, workspace: str, stream: str) -> Any:
        """The state of one stream, or None."""
        return (await self.states(workspace, [stream]))[0]

    async def all_of(self, workspace: str, kind: str, prefix: str = "", status: str | None = None) -> list[Any]:
        """The states of every stream of a kind whose name starts so (and whose status is this), by name."""
        async with self.database.read(workspace) as unit:
            rows = await list_states(unit, kind, prefix, status)
        return [decode(self.registry.streams[kind].state, data) for _, data in rows]

    async def ask(self, workspace: str, question: type[Any], key: str) -> Any:
        """A fact of ``domain/facts.py``."""
        async with self.database.read(workspace) as unit:
            return await MessageReader(BatchReader(unit, self.registry)).ask(question, key)
