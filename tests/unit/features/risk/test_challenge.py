"""The question: every one has one answer, it is written as people write, and its ticket cannot be bent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.features.campaigns.risk.challenge import (
    GOOD_FOR,
    Question,
    Ticket,
    chinese,
    english,
    is_right,
    question_of,
    read_ticket,
)
from qunflow.web.texts import LANGUAGES, Texts

NOW = datetime(2026, 12, 1, tzinfo=UTC)
TEXTS = Texts.load()


@given(st.text(max_size=40))
def test_a_seed_always_makes_the_same_question_with_an_answer_above_zero(seed: str) -> None:
    question = question_of(seed)
    assert question == question_of(seed)
    assert 0 < question.answer < 100
    assert is_right(question, str(question.answer))
    assert not is_right(question, str(question.answer + 1))


def test_seeds_make_many_questions_so_that_guessing_does_not_pay() -> None:
    answers = [question_of(f"seed {number}").answer for number in range(3000)]
    assert max(answers.count(answer) for answer in set(answers)) < 3000 * 0.04


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("42", True),
        (" 42 ", True),
        ("４２", True),
        ("042", True),
        ("四十二", False),
        ("", False),
        ("-42", False),
        ("4 2", False),
    ],
)
def test_digits_of_any_width_are_an_answer(typed: str, right: bool) -> None:
    assert is_right(Question(40, 2, False), typed) is right


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [(0, "零", "zero"), (3, "三", "three"), (10, "十", "ten"), (17, "十七", "seventeen"), (20, "二十", "twenty"),
     (48, "四十八", "forty-eight"), (99, "九十九", "ninety-nine")],
)  # fmt: skip
def test_numbers_are_spelled_as_people_say_them(number: int, zh: str, en: str) -> None:
    assert (chinese(number), english(number)) == (zh, en)


def test_a_ticket_is_good_for_ten_minutes_from_when_it_was_asked() -> None:
    ticket = read_ticket(str(Ticket("0" * 16, NOW, "signature")))
    assert ticket == Ticket("0" * 16, NOW, "signature")
    assert not ticket.is_late(NOW) and not ticket.is_late(NOW + GOOD_FOR - timedelta(seconds=1))
    assert ticket.is_late(NOW + GOOD_FOR) and ticket.is_late(NOW - timedelta(seconds=1))


@pytest.mark.parametrize("text", ["", "x", "0" * 16, f"{'0' * 16}-999999999999-signature", f"{'0' * 15}-1-signature"])
def test_what_is_no_ticket_is_none(text: str) -> None:
    assert read_ticket(text) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_told_which_rule_asked(language: str) -> None:
    names = ("title", "why", "otherwise", "over", "link")
    words = " ".join(TEXTS.say(language, f"page.challenge.{name}") for name in names).lower()
    assert not any(sign in words for sign in ("velocity", "rule", "limit", "device", "规则", "上限", "设备", "频率"))
