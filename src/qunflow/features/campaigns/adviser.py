"""Which model fits: whom one reaches, how many, when, what is sold and what for (M134, M16–M37). Pure.

A ranking of arguments, not a forecast: each adds or takes points and is told. The points are the project's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import BPS, MAX_FEN

#: Strangers, members of the own groups, people who bought before, people who sell along.
AUDIENCES = ("strangers", "members", "buyers", "promoters")
#: More people, contacts of staff, sales, waking those who are there, honour and attention.
AIMS = ("grow", "contacts", "sell", "wake", "honour")
SEASONS = ("ordinary", "holiday", "launch")
MAX_PEOPLE = 10_000_000
#: Models from here on fit; below they are listed with what speaks against them.
FITS_FROM = 60
_START = 50


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known beforehand. ``people`` can be reached, ``price_fen`` is the usual price of what is sold or given,
    ``margin_bps`` what of it remains before the campaign, in basis points of the price.
    """

    audience: str
    aim: str
    people: int
    price_fen: int
    margin_bps: int
    season: str = "ordinary"


@dataclass(frozen=True, slots=True)
class Advice:
    """One model: its family of the six, 0 to 100 points, what speaks for and against it, and what to watch."""

    model: str
    family: str
    points: int
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether more speaks for it than against it."""
        return self.points >= FITS_FROM


@dataclass(frozen=True, slots=True)
class Advised:
    """All models, the best first, and what holds whatever is chosen."""

    models: tuple[Advice, ...]
    warnings: tuple[str, ...]


Holds = Callable[[Situation], bool]


@dataclass(frozen=True, slots=True)
class Argument:
    """Where it holds, a model gains (or loses) so many points."""

    code: str
    points: int
    holds: Holds


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model with its arguments and what one has to watch with it."""

    model: str
    family: str
    arguments: tuple[Argument, ...]
    warnings: tuple[str, ...] = ()


def aim(*aims: str) -> Holds:
    """For one of these aims."""
    return lambda it: it.aim in aims


def audience(*kinds: str) -> Holds:
    """With one of these audiences."""
    return lambda it: it.audience in kinds


def season(*kinds: str) -> Holds:
    """In one of these seasons."""
    return lambda it: it.season in kinds


def people(low: int, high: int = MAX_PEOPLE) -> Holds:
    """With so many people to reach."""
    return lambda it: low <= it.people <= high


def price(low: int, high: int = MAX_FEN) -> Holds:
    """At such a price, in fen."""
    return lambda it: low <= it.price_fen <= high


def margin(low: int, high: int = BPS) -> Holds:
    """With such a margin, in basis points."""
    return lambda it: low <= it.margin_bps <= high


def weigh(candidate: Candidate, situation: Situation) -> Advice:
    """The points of one model, with what made them."""
    true = [argument for argument in candidate.arguments if argument.holds(situation)]
    points = max(0, min(100, _START + sum(argument.points for argument in true)))
    return Advice(
        candidate.model,
        candidate.family,
        points,
        tuple(argument.code for argument in true if argument.points > 0),
        tuple(argument.code for argument in true if argument.points < 0),
        candidate.warnings,
    )


def check(situation: Situation) -> None:
    """Refuse what is not known or out of bounds. Raises InvalidInput naming the field."""
    choices = (("audience", AUDIENCES), ("aim", AIMS), ("season", SEASONS))
    for name, known in choices:
        if getattr(situation, name) not in known:
            raise InvalidInput(
                "advise_choice", "there is no such choice", field=name, way_out=f"One of {', '.join(known)}."
            )
    bounds = (("people", 1, MAX_PEOPLE), ("price_fen", 0, MAX_FEN), ("margin_bps", 0, BPS))
    for name, low, high in bounds:
        if not low <= getattr(situation, name) <= high:
            raise InvalidInput("advise_number", f"a whole number from {low} to {high}", field=name)
