"""Odd inputs to the pure sums: each against an independent count by hand, and nonsense against a clear refusal."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics import ladder, slots
from qunflow.features.campaigns.mechanics.cards import MAX_WEIGHT, chance_of_set, draws_but_one, expected_draws
from qunflow.features.campaigns.mechanics.distribution import MAX_SUM, commission

NONSENSE: tuple[Any, ...] = (True, 1.5, "7", None, -1, float("nan"))


def refused(function: Any, *values: Any, **named: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        function(*values, **named)
    assert caught.value.code and caught.value.field and caught.value.rule
    return caught.value


# --- slots ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 7, 100])
@pytest.mark.parametrize("tail", slots.TAILS)
def test_as_many_fen_as_cuts_are_one_each(count: int, tail: str) -> None:
    assert slots.plan(count, count, 9000, "s", tail=tail) == (1,) * count


@pytest.mark.parametrize("count", [2, 3, 10, 199])
def test_one_fen_more_than_cuts_goes_to_the_first(count: int) -> None:
    assert slots.plan(count + 1, count, 9000, "s") == (2, *(1,) * (count - 1))


@pytest.mark.parametrize(
    ("total", "bps", "first"), [(8910, 9000, 8019), (8911, 9000, 8020), (100, 9999, 98), (19, 9000, 17)]
)
def test_the_first_cut_is_rounded_up_and_leaves_each_other_one_its_fen(total: int, bps: int, first: int) -> None:
    assert slots.plan(total, 3, bps, "s")[0] == first
    assert first == max(1, min(-(-total * bps // 10_000), total - 2))


def test_the_largest_amounts_are_split_to_the_fen() -> None:
    found = slots.plan(MAX_SUM, 1000, 9000, "s")
    assert sum(found) == MAX_SUM and len(found) == 1000 and found[0] * 10 >= MAX_SUM * 9
    shares = slots.split(MAX_SUM, 5000, 1, MAX_SUM, "s")
    assert sum(shares) == MAX_SUM and min(shares) >= 1
    refused(slots.plan, MAX_SUM + 1, 2, 9000, "s")


@pytest.mark.parametrize("value", [*NONSENSE, 0])
def test_nonsense_is_no_plan_and_no_split(value: Any) -> None:
    assert refused(slots.plan, value, 3, 9000, "s").field == "total"
    assert refused(slots.plan, 100, value, 9000, "s").field == "slots"
    assert refused(slots.plan, 100, 3, value, "s").field == "first_bps"
    assert refused(slots.split, 100, value, 1, 100, "s").field == "n"
    assert refused(slots.equal, 100, value).field == "n"


def test_bounds_that_leave_no_choice_give_what_they_leave() -> None:
    assert slots.split(30, 3, 10, 10, "s") == (10, 10, 10)
    assert slots.split(7, 1, 1, 7, "s") == (7,)
    assert slots.split(0, 4, 0, 0, "s") == (0, 0, 0, 0)
    assert sorted(slots.split(29, 3, 1, 10, "s")) == [9, 10, 10]
    assert sorted(slots.split(4, 3, 1, 100, "s")) == [1, 1, 2]
    for total, n, low, high in ((31, 3, 10, 10), (29, 3, 10, 10), (2, 3, 1, 9), (1, 1, 2, 3), (5, 0, 0, 9)):
        refused(slots.split, total, n, low, high, "s")


@settings(max_examples=200)
@given(st.data())
def test_tight_bounds_hold_for_every_share(data: st.DataObject) -> None:
    n, low, room = data.draw(st.integers(1, 40)), data.draw(st.integers(0, 5)), data.draw(st.integers(0, 3))
    total = data.draw(st.integers(n * low, n * (low + room)))
    found = slots.split(total, n, low, low + room, data.draw(st.integers()))
    assert sum(found) == total and len(found) == n and all(low <= share <= low + room for share in found)


def test_every_way_to_share_a_little_can_come_and_no_other() -> None:
    """4 fen among 3: each order of (2, 1, 1) comes, about equally often."""
    found = [slots.split(4, 3, 1, 4, seed) for seed in range(1500)]
    assert set(found) == set(permutations((2, 1, 1)))
    assert all(400 < found.count(way) < 600 for way in set(found))


# --- ladder -----------------------------------------------------------------------------------------------------------


def by_hand(mode: str, bands: Sequence[ladder.Band], n: int) -> int:
    """Invite by invite, in the words of campaigns.md §5.3."""
    if mode == "marginal":
        return sum(amount for invite in range(1, n + 1) for low, high, amount in bands if low <= invite <= high)
    if mode == "step":
        return sum(amount for low, _, amount in bands if low <= n)
    paid, rate = 0, 0
    for invite in range(1, n + 1):
        inside = [(low, amount) for low, high, amount in bands if low <= invite <= high]
        if inside:
            paid, rate = invite, max(inside)[1]
    return paid * rate


@st.composite
def rows(draw: st.DrawFn) -> list[ladder.Band]:
    """Bands in order, with gaps between some of them, also none at all."""
    found: list[ladder.Band] = []
    at = 0
    for _ in range(draw(st.integers(0, 4))):
        low = at + draw(st.integers(1, 4))
        at = low + draw(st.integers(0, 4))
        found.append((low, at, draw(st.integers(0, 900))))
    return found


@settings(max_examples=300)
@given(mode=st.sampled_from(ladder.MODES), bands=rows(), n=st.integers(0, 40))
def test_a_ladder_pays_what_a_count_by_hand_says(mode: str, bands: list[ladder.Band], n: int) -> None:
    assert ladder.due(mode, bands, n) == by_hand(mode, bands, n)
    assert ladder.due(mode, list(reversed(bands)), n) == by_hand(mode, bands, n), "the order of the rows means nothing"


@pytest.mark.parametrize("mode", ladder.MODES)
def test_no_bands_no_invites_and_a_great_many_of_them(mode: str) -> None:
    assert ladder.due(mode, [], 10) == 0 and ladder.due(mode, [(1, 3, 500)], 0) == 0
    assert ladder.due(mode, [(1, 10**12, 7)], 10**12) == (7 if mode == "step" else 7 * 10**12)


def test_bands_that_overlap_each_count_and_no_plan_has_such() -> None:
    overlapping = [(1, 5, 100), (3, 10, 10)]
    assert ladder.due("marginal", overlapping, 4) == by_hand("marginal", overlapping, 4) == 420
    assert ladder.due("step", overlapping, 4) == 110
    assert refused(ladder.check_bands, "marginal", overlapping).field == "ladder.bands[1]"


@pytest.mark.parametrize(
    "band",
    [(0, 3, 5), (4, 3, 5), (1, 3, -5), (1, 3), (1, 3, 5, 7), ("1", 3, 5), (1, 3, 0.5), (True, 3, 5), "135", None],
)
def test_a_band_that_is_none_is_refused_by_its_number(band: Any) -> None:
    assert refused(ladder.due, "marginal", [(1, 3, 5), band], 3).field == "bands[1]"


@pytest.mark.parametrize("n", NONSENSE)
def test_a_number_of_invites_that_is_none_is_refused(n: Any) -> None:
    assert refused(ladder.due, "step", [(1, 3, 5)], n).field == "n"


# --- commission -------------------------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(base=st.integers(0, MAX_SUM), rate=st.integers(0, 10_000), data=st.data())
def test_a_commission_is_the_floor_of_an_exact_fraction(base: int, rate: int, data: st.DataObject) -> None:
    refund = data.draw(st.integers(0, base))
    exact = Fraction(base - refund) * Fraction(rate, 10_000)
    assert commission(base, refund, rate) == exact.numerator // exact.denominator


def test_a_fen_at_a_time_ends_at_nothing_and_never_pays_back_more_than_was_paid() -> None:
    base, rate, posted, back = 997, 3333, 332, 0
    assert commission(base, 0, rate) == posted
    for refund in range(1, base + 1):
        step = posted - commission(base, refund, rate)
        assert step in (0, 1)
        posted, back = posted - step, back + step
    assert (posted, back) == (0, 332)


@pytest.mark.parametrize("value", NONSENSE)
def test_a_sale_that_is_none_has_no_commission(value: Any) -> None:
    assert refused(commission, value, 0, 3000).field == "base"
    assert refused(commission, 10, value, 3000).field == "refunded"
    assert refused(commission, 10, 0, value).field == "rate_bps"
    assert refused(commission, 10, 11, 3000).field == "refunded"
    assert refused(commission, 10, 0, 10_001).field == "rate_bps"
    assert refused(commission, MAX_SUM + 1, 0, 1).field == "base"


# --- cards ------------------------------------------------------------------------------------------------------------


def waits(weights: Sequence[int], missing: int) -> Fraction:
    """The mean wait until at most ``missing`` kinds lack, over the sets that can be on a hand, exactly."""
    whole, count = sum(weights), len(weights)
    mean: dict[int, Fraction] = {}
    for hand in sorted(range(2**count), key=lambda one: -one.bit_count()):
        lacks = [place for place in range(count) if not hand >> place & 1]
        if len(lacks) <= missing:
            mean[hand] = Fraction(0)
            continue
        new = sum(weights[place] for place in lacks)
        ahead = sum((weights[place] * mean[hand | 1 << place] for place in lacks), Fraction(0))
        mean[hand] = (whole + ahead) / new
    return mean[0]


@settings(max_examples=60, deadline=None)
@given(weights=st.lists(st.integers(1, 10_000), min_size=1, max_size=7))
def test_draws_for_a_set_are_those_of_a_walk_over_all_hands(weights: list[int]) -> None:
    assert expected_draws(weights) == pytest.approx(float(waits(weights, 0)), rel=1e-9)
    assert draws_but_one(weights) == pytest.approx(float(waits(weights, 1)), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(weights=st.lists(st.integers(1, 50), min_size=1, max_size=5), draws=st.integers(0, 25))
def test_the_chance_of_a_set_is_that_of_a_walk_over_all_hands(weights: list[int], draws: int) -> None:
    chance = {0: Fraction(1)}
    for _ in range(draws):
        after: dict[int, Fraction] = {}
        for hand, likely in chance.items():
            for place, weight in enumerate(weights):
                drawn = hand | 1 << place
                after[drawn] = after.get(drawn, Fraction(0)) + likely * Fraction(weight, sum(weights))
        chance = after
    whole = chance.get(2 ** len(weights) - 1, Fraction(0))
    assert chance_of_set(weights, draws) == pytest.approx(float(whole), abs=1e-9)
    nearly = sum((likely for hand, likely in chance.items() if hand.bit_count() >= len(weights) - 1), Fraction(0))
    assert chance_of_set(weights, draws, but_one=True) == pytest.approx(float(nearly), abs=1e-9)


@pytest.mark.parametrize(
    ("weights", "draws"),
    [
        ([1], 1.0),
        ([MAX_WEIGHT], 1.0),
        ([1, MAX_WEIGHT], MAX_WEIGHT + 1.0),
        ([MAX_WEIGHT] * 20, 71.9547),
        ([9999, 1], 10_000),
    ],
)
def test_the_smallest_and_the_largest_odds(weights: list[int], draws: float) -> None:
    assert expected_draws(weights) == pytest.approx(draws, rel=1e-4)


def test_the_order_of_the_odds_means_nothing_and_a_tuple_is_as_good_as_a_list() -> None:
    assert len({expected_draws(order) for order in permutations((3, 5, 7, 11))}) == 1


@pytest.mark.parametrize(
    "weights", [[], [1, 0], [0], [-3], [1] * 21, [True, 1], [0.5], ["1"], 7, None, [MAX_WEIGHT + 1]]
)
def test_odds_that_are_none_are_refused(weights: Any) -> None:
    for function in (expected_draws, draws_but_one):
        assert refused(function, weights).field.startswith("weights")
    refused(chance_of_set, weights, 3)


@pytest.mark.parametrize("draws", NONSENSE)
def test_a_number_of_draws_that_is_none_is_refused(draws: Any) -> None:
    assert refused(chance_of_set, [1, 2], draws).field == "draws"
