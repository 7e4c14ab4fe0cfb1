"""Mass sends wait for their staff member and keep their quota (wecom-api.md §6)."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.connectors.sandbox.driver import CONTACT, Driver

ADD = CONTACT + "add_msg_template"
TEXT = {"text": {"content": "今晚开团"}}


def _inbox(driver: Driver, phone: str) -> list[dict[str, Any]]:
    return list(driver.see("/phone/inbox", phone=phone)["messages"])


def _send(driver: Driver, body: dict[str, Any]) -> dict[str, Any]:
    """Make a task of one sender and let the sender confirm it."""
    made = driver.api(ADD, TEXT | body)
    assert made["errcode"] == 0, made
    return driver.act("/staff/confirm", userid=body["sender"], msgid=made["msgid"])


def test_nothing_arrives_before_the_staff_member_confirms(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, external = driver.befriend(staff)
    driver.mark()
    made = driver.api(ADD, {**TEXT, "external_userid": [external], "sender": staff})
    assert made["fail_list"] == [] and made["msgid"]
    assert _inbox(driver, phone) == []
    (task,) = driver.see("/staff/tasks", userid=staff)["tasks"]
    assert (task["msgid"], task["targets"], task["text"]) == (made["msgid"], 1, "今晚开团")
    assert driver.api(CONTACT + "get_groupmsg_task", {"msgid": made["msgid"]})["task_list"] == [
        {"userid": staff, "status": 0}
    ]
    ask = {"msgid": made["msgid"], "userid": staff}
    (waiting,) = driver.api(CONTACT + "get_groupmsg_send_result", ask)["send_list"]
    assert waiting == {"userid": staff, "status": 0, "external_userid": external}
    counts = driver.act("/staff/confirm", userid=staff, msgid=made["msgid"])
    assert counts == {"sent": 1, "not_a_friend": 0, "over_quota": 0}
    (message,) = _inbox(driver, phone)
    assert (message["kind"], message["from"], message["text"]) == ("mass", staff, "今晚开团")
    (sent,) = driver.api(CONTACT + "get_groupmsg_send_result", ask)["send_list"]
    assert (sent["status"], sent["send_time"]) == (1, int(driver.clock.now().timestamp()))
    (task,) = driver.api(CONTACT + "get_groupmsg_task", {"msgid": made["msgid"]})["task_list"]
    assert task["status"] == 2
    assert driver.see("/staff/tasks", userid=staff)["tasks"] == []
    again = driver.refused("/staff/confirm", userid=staff, msgid=made["msgid"])
    assert again["code"] == "sandbox_task_sent" and len(_inbox(driver, phone)) == 1
    assert driver.events() == []


def test_a_group_task_reaches_every_customer_in_the_senders_own_groups(driver: Driver) -> None:
    staff, other = driver.new_staff(), driver.new_staff()
    (one, _), (two, _) = driver.befriend(staff), driver.befriend(staff)
    mine, foreign = driver.new_group(staff, one, two), driver.new_group(other)
    body = {**TEXT, "chat_type": "group", "sender": staff, "chat_id_list": [mine, foreign]}
    made = driver.api(ADD, body)
    assert made["fail_list"] == [foreign]
    driver.act("/staff/confirm", userid=staff, msgid=made["msgid"])
    for phone in (one, two):
        (message,) = _inbox(driver, phone)
        assert (message["chat_id"], message["from"]) == (mine, staff)
    ask = {"msgid": made["msgid"], "userid": staff}
    (sent,) = driver.api(CONTACT + "get_groupmsg_send_result", ask)["send_list"]
    assert (sent["chat_id"], sent["status"]) == (mine, 1) and "external_userid" not in sent


def test_without_a_sender_each_customer_hears_from_the_member_met_last(driver: Driver) -> None:
    first, second = driver.new_staff(), driver.new_staff()
    phone, external = driver.befriend(first)
    driver.clock.advance_to(driver.clock.now() + timedelta(seconds=5))
    driver.scan(phone, driver.contact_way(second)["qr_code"])
    made = driver.api(ADD, {**TEXT, "external_userid": [external, "wm-none"]})
    assert made["fail_list"] == ["wm-none"]
    (task,) = driver.api(CONTACT + "get_groupmsg_task", {"msgid": made["msgid"]})["task_list"]
    assert task["userid"] == second


def test_over_the_months_quota_is_status_3_and_the_next_month_is_new(driver: Driver) -> None:
    year = driver.clock.now().year + 1
    days = monthrange(year, 2)[1]
    driver.clock.advance_to(datetime(year, 2, 1, 0, 0, tzinfo=UTC))
    staff = driver.new_staff()
    phone, external = driver.befriend(staff)
    body = {"sender": staff, "external_userid": [external]}
    for _ in range(days):
        assert _send(driver, body)["sent"] == 1
    assert _send(driver, body) == {"sent": 0, "not_a_friend": 0, "over_quota": 1}
    assert len(_inbox(driver, phone)) == days
    # China's March begins eight hours before UTC's.
    driver.clock.advance_to(datetime(year, 2, days, 15, 59, tzinfo=UTC))
    assert _send(driver, body)["over_quota"] == 1
    driver.clock.advance_to(datetime(year, 2, days, 16, 0, tzinfo=UTC))
    assert _send(driver, body)["sent"] == 1


def test_the_admin_may_choose_one_a_day_also_for_groups(driver: Driver) -> None:
    driver.limits(mass_policy="day")
    staff = driver.new_staff()
    body = {"chat_type": "group", "sender": staff, "chat_id_list": [driver.new_group(staff)]}
    assert [_send(driver, body)["sent"] for _ in range(2)] == [1, 0]
    driver.clock.advance_to(driver.clock.now() + timedelta(days=1))
    assert _send(driver, body)["sent"] == 1


def test_a_customer_who_left_is_status_2_and_costs_no_quota(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, external = driver.befriend(staff)
    driver.act("/phone/delete_staff", phone=phone, userid=staff)
    counts = _send(driver, {"sender": staff, "external_userid": [external]})
    assert counts == {"sent": 0, "not_a_friend": 1, "over_quota": 0}


def test_cancelled_tasks_cannot_be_confirmed_and_answer_41093(driver: Driver) -> None:
    staff = driver.new_staff()
    _, external = driver.befriend(staff)
    made = driver.api(ADD, {**TEXT, "external_userid": [external], "sender": staff})
    ask = {"msgid": made["msgid"]}
    assert driver.api(CONTACT + "cancel_groupmsg_send", ask)["errcode"] == 0
    assert driver.api(CONTACT + "cancel_groupmsg_send", ask)["errcode"] == 41093
    assert driver.api(CONTACT + "remind_groupmsg_send", ask)["errcode"] == 41093
    refused = driver.refused("/staff/confirm", userid=staff, msgid=made["msgid"])
    assert refused["code"] == "sandbox_task_cancelled"


def test_three_reminders_in_24_hours(driver: Driver) -> None:
    staff = driver.new_staff()
    _, external = driver.befriend(staff)
    ask = {"msgid": driver.api(ADD, {**TEXT, "external_userid": [external], "sender": staff})["msgid"]}
    codes = [driver.api(CONTACT + "remind_groupmsg_send", ask)["errcode"] for _ in range(4)]
    assert codes == [0, 0, 0, 41094]
    assert driver.see("/staff/tasks", userid=staff)["tasks"][0]["reminders"] == 3
    driver.clock.advance_to(driver.clock.now() + timedelta(hours=24))
    assert driver.api(CONTACT + "remind_groupmsg_send", ask)["errcode"] == 0


def test_a_task_under_dispatch_is_41063(driver: Driver) -> None:
    driver.limits(mass_dispatch_seconds=3)
    staff = driver.new_staff()
    _, external = driver.befriend(staff)
    ask = {"msgid": driver.api(ADD, {**TEXT, "external_userid": [external], "sender": staff})["msgid"]}
    assert driver.api(CONTACT + "get_groupmsg_task", ask)["errcode"] == 41063
    driver.clock.advance_to(driver.clock.now() + timedelta(seconds=3))
    assert driver.api(CONTACT + "get_groupmsg_task", ask)["errcode"] == 0


def test_tasks_are_listed_by_kind_creator_and_time(driver: Driver) -> None:
    driver.clock.advance_to(driver.clock.now() + timedelta(hours=1))
    staff, now = driver.new_staff(), int(driver.clock.now().timestamp())
    _, external = driver.befriend(staff)
    made = [driver.api(ADD, {**TEXT, "external_userid": [external], "sender": staff})["msgid"] for _ in range(3)]
    body = {"chat_type": "single", "start_time": now, "end_time": now + 60, "creator": staff, "limit": 2}
    page = driver.api(CONTACT + "get_groupmsg_list_v2", body)
    rest = driver.api(CONTACT + "get_groupmsg_list_v2", body | {"cursor": page["next_cursor"]})
    listed = page["group_msg_list"] + rest["group_msg_list"]
    assert [entry["msgid"] for entry in listed] == made and rest["next_cursor"] == ""
    assert listed[0]["text"] == {"content": "今晚开团"}
    assert (listed[0]["creator"], listed[0]["create_time"], listed[0]["create_type"]) == (staff, now, 0)
    assert driver.api(CONTACT + "get_groupmsg_list_v2", body | {"chat_type": "group"})["group_msg_list"] == []
    span = {"start_time": now, "end_time": now + 32 * 86_400}
    assert driver.api(CONTACT + "get_groupmsg_list_v2", body | span)["errcode"] == 40058


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 40063),
        ({**TEXT, "chat_type": "other"}, 40058),
        ({**TEXT, "chat_type": "group"}, 40058),
        ({**TEXT, "chat_type": "group", "sender": "nobody"}, 40003),
        ({**TEXT, "external_userid": ["wm-none"]}, 41048),
        ({**TEXT, "external_userid": ["x"] * 10_001}, 40058),
        ({"text": {"content": "x" * 4_001}}, 45002),
    ],
)
def test_faults_of_add(driver: Driver, body: dict[str, Any], code: int) -> None:
    answer = driver.api(ADD, body)
    assert answer["errcode"] == code and answer["fail_list"] == []


def test_bad_task_ids(driver: Driver) -> None:
    assert driver.api(CONTACT + "get_groupmsg_task", {})["errcode"] == 41046
    assert driver.api(CONTACT + "get_groupmsg_task", {"msgid": "none"})["errcode"] == 41047
