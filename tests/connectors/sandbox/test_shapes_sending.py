"""Answers about sending have the fields of wecom-api.md §6 to §8 and §10, in their types. From that file alone."""

from __future__ import annotations

from typing import Any

import pytest
from tests.connectors.sandbox.driver import AGENT, CONTACT, Driver
from tests.connectors.sandbox.shapes import answers

PNG = b"\x89PNG\r\n\x1a\n" + b"1" * 64
AMR = b"#!AMR\n" + b"\x3c" + b"0" * 31
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"0" * 32
FILES = {"image": ("a.png", PNG), "voice": ("a.amr", AMR), "video": ("a.mp4", MP4), "file": ("a.txt", b"0123456789")}


def upload(driver: Driver, path: str, name: str, data: bytes, **query: Any) -> dict[str, Any]:
    params = {"access_token": driver.token(), **query}
    answer = driver.client.post(f"/cgi-bin/media/{path}", params=params, files={"media": (name, data)})
    assert answer.status_code == 200
    return dict(answer.json())


def test_mass_sends(driver: Driver) -> None:
    staff = driver.new_staff()
    _, external = driver.befriend(staff)
    card = {"msgtype": "link", "link": {"title": "t", "url": "https://a.example/"}}
    body = {"chat_type": "single", "external_userid": [external, "wm-no"], "sender": staff}
    body |= {"text": {"content": "sale"}, "attachments": [card], "allow_select": True}
    made = answers(driver.api(CONTACT + "add_msg_template", body), {"fail_list": [str], "msgid": str})
    task = {"msgid": made["msgid"]}
    now = int(driver.clock.now().timestamp())
    asked = {"chat_type": "single", "start_time": now - 60, "end_time": now + 60, "filter_type": 2}
    shown: dict[str, Any] = {"msgid": str, "creator?": str, "create_time": int, "create_type": int}
    shown |= {"text?": {"content": str}, "attachments": [...]}
    listed = driver.api(CONTACT + "get_groupmsg_list_v2", asked)
    answers(listed, {"group_msg_list": [shown], "next_cursor": str})
    answers(driver.api(CONTACT + "remind_groupmsg_send", task), {})
    driver.act("/staff/confirm", userid=staff, msgid=made["msgid"])
    part = {"userid": str, "status": int, "send_time?": int}
    answers(driver.api(CONTACT + "get_groupmsg_task", task), {"task_list": [part], "next_cursor": str})
    row = {"external_userid?": str, "chat_id?": str, "userid": str, "status": int, "send_time?": int}
    told = driver.api(CONTACT + "get_groupmsg_send_result", {**task, "userid": staff})
    answers(told, {"send_list": [row], "next_cursor": str})
    answers(driver.api(CONTACT + "cancel_groupmsg_send", task), {})


def test_rules_for_what_staff_may_write(driver: Driver) -> None:
    staff = driver.new_staff()
    body = {"rule_name": f"r{staff}"[:20], "word_list": ["bad"], "semantics_list": [1], "intercept_type": 1}
    body |= {"applicable_range": {"user_list": [staff]}}
    rule = answers(driver.api(CONTACT + "add_intercept_rule", body), {"rule_id": str})["rule_id"]
    head = {"rule_id": str, "rule_name": str, "create_time": int}
    answers(driver.api(CONTACT + "get_intercept_rule_list"), {"rule_list": [head]})
    reach = {"user_list": [str], "department_list": [...]}
    whole: dict[str, Any] = {**head, "word_list": [str], "semantics_list": [int], "intercept_type": int}
    whole |= {"extra_rule": {"semantics_list": [int]}, "applicable_range": reach}
    answers(driver.api(CONTACT + "get_intercept_rule", {"rule_id": rule}), {"rule": whole})
    answers(driver.api(CONTACT + "update_intercept_rule", {"rule_id": rule, "word_list": ["worse"]}), {})
    answers(driver.api(CONTACT + "del_intercept_rule", {"rule_id": rule}), {})


