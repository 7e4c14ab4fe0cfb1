"""「联系我」 ways: error codes, limits, list (wecom-api.md §3.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.connectors.sandbox.driver import CHAT, CONTACT, Driver


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 41037),
        ({"type": 1}, 41038),
        ({"type": 9, "scene": 2}, 41039),
        ({"type": 1, "scene": 9}, 41040),
        ({"type": 2, "scene": 2, "user": ["x"] * 101}, 41041),
        ({"type": 1, "scene": 2, "style": 9}, 41042),
        ({"type": 1, "scene": 2}, 40058),
        ({"type": 1, "scene": 2, "user": ["a", "b"]}, 40058),
        ({"type": 1, "scene": 2, "user": ["nobody"]}, 40003),
        ({"type": 1, "scene": 2, "user": ["a"], "state": "s" * 31}, 40058),
        ({"type": 1, "scene": 2, "user": ["a"], "remark": "r" * 31}, 40058),
        ({"type": 1, "scene": 2, "user": ["a"], "is_temp": True}, 48002),
    ],
)
def test_each_fault_of_add_has_its_code(driver: Driver, body: dict[str, Any], code: int) -> None:
    assert driver.api(CONTACT + "add_contact_way", body)["errcode"] == code


def test_scene_2_has_a_code_and_scene_1_has_none(driver: Driver) -> None:
    staff = driver.new_staff()
    assert driver.contact_way(staff)["qr_code"].endswith(".png")
    assert "qr_code" not in driver.contact_way(staff, scene=1)


def test_the_picture_is_about_300_pixels_and_its_content_shares_nothing_with_state_or_address(
    driver: Driver,
) -> None:
    made = driver.contact_way(driver.new_staff(), state="secret-token")
    answer = driver.client.get(made["qr_code"])
    assert answer.headers["content-type"] == "image/png"
    width = int.from_bytes(answer.content[16:20], "big")
    assert 250 <= width <= 350
    content = driver.read_qr(made["qr_code"])
    assert "/q/" in content and "secret-token" not in content and made["config_id"] not in content
    assert content.rsplit("/", 1)[1] not in made["qr_code"]
    assert driver.client.get(content).status_code == 200
    assert driver.client.get("/qr/unknown.png").status_code == 404


def test_get_update_and_delete(driver: Driver) -> None:
    staff, other = driver.new_staff(), driver.new_staff()
    made = driver.contact_way(staff, state="one", remark="r1")
    config = {"config_id": made["config_id"]}
    assert driver.api(CONTACT + "update_contact_way", config | {"state": "two", "user": [other]})["errcode"] == 0
    shown = driver.api(CONTACT + "get_contact_way", config)["contact_way"]
    assert (shown["state"], shown["user"], shown["remark"], shown["type"]) == ("two", [other], "r1", 1)
    assert shown["qr_code"] == made["qr_code"] and shown["skip_verify"] is True
    assert driver.api(CONTACT + "del_contact_way", config)["errcode"] == 0
    assert driver.api(CONTACT + "get_contact_way", config)["errcode"] == 41044
    assert driver.api(CONTACT + "del_contact_way", {})["errcode"] == 41043
    assert driver.scan(driver.new_phone()[0], made["qr_code"]) == {"kind": "expired"}


def test_a_text_that_is_no_code_of_ours_is_unknown_to_the_phone(driver: Driver) -> None:
    phone, _ = driver.new_phone()
    assert driver.act("/phone/scan", phone=phone, qr="https://example.org/q/1") == {"kind": "unknown"}


def test_the_list_pages_within_its_span(driver: Driver) -> None:
    driver.clock.advance_to(driver.clock.now() + timedelta(hours=2))
    staff, now = driver.new_staff(), int(driver.clock.now().timestamp())
    made = [driver.contact_way(staff)["config_id"] for _ in range(5)]
    driver.api(CONTACT + "del_contact_way", {"config_id": made.pop(2)})
    got: list[str] = []
    cursor = ""
    for _ in range(2):
        body = {"start_time": now, "limit": 2, "cursor": cursor}
        page = driver.api(CONTACT + "list_contact_way", body)
        got += [way["config_id"] for way in page["contact_way"]]
        cursor = page["next_cursor"]
    assert got == made and cursor == ""
    assert driver.api(CONTACT + "list_contact_way", {"limit": 1001})["errcode"] == 40058
    assert driver.api(CONTACT + "list_contact_way", {"cursor": "zzz"})["errcode"] == 50100


def test_contact_and_join_ways_share_one_cap(driver: Driver) -> None:
    staff = driver.new_staff()
    chat_id = driver.new_group(staff)
    status = driver.status()
    driver.limits(way_cap=status["contact_ways"] + status["join_ways"] + 2)
    driver.contact_way(staff)
    driver.join_way(chat_id)
    body = {"type": 1, "scene": 2, "user": [staff]}
    assert driver.api(CONTACT + "add_contact_way", body)["errcode"] == 41045
    join = {"scene": 2, "chat_id_list": [chat_id]}
    assert driver.api(CHAT + "add_join_way", join)["errcode"] == 41045
