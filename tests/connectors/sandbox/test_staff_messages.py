"""Messages of the app to staff (wecom-api.md §10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.connectors.sandbox.driver import AGENT, Driver

SEND = "/cgi-bin/message/send"


def _text(to: str, content: str = "请确认") -> dict[str, Any]:
    return {"touser": to, "msgtype": "text", "agentid": AGENT, "text": {"content": content}}


def test_known_people_get_it_and_unknown_ones_are_named(driver: Driver) -> None:
    staff = driver.new_staff()
    answer = driver.api(SEND, _text(f"{staff}|nobody"))
    assert (answer["errcode"], answer["invaliduser"]) == (0, "nobody") and answer["msgid"]
    (message,) = driver.see("/staff/inbox", userid=staff)["messages"]
    assert (message["msgtype"], message["text"]) == ("text", {"content": "请确认"})


def test_a_card_arrives_whole(driver: Driver) -> None:
    staff = driver.new_staff()
    card = {"title": "待办", "description": "移除成员", "url": "https://example.org/t/1"}
    body = {"touser": staff, "msgtype": "textcard", "agentid": AGENT, "textcard": card}
    assert driver.api(SEND, body)["errcode"] == 0
    template = {"card_type": "button_interaction", "main_title": {"title": "确认"}}
    body = {"touser": staff, "msgtype": "template_card", "agentid": AGENT, "template_card": template}
    assert driver.api(SEND, body)["response_code"]
    first, second = driver.see("/staff/inbox", userid=staff)["messages"]
    assert first["textcard"]["title"] == "待办" and second["template_card"] == template


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"touser": "nobody"}, 81013),
        ({"touser": ""}, 81013),
        ({"agentid": 1}, 301002),
        ({"agentid": None}, 41011),
        ({"msgtype": "song"}, 40008),
        ({"text": {"content": ""}}, 44004),
        ({"text": {"content": "字" * 683}}, 45002),
        ({"touser": "|".join(f"u{n}" for n in range(1_001))}, 40032),
        ({"msgtype": "news", "news": {"articles": [{"title": "t"}] * 9}}, 45008),
    ],
)
def test_faults(driver: Driver, change: dict[str, Any], code: int) -> None:
    assert driver.api(SEND, _text(driver.new_staff()) | change)["errcode"] == code


def test_more_than_thirty_a_minute_are_dropped_without_a_word(driver: Driver) -> None:
    staff = driver.new_staff()
    assert {driver.api(SEND, _text(staff, str(n)))["errcode"] for n in range(32)} == {0}
    assert len(driver.see("/staff/inbox", userid=staff)["messages"]) == 30
    driver.clock.advance_to(driver.clock.now() + timedelta(seconds=60))
    driver.api(SEND, _text(staff, "later"))
    assert driver.see("/staff/inbox", userid=staff, after=30)["messages"][0]["text"] == {"content": "later"}


def test_the_duplicate_check_swallows_a_repeat_within_its_interval(driver: Driver) -> None:
    staff = driver.new_staff()
    body = _text(staff) | {"enable_duplicate_check": 1, "duplicate_check_interval": 100}
    for _ in range(2):
        assert driver.api(SEND, body)["errcode"] == 0
    assert len(driver.see("/staff/inbox", userid=staff)["messages"]) == 1
    driver.clock.advance_to(driver.clock.now() + timedelta(seconds=100))
    driver.api(SEND, body)
    assert len(driver.see("/staff/inbox", userid=staff)["messages"]) == 2
