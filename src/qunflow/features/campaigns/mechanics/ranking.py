"""Ranking 排行榜 (M32, campaigns.md §5.3): the top m at the freeze, ties to the earlier one, a minimum to be ranked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from qunflow.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Entrant:
    """One person's valid invites, and when the last of them came: the time at which the count was reached."""

    person: str
    count: int
    reached_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """One line of a frozen table; ``fen`` is what the place earns."""

    place: int
    person: str
    count: int
    reached_at: datetime
    fen: int = 0


def order(entrants: Iterable[Entrant]) -> list[Entrant]:
    """Best first: more invites, then the earlier time, then the id, so that the order is total."""
    return sorted(entrants, key=lambda one: (-one.count, one.reached_at, one.person))


def freeze(entrants: Iterable[Entrant], prizes: Sequence[int], min_count: int) -> tuple[Place, ...]:
    """The table of those who win: one place for each prize, given only to who has ``min_count`` invites."""
    ranked = [one for one in order(entrants) if one.count >= min_count]
    winners = zip(ranked, prizes, strict=False)
    return tuple(
        Place(number, one.person, one.count, one.reached_at, fen) for number, (one, fen) in enumerate(winners, 1)
    )


def check_prizes(prizes: Sequence[int], where: str) -> None:
    """Refuse a place that pays more than the one before it. Raises InvalidInput naming the place."""
    for number, (better, worse) in enumerate(zip(prizes, prizes[1:], strict=False), 1):
        if worse > better:
            raise InvalidInput("prize_order", "no place pays more than the one before it", field=f"{where}[{number}]")
