"""Welcome messages: twenty seconds, once, content limits (wecom-api.md §3.5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.connectors.sandbox.driver import CONTACT, Driver

WELCOME = CONTACT + "send_welcome_msg"
HELLO = {"text": {"content": "你好"}}


def _new_code(driver: Driver) -> tuple[str, str]:
    """A phone that has just become a contact, and its welcome code."""
    driver.mark()
    phone, _ = driver.befriend(driver.new_staff())
    (event,) = driver.events()
    return phone, event.findtext("WelcomeCode", "")


def test_the_phone_gets_text_and_attachments_within_twenty_seconds(driver: Driver) -> None:
    phone, code = _new_code(driver)
    driver.clock.advance_to(driver.clock.now() + timedelta(seconds=20))
    picture = driver.contact_way(driver.new_staff())["qr_code"]
    attachments = [
        {"msgtype": "image", "image": {"pic_url": picture}},
        {"msgtype": "link", "link": {"title": "进群", "url": "https://example.org/a", "desc": "看"}},
    ]
    body = {"welcome_code": code, **HELLO, "attachments": attachments}
    assert driver.api(WELCOME, body) == {"errcode": 0, "errmsg": "ok"}
    (message,) = driver.see("/phone/inbox", phone=phone)["messages"]
    assert (message["number"], message["kind"], message["text"]) == (1, "welcome", "你好")
    assert message["from_name"] == "林" and message["at"] == int(driver.clock.now().timestamp())
    image, link = message["attachments"]
    assert image["image"] == {"url": picture, "qr": driver.read_qr(picture)}
    assert link["link"]["title"] == "进群" and link["link"]["picurl"] == ""
    assert driver.see("/phone/inbox", phone=phone, after=1)["messages"] == []


def test_a_code_older_than_twenty_seconds_is_41050(driver: Driver) -> None:
    phone, code = _new_code(driver)
    driver.clock.advance_to(driver.clock.now() + timedelta(seconds=20, milliseconds=1))
    assert driver.api(WELCOME, {"welcome_code": code, **HELLO})["errcode"] == 41050
    assert driver.see("/phone/inbox", phone=phone)["messages"] == []


def test_a_code_is_good_for_one_message_even_much_later(driver: Driver) -> None:
    phone, code = _new_code(driver)
    codes = [driver.api(WELCOME, {"welcome_code": code, **HELLO})["errcode"] for _ in range(2)]
    driver.clock.advance_to(driver.clock.now() + timedelta(minutes=1))
    codes.append(driver.api(WELCOME, {"welcome_code": code, **HELLO})["errcode"])
    assert codes == [0, 41051, 41051]
    assert len(driver.see("/phone/inbox", phone=phone)["messages"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 41049),
        ({"welcome_code": "none"}, 40063),
        ({"welcome_code": "none", **HELLO}, 41050),
        ({"welcome_code": "none", "text": {"content": "字" * 1334}}, 45002),
        ({"welcome_code": "none", "attachments": [{"msgtype": "image", "image": {"pic_url": "u"}}] * 10}, 41064),
        ({"welcome_code": "none", "attachments": [{"msgtype": "voice", "voice": {}}]}, 41065),
        ({"welcome_code": "none", "attachments": [{"msgtype": "image", "image": {"media_id": "m"}}]}, 40007),
        ({"welcome_code": "none", "attachments": [{"msgtype": "image"}]}, 40063),
        (
            {"welcome_code": "none", "attachments": [{"msgtype": "link", "link": {"title": "字" * 43, "url": "u"}}]},
            40058,
        ),
        ({"welcome_code": "none", "attachments": [{"msgtype": "link", "link": {"title": "t"}}]}, 40058),
    ],
)
def test_faults_in_the_body_come_before_the_code_is_looked_at(driver: Driver, body: dict[str, Any], code: int) -> None:
    assert driver.api(WELCOME, body)["errcode"] == code


def test_a_bad_body_does_not_use_the_code_up(driver: Driver) -> None:
    _, code = _new_code(driver)
    assert driver.api(WELCOME, {"welcome_code": code})["errcode"] == 40063
    assert driver.api(WELCOME, {"welcome_code": code, **HELLO})["errcode"] == 0


def test_text_of_exactly_4000_bytes_passes(driver: Driver) -> None:
    _, code = _new_code(driver)
    body = {"welcome_code": code, "text": {"content": "字" * 1333 + "a"}}
    assert driver.api(WELCOME, body)["errcode"] == 0
