"""Token buckets per API, so that we stay below WeCom's 10,000 calls a minute and 150,000 an hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """``capacity`` calls at once, ``per_second`` in the long run; ``level`` may go below zero for those who wait."""

    capacity: float
    per_second: float
    level: float
    filled_at: float

    def take(self, now: float) -> float:
        """Take one call; the wall seconds to wait before making it."""
        self.level = min(self.capacity, self.level + (now - self.filled_at) * self.per_second)
        self.filled_at = now
        self.level -= 1
        return max(0.0, -self.level / self.per_second)


class RateLimit:
    """A minute bucket and an hour bucket for each API; ``monotonic`` gives wall seconds.

    A tenth of each allowance may go at once, the rest flows in evenly, so that no window sees more than all of it.
    """

    def __init__(self, per_minute: int, per_hour: int, monotonic: Callable[[], float]) -> None:
        self._rates = ((per_minute, 60.0), (per_hour, 3600.0))
        self._monotonic = monotonic
        self._buckets: dict[str, tuple[Bucket, ...]] = {}
        self._closed_until: dict[str, float] = {}

    def take(self, api: str) -> float:
        """Take one call of ``api``; the wall seconds to wait before making it."""
        now = self._monotonic()
        buckets = self._buckets.get(api)
        if buckets is None:
            buckets = tuple(
                Bucket(allowed / 10, allowed * 0.9 / window, allowed / 10, now) for allowed, window in self._rates
            )
            self._buckets[api] = buckets
        return max(bucket.take(now) for bucket in buckets)

    def give_back(self, api: str) -> None:
        """A call that was taken will not be made."""
        for bucket in self._buckets[api]:
            bucket.level += 1

    def close(self, api: str, seconds: float) -> None:
        """WeCom said that ``api`` is over its limit: make no call for so many seconds."""
        self._closed_until[api] = self._monotonic() + seconds

    def closed_for(self, api: str) -> float:
        """Wall seconds for which ``api`` is still closed, 0 when open."""
        return max(0.0, self._closed_until.get(api, 0.0) - self._monotonic())
