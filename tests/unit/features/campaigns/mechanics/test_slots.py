"""Exact splits: golden values of campaigns.md §1.1 and §1.3, and what must hold for every amount."""

from __future__ import annotations

from statistics import mean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.slots import check_first, equal, first_cut, plan, split

SEEDS = st.one_of(st.integers(), st.text(), st.binary())


@st.composite
def bounds(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """(total, n, low, high) that can hold."""
    n = draw(st.integers(1, 60))
    low = draw(st.integers(0, 500))
    high = low + draw(st.integers(0, 5000))
    return draw(st.integers(n * low, n * high)), n, low, high


def test_the_worked_example_of_the_rules() -> None:
    found = plan(8910, 11, 9000, "any")
    assert found[0] == 8019
    assert sum(found[1:]) == 891 and min(found) >= 1
    assert 9900 - found[0] == 1881


@pytest.mark.parametrize(("helpers", "least"), [(10, 90), (20, 190), (50, 490)])
def test_the_smallest_amounts_of_which_nine_tenths_can_go_at_once(helpers: int, least: int) -> None:
    check_first(least, helpers, 9000, "total")
    with pytest.raises(InvalidInput, match="total"):
        check_first(least - 1, helpers, 9000, "total")


@given(
    total=st.integers(1, 200_000),
    slots=st.integers(1, 60),
    bps=st.integers(9000, 10_000),
    seed=SEEDS,
    tail=st.sampled_from(["decreasing", "flat", "increasing"]),
)
def test_every_plan_is_exact_and_begins_with_its_share(total: int, slots: int, bps: int, seed: Any, tail: str) -> None:
    if total < slots:
        with pytest.raises(InvalidInput):
            plan(total, slots, bps, seed, tail=tail)
        return
    found = plan(total, slots, bps, seed, tail=tail)
    assert len(found) == slots and sum(found) == total and min(found) >= 1
    assert found == plan(total, slots, bps, seed, tail=tail)
    assert found[0] == (total if slots == 1 else max(1, min(first_cut(total, bps), total - slots + 1)))
    if slots > 1 and total - first_cut(total, bps) >= slots - 1:
        assert found[0] * 10_000 >= total * bps
    if tail != "flat":
        assert list(found[1:]) == sorted(found[1:], reverse=tail == "decreasing")


def test_as_many_cuts_as_fen_take_one_each() -> None:
    assert plan(5, 5, 9000, 1) == (1, 1, 1, 1, 1)
    assert plan(77, 1, 9000, 1) == (77,)
    assert plan(100, 3, 10_000, 1) == (98, 1, 1)


def test_the_cuts_after_the_first_can_be_set_one_by_one() -> None:
    found = plan(8910, 5, 9000, 1, fixed=(400, 100))
    assert found[:3] == (8019, 400, 100) and sum(found) == 8910
    assert plan(8910, 3, 9000, 1, fixed=(800, 91)) == (8019, 800, 91)


@pytest.mark.parametrize(
    ("values", "changes", "field"),
    [
        ((0, 1, 9000, 1), {}, "total"),
        ((True, 1, 9000, 1), {}, "total"),
        ((10, 0, 9000, 1), {}, "slots"),
        ((10, 11, 9000, 1), {}, "slots"),
        ((10, 2, 8999, 1), {}, "first_bps"),
        ((10, 2, 10_001, 1), {}, "first_bps"),
        ((8910, 3, 9000, 1), {"fixed": (800, 90)}, "fixed"),
        ((8910, 4, 9000, 1), {"fixed": (0,)}, "fixed[0]"),
        ((8910, 2, 9000, 1), {"fixed": (800, 91)}, "fixed"),
        ((8910, 4, 9000, 1), {"tail": "random"}, "tail"),
    ],
)
def test_a_plan_that_cannot_be_names_the_field(values: Any, changes: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        plan(*values, **changes)
    assert refused.value.field == field and refused.value.rule


@given(case=bounds(), seed=SEEDS)
def test_every_split_is_exact_and_keeps_its_bounds(case: tuple[int, int, int, int], seed: Any) -> None:
    total, n, low, high = case
    found = split(total, n, low, high, seed)
    assert len(found) == n and sum(found) == total
    assert min(found) >= low and max(found) <= high
    assert found == split(total, n, low, high, seed)


def test_no_place_in_the_row_is_better_than_another() -> None:
    shares = [split(10_000, 10, 1, 10_000, seed) for seed in range(3000)]
    means = [mean(row[place] for row in shares) for place in range(10)]
    assert all(900 < value < 1100 for value in means)
    spread = [mean(abs(row[place] - 1000) for row in shares) for place in range(10)]
    assert max(spread) < 1.25 * min(spread)


@pytest.mark.parametrize(
    ("values", "field"),
    [((9, 10, 1, 5, 1), "total"), ((51, 10, 1, 5, 1), "total"), ((5, 0, 1, 5, 1), "n"), ((5, 1, 5, 4, 1), "high"),
     ((5, 1, -1, 5, 1), "low"), (("5", 1, 1, 5, 1), "total")],
)  # fmt: skip
def test_a_split_that_cannot_be_names_the_field(values: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        split(*values)
    assert refused.value.field == field and refused.value.way_out


@given(total=st.integers(1, 100_000), n=st.integers(1, 300))
def test_equal_shares_differ_by_one_fen_at_most(total: int, n: int) -> None:
    if total < n:
        with pytest.raises(InvalidInput):
            equal(total, n)
        return
    found = equal(total, n)
    assert sum(found) == total and len(found) == n and found[0] - found[-1] <= 1
    assert list(found) == sorted(found, reverse=True)
