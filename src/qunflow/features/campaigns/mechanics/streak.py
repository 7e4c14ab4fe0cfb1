"""A sheet of days 打卡: which count, which were saved by a freeze card, which were made up; events and fold. Pure.

Days are days of the campaign's calendar, never spans of 24 hours. A freeze card is used by itself for a missed day, if
it was there before that day; it keeps the row and adds nothing to it (campaigns.md §10).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from qunflow.domain.events import Event
from qunflow.features.campaigns.mechanics.streak_photos import (
    PHOTO_EVENTS,
    Photo,
    PhotoRefused,
    PhotoShown,
    PhotoStruck,
    photo_in,
    with_struck,
)

#: Nobody holds more freeze cards at a time.
MAX_FREEZES = 2
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Days that count, days on which something was made up, make-ups that friends brought and those friends.

    ``freezes`` are the cards that are held, each by the day on which it came; ``frozen`` are the days that cards
    saved; ``brought`` says how many cards a friend brought. ``photos`` are the pictures that stand for days, where
    the plan asks for them; ``tries`` of them, good or not, were handed in on ``tried_on``.
    """

    days: tuple[date, ...] = ()
    used_on: tuple[date, ...] = ()
    earned: int = 0
    invitees: tuple[str, ...] = ()
    freezes: tuple[date, ...] = ()
    frozen: tuple[date, ...] = ()
    brought: Mapping[str, int] = field(default_factory=dict)
    photos: tuple[Photo, ...] = ()
    tried_on: date | None = None
    tries: int = 0

    def tries_on(self, day: date) -> int:
        """How many pictures were handed in on a day, of those that are remembered."""
        return self.tries if self.tried_on == day else 0


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


@dataclass(frozen=True, slots=True)
class FreezesHeld:
    """These cards are held now, each by the day on which it came; ``invitee`` brought ``count`` of them, if named."""

    KIND: ClassVar[str] = "freezes_held"
    SCHEMA: ClassVar[int] = 1
    held: tuple[date, ...]
    invitee: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class FreezeUsed:
    """The oldest card saved the row over a missed day."""

    KIND: ClassVar[str] = "freeze_used"
    SCHEMA: ClassVar[int] = 1
    day: date


EVENTS = (CheckedIn, MadeUp, MakeUpsEarned, FreezesHeld, FreezeUsed, *PHOTO_EVENTS)


def evolve(state: Sheet, event: Event) -> Sheet:
    """Fold one event of a sheet."""
    body = event.body
    if isinstance(body, CheckedIn | MadeUp):
        state = replace(state, days=tuple(sorted({*state.days, body.day})))
    if isinstance(body, MadeUp):
        return replace(state, used_on=(*state.used_on, body.on))
    if isinstance(body, FreezeUsed):
        return replace(state, frozen=(*state.frozen, body.day), freezes=tuple(sorted(state.freezes))[1:])
    if isinstance(body, FreezesHeld):
        brought = {**state.brought, body.invitee: body.count} if body.invitee else state.brought
        return replace(state, freezes=body.held, brought={who: many for who, many in brought.items() if many})
    if isinstance(body, MakeUpsEarned):
        rest = tuple(who for who in state.invitees if who != body.invitee)
        return replace(
            state,
            earned=state.earned + body.make_ups,
            invitees=(*rest, body.invitee) if body.confirmed else rest,
        )
    return _evolve_photos(state, body)


def _evolve_photos(state: Sheet, body: object) -> Sheet:
    if isinstance(body, PhotoStruck):
        return without(state, body)
    if not isinstance(body, PhotoShown | PhotoRefused):
        return state
    state = replace(state, tried_on=body.on, tries=state.tries_on(body.on) + 1)
    if isinstance(body, PhotoRefused):
        return state
    shown = Photo(body.photo, body.day, body.on, alike=body.alike)
    return replace(state, photos=(*state.photos, shown))


def without(state: Sheet, body: PhotoStruck) -> Sheet:
    """The sheet as if a picture had not been taken: its day counts no more, a make-up that it used is there again."""
    photo = photo_in(state.photos, body.photo)
    if photo is None or photo.reason:
        return state
    used = list(state.used_on)
    if photo.on != photo.day:
        used.remove(photo.on)
    days = tuple(day for day in state.days if day != photo.day)
    return replace(state, days=days, used_on=tuple(used), photos=with_struck(state.photos, body))


def longest_run(days: Iterable[date], frozen: Iterable[date] = ()) -> int:
    """The most days in a row; days that a freeze card saved join what lies beside them and are not counted."""
    known = set(days)
    joined, best = {*known, *frozen}, 0
    for first in joined:
        if first - _DAY in joined:
            continue
        length, day = 0, first
        while day in joined:
            length += day in known
            day += _DAY
        best = max(best, length)
    return best


def saved(sheet: Sheet, today: date) -> tuple[date, ...]:
    """Missed days before ``today`` that the cards on the hand save, in order: without a gap, and only what came later.

    A day on which no card was there ends the row; cards that came after it wait for the next one.
    """
    found: list[date] = []
    held = sorted(sheet.freezes)
    day = max((*sheet.days, *sheet.frozen)) + _DAY if sheet.days else today
    while day < today and held and held[0] < day:
        held.pop(0)
        found.append(day)
        day += _DAY
    return tuple(found)


def saved_again(sheet: Sheet, day: date, today: date) -> tuple[date, ...]:
    """What cards save once ``day`` counts no more: it was missed then, like any other day that is over.

    Where later days count, a card on the hand that was there before it keeps the row that it stood in.
    """
    joined = {*sheet.days, *sheet.frozen}
    if not joined or day > max(joined):
        return saved(sheet, today)
    held = sorted(sheet.freezes)
    may = day < today and day not in joined and day - _DAY in joined
    return (day,) if may and held and held[0] < day else ()


def next_check(sheet: Sheet, tz: str) -> datetime | None:
    """When the first day that may have to be saved is over, UTC; None without a card or a day."""
    if not sheet.freezes or not sheet.days:
        return None
    after = max((*sheet.days, *sheet.frozen)) + 2 * _DAY
    return datetime(after.year, after.month, after.day, tzinfo=ZoneInfo(tz)).astimezone(UTC)


def gained(sheet: Sheet, invitee: str, count: int, today: date) -> FreezesHeld | None:
    """A friend brings cards, as many as fit; None when none does."""
    fits = min(count, MAX_FREEZES - len(sheet.freezes))
    return FreezesHeld((*sheet.freezes, *(today,) * fits), invitee, fits) if fits > 0 else None


def lost(sheet: Sheet, invitee: str) -> FreezesHeld | None:
    """A friend is lost and takes along the cards that came with them, as far as they are still held, newest first."""
    count = min(sheet.brought.get(invitee, 0), len(sheet.freezes))
    return FreezesHeld(tuple(sorted(sheet.freezes))[: len(sheet.freezes) - count], invitee, 0) if count else None
