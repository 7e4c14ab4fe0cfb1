"""Words for people in a model's settings: one bounded line, kept as it stands, refused with field, rule and way out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.mutual import MOST_WORDS
from qunflow.features.campaigns.plan_model import model_faults, read_model

PLAN: dict[str, Any] = {"kind": "mutual", "helper_reward_fen": 300, "sharer_reward_fen": 200, "packets": 10}


def words(value: Any) -> Any:
    return read_model("model", {**PLAN, "gift_message": value}).settings["gift_message"]


@pytest.mark.parametrize(
    "text",
    ["", "好东西想和你分享，收下吧", "<b>&{yuan}</b> \"'%s", "祝福 👨‍👩‍👧 ❤️", "全角　空格", "字" * MOST_WORDS],
)
def test_a_line_is_kept_as_it_stands(text: str) -> None:
    assert words(text) == text
    assert words(f"  {text} ") == text


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("字" * (MOST_WORDS + 1), "0 to 60 characters"),
        (7, "0 to 60 characters"),
        (None, "0 to 60 characters"),
        (["a"], "0 to 60 characters"),
        ("a\nb", "one line"),
        ("a\u2028b", "one line"),
        ("a\tb", "one line"),
        ("a\x00b", "one line"),
        ("a\u202eb", "one line"),
        ("a\ud800b", "one line"),
    ],
)
def test_what_is_no_short_line_is_refused_by_name_with_the_rule_and_a_way_out(value: Any, rule: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        words(value)
    error = caught.value
    assert (error.code, error.field) == ("model_text", "model.gift_message")
    assert rule in error.rule and error.way_out
    (fault,) = model_faults("model", {**PLAN, "gift_message": value})
    assert (fault.code, fault.field, fault.rule) == (error.code, error.field, error.rule)


def test_a_plan_without_words_has_none() -> None:
    assert read_model("model", PLAN).settings["gift_message"] == ""


@given(st.text(max_size=80))
def test_whatever_is_written_is_kept_in_one_line_or_refused(text: str) -> None:
    try:
        found = words(text)
    except InvalidInput as error:
        assert error.code == "model_text"
    else:
        assert found == text.strip() and len(found) <= MOST_WORDS and len(found.splitlines()) <= 1
