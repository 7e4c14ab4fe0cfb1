"""Acts of the platform that wait for an instant of the domain clock."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable


class DueActs:
    """A heap of acts. Nobody waits in it: the doors and the server's pulse run what has become due."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = itertools.count()

    def at(self, instant: float, act: Callable[[], None]) -> None:
        """Run ``act`` once the clock has reached ``instant`` (seconds)."""
        heapq.heappush(self._heap, (instant, next(self._serial), act))

    def run(self, now: float) -> None:
        """Run all acts due by ``now``, in the order of their instants."""
        while self._heap and self._heap[0][0] <= now:
            _, _, act = heapq.heappop(self._heap)
            act()
