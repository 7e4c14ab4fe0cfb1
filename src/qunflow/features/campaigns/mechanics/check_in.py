"""Check-in 打卡 (M33 裂变打卡, campaigns.md §10): one a day, a ladder of days, make-ups and freezes that friends bring.

Days are days of the campaign's calendar, never spans of 24 hours. What was reached is not lost by a missed day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from qunflow.domain.clock import local_date
from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import streak
from qunflow.features.campaigns.mechanics.mechanic import (
    LATE,
    Command,
    Context,
    Count,
    Frame,
    Guards,
    Mechanic,
    MoveRule,
    Moves,
    Unit,
)
from qunflow.features.campaigns.mechanics.settings import choice, day, fen, rows, whole
from qunflow.features.campaigns.mechanics.streak import (
    MAX_FREEZES,
    CheckedIn,
    FreezesHeld,
    FreezeUsed,
    MadeUp,
    MakeUpsEarned,
    Sheet,
    longest_run,
)
from qunflow.ledger.settle import Amounts

RULE = "check-in"
PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Step:
    """A reward at a number of days."""

    days: int = whole("so many days", 1, 366)
    amount_fen: int = fen("what they pay, once", low=1)


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The ladder, and how missed days are made up."""

    ladder: tuple[Step, ...] = rows("rewards by days, in rising order", Step, 20)
    people: int = whole("how many people may take part", 1, 1_000_000)
    count: str = choice("which days count: in a row, or all", *("consecutive", "cumulative"), default="consecutive")
    make_ups: int = whole("make-ups that everybody has from the start", 0, 10, 0)
    make_ups_per_invite: int = whole("make-ups for each confirmed friend", 0, 3, 1)
    make_ups_per_month: int = whole("nobody makes up more days in one calendar month", 0, 3, 3)
    freezes: int = whole("freeze cards that everybody has from the start; one keeps the row over a missed day", 0, 2, 0)
    freezes_per_invite: int = whole("freeze cards for each confirmed friend; nobody holds more than two", 0, 2, 0)


@dataclass(frozen=True, slots=True)
class DayMissed:
    """The day that is made up."""

    day: date = day("the missed day")


