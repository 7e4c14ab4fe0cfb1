"""Numbers as people read and type them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.domain.money import MAX_FEN
from qunflow.web.texts import Texts
from qunflow.web.widgets import formats


@dataclass
class Ratio:
    value: float | None
    numerator: int
    denominator: int
    low: float | None = None
    high: float | None = None


@pytest.mark.parametrize(
    ("fen", "words"), [(0, "¥0.00"), (5, "¥0.05"), (123_450, "¥1,234.50"), (-99, "-¥0.99"), (None, "—")]
)
def test_money_is_yuan_with_two_decimals(fen: int | None, words: str) -> None:
    assert formats.money_words(fen) == words


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("12", 1200), ("12.5", 1250), (" ¥1,200.00 ", 120_000), ("0.01", 1), ("１２", 1200), ("10000000", MAX_FEN)],
)
def test_money_is_read_as_people_type_it(typed: str, fen: int) -> None:
    assert formats.read_money(typed) == fen


@pytest.mark.parametrize("typed", ["", "-1", "1.234", "abc", "1e3", "10000000.01", "99999999999"])
def test_what_is_no_amount_is_not_read(typed: str) -> None:
    assert formats.read_money(typed) is None


@given(st.integers(0, MAX_FEN))
def test_an_amount_survives_being_shown_and_typed_again(fen: int) -> None:
    assert formats.read_money(formats.money_words(fen)) == fen


def test_a_rate_shows_its_parts_and_for_few_trials_its_interval() -> None:
    few = Ratio(0.42, 21, 50, 0.2937, 0.5577)
    assert formats.rate_words(few) == "42.0%"
    assert formats.rate_parts(few) == "(21/50)"
    assert formats.interval_words(few) == "29.4–55.8%"
    assert formats.interval_words(Ratio(0.42, 84, 200, 0.35, 0.49)) == ""


def test_a_rate_of_nothing_is_a_dash_and_one_above_its_count_is_no_percentage() -> None:
    assert formats.rate_words(Ratio(None, 0, 0)) == "—"
    assert formats.rate_words(Ratio(3.25, 13, 4)) == "3.25"
    assert formats.interval_words(Ratio(3.25, 13, 4)) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "—"), (59, "1 min"), (0, "0 min"), (12_000, "3 h 20 min"), (90_000, "1 d 1 h"), (86_399, "1 d 0 h")],
)
def test_a_span_has_two_units(seconds: float | None, words: str) -> None:
    texts = Texts.load()
    assert formats.span_words(lambda code, **given: texts.say("en", code, **given), seconds) == words