def test_moments(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, _ = driver.befriend(staff)
    made = upload(driver, "upload_attachment", "a.png", PNG, media_type="image", attachment_type="1")
    image = {"msgtype": "image", "image": {"media_id": made["media_id"]}}
    body = {"text": {"content": "new"}, "attachments": [image]}
    body |= {"visible_range": {"sender_list": {"user_list": [staff]}}}
    job = answers(driver.api(CONTACT + "add_moment_task", body), {"jobid": str})["jobid"]
    result: dict[str, Any] = {"errcode": int, "errmsg": str, "moment_id": str}
    result |= {"invalid_sender_list": {"user_list": [...], "department_list": [...]}}
    result |= {"invalid_external_contact_list": {"tag_list": [...]}}
    told = driver.api(CONTACT + "get_moment_task_result", jobid=job)
    answers(told, {"status": int, "type": str, "result": result})
    moment = told["result"]["moment_id"]
    driver.act("/staff/publish_moment", userid=staff, moment_id=moment)
    driver.act("/phone/answer_moment", phone=phone, userid=staff, moment_id=moment, like=False)
    driver.act("/phone/answer_moment", phone=phone, userid=staff, moment_id=moment)
    now = int(driver.clock.now().timestamp())
    listed = driver.api(CONTACT + "get_moment_list", {"start_time": now - 60, "end_time": now + 60})
    shown: dict[str, Any] = {"moment_id": str, "create_time": int, "create_type": int, "visible_type": int}
    shown |= {"text?": {"content": str}, "image?": [{"media_id": str}], "creator?": str}
    answers(listed, {"moment_list": [shown], "next_cursor": str})
    named = {"moment_id": moment, "userid": staff}
    part = {"userid": str, "publish_status": int}
    answers(driver.api(CONTACT + "get_moment_task", named), {"task_list": [part], "next_cursor": str})
    reader = {"userid": str, "external_userid": str}
    told = driver.api(CONTACT + "get_moment_customer_list", named)
    answers(told, {"customer_list": [reader], "next_cursor": str})
    told = driver.api(CONTACT + "get_moment_send_result", named)
    answers(told, {"customer_list": [{"external_userid": str}], "next_cursor": str})
    said = {"external_userid": str, "create_time": int}
    answers(driver.api(CONTACT + "get_moment_comments", named), {"comment_list": [said], "like_list": [said]})
    answers(driver.api(CONTACT + "cancel_moment_task", {"moment_id": moment}), {})


def test_products(driver: Driver) -> None:
    made = upload(driver, "upload_attachment", "a.png", PNG, media_type="image", attachment_type="2")
    picture = {"type": "image", "image": {"media_id": made["media_id"]}}
    body = {"description": "d", "price": 100, "product_sn": "A1", "attachments": [picture]}
    product = answers(driver.api(CONTACT + "add_product_album", body), {"product_id": str})["product_id"]
    shown: dict[str, Any] = {"product_id": str, "description": str, "price": int, "product_sn": str}
    shown |= {"create_time": int, "attachments": [{"type": str, "image": {"media_id": str}}]}
    answers(driver.api(CONTACT + "get_product_album", {"product_id": product}), {"product": shown})
    listed = driver.api(CONTACT + "get_product_album_list", {"limit": 100})
    answers(listed, {"product_list": [shown], "next_cursor": str})
    answers(driver.api(CONTACT + "update_product_album", {"product_id": product, "price": 200}), {})
    answers(driver.api(CONTACT + "delete_product_album", {"product_id": product}), {})


@pytest.mark.parametrize("kind", list(FILES))
def test_media_of_all_kinds_tell_their_time_as_a_text(driver: Driver, kind: str) -> None:
    answers(upload(driver, "upload", *FILES[kind], type=kind), {"type": str, "media_id": str, "created_at": str})


@pytest.mark.parametrize(("kind", "scene"), [("image", "1"), ("video", "1"), ("image", "2")])
def test_attachments_tell_their_time_as_a_number(driver: Driver, kind: str, scene: str) -> None:
    made = upload(driver, "upload_attachment", *FILES[kind], media_type=kind, attachment_type=scene)
    answers(made, {"type": str, "media_id": str, "created_at": int})


def test_pictures_for_good_tell_their_address(driver: Driver) -> None:
    answers(upload(driver, "uploadimg", "a.png", PNG), {"url": str})


def test_messages_to_staff(driver: Driver) -> None:
    staff = driver.new_staff()
    reply = {"invaliduser": str, "invalidparty": str, "invalidtag": str, "unlicenseduser": str, "msgid": str}
    body: dict[str, Any] = {"touser": f"{staff}|nobody", "agentid": AGENT, "msgtype": "text"}
    sent = answers(driver.api("/cgi-bin/message/send", {**body, "text": {"content": "x"}}), reply)
    assert sent["invaliduser"] == "nobody"
    answers(driver.api("/cgi-bin/message/recall", {"msgid": sent["msgid"]}), {})
    card = {"card_type": "text_notice", "main_title": {"title": "t"}}
    body |= {"msgtype": "template_card", "template_card": card}
    sent = answers(driver.api("/cgi-bin/message/send", body), {**reply, "response_code": str})
    change = {"userids": [staff], "agentid": AGENT, "response_code": sent["response_code"]}
    changed = driver.api("/cgi-bin/message/update_template_card", {**change, "button": {"replace_name": "done"}})
    answers(changed, {"invaliduser": [...], "response_code?": str})


def test_welcomes_answer_nothing_more(driver: Driver) -> None:
    driver.befriend(driver.new_staff())
    (event,) = driver.events()
    body = {"welcome_code": event.findtext("WelcomeCode"), "text": {"content": "hi"}}
    answers(driver.api(CONTACT + "send_welcome_msg", body), {})
