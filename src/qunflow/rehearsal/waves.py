"""Instants of a crowd: on a half-hour grid, few at night, most in the evening.

Who acts in the same half hour acts at once: that is the harder case for places and counters, and a run has few
enough instants to finish soon.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from qunflow.rehearsal.dice import Dice

GRID = timedelta(minutes=30)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TURNS_MOST = 500
_ROLL = 2**48
#: How active people are in each local hour, in per cent of the evening's peak.
_HOURS = (6, 3, 2, 1, 1, 2, 8, 20, 30, 35, 38, 45, 60, 50, 40, 38, 40, 48, 60, 75, 95, 100, 70, 25)


def grid_up(instant: datetime, grid: timedelta = GRID) -> datetime:
    """The instant on the grid at or after ``instant``, UTC."""
    return _EPOCH + -((_EPOCH - instant) // grid) * grid


def soon_after(
    dice: Dice, person: int, step: str, start: datetime, mean_minutes: int, grid: timedelta = GRID
) -> datetime:
    """One grid step or more after ``start``, about ``mean_minutes`` later, at whatever hour."""
    return start + grid * (1 + dice.draw(person, step, _span(mean_minutes, grid)))


def in_a_wave(
    dice: Dice, person: int, step: str, start: datetime, mean_minutes: int, zone: ZoneInfo, grid: timedelta = GRID
) -> datetime:
    """Like ``soon_after``, but a quiet hour is passed over as often as the hour is quiet."""
    span, at = _span(mean_minutes, grid), start
    for turn in range(_TURNS_MOST):
        roll = dice.draw(person, f"{step}:{turn}", _ROLL)
        at += grid * (1 + roll % span)
        if (roll >> 24) % 100 < _HOURS[at.astimezone(zone).hour]:
            break
    return at


def _span(mean_minutes: int, grid: timedelta) -> int:
    return max(1, round(timedelta(minutes=2 * mean_minutes) / grid) - 1)
