"""Ratios with their parts. A ratio of nothing is None, never 0; small samples show their Wilson interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Ratio:
    """``value`` is numerator ÷ denominator, None when the denominator is 0; ``low``/``high`` bound it at 95 %."""

    value: float | None
    numerator: int
    denominator: int
    low: float | None = None
    high: float | None = None


def ratio(numerator: int, denominator: int) -> Ratio:
    """A share of a count; the interval only where the numerator is part of the denominator."""
    if denominator == 0:
        return Ratio(None, numerator, denominator)
    value = numerator / denominator
    if numerator > denominator:
        return Ratio(value, numerator, denominator)
    low, high = wilson(numerator, denominator)
    return Ratio(value, numerator, denominator, low, high)


def wilson(successes: int, total: int) -> tuple[float, float]:
    """The Wilson score interval at 95 %: honest near 0 and 1 and for few trials."""
    share = successes / total
    square = Z_95 * Z_95
    middle = (share + square / (2 * total)) / (1 + square / total)
    reach = Z_95 * math.sqrt(share * (1 - share) / total + square / (4 * total * total)) / (1 + square / total)
    return max(0.0, middle - reach), min(1.0, middle + reach)
