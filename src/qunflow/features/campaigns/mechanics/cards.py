"""Card collection 集卡 (M26, M27, campaigns.md §4): how many draws a full set takes, and how likely it is by then."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qunflow.domain.errors import InvalidInput

MAX_KINDS = 20
MAX_WEIGHT = 1_000_000_000


def expected_draws(weights: Sequence[int]) -> float:
    """The mean number of draws until every kind was drawn once; kind ``i`` comes with chance ``weights[i] / Σ``.

    Inclusion and exclusion over all sets of kinds, ``Σ (−1)^(|S|+1) · W / w(S)``; sets of the same weight are counted
    together, as whole numbers, so that nothing is lost in their differences. Raises InvalidInput.
    """
    whole, signs = _counted(_checked(weights))
    return math.fsum(count * whole / total for total, (count, _) in signs.items() if total)


def draws_but_one(weights: Sequence[int]) -> float:
    """The mean number of draws until at most one kind is missing: with a wild card among them a set is whole then.

    The second largest of the times at which kinds come, ``Σ (−1)^|S| · (|S| − 1) · W / w(S)``. Raises InvalidInput.
    """
    kinds = _checked(weights)
    if len(kinds) == 1:
        return 0.0
    whole, signs = _counted(kinds)
    return math.fsum((count - sized) * whole / total for total, (count, sized) in signs.items() if total)


def chance_of_set(weights: Sequence[int], draws: int, but_one: bool = False) -> float:
    """How likely every kind was drawn after so many draws, or all ``but_one`` at least; from 0 to 1.

    Raises InvalidInput.
    """
    whole, signs = _counted(_checked(weights))
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 0:
        raise InvalidInput("cards_draws", "a whole number from 0", field="draws", way_out="Give the number of draws.")
    parts = ((total, count - sized if but_one else count) for total, (count, sized) in signs.items())
    chance = -math.fsum(count * (1 - total / whole) ** draws for total, count in parts)
    return min(1.0, max(0.0, chance))


def _checked(weights: Sequence[int]) -> tuple[int, ...]:
    try:
        kinds = tuple(weights)
    except TypeError as error:
        rule, way_out = "a list of weights", "Give one weight per kind."
        raise InvalidInput("cards_kinds", rule, field="weights", way_out=way_out) from error
    if not 1 <= len(kinds) <= MAX_KINDS:
        raise InvalidInput(
            "cards_kinds", f"a deck has 1 to {MAX_KINDS} kinds", field="weights", way_out="Give one weight per kind."
        )
    for number, weight in enumerate(kinds):
        if isinstance(weight, bool) or not isinstance(weight, int) or not 1 <= weight <= MAX_WEIGHT:
            raise InvalidInput(
                "cards_weight",
                f"a whole number from 1 to {MAX_WEIGHT}",
                field=f"weights[{number}]",
                way_out="A kind that is never drawn makes no full set: leave it out.",
            )
    return tuple(sorted(kinds))


def _counted(kinds: tuple[int, ...]) -> tuple[int, dict[int, tuple[int, int]]]:
    """The sum of all weights; by the weight of a set how many there are and the sum of their sizes, odd ones plus."""
    signs: dict[int, tuple[int, int]] = {0: (-1, 0)}
    for weight in kinds:
        grown = dict(signs)
        for total, (count, sized) in signs.items():
            known = grown.get(total + weight, (0, 0))
            grown[total + weight] = (known[0] - count, known[1] - sized - count)
        signs = grown
    return sum(kinds), signs
