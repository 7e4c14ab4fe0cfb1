"""Check-in 打卡 (M33 裂变打卡, campaigns.md §10): one a day, a ladder of days, make-ups and freezes that friends bring.

Days are days of the campaign's calendar, never spans of 24 hours. What was reached is not lost by a missed day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from qunflow.domain.clock import local_date
from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import streak
from qunflow.features.campaigns.mechanics.check_in_days import (
    PHOTO,
    CheckIn,
    DayMissed,
    after_events,
    check_in,
    make_up,
    make_ups_left,
    moved,
    reached,
    timed,
)
from qunflow.features.campaigns.mechanics.check_in_photos import (
    Picture,
    Struck,
    hand_in,
    photo_guards,
    show_photos,
    strike_out,
)
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
from qunflow.features.campaigns.mechanics.streak import (
    MAX_FREEZES,
    CheckedIn,
    FreezesHeld,
    FreezeUsed,
    MakeUpsEarned,
    Sheet,
)
from qunflow.ledger.settle import Amounts

RULE = "check-in"
PEOPLE = "people"


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Open a sheet, check in, make up, with or without pictures; friends that are confirmed."""
    frame, settings, sheet = context.frame, context.frame.settings, unit.play
    match command.move:
        case "open":
            if context.used(PEOPLE) >= settings.people:
                return Rejection(Reason.QUOTA, {"most": settings.people})
            return _open(command, frame, settings)
        case "check_in" | "make_up":
            if settings.proof == PHOTO:
                return Rejection(Reason.PROOF_NEEDED)
            return (check_in if command.move == "check_in" else make_up)(sheet, command, frame)
        case "hand_in":
            return hand_in(sheet, command, context)
        case "strike_out":
            return strike_out(sheet, command, frame)
        case "invited":
            return _invited(sheet, command, frame, settings)
        case "freeze":
            return moved(sheet, command, frame)
        case "expire":
            reason = str(command.params.get("reason", "expired"))
            return Moves(close="done" if reason == "expired" else reason)
    return Moves()


def _open(command: Command, frame: Frame, settings: CheckIn) -> Moves:
    """The first day, unless it takes a picture, and the freeze cards of the start."""
    last = frame.ends_at + timedelta(hours=frame.hold_hours)
    days = (command.day,) if settings.proof != PHOTO else ()
    events: list[Any] = [CheckedIn(first) for first in days]
    if settings.freezes:
        events.append(FreezesHeld((command.day,) * settings.freezes))
    sheet = Sheet(days=days, freezes=(command.day,) * settings.freezes)
    counts = (Count(PEOPLE, 1, settings.people),)
    return replace(timed(tuple(events), sheet, command, frame), counts=counts, expires_at=last)


def _invited(sheet: Sheet, command: Command, frame: Frame, settings: CheckIn) -> Moves:
    """A friend brings make-ups and freeze cards, and takes along what is left of them when they are lost."""
    invitee, confirmed = str(command.params["invitee"]), bool(command.params["confirmed"])
    if confirmed == (invitee in sheet.invitees):
        return Moves()
    each_brings = settings.make_ups_per_invite if confirmed else -settings.make_ups_per_invite
    events: list[Any] = [FreezeUsed(missed) for missed in streak.saved(sheet, command.day)]
    known = after_events(sheet, events)
    events.append(MakeUpsEarned(invitee, confirmed, each_brings))
    if confirmed:
        held = streak.gained(known, invitee, settings.freezes_per_invite, command.day)
    else:
        held = streak.lost(known, invitee)
    if held is not None:
        events.append(held)
    return timed(tuple(events), after_events(sheet, events), command, frame)


def due(unit: Unit, settings: CheckIn) -> Mapping[tuple[str, str], Amounts]:
    """Every step that was reached, once."""
    days = reached(unit.play, settings)
    earned = sum(step.amount_fen for step in settings.ladder if step.days <= days)
    return {(unit.owner, RULE): Amounts(earned)} if earned else {}


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """How many take part, and each picture once."""
    return Guards((PEOPLE,)) if command.move == "open" else photo_guards(command)


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
        **show_photos(sheet, settings),
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
        "hand_in": MoveRule(who="owner", params=Picture),
        "strike_out": MoveRule(who="staff", closed=True, params=Struck),
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
