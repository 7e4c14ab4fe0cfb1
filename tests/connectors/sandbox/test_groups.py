"""Customer groups: reading them, and what people do in them (wecom-api.md §4, §9)."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from tests.connectors.sandbox.driver import CHAT, Driver


def _members(event: ElementTree.Element) -> list[str | None]:
    return [item.text for item in event.findall("MemChangeList/Item")]


def test_a_new_group_raises_create_once_and_shows_its_members(driver: Driver) -> None:
    staff, colleague = driver.new_staff(), driver.new_staff()
    phone, external = driver.befriend(staff)
    driver.mark()
    chat_id = driver.new_group(staff, phone, colleague)
    (event,) = driver.events()
    assert [child.tag for child in event][5:] == ["ChatId", "ChangeType"]
    assert (event.findtext("ChatId"), event.findtext("ChangeType")) == (chat_id, "create")
    shown = driver.group(chat_id)
    assert (shown["name"], shown["owner"], shown["notice"], shown["admin_list"]) == ("福利群", staff, "", [])
    now = int(driver.clock.now().timestamp())
    assert shown["create_time"] == now
    by_id = {member["userid"]: member for member in shown["member_list"]}
    assert [by_id[userid]["type"] for userid in (staff, colleague, external)] == [1, 1, 2]
    assert by_id[external]["join_scene"] == 1 and by_id[external]["invitor"] == {"userid": staff}
    assert all("name" not in member for member in shown["member_list"])
    assert {member["name"] for member in driver.group(chat_id, 1)["member_list"]} == {"林", "客"}


def test_only_contacts_can_be_put_into_a_group(driver: Driver) -> None:
    stranger, _ = driver.new_phone()
    refused = driver.refused("/staff/create_group", userid=driver.new_staff(), name="群", members=[stranger])
    assert refused["code"] == "sandbox_no_contact"


def test_a_groups_own_code_lets_in_for_seven_days(driver: Driver) -> None:
    staff = driver.new_staff()
    chat_id = driver.new_group(staff)
    code = driver.act("/staff/group_qr", userid=staff, chat_id=chat_id)
    assert driver.read_qr(code["qr_code"]) == code["qr"]
    phone, external = driver.new_phone(unionid="u-9")
    before = driver.group(chat_id)["member_version"]
    driver.mark()
    made = driver.act("/phone/scan", phone=phone, qr=code["qr"])
    assert made == {"kind": "joined", "chat_id": chat_id, "chat_name": "福利群"}
    (event,) = driver.events()
    assert [child.tag for child in event][5:] == [
        *("ChatId", "ChangeType", "UpdateDetail", "JoinScene"),
        *("MemChangeCnt", "MemChangeList", "LastMemVer", "CurMemVer"),
    ]
    assert (event.findtext("UpdateDetail"), event.findtext("JoinScene")) == ("add_member", "3")
    assert (event.findtext("MemChangeCnt"), _members(event)) == ("1", [external])
    after = driver.group(chat_id)
    assert (event.findtext("LastMemVer"), event.findtext("CurMemVer")) == (before, after["member_version"])
    member = after["member_list"][-1]
    assert (member["userid"], member["join_scene"], member["unionid"]) == (external, 3, "u-9")
    assert "invitor" not in member and "state" not in member
    assert driver.act("/phone/scan", phone=phone, qr=code["qr"])["kind"] == "already_member"
    driver.clock.advance_to(driver.clock.now() + timedelta(days=7))
    assert driver.act("/phone/scan", phone=driver.new_phone()[0], qr=code["qr"]) == {"kind": "expired"}


def test_leaving_is_quit_scene_0_and_being_removed_1(driver: Driver) -> None:
    staff = driver.new_staff()
    (one, one_id), (two, two_id) = driver.befriend(staff), driver.befriend(staff)
    chat_id = driver.new_group(staff, one, two)
    driver.mark()
    driver.act("/phone/leave", phone=one, chat_id=chat_id)
    driver.act("/staff/remove_member", userid=staff, chat_id=chat_id, external_userid=two_id)
    seen = {(e.findtext("UpdateDetail"), e.findtext("QuitScene"), _members(e)[0]) for e in driver.events()}
    assert seen == {("del_member", "0", one_id), ("del_member", "1", two_id)}
    assert all(e.find("JoinScene") is None for e in driver.events())
    assert [member["userid"] for member in driver.group(chat_id)["member_list"]] == [staff]
    assert driver.see("/phone/chats", phone=one) == {"chats": []}
    assert driver.refused("/phone/leave", phone=one, chat_id=chat_id)["code"] == "sandbox_not_a_member"


def test_only_the_owner_changes_a_group(driver: Driver) -> None:
    staff, colleague = driver.new_staff(), driver.new_staff()
    chat_id = driver.new_group(staff, colleague)
    driver.mark()
    driver.act("/staff/rename", userid=staff, chat_id=chat_id, name="新名")
    driver.act("/staff/notice", userid=staff, chat_id=chat_id, notice="今晚八点")
    assert {e.findtext("UpdateDetail") for e in driver.events()} == {"change_name", "change_notice"}
    shown = driver.group(chat_id)
    assert (shown["name"], shown["notice"]) == ("新名", "今晚八点")
    for path, more in (("rename", {"name": "x"}), ("notice", {"notice": "x"}), ("dismiss", {})):
        refused = driver.refused(f"/staff/{path}", userid=colleague, chat_id=chat_id, **more)
        assert refused["code"] == "sandbox_not_the_owner"


def test_a_dismissed_group_is_gone(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, _ = driver.befriend(staff)
    chat_id = driver.new_group(staff, phone)
    driver.mark()
    driver.act("/staff/dismiss", userid=staff, chat_id=chat_id)
    assert [e.findtext("ChangeType") for e in driver.events()] == ["dismiss"]
    assert driver.api(CHAT + "get", {"chat_id": chat_id})["errcode"] == 40050
    listed = driver.api(CHAT + "list", {"limit": 10, "owner_filter": {"userid_list": [staff]}})
    assert listed["group_chat_list"] == []
    assert driver.see("/phone/chats", phone=phone) == {"chats": []}


def test_scanning_stops_at_the_limit_and_inviting_goes_on_to_the_hard_cap(driver: Driver) -> None:
    driver.limits(group_limit=3)
    staff = driver.new_staff()
    late, late_id = driver.befriend(staff)
    phones = [driver.befriend(staff)[0] for _ in range(2)]
    chat_id = driver.new_group(staff, *phones)
    code = driver.act("/staff/group_qr", userid=staff, chat_id=chat_id)["qr"]
    assert driver.act("/phone/scan", phone=late, qr=code) == {"kind": "group_full"}
    driver.mark()
    driver.act("/staff/invite", userid=staff, chat_id=chat_id, members=[late, *phones])
    (event,) = driver.events()
    assert (event.findtext("JoinScene"), _members(event)) == ("0", [late_id])
    driver.limits(group_limit=500)
    fillers = [driver.new_staff() for _ in range(496)]
    driver.act("/staff/invite", userid=staff, chat_id=chat_id, members=fillers)
    assert len(driver.group(chat_id)["member_list"]) == 500
    over = driver.refused("/staff/invite", userid=staff, chat_id=chat_id, members=[driver.new_staff()])
    assert over["code"] == "sandbox_group_full"
    assert driver.act("/phone/scan", phone=driver.new_phone()[0], qr=code) == {"kind": "group_full"}


def test_the_list_pages_and_filters_by_owner(driver: Driver) -> None:
    staff = driver.new_staff()
    made = [driver.new_group(staff) for _ in range(5)]
    got: list[str] = []
    cursor = ""
    for _ in range(3):
        body = {"limit": 2, "cursor": cursor, "owner_filter": {"userid_list": [staff]}}
        page = driver.api(CHAT + "list", body)
        assert all(entry["status"] == 0 for entry in page["group_chat_list"])
        got += [entry["chat_id"] for entry in page["group_chat_list"]]
        cursor = page["next_cursor"]
    assert got == made and cursor == ""
    for status, count in ((0, 5), (1, 0), (3, 0)):
        body = {"limit": 10, "status_filter": status, "owner_filter": {"userid_list": [staff]}}
        assert len(driver.api(CHAT + "list", body)["group_chat_list"]) == count


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 40058),
        ({"limit": 1001}, 40058),
        ({"limit": 1, "status_filter": 4}, 40058),
        ({"limit": 1, "owner_filter": {"userid_list": ["a"] * 101}}, 40058),
        ({"limit": 1, "cursor": "bad"}, 50100),
    ],
)
def test_list_bounds(driver: Driver, body: dict[str, object], code: int) -> None:
    answer = driver.api(CHAT + "list", body)
    assert answer["errcode"] == code and answer["group_chat_list"] == []
