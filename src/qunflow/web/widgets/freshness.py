"""One reading for everybody who looks: however many pages ask a question, it is answered once in some seconds."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")
MOST_KEPT = 256
Clock = Callable[[], float]


class Fresh(Generic[T]):
    """Answers by key, at most ``seconds`` old. Those who ask together wait for one reading.

    A reading that fails fails for those who wait for it, and the next one asks again. At most ``most`` are kept.
    """

    def __init__(self, seconds: float = 2.0, most: int = MOST_KEPT, clock: Clock = time.monotonic) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._known: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()
        self._reading: dict[Hashable, asyncio.Task[T]] = {}

    async def get(self, key: Hashable, load: Callable[[], Awaitable[T]]) -> T:
        """The answer, read by ``load`` when there is none that is fresh."""
        known = self._known.get(key)
        if known is not None and self._clock() - known[0] < self._seconds:
            return known[1]
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.ensure_future(self._read(key, load))
            task.add_done_callback(lambda done: self._over(key, done))
        return await asyncio.shield(task)  # who goes away does not end the reading of the others

    def at_hand(self, key: Hashable, seconds: float) -> T | None:
        """The last answer, if it is at most ``seconds`` old: something to show at once while a newer one is read."""
        known = self._known.get(key)
        return known[1] if known is not None and self._clock() - known[0] < seconds else None

    def forget(self, key: Hashable) -> None:
        """Read anew at the next question: something was changed. A reading under way is not kept."""
        self._known.pop(key, None)
        self._reading.pop(key, None)

    async def _read(self, key: Hashable, load: Callable[[], Awaitable[T]]) -> T:
        begun = self._clock()
        found = await load()
        if self._reading.get(key) is not asyncio.current_task():
            return found
        self._known[key] = (begun, found)
        self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return found

    def _over(self, key: Hashable, task: asyncio.Task[T]) -> None:
        if self._reading.get(key) is task:
            del self._reading[key]
        if not task.cancelled():
            task.exception()  # it was told to those who waited
