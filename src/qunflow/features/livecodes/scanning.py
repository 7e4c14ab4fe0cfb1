"""Scans that arrive together become one command: one decision, one commit, a place for each (group commit).

A scan alone goes at once; while it is being stored, the next ones gather.
"""

from __future__ import annotations

import asyncio

from qunflow.domain.errors import QunflowError
from qunflow.engine.door import Door
from qunflow.features.livecodes.model import ScanAnswer, Scans
from qunflow.web.responses import Refusal

#: Visitors in one command, and visitors who may wait for theirs.
TOGETHER = 256
MAX_WAITING = 20_000

#: Visitor → everybody who waits for that visitor's place: a browser may ask twice at once.
Waiting = dict[str, list[asyncio.Future[ScanAnswer]]]


class ScanDesk:
    """The door for scans in one process."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._waiting: dict[tuple[str, str], Waiting] = {}
        self._count = 0
        self._task: asyncio.Task[None] | None = None

    async def scan(self, workspace: str, code: str, visitor: str) -> ScanAnswer:
        """A visitor's place behind a code, stored before this answers. Raises Refusal, QunflowError when overloaded."""
        if self._count >= MAX_WAITING:
            raise QunflowError(
                "overloaded", "too many people at once", way_out="Try again in a few seconds.", status=503
            )
        future: asyncio.Future[ScanAnswer] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault((workspace, code), {}).setdefault(visitor, []).append(future)
        self._count += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush())
        return await future

    async def _flush(self) -> None:
        """All codes at a time; what they share is committed together by the engine's own door."""
        while self._waiting:
            batches = self._waiting
            self._waiting = {}
            self._count = 0
            await asyncio.gather(
                *(
                    self._ask(workspace, code, dict(people[first : first + TOGETHER]))
                    for (workspace, code), waiting in batches.items()
                    for people in (list(waiting.items()),)
                    for first in range(0, len(people), TOGETHER)
                )
            )

    async def _ask(self, workspace: str, code: str, waiting: Waiting) -> None:
        try:
            answer = await self._door.ask(workspace, Scans(code, tuple(waiting)))
        except Exception as error:  # noqa: BLE001 - handed on to whoever waits
            _refuse(waiting, error)
            return
        if answer.rejection is not None:
            _refuse(waiting, Refusal(answer.rejection))
            return
        for visitor, futures in waiting.items():
            for future in futures:
                if not future.done():
                    future.set_result(answer.value[visitor])


def _refuse(waiting: Waiting, error: Exception) -> None:
    for futures in waiting.values():
        for future in futures:
            if not future.done():
                future.set_exception(error)
