"""Card collection 集卡 (M26, M27, campaigns.md §4): how many draws a full set takes."""

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
    kinds = tuple(weights)
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
    signs: dict[int, int] = {0: -1}  # weight of a set → how many of it, odd sizes positive
    for weight in kinds:
        grown = dict(signs)
        for total, count in signs.items():
            grown[total + weight] = grown.get(total + weight, 0) - count
        signs = grown
    whole = sum(kinds)
    return math.fsum(count * whole / total for total, count in signs.items() if total)
