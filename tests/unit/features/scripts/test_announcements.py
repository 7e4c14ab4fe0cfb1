"""What groups are told of a race: in the room, or on a card to staff; names masked, a late start of no use."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.unit.features.paper import NOW, message
from tests.unit.features.scripts.test_texts import facts

from qunflow.domain.actions import SendText, TellStaff
from qunflow.domain.events import ScriptDue
from qunflow.domain.masking import masked
from qunflow.features.scripts.announcements import ANNOUNCEMENTS, announcement, people_named
from qunflow.features.scripts.decide import ScriptFacts, render

UNTIL = (NOW + timedelta(minutes=30)).isoformat()  # half past nine in Shanghai
START = {"minutes": 30, "until": UNTIL, "amount": 250, "prizes": [800, 500]}
RESULT = {"count": 7, "top": [["p1", 4, 1800], ["p2", 3, 1250]]}


def said(script: str, params: dict[str, Any], language: str = "zh", names: dict[str, str] | None = None) -> str:
    found = facts(language)
    return render(script, ScriptFacts(found.voice, names=names or {}), params)


def wish(script: str, params: dict[str, Any]) -> Any:
    body = ScriptDue(script, "key", "", params)
    return announcement(message(body), body, "text", facts().voice, "winter:everybody:key")


def test_a_start_says_length_end_and_pay_in_the_zone_of_the_campaign() -> None:
    text = said("race_start", START)
    assert "09:30 前的 30 分钟内" in text and "得 2.50 元" in text and "8.00 / 5.00" in text
    english = said("race_start", START, "en")
    assert "For 30 minutes, until 09:30" in english and "2.50 yuan" in english


@pytest.mark.parametrize(("language", "none"), [("zh", "无"), ("en", "none")])
def test_a_race_without_prizes_and_a_result_without_winners_say_so(language: str, none: str) -> None:
    assert none in said("race_start", {**START, "prizes": []}, language)
    assert none in said("race_result", {"count": 0, "top": []}, language)


def test_a_result_names_the_first_ones_by_one_letter() -> None:
    text = said("race_result", RESULT, names={"p1": "小北", "p2": ""})
    assert "1. 小** 4 人 +18.00 元\n2. ** 3 人 +12.50 元" in text and "小北" not in text
    assert people_named(RESULT) == ("p1", "p2")


@pytest.mark.parametrize(("name", "shown"), [("小北", "小**"), ("", "**"), ("  Amy", "A**"), ("<b>", "<**")])
def test_a_masked_name_shows_its_first_character(name: str, shown: str) -> None:
    assert masked(name) == shown


@pytest.mark.parametrize("script", ANNOUNCEMENTS)
def test_a_room_reads_it_and_no_personal_link(script: str) -> None:
    found = wish(script, {"chat": "!room:x", **START})
    assert isinstance(found.action, SendText)
    assert (found.action.chat, found.action.external, found.lane_key) == ("!room:x", "", "group:wx:!room:x")
    text = render(script, ScriptFacts(facts(**{script: ("{link}",)}).voice, page="https://q/p/x"), {"chat": "!room:x"})
    assert "https" not in text


def test_where_nothing_can_be_posted_staff_get_the_text_with_the_group() -> None:
    found = wish("race_over", {"card": "amy", "room": "g7", "count": 3, "hours": 24})
    assert isinstance(found.action, TellStaff)
    assert (found.action.staff, found.action.text, found.action.wish) == ("amy", "g7\ntext", "winter:everybody:key")
    assert wish("race_over", {"card": "amy", "room": ""}).action.text.startswith("所有活动群\n")


def test_only_a_start_is_of_no_use_after_its_race() -> None:
    assert wish("race_start", {"chat": "c", **START}).expires_at == datetime.fromisoformat(UNTIL)
    assert wish("race_over", {"chat": "c", "count": 1}).expires_at is None


def test_a_script_to_one_person_is_no_announcement() -> None:
    assert wish("remind", {"chat": "c"}) is None
