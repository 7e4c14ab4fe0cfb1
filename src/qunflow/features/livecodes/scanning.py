"""Scans that arrive together become one command: one decision, one commit, a place for each (group commit).

A scan alone goes at once; while it is being stored, the next ones gather. Two rounds may be under way: while the
database stores one, the scans of the other are read, decided and answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import islice

from qunflow.domain.errors import QunflowError
from qunflow.engine.door import Door
from qunflow.features.livecodes.leading import MOST_TOGETHER
from qunflow.features.livecodes.model import ScanAnswer, Scans
from qunflow.web.responses import Refusal

#: Visitors in one command, and visitors who may wait for theirs.
TOGETHER = MOST_TOGETHER
MAX_WAITING = 20_000
#: Rounds under way at a time. One beside another has as many visitors as that, and at least so many.
ROUNDS = 2
WORTH_A_ROUND = 16
#: A round takes half of those who wait, so that two can take turns; but so many at least, and at most.
LEAST_HALF = 64
MOST_IN_ROUND = 1024
#: So many answers are given at a stretch; in between the loop sees to what else has come.
AT_A_STRETCH = 16

#: Visitor → everybody who waits for that visitor's place: a browser may ask twice at once.
Waiting = dict[str, list[asyncio.Future[ScanAnswer]]]


class ScanDesk:
    """The door for scans in one process."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._waiting: dict[tuple[str, str], Waiting] = {}
        self._count = 0
        self._fresh: set[str] = set()  # of those who wait
        self._under_way = 0  # visitors in rounds that are not stored yet
        self._rounds = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def scan(self, workspace: str, code: str, visitor: str, *, fresh: bool = False) -> ScanAnswer:
        """A visitor's place behind a code, stored before this answers; ``fresh``: the id was drawn for this scan.

        Raises Refusal, QunflowError when overloaded.
        """
        if self._count >= MAX_WAITING:
            raise QunflowError(
                "overloaded", "too many people at once", way_out="Try again in a few seconds.", status=503
            )
        future: asyncio.Future[ScanAnswer] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault((workspace, code), {}).setdefault(visitor, []).append(future)
        self._count += 1
        if fresh:
            self._fresh.add(visitor)
        self._begin()
        return await future

    def _begin(self) -> None:
        """Begin a round if there is one to begin."""
        if self._rounds == 0 or (self._rounds < ROUNDS and self._count >= max(WORTH_A_ROUND, self._under_way)):
            self._rounds += 1
            task = asyncio.create_task(self._round())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _round(self) -> None:
        """Some of those who wait, of all codes; what they share is committed together by the engine's own door."""
        batches = self._take(min(MOST_IN_ROUND, max(LEAST_HALF, self._count // 2)))
        size = sum(len(people) for _, _, people in batches)
        self._under_way += size
        outcomes = await asyncio.gather(*(self._ask(workspace, code, people) for workspace, code, people in batches))
        self._under_way -= size
        self._rounds -= 1
        if self._waiting:
            self._begin()
        given = 0
        for (_, _, people), outcome in zip(batches, outcomes, strict=True):
            for visitor, futures in people.items():
                _give(futures, visitor, outcome)
                given += 1
                if given % AT_A_STRETCH == 0:
                    await asyncio.sleep(0)

    def _take(self, most: int) -> list[tuple[str, str, Waiting]]:
        """Some out of the queue, code after code; each part is one command."""
        taken: list[tuple[str, str, Waiting]] = []
        while most > 0 and self._waiting:
            key = next(iter(self._waiting))
            part = waiting = self._waiting.pop(key)
            if len(waiting) > min(most, TOGETHER):
                part = {visitor: waiting.pop(visitor) for visitor in list(islice(waiting, min(most, TOGETHER)))}
                self._waiting[key] = waiting  # last: a code that everybody scans does not keep the others waiting
            most -= len(part)
            self._count -= sum(map(len, part.values()))
            taken.append((*key, part))
        return taken

    async def _ask(self, workspace: str, code: str, people: Waiting) -> Mapping[str, ScanAnswer] | Exception:
        fresh = self._fresh.intersection(people)
        self._fresh -= fresh
        try:
            answer = await self._door.ask(workspace, Scans(code, tuple(people), frozenset(fresh)))
        except Exception as error:  # noqa: BLE001 - handed on to whoever waits
            return error
        if answer.rejection is not None:
            return Refusal(answer.rejection)
        found: Mapping[str, ScanAnswer] = answer.value
        return found


def _give(
    futures: Sequence[asyncio.Future[ScanAnswer]], visitor: str, outcome: Mapping[str, ScanAnswer] | Exception
) -> None:
    for future in futures:
        if future.done():
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome[visitor])
