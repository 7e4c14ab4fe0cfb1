"""Taking in what connectors receive: stored once, together with its neighbours, before the platform gets its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qunflow.domain.errors import QunflowError
from qunflow.domain.inbound import Message
from qunflow.engine.deciding import Engine, inbox_row
from qunflow.engine.faults import is_lost
from qunflow.storage.database import Database
from qunflow.storage.inbox import InboxRow, put_messages

MAX_WAITING = 50_000
BATCH = 1000


@dataclass(slots=True)
class _Waiting:
    workspace: str
    rows: list[InboxRow]
    future: asyncio.Future[None]


class Intake:
    """The door for callbacks in one process."""

    def __init__(self, engine: Engine, database: Database) -> None:
        self.engine = engine
        self.database = database
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def store(
        self, workspace: str, channel: str, key: str, bodies: Sequence[Any], raw: bytes | None = None
    ) -> None:
        """Store the bodies of one callback; returns after the commit. The same key again changes nothing."""
        if len(self._waiting) >= MAX_WAITING:
            raise QunflowError(
                "overloaded", "too many callbacks at once", way_out="The platform tries again.", status=503
            )
        now, wall = self.engine.clock.now(), self.engine.dice.wall()
        rows = [
            inbox_row(
                Message(workspace, f"{channel}:{key}:{number}", now, body, channel, lane_of_body(channel, body)),
                wall,
                raw if number == 0 else None,
            )
            for number, body in enumerate(bodies)
        ]
        if not rows:
            return
        waiting = _Waiting(workspace, rows, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush())
        await waiting.future

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            by_workspace: dict[str, list[_Waiting]] = {}
            for item in batch:
                by_workspace.setdefault(item.workspace, []).append(item)
            for workspace, items in by_workspace.items():
                await self._commit(workspace, items)

    async def _commit(self, workspace: str, items: Sequence[_Waiting]) -> None:
        try:
            async with self.database.unit(workspace) as unit:
                await put_messages(unit, [row for item in items for row in item.rows])
        except Exception as error:  # noqa: BLE001 - handed on to whoever waits
            if len(items) > 1 and not is_lost(error):
                middle = len(items) // 2
                await self._commit(workspace, items[:middle])
                await self._commit(workspace, items[middle:])
                return
            for item in items:
                if not item.future.done():
                    item.future.set_exception(error)
            return
        for item in items:
            if not item.future.done():
                item.future.set_result(None)


def lane_of_body(channel: str, body: Any) -> str:
    """The conversation that a body belongs to: its group, else its person, else the channel."""
    chat = getattr(body, "chat", "")
    if chat:
        return f"group:{channel}:{chat}"
    external = getattr(body, "external", "")
    return f"person:{channel}:{external}" if external else f"channel:{channel}"
