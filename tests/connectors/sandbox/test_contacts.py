"""Customers: adding, reading, paging, deleting (wecom-api.md §3.1, §3.3)."""

from __future__ import annotations

import pytest
from tests.connectors.sandbox.driver import CONTACT, Driver


def test_scanning_a_contact_way_makes_a_contact_with_state_and_welcome_code(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, external = driver.new_phone(unionid="union-1")
    made = driver.scan(phone, driver.contact_way(staff, state="token-7")["qr_code"])
    assert made == {"kind": "contact_added", "userid": staff, "name": "林"}
    (event,) = driver.events()
    assert [child.tag for child in event] == [
        *("ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"),
        *("ChangeType", "UserID", "ExternalUserID", "State", "WelcomeCode"),
    ]
    assert event.findtext("Event") == "change_external_contact"
    assert event.findtext("ChangeType") == "add_external_contact"
    assert (event.findtext("UserID"), event.findtext("ExternalUserID")) == (staff, external)
    assert event.findtext("State") == "token-7" and event.findtext("WelcomeCode")
    shown = driver.api(CONTACT + "get", external_userid=external)
    assert shown["external_contact"]["unionid"] == "union-1" and shown["external_contact"]["type"] == 1
    (follow,) = shown["follow_user"]
    assert (follow["userid"], follow["state"], follow["add_way"]) == (staff, "token-7", 1)
    assert follow["tags"] == [] and follow["createtime"] == int(driver.clock.now().timestamp())
    assert shown["next_cursor"] == ""


def test_scanning_again_adds_nobody_and_raises_nothing(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, _ = driver.befriend(staff)
    driver.mark()
    assert driver.scan(phone, driver.contact_way(staff)["qr_code"])["kind"] == "already_contact"
    assert driver.events() == []


def test_without_a_state_event_and_follower_have_none(driver: Driver) -> None:
    _, external = driver.befriend(driver.new_staff(), state="")
    (event,) = driver.events()
    assert event.find("State") is None
    assert "state" not in driver.api(CONTACT + "get", external_userid=external)["follow_user"][0]


def test_a_way_that_asks_first_waits_for_the_staff_member(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, external = driver.new_phone()
    way = driver.contact_way(staff, skip_verify=False)
    assert driver.scan(phone, way["qr_code"])["kind"] == "waits_for_staff"
    assert driver.events() == []
    assert driver.api(CONTACT + "get", external_userid=external)["errcode"] == 40096
    driver.act("/staff/accept", userid=staff, phone=phone)
    assert [e.findtext("ChangeType") for e in driver.events()] == ["add_external_contact"]


def test_a_way_of_several_staff_shares_customers_out(driver: Driver) -> None:
    first, second = driver.new_staff(), driver.new_staff()
    url = driver.contact_way(first, second)["qr_code"]
    got = [driver.scan(driver.new_phone()[0], url)["userid"] for _ in range(4)]
    assert got.count(first) == got.count(second) == 2


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("list", {}, 40003),
        ("list", {"userid": "nobody"}, 60111),
        ("get", {}, 41035),
        ("get", {"external_userid": "wm-nobody"}, 40096),
    ],
)
def test_reading_with_bad_ids(driver: Driver, path: str, query: dict[str, str], code: int) -> None:
    assert driver.api(CONTACT + path, **query)["errcode"] == code


def test_a_member_without_customers_is_84061_with_an_empty_list(driver: Driver) -> None:
    answer = driver.api(CONTACT + "list", userid=driver.new_staff())
    assert answer["errcode"] == 84061 and answer["external_userid"] == []


def test_a_group_member_who_is_nobodys_contact_is_84061(driver: Driver) -> None:
    staff = driver.new_staff()
    chat_id = driver.new_group(staff)
    phone, external = driver.new_phone()
    driver.act("/phone/scan", phone=phone, qr=driver.act("/staff/group_qr", userid=staff, chat_id=chat_id)["qr"])
    assert driver.api(CONTACT + "get", external_userid=external)["errcode"] == 84061


def test_customer_deletes_staff_stays_readable_staff_deletes_customer_does_not(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, external = driver.befriend(staff)
    other_phone, other = driver.befriend(staff)
    driver.mark()
    driver.act("/phone/delete_staff", phone=phone, userid=staff)
    driver.act("/staff/delete_customer", userid=staff, phone=other_phone)
    assert sorted(e.findtext("ChangeType", "") for e in driver.events()) == [
        "del_external_contact",
        "del_follow_user",
    ]
    assert driver.api(CONTACT + "list", userid=staff)["external_userid"] == [external]
    assert driver.api(CONTACT + "get", external_userid=external)["errcode"] == 0
    assert driver.api(CONTACT + "get", external_userid=other)["errcode"] == 84061
    assert driver.refused("/phone/delete_staff", phone=phone, userid=staff)["code"] == "sandbox_no_contact"
    again = driver.scan(phone, driver.contact_way(staff)["qr_code"])
    assert again["kind"] == "contact_added"


def test_batch_pages_over_all_members_with_tag_ids(driver: Driver) -> None:
    staff = [driver.new_staff() for _ in range(3)]
    wanted = {driver.befriend(staff[0])[1], *(driver.befriend(staff[2])[1] for _ in range(3))}
    got: list[str] = []
    cursor, pages = "", 0
    while True:
        body = {"userid_list": staff, "limit": 2, "cursor": cursor}
        page = driver.api(CONTACT + "batch/get_by_user", body)
        assert page["errcode"] == 0 and page["fail_info"] == {"unlicensed_userid_list": []}
        for entry in page["external_contact_list"]:
            assert entry["follow_info"]["tag_id"] == [] and "tags" not in entry["follow_info"]
            got.append(entry["external_contact"]["external_userid"])
        pages += 1
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert set(got) == wanted and len(got) == 4 and pages == 2


def test_a_cursor_that_is_not_of_this_list_is_50100(driver: Driver) -> None:
    staff = [driver.new_staff(), driver.new_staff()]
    for _ in range(2):
        driver.befriend(staff[0])
    page = driver.api(CONTACT + "batch/get_by_user", {"userid_list": [staff[0]], "limit": 1})
    for body in (
        {"userid_list": [staff[0]], "cursor": "nonsense"},
        {"userid_list": staff, "cursor": page["next_cursor"]},
    ):
        assert driver.api(CONTACT + "batch/get_by_user", body)["errcode"] == 50100


@pytest.mark.parametrize("body", [{}, {"userid_list": ["a"] * 101}, {"userid_list": ["a"], "limit": 101}])
def test_batch_bounds(driver: Driver, body: dict[str, object]) -> None:
    assert driver.api(CONTACT + "batch/get_by_user", body)["errcode"] == 40058


def test_every_member_of_staff_is_listed(driver: Driver) -> None:
    assert driver.new_staff() in driver.api(CONTACT + "get_follow_user_list")["follow_user"]
