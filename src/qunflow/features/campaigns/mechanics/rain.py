"""Red-packet rain 红包雨 (M33): at fixed times a packet falls for a few minutes; who is quick catches a share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics import packet
from qunflow.features.campaigns.mechanics.mechanic import (
    Command,
    Context,
    Frame,
    Mechanic,
    MoveRule,
    Moves,
    Scheduled,
    Unit,
)
from qunflow.features.campaigns.mechanics.packet import MAX_SHARES, Filling, Packet
from qunflow.features.campaigns.mechanics.race import STEPS, Window, first_day, list_windows
from qunflow.features.campaigns.mechanics.settings import choice, clock, day, fen, whole

RULE = "rain"


@dataclass(frozen=True, slots=True)
class Rain:
    """When it rains, for how long, and what falls each time."""

    at: int = clock("when each rain begins, in the campaign's zone")
    total_fen: int = fen("what falls in one rain", low=1)
    shares: int = whole("how many shares fall", 1, MAX_SHARES)
    every: str = choice("how often", *STEPS, default="daily")
    first_on: date | None = day("the day of the first rain; without it the first day that has the time", None)
    times: int = whole("how many rains", 1, 60, 7)
    minutes: int = whole("how long one rain lasts", 1, 120, 10)
    mode: str = choice("how it is shared", "random", "equal", default="random")
    low_fen: int = fen("the smallest share when chance shares it", 1, low=1)
    high_fen: int = fen("the largest share when chance shares it; 0 for no bound", 0)
    takes_per_person: int = whole("how many shares one person may catch in this campaign", 1, 60, 60)


def filling_of(settings: Rain) -> Filling:
    """How each rain is filled."""
    return Filling(
        settings.total_fen,
        settings.shares,
        settings.mode,
        settings.low_fen,
        settings.high_fen,
        settings.takes_per_person,
    )


def windows(frame: Frame) -> tuple[Window, ...]:
    """All rains."""
    settings: Rain = frame.settings
    first = settings.first_on or first_day(frame.starts_at, settings.at, frame.tz)
    return list_windows(settings.every, first, settings.at, settings.minutes, settings.times, frame.tz)


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """The clock lets it rain, participants catch, the clock ends it."""
    settings: Rain = context.frame.settings
    if command.move == "pour":
        made = packet.create(unit, filling_of(settings))
        return Moves(made.events, expires_at=command.at + timedelta(minutes=settings.minutes))
    if command.move == "catch":
        if unit.expires_at is not None and command.at >= unit.expires_at:
            return packet.too_late()
        return packet.take(unit, command, context, filling_of(settings))
    return packet.expire(unit, command) if command.move == "expire" else Moves()


def schedule(frame: Frame) -> tuple[Scheduled, ...]:
    """Each rain pours by itself."""
    return tuple(Scheduled(f"rain-{window.number}", "pour", window.start) for window in windows(frame))


def check(frame: Frame) -> None:
    """Refuse shares that cannot be, and rains outside the campaign. Raises InvalidInput."""
    packet.check(filling_of(frame.settings))
    found = windows(frame)
    if found[0].start < frame.starts_at or found[-1].end > frame.ends_at:
        raise InvalidInput(
            "rain_window",
            f"the last of {len(found)} rains ends at {found[-1].end.isoformat()}, all lie within the campaign",
            field="model.times",
            way_out="Let it rain fewer times, begin earlier or later with first_on, or end the campaign later.",
        )


def liability(frame: Frame) -> int:
    """Every rain, whole."""
    settings: Rain = frame.settings
    return settings.total_fen * settings.times


def each(frame: Frame) -> int:
    """The largest share of every rain that one person may catch."""
    settings: Rain = frame.settings
    return filling_of(settings).top * min(settings.times, settings.takes_per_person)


def show(unit: Unit, settings: Rain) -> Any:
    """As of any packet."""
    return packet.show(unit, settings)


MODEL = Mechanic(
    name="rain",
    settings=Rain,
    state=Packet,
    initial=Packet(),
    moves={"pour": MoveRule(who="system", opens=True), "catch": MoveRule()},
    decide=decide,
    evolve=packet.evolve,
    events=packet.EVENTS,
    due=lambda unit, settings: packet.due_of(unit, RULE),
    guards=packet.guards,
    show=show,
    schedule=schedule,
    check=check,
    liability=liability,
    each=each,
)
