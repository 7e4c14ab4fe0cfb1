"""Join ways: five groups, the next room, full groups (wecom-api.md §4)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.connectors.sandbox.driver import CHAT, Driver


def _scans(driver: Driver, config_id: str, count: int) -> list[dict[str, Any]]:
    qr = driver.read_qr(driver.join_way_shown(config_id)["qr_code"])
    return [driver.act("/phone/scan", phone=driver.new_phone()[0], qr=qr) for _ in range(count)]


def test_add_answers_the_config_and_get_the_code(driver: Driver) -> None:
    staff = driver.new_staff()
    chat_id = driver.new_group(staff)
    body = {"scene": 2, "chat_id_list": [chat_id], "remark": "备" * 40, "state": "s-1"}
    added = driver.api(CHAT + "add_join_way", body)
    assert set(added) == {"errcode", "errmsg", "config_id"}
    shown = driver.join_way_shown(added["config_id"])
    assert shown["config_id"] == added["config_id"] and shown["qr_code"].endswith(".png")
    assert (shown["remark"], shown["auto_create_room"], shown["state"]) == ("备" * 30, 1, "s-1")
    assert (shown["chat_id_list"], shown["room_base_name"], shown["room_base_id"]) == ([chat_id], "", 0)


def test_six_chats_are_41091_and_five_are_not(driver: Driver) -> None:
    staff = driver.new_staff()
    chats = [driver.new_group(staff) for _ in range(6)]
    body: dict[str, Any] = {"scene": 2, "chat_id_list": chats}
    assert driver.api(CHAT + "add_join_way", body)["errcode"] == 41091
    config_id = driver.join_way(*chats[:5])
    assert driver.api(CHAT + "update_join_way", body | {"config_id": config_id})["errcode"] == 41091


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 41038),
        ({"scene": 3}, 41040),
        ({"scene": 2}, 40058),
        ({"scene": 2, "chat_id_list": ["wr-none"]}, 40050),
        ({"scene": 2, "chat_id_list": "wr"}, 40058),
    ],
)
def test_each_fault_of_add_has_its_code(driver: Driver, body: dict[str, Any], code: int) -> None:
    assert driver.api(CHAT + "add_join_way", body)["errcode"] == code


@pytest.mark.parametrize("more", [{"state": "s" * 31}, {"room_base_name": "名" * 41}, {"auto_create_room": 2}])
def test_text_and_number_limits(driver: Driver, more: dict[str, Any]) -> None:
    chat_id = driver.new_group(driver.new_staff())
    body = {"scene": 2, "chat_id_list": [chat_id]}
    assert driver.api(CHAT + "add_join_way", body | more)["errcode"] == 40058


def test_config_ids(driver: Driver) -> None:
    assert driver.api(CHAT + "get_join_way", {})["errcode"] == 41043
    assert driver.api(CHAT + "get_join_way", {"config_id": "none"})["errcode"] == 41044
    config_id = driver.join_way(driver.new_group(driver.new_staff()))
    url = driver.join_way_shown(config_id)["qr_code"]
    assert driver.api(CHAT + "del_join_way", {"config_id": config_id})["errcode"] == 0
    assert driver.api(CHAT + "get_join_way", {"config_id": config_id})["errcode"] == 41044
    assert driver.scan(driver.new_phone()[0], url) == {"kind": "expired"}


def test_a_joiner_carries_the_state_of_the_way(driver: Driver) -> None:
    chat_id = driver.new_group(driver.new_staff())
    (joined,) = _scans(driver, driver.join_way(chat_id, state="inviter-42"), 1)
    assert joined["chat_id"] == chat_id
    member = driver.group(chat_id)["member_list"][-1]
    assert (member["state"], member["join_scene"], member["type"]) == ("inviter-42", 3, 2)


def test_a_member_of_any_listed_group_does_not_join_another(driver: Driver) -> None:
    driver.limits(group_limit=2)
    staff = driver.new_staff()
    first, second = driver.new_group(staff), driver.new_group(staff)
    qr = driver.read_qr(driver.join_way_shown(driver.join_way(first, second))["qr_code"])
    phone, _ = driver.new_phone()
    assert driver.act("/phone/scan", phone=phone, qr=qr)["chat_id"] == first
    again = driver.act("/phone/scan", phone=phone, qr=qr)
    assert (again["kind"], again["chat_id"]) == ("already_member", first)
    assert driver.act("/phone/scan", phone=driver.new_phone()[0], qr=qr)["chat_id"] == second


def test_when_all_are_full_a_new_room_is_made_and_listed(driver: Driver) -> None:
    driver.limits(group_limit=3)
    first, second = driver.new_staff(), driver.new_staff()
    chats = [driver.new_group(first), driver.new_group(second)]
    way = driver.join_way(*chats, room_base_name="福利", room_base_id=7)
    _scans(driver, way, 4)
    driver.mark()
    (joined,) = _scans(driver, way, 1)
    room = joined["chat_id"]
    assert room not in chats and joined["chat_name"] == "福利7"
    assert sorted(e.findtext("ChangeType", "") for e in driver.events()) == ["create", "update"]
    assert {e.findtext("ChatId") for e in driver.events()} == {room}
    assert driver.join_way_shown(way)["chat_id_list"] == [*chats, room]
    shown = driver.group(room)
    assert shown["owner"] == second and len(shown["member_list"]) == 2
    assert shown["member_list"][1]["state"] == "js"
    assert [scan["chat_name"] for scan in _scans(driver, way, 2)] == ["福利7", "福利8"]


def test_with_five_groups_the_first_full_one_gives_way(driver: Driver) -> None:
    driver.limits(group_limit=2)
    staff = driver.new_staff()
    chats = [driver.new_group(staff) for _ in range(5)]
    way = driver.join_way(*chats, room_base_name="群", room_base_id=1)
    _scans(driver, way, 5)
    (joined,) = _scans(driver, way, 1)
    assert driver.join_way_shown(way)["chat_id_list"] == [*chats[1:], joined["chat_id"]]


def test_without_auto_create_the_phone_gets_group_full_and_nothing_happens(driver: Driver) -> None:
    driver.limits(group_limit=2)
    chat_id = driver.new_group(driver.new_staff())
    way = driver.join_way(chat_id, auto_create_room=0)
    _scans(driver, way, 1)
    driver.mark()
    assert _scans(driver, way, 1) == [{"kind": "group_full"}]
    assert driver.events() == [] and len(driver.group(chat_id)["member_list"]) == 2


def test_update_overwrites_everything_but_the_code_and_the_room_count_goes_on(driver: Driver) -> None:
    driver.limits(group_limit=2)
    staff = driver.new_staff()
    chats = [driver.new_group(staff) for _ in range(2)]
    way = driver.join_way(chats[0], room_base_name="群", room_base_id=3, remark="old")
    before = driver.join_way_shown(way)
    assert [scan["chat_name"] for scan in _scans(driver, way, 2)] == ["福利群", "群3"]
    body = {"config_id": way, "scene": 2, "chat_id_list": [chats[1]], "room_base_name": "群", "room_base_id": 3}
    assert driver.api(CHAT + "update_join_way", body)["errcode"] == 0
    shown = driver.join_way_shown(way)
    assert (shown["remark"], shown["state"], shown["qr_code"]) == ("", "", before["qr_code"])
    assert [scan["chat_name"] for scan in _scans(driver, way, 2)] == ["福利群", "群4"]


def test_calls_of_the_api_raise_no_event(driver: Driver) -> None:
    staff = driver.new_staff()
    chat_id = driver.new_group(staff)
    driver.mark()
    way = driver.join_way(chat_id)
    body = {"config_id": way, "scene": 2, "chat_id_list": [chat_id]}
    driver.api(CHAT + "update_join_way", body)
    driver.api(CHAT + "del_join_way", {"config_id": way})
    driver.contact_way(staff)
    assert driver.events() == []
