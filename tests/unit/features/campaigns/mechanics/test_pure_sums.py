"""Commission after refunds, draws for a full set: golden values of campaigns.md §3.2 and §4, and laws of both."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.cards import expected_draws
from qunflow.features.campaigns.mechanics.dice import Dice
from qunflow.features.campaigns.mechanics.distribution import commission


@pytest.mark.parametrize(
    ("base", "refunded", "rate", "fen"),
    [(9900, 0, 3000, 2970), (9900, 1, 3000, 2969), (9900, 9900, 3000, 0), (1, 0, 9999, 0), (3, 0, 5000, 1)],
)
def test_commission_is_the_floor_of_what_stayed(base: int, refunded: int, rate: int, fen: int) -> None:
    assert commission(base, refunded, rate) == fen


@given(base=st.integers(0, 100_000), rate=st.integers(0, 10_000), cuts=st.lists(st.integers(1, 5000), max_size=60))
def test_partial_refunds_in_any_steps_end_at_exactly_nothing(base: int, rate: int, cuts: list[int]) -> None:
    posted, refunded = commission(base, 0, rate), 0
    for cut in [*cuts, base]:
        refunded = min(base, refunded + cut)
        change = commission(base, refunded, rate) - posted
        assert change <= 0
        posted += change
    assert posted == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [((10, 11, 1), "refunded"), ((-1, 0, 1), "base"), ((10, -1, 1), "refunded"), ((10, 0, 10_001), "rate_bps"),
     ((10, 0, 0.3), "rate_bps")],
)  # fmt: skip
def test_a_commission_that_cannot_be_names_the_field(values: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        commission(*values)
    assert refused.value.field == field and refused.value.way_out


@pytest.mark.parametrize(
    ("weights", "draws"),
    [([1] * 5, 11.4), ([2375] * 4 + [500], 22.0), ([2450] * 4 + [200], 50.9), ([7], 1.0), ([1, 1], 3.0)],
)
def test_draws_for_a_full_set(weights: list[int], draws: float) -> None:
    assert expected_draws(weights) == pytest.approx(draws, abs=0.05)


@given(weights=st.lists(st.integers(1, 5000), min_size=1, max_size=9))
def test_draws_follow_the_formula_set_by_set(weights: list[int]) -> None:
    whole = sum(weights)
    sets = (
        (-1) ** (size + 1) * whole / sum(chosen)
        for size in range(1, len(weights) + 1)
        for chosen in combinations(weights, size)
    )
    assert expected_draws(weights) == pytest.approx(sum(sets), rel=1e-6)


def test_twenty_equal_kinds_are_exact() -> None:
    assert expected_draws([3] * 20) == pytest.approx(20 * sum(1 / k for k in range(1, 21)), rel=1e-9)


@pytest.mark.parametrize(
    ("weights", "field"), [([], "weights"), ([1, 0], "weights[1]"), ([-1], "weights[0]"), ([1] * 21, "weights"),
                           ([0.5], "weights[0]")]
)  # fmt: skip
def test_a_deck_that_makes_no_set_is_refused(weights: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        expected_draws(weights)
    assert refused.value.field == field and refused.value.way_out


def test_dice_are_fair_and_repeat() -> None:
    dice = Dice("seed")
    thrown = [dice.below(6) for _ in range(12_000)]
    assert all(1800 < thrown.count(face) < 2200 for face in range(6))
    again = Dice("seed")
    assert thrown[:50] == [again.below(6) for _ in range(50)]
    assert sorted(Dice(1).shuffled(range(20))) == list(range(20))
