"""Answers about customers have the fields of wecom-api.md §3, in their types. Written from that file alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.connectors.sandbox.driver import CONTACT, Driver
from tests.connectors.sandbox.shapes import answers

TAG = {"id": str, "name": str, "create_time": int, "order": int}
GROUP = {"group_id": str, "group_name": str, "create_time": int, "order": int}
PERSON = {
    **{"external_userid": str, "name": str, "avatar": str, "type": int, "gender": int},
    **{"position?": str, "corp_name?": str, "corp_full_name?": str, "unionid?": str, "external_profile?": dict},
}
FOLLOW = {
    **{"userid": str, "remark": str, "description": str, "createtime": int, "remark_mobiles": [...]},
    **{"oper_userid": str, "add_way": int, "remark_corp_name?": str, "state?": str},
}
DATA = {"chat_cnt": int, "message_cnt": int, "negative_feedback_cnt": int, "new_apply_cnt": int, "new_contact_cnt": int}
DAY = 86_400


def _tagged(driver: Driver) -> tuple[str, str, str, str]:
    """A member, a customer's phone and id, and the tag on that customer."""
    staff = driver.new_staff()
    phone, external = driver.befriend(staff)
    body = {"group_name": f"g{external[:20]}", "order": 1, "tag": [{"name": "vip", "order": 1}]}
    tag = driver.api(CONTACT + "add_corp_tag", body)["tag_group"]["tag"][0]["id"]
    driver.api(CONTACT + "mark_tag", {"userid": staff, "external_userid": external, "add_tag": [tag]})
    return staff, phone, external, tag


def test_reading_customers(driver: Driver) -> None:
    staff, _, external, tag = _tagged(driver)
    answers(driver.api(CONTACT + "get_follow_user_list"), {"follow_user": [str]})
    answers(driver.api(CONTACT + "list", userid=staff), {"external_userid": [str]})
    shown_tag = {"group_name": str, "tag_name": str, "tag_id?": str, "type": int}
    shape: dict[str, Any] = {"external_contact": PERSON, "follow_user": [{**FOLLOW, "tags": [shown_tag]}]}
    answers(driver.api(CONTACT + "get", external_userid=external), {**shape, "next_cursor": str})
    row = {"external_contact": PERSON, "follow_info": {**FOLLOW, "tag_id": [str]}}
    answers(
        driver.api(CONTACT + "batch/get_by_user", {"userid_list": [staff]}),
        {"external_contact_list": [row], "next_cursor": str, "fail_info": {"unlicensed_userid_list": [...]}},
    )
    served = {"is_customer": bool, "tmp_openid": str, "add_time": int, "name?": str}
    served |= {"external_userid?": str, "follow_userid?": str, "chat_id?": str, "chat_name?": str}
    answers(driver.api(CONTACT + "contact_list", {"limit": 1000}), {"info_list": [served], "next_cursor": str})


def test_remarks_and_tags(driver: Driver) -> None:
    staff, _, external, tag = _tagged(driver)
    pair = {"userid": staff, "external_userid": external}
    answers(driver.api(CONTACT + "remark", {**pair, "remark": "a", "remark_mobiles": ["13800000000"]}), {})
    deleted = {"deleted": bool}
    listed = {**GROUP, **deleted, "tag": [{**TAG, **deleted}]}
    answers(driver.api(CONTACT + "get_corp_tag_list", {}), {"tag_group": [listed]})
    body = {"group_name": f"new {external[:20]}", "tag": [{"name": "a"}, {"name": "b"}]}
    made = answers(driver.api(CONTACT + "add_corp_tag", body), {"tag_group": {**GROUP, "tag": [TAG]}})["tag_group"]
    answers(driver.api(CONTACT + "edit_corp_tag", {"id": tag, "name": "gold", "order": 3}), {})
    answers(driver.api(CONTACT + "mark_tag", {**pair, "remove_tag": [tag]}), {})
    answers(driver.api(CONTACT + "del_corp_tag", {"group_id": [made["group_id"]], "tag_id": [tag]}), {})


