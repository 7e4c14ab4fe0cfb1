"""Check-in 打卡 (M33 裂变打卡, campaigns.md §10): one a day, a ladder of days, make-ups that friends bring.

Days are days of the campaign's calendar, never spans of 24 hours. What was reached is not lost by a missed day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, ClassVar

from qunflow.domain.clock import local_date
from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput
from qunflow.domain.events import Event
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics.mechanic import (
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


@dataclass(frozen=True, slots=True)
class Sheet:
    """Days that count, days on which something was made up, make-ups that friends brought and those friends."""

    days: tuple[date, ...] = ()
    used_on: tuple[date, ...] = ()
    earned: int = 0
    invitees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """Somebody checked in on a local day."""

    KIND: ClassVar[str] = "checked_in"
    SCHEMA: ClassVar[int] = 1
    day: date


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A missed day was made up on another one."""

    KIND: ClassVar[str] = "made_up"
    SCHEMA: ClassVar[int] = 1
    day: date
    on: date


@dataclass(frozen=True, slots=True)
class MakeUpsEarned:
    """A friend was confirmed, or lost again."""

    KIND: ClassVar[str] = "make_ups_earned"
    SCHEMA: ClassVar[int] = 1
    invitee: str
    confirmed: bool
    make_ups: int


EVENTS = (CheckedIn, MadeUp, MakeUpsEarned)


@dataclass(frozen=True, slots=True)
class DayMissed:
    """The day that is made up."""

    day: date = day("the missed day")


def evolve(state: Sheet, event: Event) -> Sheet:
    """Fold one event of a sheet."""
    body = event.body
    if isinstance(body, CheckedIn | MadeUp):
        state = replace(state, days=tuple(sorted({*state.days, body.day})))
    if isinstance(body, MadeUp):
        return replace(state, used_on=(*state.used_on, body.on))
    if isinstance(body, MakeUpsEarned):
        rest = tuple(who for who in state.invitees if who != body.invitee)
        return replace(
            state,
            earned=state.earned + body.make_ups,
            invitees=(*rest, body.invitee) if body.confirmed else rest,
        )
    return state


def longest_run(days: Iterable[date]) -> int:
    """The most days in a row."""
    known, best = set(days), 0
    for first in known:
        if first - timedelta(days=1) not in known:
            length = 1
            while first + timedelta(days=length) in known:
                length += 1
            best = max(best, length)
    return best


def reached(sheet: Sheet, settings: CheckIn) -> int:
    """The number of days that the ladder looks at."""
    return longest_run(sheet.days) if settings.count == "consecutive" else len(sheet.days)


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Open a sheet, check in, make up; friends that are confirmed."""
    settings, sheet = context.frame.settings, unit.play
    match command.move:
        case "open":
            if context.used(PEOPLE) >= settings.people:
                return Rejection(Reason.QUOTA, {"most": settings.people})
            last = context.frame.ends_at + timedelta(hours=context.frame.hold_hours)
            return Moves((CheckedIn(command.day),), (Count(PEOPLE, 1, settings.people),), expires_at=last)
        case "check_in":
            if command.day in sheet.days:
                return Rejection(Reason.ALREADY_DONE)
            if command.at >= context.frame.ends_at:
                return Rejection(Reason.OUT_OF_WINDOW)
            answer = reached(replace(sheet, days=(*sheet.days, command.day)), settings)
            return Moves((CheckedIn(command.day),), answer=answer)
        case "make_up":
            return _make_up(sheet, command, context.frame, settings)
        case "invited":
            return _invited(sheet, command, settings)
        case "expire":
            reason = str(command.params.get("reason", "expired"))
            return Moves(close="done" if reason == "expired" else reason)
    return Moves()


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
    answer = reached(replace(sheet, days=(*sheet.days, missed)), settings)
    return Moves((MadeUp(missed, command.day),), answer=answer)


def make_ups_left(sheet: Sheet, settings: CheckIn) -> int:
    """Make-ups that were not used; below 0 when a friend left after theirs was."""
    return settings.make_ups + sheet.earned - len(sheet.used_on)


def _invited(sheet: Sheet, command: Command, settings: CheckIn) -> Moves:
    invitee, confirmed = str(command.params["invitee"]), bool(command.params["confirmed"])
    if confirmed == (invitee in sheet.invitees):
        return Moves()
    each_brings = settings.make_ups_per_invite if confirmed else -settings.make_ups_per_invite
    return Moves((MakeUpsEarned(invitee, confirmed, each_brings),))


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
    },
    decide=decide,
    evolve=evolve,
    events=EVENTS,
    due=due,
    guards=guards,
    show=show,
    check=check,
    liability=liability,
    each=each,
    freezes=False,
    invited="invited",
)
