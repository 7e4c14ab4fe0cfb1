"""Ratios carry their parts; the interval is Wilson's, checked against published values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.analytics.ratio import ratio, wilson


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
        (1, 2, 0.094531, 0.905469),
        (5, 10, 0.236593, 0.763407),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I
        (15, 148, 0.0624, 0.1605),  # Newcombe 1998, table I
        (0, 20, 0.0, 0.1611),  # Newcombe 1998, table I
        (1, 29, 0.0061, 0.1718),  # Newcombe 1998, table I
    ],
)
def test_the_interval_is_wilsons(successes: int, total: int, low: float, high: float) -> None:
    assert wilson(successes, total) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_interval_holds_the_share_and_stays_within_bounds(pair: tuple[int, int]) -> None:
    successes, total = pair
    low, high = wilson(successes, total)
    assert 0.0 <= low <= successes / total + 1e-12
    assert successes / total - 1e-12 <= high <= 1.0


def test_a_ratio_of_nothing_is_none_and_never_zero() -> None:
    found = ratio(0, 0)
    assert (found.value, found.numerator, found.denominator, found.low, found.high) == (None, 0, 0, None, None)
    assert ratio(3, 0).value is None


def test_a_share_shows_its_interval_and_a_rate_above_one_does_not() -> None:
    share, rate = ratio(3, 4), ratio(9, 4)
    assert share.value == 0.75 and share.low is not None and share.high is not None
    assert (rate.value, rate.low, rate.high) == (2.25, None, None)