def reached(sheet: Sheet, settings: CheckIn) -> int:
    """The number of days that the ladder looks at."""
    return longest_run(sheet.days, sheet.frozen) if settings.count == "consecutive" else len(sheet.days)


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Open a sheet, check in, make up; friends that are confirmed."""
    settings, sheet = context.frame.settings, unit.play
    match command.move:
        case "open":
            if context.used(PEOPLE) >= settings.people:
                return Rejection(Reason.QUOTA, {"most": settings.people})
            return _open(command, context.frame, settings)
        case "check_in":
            return _check_in(sheet, command, context.frame, settings)
        case "make_up":
            return _make_up(sheet, command, context.frame, settings)
        case "invited":
            return _invited(sheet, command, context.frame, settings)
        case "freeze":
            return _moved(sheet, command, context.frame)
        case "expire":
            reason = str(command.params.get("reason", "expired"))
            return Moves(close="done" if reason == "expired" else reason)
    return Moves()


def _open(command: Command, frame: Frame, settings: CheckIn) -> Moves:
    """The first day, and the freeze cards of the start."""
    last = frame.ends_at + timedelta(hours=frame.hold_hours)
    events: list[Any] = [CheckedIn(command.day)]
    if settings.freezes:
        events.append(FreezesHeld((command.day,) * settings.freezes))
    sheet = Sheet(days=(command.day,), freezes=(command.day,) * settings.freezes)
    counts = (Count(PEOPLE, 1, settings.people),)
    return replace(_timed(tuple(events), sheet, command, frame), counts=counts, expires_at=last)


def _check_in(sheet: Sheet, command: Command, frame: Frame, settings: CheckIn) -> Moves | Rejection:
    """Today counts; missed days before it were saved by the cards that were there."""
    if command.day in sheet.days:
        return Rejection(Reason.ALREADY_DONE)
    if command.at >= frame.ends_at:
        return Rejection(Reason.OUT_OF_WINDOW)
    return _moved(sheet, command, frame, CheckedIn(command.day), settings)


def _moved(sheet: Sheet, command: Command, frame: Frame, event: Any = None, settings: CheckIn | None = None) -> Moves:
    """Freeze cards first, for the days that are over; then ``event``, and the answer: how far the ladder goes now."""
    events: list[Any] = [FreezeUsed(missed) for missed in streak.saved(sheet, command.day)]
    if event is not None:
        events.append(event)
    after = _after(sheet, events)
    found = _timed(tuple(events), after, command, frame)
    return replace(found, answer=reached(after, settings)) if settings is not None else found


def _after(sheet: Sheet, events: list[Any]) -> Sheet:
    """The sheet with these events, as far as the days matter."""
    used = tuple(event.day for event in events if isinstance(event, FreezeUsed))
    days = tuple(event.day for event in events if isinstance(event, CheckedIn | MadeUp))
    held = [event.held for event in events if isinstance(event, FreezesHeld)]
    freezes = held[-1] if held else tuple(sorted(sheet.freezes))[len(used) :]
    return replace(sheet, days=tuple(sorted({*sheet.days, *days})), frozen=(*sheet.frozen, *used), freezes=freezes)


def _timed(events: tuple[Any, ...], after: Sheet, command: Command, frame: Frame) -> Moves:
    """The clock looks again when the first day that may have to be saved is over; a row that ended needs none."""
    at = streak.next_check(after, frame.tz)
    return Moves(events, timers=(("freeze", at + LATE),) if at is not None and at > command.at else ())


def _make_up(sheet: Sheet, command: Command, frame: Frame, settings: CheckIn) -> Moves | Rejection:
    """A missed day inside the campaign, with a make-up that is left, so many in a month."""
    missed = command.params["day"]
    missed = date.fromisoformat(missed) if isinstance(missed, str) else missed
    if missed in sheet.days:
        return Rejection(Reason.ALREADY_DONE)
    if not local_date(frame.starts_at, frame.tz) <= missed < command.day or command.at >= frame.ends_at:
        return Rejection(Reason.OUT_OF_WINDOW)
    month = sum((used.year, used.month) == (command.day.year, command.day.month) for used in sheet.used_on)
    if month >= settings.make_ups_per_month or make_ups_left(sheet, settings) < 1:
        return Rejection(Reason.QUOTA, {"month": month, "left": max(0, make_ups_left(sheet, settings))})
    return _moved(sheet, command, frame, MadeUp(missed, command.day), settings)


def make_ups_left(sheet: Sheet, settings: CheckIn) -> int:
    """Make-ups that were not used; below 0 when a friend left after theirs was."""
    return settings.make_ups + sheet.earned - len(sheet.used_on)


def _invited(sheet: Sheet, command: Command, frame: Frame, settings: CheckIn) -> Moves:
    """A friend brings make-ups and freeze cards, and takes along what is left of them when they are lost."""
    invitee, confirmed = str(command.params["invitee"]), bool(command.params["confirmed"])
    if confirmed == (invitee in sheet.invitees):
        return Moves()
    each_brings = settings.make_ups_per_invite if confirmed else -settings.make_ups_per_invite
    events: list[Any] = [FreezeUsed(missed) for missed in streak.saved(sheet, command.day)]
    known = _after(sheet, events)
    events.append(MakeUpsEarned(invitee, confirmed, each_brings))
    if confirmed:
        held = streak.gained(known, invitee, settings.freezes_per_invite, command.day)
    else:
        held = streak.lost(known, invitee)
    if held is not None:
        events.append(held)
    return _timed(tuple(events), _after(sheet, events), command, frame)


def due(unit: Unit, settings: CheckIn) -> Mapping[tuple[str, str], Amounts]:
    """Every step that was reached, once."""
    days = reached(unit.play, settings)
    earned = sum(step.amount_fen for step in settings.ladder if step.days <= days)
    return {(unit.owner, RULE): Amounts(earned)} if earned else {}


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """How many take part."""
    return Guards((PEOPLE,)) if command.move == "open" else Guards()


def check(frame: Frame) -> None:
    """Refuse a ladder that does not rise, or that the campaign is too short for. Raises InvalidInput."""
    settings: CheckIn = frame.settings
    first, last = local_date(frame.starts_at, frame.tz), local_date(frame.ends_at, frame.tz)
    most, before = (last - first).days + 1, 0
    for number, step in enumerate(settings.ladder):
        if not before < step.days <= most:
            raise InvalidInput(
                "check_in_ladder",
                f"steps rise, and the campaign has {most} days",
                field=f"model.ladder[{number}].days",
                way_out="Ask for other days, or let the campaign run longer.",
            )
        before = step.days
    if settings.count == "cumulative" and (settings.freezes or settings.freezes_per_invite):
        raise InvalidInput(
            "check_in_freeze",
            "a freeze card keeps a row: where all days count there is none",
            field="model.freezes" if settings.freezes else "model.freezes_per_invite",
            way_out="Set it to 0, or let days in a row count.",
        )


def each(frame: Frame) -> int:
    """The whole ladder."""
    return sum(step.amount_fen for step in frame.settings.ladder)


def liability(frame: Frame) -> int:
    """The whole ladder for everybody who may take part."""
    settings: CheckIn = frame.settings
    return settings.people * each(frame)


def show(unit: Unit, settings: CheckIn) -> Mapping[str, Any]:
    """Days so far, the next step, make-ups that are left."""
    sheet: Sheet = unit.play
    days = reached(sheet, settings)
    following = next((step for step in settings.ladder if step.days > days), None)
    return {
        "status": unit.outcome or unit.status,
        "days": days,
        "checked_in": [one.isoformat() for one in sheet.days],
        "next_days": following.days if following is not None else 0,
        "next_fen": following.amount_fen if following is not None else 0,
        "make_ups": max(0, make_ups_left(sheet, settings)),
        "freezes": len(sheet.freezes),
        "most_freezes": MAX_FREEZES if settings.freezes or settings.freezes_per_invite else 0,
        "frozen": [one.isoformat() for one in sheet.frozen],
    }


MODEL = Mechanic(
    name="check-in",
    stock="people",
    settings=CheckIn,
    state=Sheet,
    initial=Sheet(),
    moves={
        "open": MoveRule(opens=True),
        "check_in": MoveRule(who="owner"),
        "make_up": MoveRule(who="owner", params=DayMissed),
        "invited": MoveRule(who="system", pays=False),
        "freeze": MoveRule(who="system", pays=False),
    },
    decide=decide,
    evolve=streak.evolve,
    events=streak.EVENTS,
    due=due,
    guards=guards,
    show=show,
    check=check,
    liability=liability,
    each=each,
    freezes=False,
    invited="invited",
)
