"""Group welcomes, rules for staff, moments, recalled messages: what they do and where they end (§5, §7, §8, §10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.connectors.sandbox.driver import AGENT, CONTACT, Driver

LIBRARY = CONTACT + "group_welcome_template/"
PNG = b"\x89PNG\r\n\x1a\n" + b"2" * 64


def attach(driver: Driver, scene: str) -> str:
    query = {"access_token": driver.token(), "media_type": "image", "attachment_type": scene}
    answer = driver.client.post("/cgi-bin/media/upload_attachment", params=query, files={"media": ("a.png", PNG)})
    return str(answer.json()["media_id"])


def test_a_welcome_greets_only_where_an_owner_chose_it(driver: Driver) -> None:
    staff = driver.new_staff()
    body = {"text": {"content": "hi %NICKNAME%"}}
    template = driver.api(LIBRARY + "add", body)["template_id"]
    chat_id = driver.new_group(staff)
    early, late = driver.befriend(staff)[0], driver.befriend(staff)[0]
    driver.act("/staff/invite", userid=staff, chat_id=chat_id, members=[early])
    driver.act("/staff/choose_welcome", userid=staff, chat_id=chat_id, template_id=template)
    driver.act("/staff/invite", userid=staff, chat_id=chat_id, members=[late])
    assert driver.see("/phone/inbox", phone=early)["messages"] == []
    (greeting,) = driver.see("/phone/inbox", phone=late)["messages"]
    assert (greeting["kind"], greeting["text"], greeting["chat_id"]) == ("group_welcome", "hi 客", chat_id)
    driver.api(LIBRARY + "del", {"template_id": template})
    assert driver.api(LIBRARY + "get", {"template_id": template})["errcode"] == 41058


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 40063),
        ({"text": {"content": "字" * 1_001}}, 45002),
        ({"text": {"content": "x"}, "agentid": AGENT + 1}, 301002),
        ({"text": {"content": "x"}, "image": {"media_id": "none"}}, 40007),
        ({"link": {"title": "t", "url": "u"}, "image": {"pic_url": "u"}}, 41064),
    ],
)
def test_faults_of_a_welcome(driver: Driver, body: dict[str, Any], code: int) -> None:
    assert driver.api(LIBRARY + "add", body)["errcode"] == code


def test_the_library_holds_a_hundred(driver: Driver) -> None:
    made = []
    while (answer := driver.api(LIBRARY + "add", {"text": {"content": "x"}}))["errcode"] == 0:
        made.append(answer["template_id"])
        assert len(made) <= 100
    assert answer["errcode"] == 41055
    for template in made:
        driver.api(LIBRARY + "del", {"template_id": template})


def test_a_rule_stops_staff_and_nobody_else(driver: Driver) -> None:
    bound, free = driver.new_staff(), driver.new_staff()
    phone, _ = driver.befriend(bound)
    other, _ = driver.befriend(free)
    body: dict[str, Any] = {"rule_name": f"r{bound}", "word_list": ["casino"], "semantics_list": [1]}
    body |= {"intercept_type": 1, "applicable_range": {"user_list": [bound]}}
    rule = driver.api(CONTACT + "add_intercept_rule", body)["rule_id"]
    for text in ("a casino", "call 13800138000"):
        assert driver.refused("/staff/say", userid=bound, phone=phone, text=text)["code"] == "sandbox_words_blocked"
    assert driver.act("/staff/say", userid=free, phone=other, text="a casino") == {"ok": True, "warned": False}
    assert driver.act("/phone/say", phone=phone, userid=bound, text="a casino") == {"ok": True}
    driver.api(CONTACT + "update_intercept_rule", {"rule_id": rule, "intercept_type": 2})
    assert driver.act("/staff/say", userid=bound, phone=phone, text="a casino")["warned"] is True
    again = driver.api(CONTACT + "add_intercept_rule", body)
    assert again["errcode"] == 41077
    driver.api(CONTACT + "del_intercept_rule", {"rule_id": rule})
    assert driver.api(CONTACT + "get_intercept_rule", {"rule_id": rule})["errcode"] == 41070


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"word_list": ["x"] * 301}, 41068),
        ({"word_list": ["x" * 33]}, 41083),
        ({"semantics_list": [4]}, 41084),
        ({"word_list": [], "semantics_list": []}, 41083),
        ({"applicable_range": {"user_list": ["x"] * 1_001}}, 41076),
        ({"rule_name": "n" * 21}, 40058),
    ],
)
def test_faults_of_a_rule(driver: Driver, more: dict[str, Any], code: int) -> None:
    staff = driver.new_staff()
    body: dict[str, Any] = {"rule_name": f"f{staff}", "word_list": ["w"], "intercept_type": 1}
    body |= {"applicable_range": {"user_list": [staff]}}
    assert driver.api(CONTACT + "add_intercept_rule", body | more)["errcode"] == code


def test_a_moment_waits_for_its_member_and_shows_to_the_tagged(driver: Driver) -> None:
    staff = driver.new_staff()
    (one, external), (two, _) = driver.befriend(staff), driver.befriend(staff)
    made = driver.api(CONTACT + "add_corp_tag", {"group_name": f"g{staff}", "tag": [{"name": "vip"}]})
    tag = made["tag_group"]["tag"][0]["id"]
    driver.api(CONTACT + "mark_tag", {"userid": staff, "external_userid": external, "add_tag": [tag]})
    reach = {"sender_list": {"user_list": [staff]}, "external_contact_list": {"tag_list": [tag]}}
    driver.limits(moment_dispatch_seconds=60)
    job = driver.api(CONTACT + "add_moment_task", {"text": {"content": "new"}, "visible_range": reach})["jobid"]
    assert driver.api(CONTACT + "get_moment_task_result", jobid=job)["status"] == 2
    driver.clock.advance_to(driver.clock.now() + timedelta(seconds=61))
    moment = driver.api(CONTACT + "get_moment_task_result", jobid=job)["result"]["moment_id"]
    named = {"moment_id": moment, "userid": staff}
    assert driver.api(CONTACT + "get_moment_send_result", named)["errcode"] == 41062
    assert driver.act("/staff/publish_moment", **named) == {"readers": 1}
    assert [m["text"] for m in driver.see("/phone/moments", phone=one)["moments"]] == ["new"]
    assert driver.see("/phone/moments", phone=two)["moments"] == []
    assert driver.refused("/staff/publish_moment", **named)["code"] == "sandbox_moment_not_waiting"
    assert driver.api(CONTACT + "get_moment_task_result", jobid="none")["errcode"] == 40088
    driver.api(CONTACT + "cancel_moment_task", {"moment_id": moment})
    assert driver.see("/phone/moments", phone=one)["moments"] == []


def test_faults_of_a_moment(driver: Driver) -> None:
    def code(*attachments: dict[str, Any], text: str = "x") -> int:
        body = {"text": {"content": text}, "attachments": list(attachments)}
        return int(driver.api(CONTACT + "add_moment_task", body)["errcode"])

    image = {"msgtype": "image", "image": {"media_id": attach(driver, "1")}}
    wrong = {"msgtype": "image", "image": {"media_id": attach(driver, "2")}}
    assert code(text="") == 41089
    assert code(text="字" * 2_001) == 45002
    assert code(*[image] * 10) == 41064
    assert code(image, {"msgtype": "link", "link": {"title": "t"}}) == 41064
    assert code({"msgtype": "miniprogram", "miniprogram": {}}) == 41065
    assert code(wrong) == 41072
    driver.clock.advance_to(driver.clock.now() + timedelta(days=3, seconds=1))
    assert code(image) == 40007


def test_a_message_is_taken_back_within_a_day_and_a_card_changes_once(driver: Driver) -> None:
    staff = driver.new_staff()
    body: dict[str, Any] = {"touser": staff, "agentid": AGENT, "msgtype": "text", "text": {"content": "oops"}}
    first = driver.api("/cgi-bin/message/send", body)["msgid"]
    driver.api("/cgi-bin/message/recall", {"msgid": first})
    (shown,) = driver.see("/staff/inbox", userid=staff)["messages"]
    assert shown["recalled"] is True and "text" not in shown
    late = driver.api("/cgi-bin/message/send", body | {"text": {"content": "late"}})["msgid"]
    card = body | {"msgtype": "template_card", "template_card": {"card_type": "text_notice"}}
    code = driver.api("/cgi-bin/message/send", card)["response_code"]
    change = {"response_code": code, "button": {"replace_name": "done"}}
    assert driver.api("/cgi-bin/message/update_template_card", change)["errcode"] == 0
    assert driver.api("/cgi-bin/message/update_template_card", change)["errcode"] == 42014
    shown = driver.see("/staff/inbox", userid=staff)["messages"][-1]
    assert shown["template_card"]["replaced"] == "done"
    driver.clock.advance_to(driver.clock.now() + timedelta(days=1, seconds=1))
    assert driver.api("/cgi-bin/message/recall", {"msgid": late})["errcode"] == 42052


def test_a_customer_who_is_being_talked_to_gets_no_welcome(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, _ = driver.befriend(staff)
    (event,) = driver.events()
    driver.act("/staff/say", userid=staff, phone=phone, text="hello")
    body = {"welcome_code": event.findtext("WelcomeCode"), "text": {"content": "welcome"}}
    assert driver.api(CONTACT + "send_welcome_msg", body)["errcode"] == 41051


def test_a_member_chooses_among_the_targets_only_where_it_is_allowed(driver: Driver) -> None:
    staff = driver.new_staff()
    (_, first), (two, second) = driver.befriend(staff), driver.befriend(staff)
    body = {"sender": staff, "external_userid": [first, second], "text": {"content": "x"}}
    fixed = driver.api(CONTACT + "add_msg_template", body)["msgid"]
    free = driver.api(CONTACT + "add_msg_template", {**body, "allow_select": True})["msgid"]
    assert driver.refused("/staff/confirm", userid=staff, msgid=fixed, only=[first])["code"] == "sandbox_task_fixed"
    assert driver.act("/staff/confirm", userid=staff, msgid=free, only=[first])["sent"] == 1
    rows = driver.api(CONTACT + "get_groupmsg_send_result", {"msgid": free, "userid": staff})["send_list"]
    assert {row["external_userid"]: row["status"] for row in rows} == {first: 1, second: 0}
    assert driver.see("/phone/inbox", phone=two)["messages"] == []
