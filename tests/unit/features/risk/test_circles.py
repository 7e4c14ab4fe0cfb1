"""The share of helps from inside a circle: counted by hand, within its bounds, and blind for honest crowds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from qunflow.features.campaigns.risk.circles import MOST_HELPERS, circle_of, circle_share
from qunflow.features.campaigns.risk.model import Got, WatchState

NOW = datetime(2026, 12, 1, tzinfo=UTC)
NAMES = tuple("abcdefgh")


def test_four_friends_who_all_help_one_another_are_a_circle() -> None:
    helped = {name: [other for other in "oabcd" if other != name] for name in "abcd"}
    assert circle_share("o", "abcd", helped) == 100


def test_helps_of_people_whom_nobody_of_the_circle_helped_are_outside() -> None:
    assert circle_share("o", "abcd", {}) == 0
    assert circle_share("o", "abcd", {"a": ["x"], "b": ["y", "b"]}) == 0
    assert circle_share("o", "abcd", {"a": ["o"], "b": ["a"]}) == 50
    assert circle_share("o", "abcde", {"a": ["o"], "b": ["a"], "c": ["d"]}) == 60


def test_a_share_just_above_half_is_above_half() -> None:
    helpers = [f"h{number}" for number in range(101)]
    helped = {name: ["o"] for name in helpers[:51]}
    assert circle_share("o", helpers, helped) == 51


def test_three_helps_say_nothing() -> None:
    assert circle_share("o", "abc", {name: ["o"] for name in "abc"}) == 0


@given(
    helpers=st.lists(st.sampled_from(NAMES), unique=True),
    helped=st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from((*NAMES, "o", "x")))),
    more=st.sampled_from(NAMES),
)
def test_it_is_a_share_and_more_helps_inside_never_make_it_smaller(
    helpers: list[str], helped: dict[str, list[str]], more: str
) -> None:
    share = circle_share("o", helpers, helped)
    assert 0 <= share <= 100
    assert circle_share("o", helpers, {**helped, more: [*helped.get(more, ()), "o"]}) >= share


def test_of_those_who_helped_only_the_newest_thirty_of_the_week_are_looked_at() -> None:
    got = [Got(f"h{number}", "winter", NOW - timedelta(minutes=60 - number)) for number in range(50)]
    state = WatchState(helpers=(Got("old", "winter", NOW - timedelta(days=7)), Got("else", "summer", NOW), *got))
    found = circle_of(state, "winter", NOW)
    assert found == tuple(f"h{number}" for number in range(20, 50)) and len(found) == MOST_HELPERS
