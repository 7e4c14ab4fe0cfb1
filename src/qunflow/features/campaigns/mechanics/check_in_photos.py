"""Check-ins that a picture has to show 图片打卡 (campaigns.md §10 "proof task optional"): handed in, struck out. Pure.

A picture counts at once; staff look at the day's pictures afterwards and strike out what is none. Then the sheet is as
if it had not been handed in: the day is missed, cards and make-ups are what they would be, and the ledger follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import streak
from qunflow.features.campaigns.mechanics.check_in_days import (
    PHOTO,
    CheckIn,
    after_events,
    check_in,
    make_up,
    reached,
    timed,
)
from qunflow.features.campaigns.mechanics.mechanic import Command, Context, Frame, Guards, Moves
from qunflow.features.campaigns.mechanics.settings import choice, day, name
from qunflow.features.campaigns.mechanics.streak import FreezeUsed, Sheet
from qunflow.features.campaigns.mechanics.streak_photos import PhotoRefused, PhotoShown, PhotoStruck, photo_in

#: Claims of a campaign: each picture once, and each look once, so that a second one is pointed out.
ONCE, LOOK = "photo", "look"
#: Why a picture is refused at once, and why staff strike one out.
FLAWS = (str(Reason.UNREADABLE), str(Reason.TOO_SMALL))
STRIKE_REASONS = tuple(
    str(reason)
    for reason in (
        Reason.NOT_TARGET_PAGE,
        Reason.UNREADABLE,
        Reason.DUPLICATE_IMAGE,
        Reason.EDITED,
        Reason.OUT_OF_WINDOW,
        Reason.FRAUD,
    )
)
#: So many struck days are told on the person's page, the newest last.
MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as the page that took it in knows it; with a ``day`` it makes that one up."""

    photo: str = name("the code of the picture")
    look: str = name("its look-alike hash", "")
    flaw: str = choice("what is wrong with it", "", *FLAWS, default="")
    day: date | None = day("the missed day, none for today", None)


@dataclass(frozen=True, slots=True)
class Struck:
    """Which picture does not count, and why."""

    photo: str = name("the code of the picture")
    reason: str = choice("why it does not count", *STRIKE_REASONS, default=STRIKE_REASONS[0])


def hand_in(sheet: Sheet, command: Command, context: Context) -> Moves | Rejection:
    """Today counts with this picture, or the day that it makes up; one that is refused is one of the day's as well.

    Only the page that took the picture in says so: a person's own move names pictures that nobody has seen.
    """
    frame, settings = context.frame, context.frame.settings
    if settings.proof != PHOTO or command.by == "person":
        return Rejection(Reason.MOVE_UNKNOWN, {"move": command.move})
    if context.status == "ended":
        return Rejection(Reason.NOT_RUNNING, {"status": context.status})
    missed = command.params.get("day")
    found = make_up(sheet, command, frame) if missed else check_in(sheet, command, frame)
    if isinstance(found, Rejection):
        return found
    if sheet.tries_on(command.day) >= settings.photos_per_day:
        return Rejection(Reason.TOO_MANY_ATTEMPTS, {"most": settings.photos_per_day})
    photo, look = str(command.params["photo"]), str(command.params.get("look", ""))
    flaw = str(Reason.DUPLICATE_IMAGE) if context.taken(ONCE, photo) else str(command.params.get("flaw", ""))
    if flaw:
        return Moves((PhotoRefused(command.day, flaw),), answer=flaw)
    alike = bool(look) and context.taken(LOOK, look)
    when = date.fromisoformat(missed) if isinstance(missed, str) else missed or command.day
    shown = PhotoShown(photo, when, command.day, look, alike)
    claims = ((ONCE, photo), (LOOK, look)) if look and not alike else ((ONCE, photo),)
    return replace(found, events=(*found.events, shown), claims=claims)


def strike_out(sheet: Sheet, command: Command, frame: Frame) -> Moves | Rejection:
    """The picture's day counts no more; a day that is over is missed, and a card that was there before saves it."""
    photo = photo_in(sheet.photos, str(command.params["photo"]))
    if photo is None:
        return Rejection(Reason.PROOF_UNKNOWN)
    if photo.reason:
        return Rejection(Reason.ALREADY_DONE, {"reason": photo.reason})
    struck = PhotoStruck(photo.photo, photo.day, str(command.params["reason"]))
    left = streak.without(sheet, struck)
    used = [FreezeUsed(missed) for missed in streak.saved_again(left, photo.day, command.day)]
    after = after_events(left, [*used])
    found = timed((struck, *used), after, command, frame)
    return replace(found, answer=reached(after, frame.settings))


def photo_guards(command: Command) -> Guards:
    """The picture and its look in this campaign."""
    if command.move != "hand_in":
        return Guards()
    look = str(command.params.get("look", ""))
    claims = ((ONCE, str(command.params["photo"])), *(((LOOK, look),) if look else ()))
    return Guards(claims=claims)


def show_photos(sheet: Sheet, settings: CheckIn) -> Mapping[str, Any]:
    """For the person's page: whether pictures are asked for, and which days were struck out and stand empty."""
    struck = {one.day: one for one in sheet.photos if one.reason and one.day not in sheet.days}
    told = [struck[when] for when in sorted(struck)][-MOST_TOLD:]
    return {
        "proof": settings.proof,
        "struck": [{"day": one.day.isoformat(), "reason": one.reason} for one in told],
    }
