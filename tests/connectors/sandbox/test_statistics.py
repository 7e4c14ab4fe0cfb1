"""Statistics tell what happened in the sandbox, day by day in China's calendar (wecom-api.md §3.6, §4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.connectors.sandbox.driver import CHAT, CONTACT, Driver

DAY = 86_400


def midnight(driver: Driver, *, back: int = 0) -> int:
    now = int(driver.clock.now().timestamp())
    return (now + 8 * 3_600) // DAY * DAY - 8 * 3_600 - back * DAY


def next_day(driver: Driver) -> None:
    driver.clock.advance_to(driver.clock.now() + timedelta(days=1))


def test_two_days_of_a_group_add_up(driver: Driver) -> None:
    staff = driver.new_staff()
    people = [driver.befriend(staff)[0] for _ in range(3)]
    first = midnight(driver)
    chat_id = driver.new_group(staff, *people[:2])
    driver.act("/phone/say", phone=people[0], chat_id=chat_id, text="a")
    driver.act("/phone/say", phone=people[0], chat_id=chat_id, text="b")
    next_day(driver)
    driver.act("/staff/invite", userid=staff, chat_id=chat_id, members=[people[2]])
    driver.act("/phone/leave", phone=people[0], chat_id=chat_id)
    next_day(driver)
    body = {"day_begin_time": first, "day_end_time": first + DAY, "owner_filter": {"userid_list": [staff]}}
    days = driver.api(CHAT + "statistic_group_by_day", body)["items"]
    assert [item["stat_time"] for item in days] == [first, first + DAY]
    one, two = (item["data"] for item in days)
    assert (one["new_chat_cnt"], one["new_member_cnt"], one["member_total"]) == (1, 3, 3)
    assert (one["msg_total"], one["chat_has_msg"], one["member_has_msg"]) == (2, 1, 1)
    assert (two["new_chat_cnt"], two["new_member_cnt"], two["member_total"], two["msg_total"]) == (0, 1, 3, 0)
    (owner,) = driver.api(CHAT + "statistic", body)["items"]
    assert (owner["data"]["new_member_cnt"], owner["data"]["chat_total"]) == (4, 1)


def test_a_group_that_changes_hands_counts_for_its_new_owner(driver: Driver) -> None:
    old, new = driver.new_staff(), driver.new_staff()
    chat_id = driver.new_group(old)
    day = midnight(driver)
    driver.api(CHAT + "onjob_transfer", {"chat_id_list": [chat_id], "new_owner": new})
    next_day(driver)
    body = {"day_begin_time": day, "owner_filter": {"userid_list": [old, new]}, "order_by": 2}
    rows = driver.api(CHAT + "statistic", body)["items"]
    assert [(row["owner"], row["data"]["chat_total"], row["data"]["member_total"]) for row in rows] == [
        (new, 1, 2),
        (old, 0, 0),
    ]


def test_a_member_who_answers_in_time(driver: Driver) -> None:
    staff = driver.new_staff()
    (one, _), (two, _) = driver.befriend(staff), driver.befriend(staff)
    day = midnight(driver)
    driver.act("/phone/say", phone=one, userid=staff, text="?")
    driver.act("/phone/say", phone=two, userid=staff, text="?")
    driver.clock.advance_to(driver.clock.now() + timedelta(minutes=4))
    driver.act("/staff/say", userid=staff, phone=one, text="!")
    driver.act("/phone/delete_staff", phone=two, userid=staff)
    next_day(driver)
    body = {"userid": [staff], "start_time": day, "end_time": day}
    (row,) = driver.api(CONTACT + "get_user_behavior_data", body)["behavior_data"]
    assert (row["new_contact_cnt"], row["negative_feedback_cnt"], row["chat_cnt"]) == (2, 1, 2)
    assert (row["message_cnt"], row["reply_percentage"], row["avg_reply_time"]) == (1, 50.0, 4)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (1, 0), (181, 180), (31, 1), (1, 2)])
def test_today_too_long_ago_too_long_and_backwards_are_600018(driver: Driver, first: int, last: int) -> None:
    staff = driver.new_staff()
    body = {"day_begin_time": midnight(driver, back=first), "day_end_time": midnight(driver, back=last)}
    assert driver.api(CHAT + "statistic", body)["errcode"] == 600018
    times = {"start_time": body["day_begin_time"], "end_time": body["day_end_time"]}
    told = driver.api(CONTACT + "get_user_behavior_data", {"userid": [staff], **times})
    assert told["errcode"] == 600018 and told["behavior_data"] == []
