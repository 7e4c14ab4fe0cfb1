"""Exact splits of an amount (campaigns.md §1.1, §1.3): the cuts of a bargain and the shares of a lucky packet. Fen."""

from __future__ import annotations

from collections.abc import Sequence

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import BPS
from qunflow.features.campaigns.mechanics.dice import Dice, Seed

#: The first cut takes at least nine tenths of what can be taken (M18, M19).
MIN_FIRST_BPS = 9000
MAX_SLOTS = 100_000
#: Sums that these functions reckon with; a plan's own amounts are bounded far below (``domain/money.py``).
MAX_SUM = 10**15
TAILS = ("decreasing", "flat", "increasing")


def plan(
    total: int, slots: int, first_bps: int, seed: Seed, *, fixed: Sequence[int] = (), tail: str = "decreasing"
) -> tuple[int, ...]:
    """``total`` fen over exactly ``slots`` cuts, each at least 1 fen: the first one takes ``first_bps`` of it.

    ``fixed`` sets the cuts after the first one by one; the rest is split by chance and put in the order that ``tail``
    names. Where so large a first cut leaves too little for the others it is as large as it can be
    (:func:`check_first` refuses such a plan at its launch). Raises InvalidInput.
    """
    _whole("total", total, 1, MAX_SUM, "Give the amount in fen.")
    _whole("slots", slots, 1, MAX_SLOTS, "Give the number of cuts.")
    _whole("first_bps", first_bps, MIN_FIRST_BPS, BPS, "The first cut takes 9000 to 10000 basis points.")
    if total < slots:
        raise InvalidInput(
            "slots_too_many",
            f"each of {slots} cuts takes at least 1 fen, but there are only {total}",
            field="slots",
            way_out="Ask for fewer helpers, or raise the amount.",
        )
    if tail not in TAILS:
        raise InvalidInput("slots_tail", f"one of {', '.join(TAILS)}", field="tail")
    if slots == 1:
        return (total,)
    first = max(1, min(first_cut(total, first_bps), total - (slots - 1)))
    middle = _fixed(tuple(fixed), total - first, slots - 1)
    left, count = total - first - sum(middle), slots - 1 - len(middle)
    rest = list(split(left, count, 1, left, seed)) if count else []
    if tail != "flat":
        rest.sort(reverse=tail == "decreasing")
    return (first, *middle, *rest)


def first_cut(total: int, first_bps: int) -> int:
    """The smallest first cut that is at least ``first_bps`` of ``total``: rounded up."""
    return -(-total * first_bps // BPS)


def check_first(total: int, slots: int, first_bps: int, field: str) -> None:
    """Refuse an amount of which the first cut cannot take its share. Raises InvalidInput with the way out."""
    left = total - first_cut(total, first_bps)
    if slots > 1 and left < slots - 1:
        raise InvalidInput(
            "slots_first",
            f"after a first cut of {first_bps / 100:g} % only {left} fen are left for {slots - 1} more cuts of 1 fen",
            field=field,
            way_out=f"Let at least about {10 * (slots - 1)} fen be cut in all, or ask for fewer helpers.",
        )


def split(total: int, n: int, low: int, high: int, seed: Seed) -> tuple[int, ...]:
    """``total`` fen in ``n`` shares from ``low`` to ``high`` by chance; their sum is exact.

    The double mean keeps shares near the average; at the end they are shuffled, so that no place in the row is better
    than another. Raises InvalidInput when the bounds cannot hold.
    """
    _whole("n", n, 1, MAX_SLOTS, "Give the number of shares.")
    _whole("low", low, 0, MAX_SUM, "Give the smallest share in fen.")
    _whole("high", high, low, MAX_SUM, "The largest share is not below the smallest.")
    _whole("total", total, n * low, n * high, f"It must lie between {n} × {low} and {n} × {high} fen.")
    dice, rest, shares = Dice(seed), total, []
    for left in range(n, 1, -1):
        least = max(low, rest - (left - 1) * high)
        most = min(high, rest - (left - 1) * low, low + 2 * (rest - left * low) // left)
        share = dice.between(least, most)
        shares.append(share)
        rest -= share
    shares.append(rest)
    return tuple(dice.shuffled(shares))


def equal(total: int, n: int) -> tuple[int, ...]:
    """``total`` fen in ``n`` shares that differ by 1 fen at most, the larger ones first. Raises InvalidInput."""
    _whole("n", n, 1, MAX_SLOTS, "Give the number of shares.")
    _whole("total", total, n, MAX_SUM, "Each share has at least 1 fen.")
    return tuple(total // n + (1 if place < total % n else 0) for place in range(n))


def _fixed(fixed: tuple[int, ...], left: int, slots: int) -> tuple[int, ...]:
    """The cuts set by hand after the first one, where they fit."""
    for number, cut in enumerate(fixed):
        _whole(f"fixed[{number}]", cut, 1, MAX_SUM, "Each cut takes at least 1 fen.")
    others = slots - len(fixed)
    if others < 0 or (others and sum(fixed) + others > left) or (not others and sum(fixed) != left):
        raise InvalidInput(
            "slots_fixed",
            f"after the first cut {left} fen are left for {slots} cuts, at least 1 fen each, and nothing may stay over",
            field="fixed",
            way_out="Set fewer cuts by hand, or smaller ones.",
        )
    return fixed


def _whole(field: str, value: object, low: int, high: int, way_out: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidInput("slots_number", f"a whole number from {low} to {high}", field=field, way_out=way_out)
