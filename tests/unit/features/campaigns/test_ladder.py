"""The three ways to read a ladder: golden values of campaigns.md §5.3, and what must hold for any bands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.ladder import MODES, Band, check_bands, costly_jumps, due, worst_case

SEED: tuple[Band, ...] = ((1, 3, 500), (4, 10, 800))


@st.composite
def ladders(draw: st.DrawFn, gaps: bool = True) -> tuple[Band, ...]:
    """Bands that follow each other, with or without gaps between them."""
    bands: list[Band] = []
    low = draw(st.integers(1, 5))
    for _ in range(draw(st.integers(1, 5))):
        high = low + draw(st.integers(0, 12))
        bands.append((low, high, draw(st.integers(1, 3000))))
        low = high + 1 + (draw(st.integers(0, 4)) if gaps else 0)
    return tuple(bands)


@pytest.mark.parametrize(("n", "fen"), [(0, 0), (1, 500), (3, 1500), (4, 2300), (10, 7100), (11, 7100), (99, 7100)])
def test_marginal_pays_each_invite_the_amount_of_its_own_band(n: int, fen: int) -> None:
    assert due("marginal", SEED, n) == fen


@pytest.mark.parametrize(("n", "fen"), [(0, 0), (1, 500), (3, 1500), (4, 3200), (10, 8000), (11, 8000), (99, 8000)])
def test_whole_pays_all_invites_the_amount_of_the_band_reached(n: int, fen: int) -> None:
    assert due("whole", SEED, n) == fen


@pytest.mark.parametrize(
    ("n", "fen"), [(2, 0), (3, 1000), (7, 1000), (8, 4000), (20, 12_000), (60, 12_000), (99, 12_000)]
)
def test_step_pays_each_threshold_once(n: int, fen: int) -> None:
    assert due("step", ((3, 7, 1000), (8, 19, 3000), (20, 60, 8000)), n) == fen


@pytest.mark.parametrize(
    ("mode", "values"),
    [("marginal", [300, 300, 300, 400]), ("step", [100, 100, 100, 200]), ("whole", [300, 300, 300, 600])],
)
def test_nothing_is_earned_inside_a_gap(mode: str, values: list[int]) -> None:
    assert [due(mode, ((1, 3, 100), (6, 9, 100)), n) for n in (3, 4, 5, 6)] == values


@pytest.mark.parametrize("mode", ["marginal", "step"])
@given(bands=ladders(), n=st.integers(0, 120))
def test_one_more_invite_never_takes_money_away(mode: str, bands: tuple[Band, ...], n: int) -> None:
    assert due(mode, bands, n) <= due(mode, bands, n + 1)


@pytest.mark.parametrize("mode", MODES)
@given(bands=ladders(), n=st.integers(0, 200))
def test_the_worst_case_is_never_exceeded_and_is_reached(mode: str, bands: tuple[Band, ...], n: int) -> None:
    worst = worst_case(mode, bands)
    assert 0 <= due(mode, bands, n) <= worst
    assert worst in {due(mode, bands, number) for number in range(bands[-1][1] + 1)}


@given(ladders(gaps=False), st.integers(1, 120))
def test_the_step_between_two_marginal_values_is_the_amount_of_the_band(bands: tuple[Band, ...], n: int) -> None:
    amount = next((amount for low, high, amount in bands if low <= n <= high), 0)
    assert due("marginal", bands, n) - due("marginal", bands, n - 1) == amount


def test_without_bands_nothing_is_due() -> None:
    assert [due(mode, (), 5) for mode in MODES] == [0, 0, 0]
    assert [worst_case(mode, ()) for mode in MODES] == [0, 0, 0]


def test_the_jump_of_the_whole_reading_is_named() -> None:
    assert costly_jumps(SEED) == [(4, 1700)]
    assert costly_jumps(((1, 10, 500),)) == []


@given(ladders())
def test_good_bands_are_accepted(bands: tuple[Band, ...]) -> None:
    for mode in MODES:
        check_bands(mode, bands)


@pytest.mark.parametrize(
    ("mode", "bands", "code", "field"),
    [
        ("linear", SEED, "ladder_mode", "ladder.mode"),
        ("step", ((0, 3, 1),), "ladder_band", "ladder.bands[0]"),
        ("step", ((3, 2, 1),), "ladder_band", "ladder.bands[0]"),
        ("step", ((1, 100_001, 1),), "ladder_band", "ladder.bands[0]"),
        ("step", ((1, 3, 1), (3, 5, 1)), "ladder_overlap", "ladder.bands[1]"),
        ("step", ((4, 5, 1), (1, 3, 1)), "ladder_overlap", "ladder.bands[1]"),
        ("step", ((1, 3, 0),), "ladder_amount", "ladder.bands[0].amount_fen"),
    ],
)
def test_bad_bands_are_refused_by_name(mode: str, bands: tuple[Band, ...], code: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_bands(mode, bands)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_an_unknown_reading_pays_nothing_but_an_error() -> None:
    with pytest.raises(InvalidInput, match="ladder_mode"):
        due("linear", SEED, 3)
