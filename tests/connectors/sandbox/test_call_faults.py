"""Disturbances that can be switched on: of calls, of callbacks, of the clock, of what groups tell."""

from __future__ import annotations

import time
from datetime import timedelta

import httpx
import pytest
from tests.connectors.sandbox.driver import CHAT, CONTACT, Driver

LIST = CONTACT + "get_follow_user_list"


@pytest.mark.parametrize("code", [-1, 45009, 45033, 45035, 60020, 48002, 84061, 42001, 40014, 41096])
def test_any_code_can_be_answered_a_number_of_times(driver: Driver, code: int) -> None:
    driver.api(LIST)
    driver.act("/admin/call_faults", rules=[{"path": LIST, "errcode": code, "times": 2}])
    query = {"access_token": driver.token()}
    told = [driver.client.get(LIST, params=query).json() for _ in range(3)]
    assert [answer["errcode"] for answer in told] == [code, code, 0]
    assert told[0]["follow_user"] == []


def test_a_share_of_calls_is_struck_the_same_way_for_the_same_seed(driver: Driver) -> None:
    def struck(seed: int) -> list[int]:
        rules = [{"path": "*", "errcode": -1, "share_bps": 3_000}]
        driver.act("/admin/call_faults", rules=rules, seed=seed)
        token = driver.token()
        calls = [driver.client.get(LIST, params={"access_token": token}).json()["errcode"] for _ in range(200)]
        return [number for number, code in enumerate(calls) if code]

    first = struck(1)
    assert 30 < len(first) < 90
    assert first != struck(2)


def test_an_error_after_the_deed_is_an_error_of_what_was_done(driver: Driver) -> None:
    staff = driver.new_staff()
    body = {"type": 1, "scene": 2, "user": [staff]}
    before = driver.status()["contact_ways"]
    driver.act("/admin/call_faults", rules=[{"path": CONTACT + "add_contact_way", "errcode": -1, "after": True}])
    assert driver.api(CONTACT + "add_contact_way", body)["errcode"] == -1
    assert driver.status()["contact_ways"] == before + 1


def test_a_delay_holds_the_answer_back(driver: Driver) -> None:
    driver.act("/admin/call_faults", rules=[{"path": LIST, "delay": 0.3}])
    began = time.monotonic()
    assert driver.api(LIST)["errcode"] == 0
    assert time.monotonic() - began >= 0.3
    with pytest.raises(httpx.TimeoutException):
        driver.client.get(LIST, params={"access_token": driver.token()}, timeout=0.05)


def test_callbacks_can_be_late_and_faults_can_strike_one_event_alone(driver: Driver) -> None:
    driver.act("/admin/faults", lose_bps=10_000, only="change_external_chat")
    staff = driver.new_staff()
    phone, _ = driver.befriend(staff)
    driver.new_group(staff, phone)
    assert [event.findtext("Event") for event in driver.events()] == ["change_external_contact"]
    driver.mark()
    driver.act("/admin/faults", delay=0.4)
    began = time.monotonic()
    driver.new_group(staff)
    assert len(driver.events()) == 1 and time.monotonic() - began >= 0.4


@pytest.mark.parametrize("rule", [{"errcode": 12}, {"share_bps": 10_001}, {"delay": 61}, {"times": -1}])
def test_a_rule_that_makes_no_sense_is_refused(driver: Driver, rule: dict[str, int]) -> None:
    assert driver.refused("/admin/call_faults", rules=[rule])["field"] in rule


def test_set_ups_that_are_wrong_are_told_as_the_platform_tells_them(driver: Driver) -> None:
    staff = driver.new_staff()
    driver.limits(trusted_ips="10.0.0.1, 10.0.0.2")
    assert driver.api(LIST)["errcode"] == 60020
    driver.limits(trusted_ips="10.0.0.1,127.0.0.1", callable_app=False)
    assert driver.api(LIST)["errcode"] == 48002
    assert driver.api("/cgi-bin/getcallbackip")["errcode"] == 0
    driver.limits(trusted_ips="", callable_app=True)
    driver.act("/admin/staff", userid=staff, in_range=False)
    assert staff not in driver.api(LIST)["follow_user"]
    body = {"type": 1, "scene": 2, "user": [staff]}
    assert driver.api(CONTACT + "add_contact_way", body)["errcode"] == 84074
    text = {"touser": staff, "agentid": 1000077, "msgtype": "text", "text": {"content": "x"}}
    assert driver.api("/cgi-bin/message/send", text)["errcode"] == 81013


def test_a_group_tells_the_members_of_before_for_a_while(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, external = driver.befriend(staff)
    chat_id = driver.new_group(staff)
    driver.limits(member_stale_seconds=5)
    before = driver.group(chat_id)
    driver.mark()
    driver.act("/staff/invite", userid=staff, chat_id=chat_id, members=[phone])
    (event,) = driver.events()
    stale = driver.group(chat_id)
    assert stale == before and stale["member_version"] == event.findtext("LastMemVer")
    driver.clock.advance_to(driver.clock.now() + timedelta(seconds=6))
    fresh = driver.group(chat_id)
    assert fresh["member_version"] == event.findtext("CurMemVer")
    assert [member["userid"] for member in fresh["member_list"]] == [staff, external]


def test_the_platforms_clock_can_be_ahead(driver: Driver) -> None:
    driver.limits(clock_skew=600)
    _, external = driver.befriend(driver.new_staff())
    ahead = int(driver.clock.now().timestamp()) + 600
    (event,) = driver.events()
    assert int(event.findtext("CreateTime", "0")) == ahead
    assert int(driver.listener.queries[-1]["timestamp"][0]) == ahead
    assert driver.api(CONTACT + "get", external_userid=external)["follow_user"][0]["createtime"] == ahead


def test_faults_do_not_reach_gettoken_unless_named(driver: Driver) -> None:
    driver.act("/admin/call_faults", rules=[{"errcode": -1}])
    assert driver.token() and driver.api(CHAT + "list", {"limit": 1})["errcode"] == -1
