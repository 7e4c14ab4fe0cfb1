"""Answers about groups have the fields of wecom-api.md §4 and §5, in their types. Written from that file alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.connectors.sandbox.driver import CHAT, CONTACT, Driver
from tests.connectors.sandbox.shapes import answers

LIBRARY = CONTACT + "group_welcome_template/"
MEMBER = {
    **{"userid": str, "type": int, "join_time": int, "join_scene": int, "group_nickname": str},
    **{"unionid?": str, "invitor?": {"userid": str}, "name?": str, "state?": str},
}
COUNTS = {
    **{"new_chat_cnt": int, "chat_total": int, "chat_has_msg": int, "new_member_cnt": int},
    **{"member_total": int, "member_has_msg": int, "msg_total": int, "migrate_trainee_chat_cnt": int},
}


def test_lists_and_members(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, _ = driver.befriend(staff)
    chat_id = driver.new_group(staff, phone)
    driver.act("/staff/admins", userid=staff, chat_id=chat_id, admins=[staff])
    listed = driver.api(CHAT + "list", {"limit": 10, "owner_filter": {"userid_list": [staff]}})
    answers(listed, {"group_chat_list": [{"chat_id": str, "status": int}], "next_cursor": str})
    group: dict[str, Any] = {"chat_id": str, "name": str, "owner": str, "create_time": int, "notice": str}
    group |= {"member_list": [MEMBER], "admin_list": [{"userid": str}], "member_version": str}
    answers(driver.api(CHAT + "get", {"chat_id": chat_id, "need_name": 1}), {"group_chat": group})


def test_statistics_by_owner_and_by_day(driver: Driver) -> None:
    staff = driver.new_staff()
    driver.new_group(staff)
    day = int(driver.clock.now().timestamp())
    driver.clock.advance_to(driver.clock.now() + timedelta(days=1))
    body = {"day_begin_time": day, "owner_filter": {"userid_list": [staff]}}
    by_owner = {"total": int, "next_offset": int, "items": [{"owner": str, "data": COUNTS}]}
    answers(driver.api(CHAT + "statistic", body), by_owner)
    by_day = {"items": [{"stat_time": int, "data": COUNTS}]}
    answers(driver.api(CHAT + "statistic_group_by_day", body), by_day)


def test_join_ways(driver: Driver) -> None:
    chat_id = driver.new_group(driver.new_staff())
    body: dict[str, Any] = {"scene": 2, "chat_id_list": [chat_id], "state": "s"}
    config = answers(driver.api(CHAT + "add_join_way", body), {"config_id": str})["config_id"]
    way: dict[str, Any] = {"config_id": str, "scene": int, "remark": str, "auto_create_room": int}
    way |= {"room_base_name": str, "room_base_id": int, "chat_id_list": [str], "qr_code": str, "state": str}
    shown = driver.api(CHAT + "get_join_way", {"config_id": config})
    answers(shown, {"join_way": {**way, "mark_source?": bool}})
    answers(driver.api(CHAT + "update_join_way", {"config_id": config, **body}), {})
    answers(driver.api(CHAT + "del_join_way", {"config_id": config}), {})


def test_groups_change_their_owner(driver: Driver) -> None:
    old, new = driver.new_staff(), driver.new_staff()
    chat_id = driver.new_group(old)
    failed = {"chat_id": str, "errcode": int, "errmsg": str}
    asked = {"chat_id_list": [chat_id, "wr-none"], "new_owner": new}
    told = driver.api(CHAT + "onjob_transfer", asked)
    answers(told, {"failed_chat_list": [failed]})
    assert driver.group(chat_id)["owner"] == new
    assert [row["chat_id"] for row in told["failed_chat_list"]] == ["wr-none"]
    driver.act("/staff/resign", userid=new)
    answers(driver.api(CHAT + "transfer", {**asked, "new_owner": old}), {"failed_chat_list": [failed]})


def test_the_library_of_group_welcomes(driver: Driver) -> None:
    link = {"title": "t", "picurl": "", "desc": "d", "url": "https://a.example/"}
    body = {"text": {"content": "hi %NICKNAME%"}, "link": link, "notify": 0}
    template = answers(driver.api(LIBRARY + "add", body), {"template_id": str})["template_id"]
    named = {"template_id": template}
    shown = {"text": {"content": str}, "link": {"title": str, "picurl": str, "desc": str, "url": str}}
    answers(driver.api(LIBRARY + "get", named), shown)
    answers(driver.api(LIBRARY + "edit", {**named, "text": {"content": "hello"}}), {})
    answers(driver.api(LIBRARY + "get", named), {"text": {"content": str}})
    answers(driver.api(LIBRARY + "del", named), {})


def test_a_mini_programs_group_id_becomes_a_chat_id_or_90511(driver: Driver) -> None:
    assert driver.api(CONTACT + "opengid_to_chatid", {"opengid": "og-none"})["errcode"] == 90511