def test_contact_ways(driver: Driver) -> None:
    driver.limits(temporary_ways=True)
    staff = driver.new_staff()
    body: dict[str, Any] = {"type": 1, "scene": 2, "user": [staff], "state": "s", "remark": "r"}
    made = answers(driver.api(CONTACT + "add_contact_way", body), {"config_id": str, "qr_code": str})
    mini = driver.api(CONTACT + "add_contact_way", {**body, "scene": 1})
    answers(mini, {"config_id": str})
    way: dict[str, Any] = {"config_id": str, "type": int, "scene": int, "style": int, "remark": str}
    way |= {"skip_verify": bool, "state": str, "user": [str], "party": [...], "is_temp": bool}
    way |= {"is_exclusive": bool, "mark_source": bool, "qr_code?": str}
    shown = driver.api(CONTACT + "get_contact_way", {"config_id": made["config_id"]})
    answers(shown, {"contact_way": way})
    listed = driver.api(CONTACT + "list_contact_way", {"limit": 1000})
    answers(listed, {"contact_way": [{"config_id": str}], "next_cursor": str})
    changed = {"config_id": made["config_id"], "remark": "q", "user": [staff]}
    answers(driver.api(CONTACT + "update_contact_way", changed), {})
    answers(driver.api(CONTACT + "del_contact_way", {"config_id": made["config_id"]}), {})
    card = {"title": "t", "picurl": "", "desc": "d", "url": "https://a.example/"}
    conclusions = {"text": {"content": "bye"}, "link": card}
    temporary = driver.api(CONTACT + "add_contact_way", {**body, "is_temp": True, "conclusions": conclusions})
    shown = driver.api(CONTACT + "get_contact_way", {"config_id": temporary["config_id"]})
    more = {"expires_in": int, "chat_expires_in": int, "unionid": str}
    conclusion = {"text": {"content": str}, "link": {"title": str, "picurl": str, "desc": str, "url": str}}
    answers(shown, {"contact_way": {**way, **more, "conclusions": conclusion}})
    phone, external = driver.new_phone()
    assert driver.scan(phone, temporary["qr_code"])["kind"] == "temp_chat"
    answers(driver.api(CONTACT + "close_temp_chat", {"userid": staff, "external_userid": external}), {})


def test_acquisition_links(driver: Driver) -> None:
    staff, root = driver.new_staff(), CONTACT + "customer_acquisition"
    link = {"link_id": str, "link_name": str, "url": str, "create_time": int}
    body = {"link_name": "n", "range": {"user_list": [staff]}, "skip_verify": True}
    made = answers(driver.api(root + "/create_link", body), {"link": link})["link"]
    named = {"link_id": made["link_id"]}
    answers(driver.api(root + "/list_link", {"limit": 100}), {"link_id_list": [str], "next_cursor": str})
    reach = {"user_list": [str], "department_list": [...]}
    answers(driver.api(root + "/get", named), {"link": {**link, "skip_verify": bool}, "range": reach})
    answers(driver.api(root + "/update_link", {**named, "link_name": "m"}), {})
    phone, _ = driver.new_phone()
    opened = driver.act("/phone/open", phone=phone, url=made["url"] + "?customer_channel=spring")
    assert opened["kind"] == "contact_added"
    customer = {"external_userid": str, "userid": str, "chat_status": int, "state": str}
    answers(driver.api(root + "/customer", named), {"customer_list": [customer], "next_cursor": str})
    now = int(driver.clock.now().timestamp())
    driver.act("/admin/quota", total=9, expires=now + 30 * DAY)
    part = {"expire_date": int, "balance": int}
    answers(driver.api(root + "_quota"), {"total": int, "balance": int, "quota_list": [part]})
    counted = driver.api(root + "/statistic", {**named, "start_time": now - DAY, "end_time": now})
    answers(counted, {"click_link_customer_cnt": int, "new_customer_cnt": int})
    answers(driver.api(root + "/delete_link", named), {})


def test_inheritance_on_the_job_and_after_it(driver: Driver) -> None:
    for prefix, gone in (("", False), ("resigned/", True)):
        old, new = driver.new_staff(), driver.new_staff()
        _, external = driver.befriend(old)
        if gone:
            driver.act("/staff/resign", userid=old)
            row = {"handover_userid": str, "external_userid": str, "dimission_time": int}
            listed = driver.api(CONTACT + "get_unassigned_list", {"page_size": 1000})
            answers(listed, {"info": [row], "is_last": bool, "next_cursor": str})
        pair = {"handover_userid": old, "takeover_userid": new}
        started = driver.api(CONTACT + prefix + "transfer_customer", {**pair, "external_userid": [external, "wm-no"]})
        answers(started, {"customer": [{"external_userid": str, "errcode": int}]})
        told = driver.api(CONTACT + prefix + "transfer_result", pair)
        row = {"external_userid": str, "status": int, "takeover_time": int}
        answers(told, {"customer": [row], "next_cursor": str})


def test_the_behaviour_of_members(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, _ = driver.befriend(staff)
    driver.act("/phone/say", phone=phone, userid=staff, text="hello")
    driver.act("/staff/say", userid=staff, phone=phone, text="welcome")
    day = int(driver.clock.now().timestamp())
    driver.clock.advance_to(driver.clock.now() + timedelta(days=1))
    told = driver.api(CONTACT + "get_user_behavior_data", {"userid": [staff], "start_time": day, "end_time": day})
    rates = {"reply_percentage?": float, "avg_reply_time?": int}
    (row,) = answers(told, {"behavior_data": [{"stat_time": int, **DATA, **rates}]})["behavior_data"]
    assert (row["reply_percentage"], row["chat_cnt"], row["message_cnt"]) == (100.0, 1, 1)
