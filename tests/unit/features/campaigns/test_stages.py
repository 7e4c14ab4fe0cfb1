"""Nested rewards: in order, once each, and a reversed stage blocks those after it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.stages import check_stages, due, next_stage

SEED = (("register", 500), ("first-order", 1500), ("repurchase", 1000))
NAMES = [name for name, _ in SEED]


@pytest.mark.parametrize(
    ("reached", "fen"),
    [
        ([], 0),
        (["register"], 500),
        (["register", "first-order"], 2000),
        (["register", "first-order", "repurchase"], 3000),
        (["first-order", "repurchase"], 0),
        (["register", "repurchase"], 500),
    ],
)
def test_a_stage_counts_only_when_all_before_it_hold(reached: list[str], fen: int) -> None:
    assert due(SEED, {"b": reached}) == fen


def test_with_skipping_allowed_every_stage_counts_for_itself() -> None:
    assert due(SEED, {"b": ["first-order", "repurchase"]}, skip_ok=True) == 2500


def test_the_order_in_which_stages_were_reached_does_not_matter() -> None:
    assert due(SEED, {"b": ["repurchase", "first-order", "register"]}) == 3000


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from(NAMES), unique=True), max_size=6))
def test_invitees_are_summed_and_never_exceed_the_headline_each(reached: dict[str, list[str]]) -> None:
    assert due(SEED, reached) == sum(due(SEED, {who: names}) for who, names in reached.items())
    assert due(SEED, reached) <= 3000 * len(reached)


@given(st.lists(st.sampled_from(NAMES), unique=True), st.sampled_from(NAMES))
def test_one_stage_more_never_takes_money_away(reached: list[str], more: str) -> None:
    assert due(SEED, {"b": reached}) <= due(SEED, {"b": [*reached, more]})


def test_the_next_stage_is_the_first_that_is_missing() -> None:
    assert next_stage(SEED, []) == "register"
    assert next_stage(SEED, ["register"]) == "first-order"
    assert next_stage(SEED, ["first-order", "repurchase"]) == "register"
    assert next_stage(SEED, NAMES) is None


def test_stages_that_sum_to_the_headline_are_accepted() -> None:
    check_stages(SEED, 3000)
    check_stages((), 0)


@pytest.mark.parametrize(
    ("stages", "headline", "code", "field"),
    [
        (SEED, 2999, "stage_headline", "headline_fen"),
        ((("a", 100), ("a", 200)), 300, "stage_twice", "stages"),
        ((("a", 0), ("b", 300)), 300, "stage_amount", "stages"),
    ],
)
def test_bad_stages_are_refused_by_name(
    stages: tuple[tuple[str, int], ...], headline: int, code: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_stages(stages, headline)
    assert (caught.value.code, caught.value.field) == (code, field)
