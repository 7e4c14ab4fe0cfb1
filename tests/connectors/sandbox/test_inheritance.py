"""Customers and groups going from one member to another: codes, waits, limits (wecom-api.md §3.6, §4)."""

from __future__ import annotations

from datetime import timedelta

from tests.connectors.sandbox.driver import CHAT, CONTACT, Driver


def transfer(driver: Driver, old: str, new: str, *externals: str, prefix: str = "") -> dict[str, int]:
    body = {"handover_userid": old, "takeover_userid": new, "external_userid": list(externals)}
    answer = driver.api(CONTACT + prefix + "transfer_customer", body)
    assert answer["errcode"] == 0, answer
    return {row["external_userid"]: row["errcode"] for row in answer["customer"]}


def pass_a_day(driver: Driver) -> None:
    driver.clock.advance_to(driver.clock.now() + timedelta(days=1, seconds=1))


def test_each_customer_has_a_code_of_its_own(driver: Driver) -> None:
    old, new = driver.new_staff(), driver.new_staff()
    _, mine = driver.befriend(old)
    _, other = driver.befriend(new)
    assert transfer(driver, old, new, mine, other, "wm-none") == {mine: 0, other: 40131, "wm-none": 40096}
    assert transfer(driver, old, new, mine) == {mine: 40129}


def test_a_customer_changes_hands_twice_in_ninety_days_and_not_a_third_time(driver: Driver) -> None:
    members = [driver.new_staff() for _ in range(4)]
    _, external = driver.befriend(members[0])
    codes = []
    for old, new in zip(members, members[1:], strict=False):
        codes.append(transfer(driver, old, new, external)[external])
        pass_a_day(driver)
    assert codes == [0, 0, 40128]
    driver.clock.advance_to(driver.clock.now() + timedelta(days=90))
    assert transfer(driver, members[2], members[3], external) == {external: 0}


def test_until_it_takes_effect_the_old_member_keeps_the_customer(driver: Driver) -> None:
    old, new = driver.new_staff(), driver.new_staff()
    phone, external = driver.befriend(old)
    body = {"handover_userid": old, "takeover_userid": new, "external_userid": [external]}
    driver.api(CONTACT + "transfer_customer", {**body, "transfer_success_msg": "hello from me"})
    assert driver.api(CONTACT + "list", userid=old)["external_userid"] == [external]
    pass_a_day(driver)
    assert driver.api(CONTACT + "list", userid=new)["external_userid"] == [external]
    assert driver.api(CONTACT + "list", userid=old)["errcode"] == 84061
    (row,) = driver.api(CONTACT + "transfer_result", {"handover_userid": old, "takeover_userid": new})["customer"]
    assert row["status"] == 1
    assert driver.see("/phone/inbox", phone=phone)["messages"][-1]["text"] == "hello from me"


def test_the_two_ways_are_for_members_who_stay_and_members_who_went(driver: Driver) -> None:
    old, new = driver.new_staff(), driver.new_staff()
    _, external = driver.befriend(old)
    body = {"handover_userid": old, "takeover_userid": new, "external_userid": [external]}
    assert driver.api(CONTACT + "resigned/transfer_customer", body)["errcode"] == 40097
    driver.act("/staff/resign", userid=old)
    assert driver.api(CONTACT + "transfer_customer", body)["errcode"] == 60111
    assert driver.api(CONTACT + "transfer_customer", {**body, "takeover_userid": old})["errcode"] == 60111
    listed = driver.api(CONTACT + "get_unassigned_list", {"page_size": 1000})["info"]
    assert (old, external) in [(row["handover_userid"], row["external_userid"]) for row in listed]
    assert transfer(driver, old, new, external, prefix="resigned/") == {external: 0}
    listed = driver.api(CONTACT + "get_unassigned_list", {"page_size": 1000})["info"]
    assert external not in [row["external_userid"] for row in listed]
    assert old not in driver.api(CONTACT + "get_follow_user_list")["follow_user"]


def test_groups_of_who_resigned_wait_and_are_inherited_at_once(driver: Driver) -> None:
    old, new = driver.new_staff(), driver.new_staff()
    chat_id = driver.new_group(old)

    def listed(status: int, owner: str) -> list[str]:
        body = {"limit": 100, "status_filter": status, "owner_filter": {"userid_list": [owner]}}
        return [row["chat_id"] for row in driver.api(CHAT + "list", body)["group_chat_list"]]

    body = {"chat_id_list": [chat_id], "new_owner": new}
    (failed,) = driver.api(CHAT + "transfer", body)["failed_chat_list"]
    assert failed["errcode"] == 90500
    driver.act("/staff/resign", userid=old)
    assert listed(1, old) == [chat_id]
    (failed,) = driver.api(CHAT + "onjob_transfer", body)["failed_chat_list"]
    assert failed["errcode"] == 90502
    assert driver.api(CHAT + "transfer", body)["failed_chat_list"] == []
    assert listed(3, new) == [chat_id] and new in [m["userid"] for m in driver.group(chat_id)["member_list"]]


def test_on_the_job_a_group_changes_hands_twice_in_ninety_days(driver: Driver) -> None:
    members = [driver.new_staff() for _ in range(4)]
    chat_id = driver.new_group(members[0])
    codes = []
    for owner in (members[0], *members[1:]):
        failed = driver.api(CHAT + "onjob_transfer", {"chat_id_list": [chat_id], "new_owner": owner})
        codes.append([row["errcode"] for row in failed["failed_chat_list"]])
    assert codes == [[90504], [], [], [90507]]
