"""Timed invite race 争分夺秒 (M109): short windows, so much for each friend who joins inside one, more for the best.

A friend counts in the window in which the platform saw the join, once, and only if the hold is passed. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.ranking import Entrant, Place, order

STEPS = {"daily": 1, "weekly": 7}


@dataclass(frozen=True, slots=True)
class Window:
    """One race: its number from 1 and its half-open time, UTC."""

    number: int
    start: datetime
    end: datetime


def list_windows(every: str, first_on: date, at_minute: int, minutes: int, times: int, tz: str) -> tuple[Window, ...]:
    """All windows: at the same local time each day or week, ``at_minute`` minutes after midnight."""
    zone, utc = ZoneInfo(tz), ZoneInfo("UTC")
    hour, minute = divmod(at_minute, 60)
    found = []
    for number in range(times):
        day = first_on + timedelta(days=STEPS[every] * number)
        start = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(utc)
        found.append(Window(number + 1, start, start + timedelta(minutes=minutes)))
    return tuple(found)


def first_day(starts_at: datetime, at_minute: int, tz: str) -> date:
    """The first local day on which the clock shows ``at_minute`` at or after ``starts_at``."""
    local = starts_at.astimezone(ZoneInfo(tz))
    at = local.hour * 60 + local.minute + (1 if local.second or local.microsecond else 0)
    return local.date() + timedelta(days=1 if at > at_minute else 0)


def window_at(found: Sequence[Window], at: datetime, since: datetime | None) -> Window | None:
    """The window that an instant lies in; one that began before ``since`` (the launch) is none."""
    for window in found:
        if window.start <= at < window.end:
            return window if since is not None and window.start >= since else None
    return None


def next_window(found: Sequence[Window], after: datetime) -> Window | None:
    """The first window that starts at or after an instant."""
    return next((window for window in found if window.start >= after), None)


def awards(
    entrants: Iterable[Entrant],
    per_head: int,
    max_heads_each: int,
    max_heads: int,
    prizes: Sequence[int],
    min_count: int,
) -> tuple[Place, ...]:
    """What a race pays, best first: ``per_head`` fen for each friend, and a prize on top for the first places.

    At most ``max_heads_each`` friends of one person and ``max_heads`` of all are paid for, so that one race never
    costs more than :func:`worst_case`.
    """
    left = max_heads
    found = []
    for number, one in enumerate((one for one in order(entrants) if one.count > 0), 1):
        heads = min(one.count, max_heads_each, left)
        left -= heads
        prize = prizes[number - 1] if number <= len(prizes) and one.count >= min_count else 0
        if not heads * per_head + prize:
            break
        found.append(Place(number, one.person, one.count, one.reached_at, heads * per_head + prize))
    return tuple(found)


def worst_case(per_head: int, max_heads: int, prizes: Sequence[int]) -> int:
    """The most fen that one race can cost."""
    return per_head * max_heads + sum(prizes)


def check_windows(found: Sequence[Window], starts_at: datetime, ends_at: datetime) -> None:
    """Refuse windows outside the campaign. Raises InvalidInput: what is announced must take place."""
    if found[0].start < starts_at or found[-1].end > ends_at:
        raise InvalidInput(
            "race_window",
            f"the last of {len(found)} races ends at {found[-1].end.isoformat()}, all lie within the campaign",
            field="race.times",
            way_out="Run fewer races, begin them later or earlier with first_on, or end the campaign later.",
        )
