"""Domain time: always aware UTC, always passed in. Days are decided in a named zone (campaigns.md §7)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Something that tells domain time; real or virtual."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...


@lru_cache(maxsize=1024)
def local_date(at: datetime, tz: str) -> date:
    """The calendar day of an instant in a zone; streaks and daily limits count these, never 86,400 s."""
    return at.astimezone(ZoneInfo(tz)).date()


def at_local_hour(at: datetime, tz: str, hour: int) -> datetime:
    """The next instant, after ``at``, at which the clock in ``tz`` shows ``hour``:00."""
    zone = ZoneInfo(tz)
    local = at.astimezone(zone)
    candidate = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if candidate <= local:
        candidate += timedelta(days=1)
    return candidate.astimezone(ZoneInfo("UTC"))
