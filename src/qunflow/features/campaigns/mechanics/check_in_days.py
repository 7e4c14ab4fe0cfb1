"""The settings of check-ins 打卡 and what one more day makes of a sheet: cards, then the day, then the clock. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from qunflow.domain.clock import local_date
from qunflow.domain.decisions import Rejection
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import streak
from qunflow.features.campaigns.mechanics.mechanic import LATE, Command, Frame, Moves
from qunflow.features.campaigns.mechanics.settings import choice, day, fen, rows, whole
from qunflow.features.campaigns.mechanics.streak import CheckedIn, FreezesHeld, FreezeUsed, MadeUp, Sheet, longest_run

NO_PROOF, PHOTO = "none", "photo"


@dataclass(frozen=True, slots=True)
class Step:
    """A reward at a number of days."""

    days: int = whole("so many days", 1, 366)
    amount_fen: int = fen("what they pay, once", low=1)


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The ladder, how missed days are made up, and what shows that somebody did it."""

    ladder: tuple[Step, ...] = rows("rewards by days, in rising order", Step, 20)
    people: int = whole("how many people may take part", 1, 1_000_000)
    count: str = choice("which days count: in a row, or all", *("consecutive", "cumulative"), default="consecutive")
    make_ups: int = whole("make-ups that everybody has from the start", 0, 10, 0)
    make_ups_per_invite: int = whole("make-ups for each confirmed friend", 0, 3, 1)
    make_ups_per_month: int = whole("nobody makes up more days in one calendar month", 0, 3, 3)
    freezes: int = whole("freeze cards that everybody has from the start; one keeps the row over a missed day", 0, 2, 0)
    freezes_per_invite: int = whole("freeze cards for each confirmed friend; nobody holds more than two", 0, 2, 0)
    proof: str = choice("what a day needs to count: a tap, or a picture", NO_PROOF, PHOTO, default=NO_PROOF)
    photos_per_day: int = whole("pictures that one person may hand in on one day, good or not", 1, 10, 3)


@dataclass(frozen=True, slots=True)
class DayMissed:
    """The day that is made up."""

    day: date = day("the missed day")


def reached(sheet: Sheet, settings: CheckIn) -> int:
    """The number of days that the ladder looks at."""
    return longest_run(sheet.days, sheet.frozen) if settings.count == "consecutive" else len(sheet.days)


def make_ups_left(sheet: Sheet, settings: CheckIn) -> int:
    """Make-ups that were not used; below 0 when a friend left after theirs was."""
    return settings.make_ups + sheet.earned - len(sheet.used_on)


def check_in(sheet: Sheet, command: Command, frame: Frame) -> Moves | Rejection:
    """Today counts; missed days before it were saved by the cards that were there."""
    if command.day in sheet.days:
        return Rejection(Reason.ALREADY_DONE)
    if command.at >= frame.ends_at:
        return Rejection(Reason.OUT_OF_WINDOW)
    return moved(sheet, command, frame, CheckedIn(command.day))


def make_up(sheet: Sheet, command: Command, frame: Frame) -> Moves | Rejection:
    """A missed day inside the campaign, with a make-up that is left, so many in a month."""
    settings: CheckIn = frame.settings
    missed = command.params["day"]
    missed = date.fromisoformat(missed) if isinstance(missed, str) else missed
    if missed in sheet.days:
        return Rejection(Reason.ALREADY_DONE)
    if not local_date(frame.starts_at, frame.tz) <= missed < command.day or command.at >= frame.ends_at:
        return Rejection(Reason.OUT_OF_WINDOW)
    month = sum((used.year, used.month) == (command.day.year, command.day.month) for used in sheet.used_on)
    if month >= settings.make_ups_per_month or make_ups_left(sheet, settings) < 1:
        return Rejection(Reason.QUOTA, {"month": month, "left": max(0, make_ups_left(sheet, settings))})
    return moved(sheet, command, frame, MadeUp(missed, command.day))


def moved(sheet: Sheet, command: Command, frame: Frame, event: Any = None) -> Moves:
    """Freeze cards first, for the days that are over; then ``event``, and the answer: how far the ladder goes now."""
    events: list[Any] = [FreezeUsed(missed) for missed in streak.saved(sheet, command.day)]
    if event is not None:
        events.append(event)
    after = after_events(sheet, events)
    found = timed(tuple(events), after, command, frame)
    return replace(found, answer=reached(after, frame.settings)) if event is not None else found


def after_events(sheet: Sheet, events: list[Any]) -> Sheet:
    """The sheet with these events, as far as the days matter."""
    used = tuple(event.day for event in events if isinstance(event, FreezeUsed))
    days = tuple(event.day for event in events if isinstance(event, CheckedIn | MadeUp))
    held = [event.held for event in events if isinstance(event, FreezesHeld)]
    freezes = held[-1] if held else tuple(sorted(sheet.freezes))[len(used) :]
    return replace(sheet, days=tuple(sorted({*sheet.days, *days})), frozen=(*sheet.frozen, *used), freezes=freezes)


def timed(events: tuple[Any, ...], after: Sheet, command: Command, frame: Frame) -> Moves:
    """The clock looks again when the first day that may have to be saved is over; a row that ended needs none."""
    at = streak.next_check(after, frame.tz)
    return Moves(events, timers=(("freeze", at + LATE),) if at is not None and at > command.at else ())
