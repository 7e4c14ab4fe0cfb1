"""Every event of wecom-api.md §9 is raised by what a person or the passing of time does, with its elements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from tests.connectors.sandbox.driver import CHAT, CONTACT, Driver

HEAD = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "ChangeType"]
DAY = 86_400


def names(event: ElementTree.Element) -> list[str]:
    """What an event holds beside its head, in any order."""
    tags = [child.tag for child in event]
    assert set(HEAD) <= set(tags) and event.findtext("FromUserName") == "sys" and event.findtext("MsgType") == "event"
    return sorted(tag for tag in tags if tag not in HEAD)


def kinds(driver: Driver) -> dict[str, ElementTree.Element]:
    """Events since the mark by ChangeType, UpdateDetail where there is one."""
    return {e.findtext("UpdateDetail") or e.findtext("ChangeType", ""): e for e in driver.events()}


def wait(driver: Driver, change: str, **jump: int) -> ElementTree.Element:
    """What becomes due after a jump of the clock; nobody has to call for it."""
    driver.clock.advance_to(driver.clock.now() + timedelta(**jump))
    driver.status()
    return kinds(driver)[change]


def test_a_contact_comes_and_goes_from_both_sides(driver: Driver) -> None:
    driver.limits(half_first=True)
    staff = driver.new_staff()
    phone, external = driver.befriend(staff)
    half = kinds(driver)["add_half_external_contact"]
    assert names(half) == ["ExternalUserID", "State", "UserID", "WelcomeCode"]
    driver.mark()
    driver.act("/staff/accept", userid=staff, phone=phone)
    assert names(kinds(driver)["add_external_contact"]) == ["ExternalUserID", "State", "UserID"]
    driver.mark()
    driver.act("/staff/remark", userid=staff, phone=phone, mobiles=["13800000000"])
    assert driver.events() == []
    driver.act("/staff/remark", userid=staff, phone=phone, remark="ann")
    assert names(kinds(driver)["edit_external_contact"]) == ["ExternalUserID", "UserID"]
    driver.mark()
    driver.act("/phone/agree_archive", phone=phone, userid=staff)
    driver.act("/phone/delete_staff", phone=phone, userid=staff)
    driver.act("/staff/delete_customer", userid=staff, phone=phone)
    told = kinds(driver)
    assert names(told["msg_audit_approved"]) == ["ExternalUserID", "UserID", "WelcomeCode"]
    assert names(told["del_follow_user"]) == names(told["del_external_contact"]) == ["ExternalUserID", "UserID"]
    assert told["del_follow_user"].findtext("ExternalUserID") == external


def test_a_transfer_ends_by_itself_after_a_day(driver: Driver) -> None:
    old, new = driver.new_staff(), driver.new_staff()
    _, external = driver.befriend(old)
    driver.mark()
    body = {"handover_userid": old, "takeover_userid": new, "external_userid": [external]}
    driver.api(CONTACT + "transfer_customer", {**body, "transfer_success_msg": "I am new"})
    assert driver.events() == []
    gone = wait(driver, "del_external_contact", days=1)
    assert names(gone) == ["ExternalUserID", "Source", "UserID"]
    assert (gone.findtext("Source"), gone.findtext("UserID")) == ("DELETE_BY_TRANSFER", old)
    (follow,) = driver.api(CONTACT + "get", external_userid=external)["follow_user"]
    assert (follow["userid"], follow["add_way"]) == (new, 202)


@pytest.mark.parametrize("reason", ["customer_refused", "customer_limit_exceed"])
def test_a_transfer_can_fail(driver: Driver, reason: str) -> None:
    old, new = driver.new_staff(), driver.new_staff()
    phone, external = driver.befriend(old)
    driver.mark()
    pair = {"handover_userid": old, "takeover_userid": new}
    driver.api(CONTACT + "transfer_customer", {**pair, "external_userid": [external]})
    if reason == "customer_refused":
        driver.act("/phone/refuse_transfer", phone=phone, userid=new)
    else:
        driver.limits(takeover_limit=0)
    failed = wait(driver, "transfer_fail", days=1)
    assert names(failed) == ["ExternalUserID", "FailReason", "UserID"] and failed.findtext("FailReason") == reason
    (row,) = driver.api(CONTACT + "transfer_result", pair)["customer"]
    assert row["status"] == {"customer_refused": 3, "customer_limit_exceed": 4}[reason]


def test_groups_tell_what_people_do_with_them(driver: Driver) -> None:
    staff, other = driver.new_staff(), driver.new_staff()
    phone, external = driver.befriend(staff)
    driver.mark()
    chat_id = driver.new_group(staff, phone, other)
    assert names(kinds(driver)["create"]) == ["ChatId"]
    act: Callable[..., object] = driver.act
    act("/phone/leave", phone=phone, chat_id=chat_id)
    act("/staff/invite", userid=staff, chat_id=chat_id, members=[phone])
    act("/staff/rename", userid=staff, chat_id=chat_id, name="n")
    act("/staff/notice", userid=staff, chat_id=chat_id, notice="n")
    act("/staff/give_group", userid=staff, chat_id=chat_id, new_owner=other)
    act("/staff/dismiss", userid=other, chat_id=chat_id)
    told = kinds(driver)
    change = ["ChatId", "CurMemVer", "LastMemVer", "MemChangeCnt", "MemChangeList", "UpdateDetail"]
    assert names(told["add_member"]) == sorted([*change, "JoinScene"])
    assert names(told["del_member"]) == sorted([*change, "QuitScene"])
    for detail in ("change_name", "change_notice", "change_owner"):
        assert names(told[detail]) == ["ChatId", "UpdateDetail"]
    assert names(told["dismiss"]) == ["ChatId"]
    assert [item.text for item in told["add_member"].findall("MemChangeList/Item")] == [external]


def test_what_the_api_does_raises_nothing(driver: Driver) -> None:
    old, new = driver.new_staff(), driver.new_staff()
    phone, external = driver.befriend(old)
    chat_id = driver.new_group(old, phone)
    driver.mark()
    driver.api(CHAT + "onjob_transfer", {"chat_id_list": [chat_id], "new_owner": new})
    made = driver.api(CONTACT + "add_corp_tag", {"group_name": f"q{external[:20]}", "tag": [{"name": "a"}]})
    tag = made["tag_group"]["tag"][0]["id"]
    pair = {"userid": old, "external_userid": external}
    driver.api(CONTACT + "mark_tag", {**pair, "add_tag": [tag]})
    driver.api(CONTACT + "remark", {**pair, "remark": "x"})
    driver.api(CONTACT + "del_corp_tag", {"tag_id": [tag]})
    assert driver.events() == []


def test_tags_of_the_console(driver: Driver) -> None:
    made = driver.act("/admin/tags", group_name=f"c{driver.new_staff()}", tags=["a", "b"])
    created = [(e.findtext("TagType"), names(e)) for e in driver.events()]
    assert sorted(kind or "" for kind, _ in created) == ["tag", "tag", "tag_group"]
    assert all(elements == ["Id", "TagType"] for _, elements in created)
    driver.mark()
    driver.act("/admin/rename_tag", id=made["tags"]["a"], name="z")
    driver.act("/admin/shuffle_tags", id=made["group_id"])
    driver.act("/admin/delete_tag", id=made["group_id"])
    told = kinds(driver)
    assert names(told["update"]) == ["Id", "TagType"] and told["update"].findtext("TagType") == "tag"
    assert names(told["shuffle"]) == ["Id"] and told["delete"].findtext("TagType") == "tag_group"
    refused = driver.api(CONTACT + "edit_corp_tag", {"id": made["tags"]["b"], "name": "y"})
    assert refused["errcode"] == 40068


def test_acquisition_from_the_first_look_to_the_last_customer(driver: Driver) -> None:
    staff, root = driver.new_staff(), CONTACT + "customer_acquisition"
    body = {"link_name": "n", "range": {"user_list": [staff]}}
    link = driver.api(root + "/create_link", body)["link"]
    driver.act("/admin/quota", total=20, balance=2)
    driver.mark()
    phone, external = driver.new_phone()
    driver.act("/phone/open", phone=phone, url=link["url"] + "?customer_channel=c1")
    driver.act("/phone/say", phone=phone, userid=staff, text="hello")
    told = kinds(driver)
    assert names(told["open_profile"]) == names(told["friend_request"]) == ["LinkId", "State"]
    assert told["add_external_contact"].findtext("State") == "c1"
    assert names(told["customer_start_chat"]) == ["ExternalUserID", "LinkId", "UserID"]
    assert names(told["message_from_customer"]) == ["ChatKey", "ExternalUserID", "UserID"]
    assert names(told["balance_low"]) == []
    key = told["message_from_customer"].findtext("ChatKey")
    info = driver.api(root + "/get_chat_info", {"chat_key": key})
    assert (info["userid"], info["external_userid"]) == (staff, external)
    driver.mark()
    driver.act("/phone/open", phone=driver.new_phone()[0], url=link["url"])
    assert names(kinds(driver)["balance_exhausted"]) == []
    late = driver.act("/phone/open", phone=driver.new_phone()[0], url=link["url"])
    assert late == {"kind": "unavailable"}
    driver.mark()
    ends = int(driver.clock.now().timestamp()) + 4 * DAY
    driver.act("/admin/quota", total=20, expires=ends)
    assert names(kinds(driver)["balance_increased"]) == []
    soon = wait(driver, "quota_expire_soon", days=1)
    assert names(soon) == ["ExpireQuotaNum", "ExpireTime"] and soon.findtext("ExpireTime") == str(ends)
    driver.act("/staff/resign", userid=staff)
    driver.act("/admin/delete_link", link_id=link["link_id"])
    told = kinds(driver)
    assert names(told["link_unavailable"]) == names(told["delete_link"]) == ["LinkId"]
