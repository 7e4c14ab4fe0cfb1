"""Corp tags: names, caps, who may edit them, what they are good for (wecom-api.md §3.2, §6)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.connectors.sandbox.driver import AGENT, CONTACT, Driver


def add(driver: Driver, group: str, *names: str) -> dict[str, str]:
    body = {"group_name": group, "tag": [{"name": name} for name in names]}
    made = driver.api(CONTACT + "add_corp_tag", body)
    assert made["errcode"] == 0, made
    return {tag["name"]: tag["id"] for tag in made["tag_group"]["tag"]}


def test_names_are_unique_in_their_group(driver: Driver) -> None:
    name = f"g{driver.new_staff()}"
    tags = add(driver, name, "a", "b")
    again = {"group_name": name, "tag": [{"name": "a"}]}
    assert driver.api(CONTACT + "add_corp_tag", again)["errcode"] == 40071
    assert driver.api(CONTACT + "edit_corp_tag", {"id": tags["b"], "name": "a"})["errcode"] == 40071
    assert set(add(driver, name, "c")) == {"c"}


def test_order_puts_the_larger_first(driver: Driver) -> None:
    body = {"group_name": f"g{driver.new_staff()}", "tag": [{"name": "low", "order": 1}, {"name": "high", "order": 9}]}
    group = driver.api(CONTACT + "add_corp_tag", body)["tag_group"]["group_id"]
    (shown,) = driver.api(CONTACT + "get_corp_tag_list", {"group_id": [group], "tag_id": ["ignored"]})["tag_group"]
    assert [tag["name"] for tag in shown["tag"]] == ["high", "low"]


def test_a_group_without_tags_disappears(driver: Driver) -> None:
    name = f"g{driver.new_staff()}"
    tags = add(driver, name, "only")
    assert driver.api(CONTACT + "del_corp_tag", {"tag_id": list(tags.values())})["errcode"] == 0
    listed = driver.api(CONTACT + "get_corp_tag_list", {})["tag_group"]
    assert name not in [group["group_name"] for group in listed]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("add_corp_tag", {"group_id": "et-none", "tag": [{"name": "x"}]}, 40068),
        ("add_corp_tag", {"group_name": "n", "tag": []}, 40058),
        ("add_corp_tag", {"group_name": "n", "tag": [{"name": "x" * 31}]}, 40058),
        ("add_corp_tag", {"group_name": "n", "tag": [{"name": "x"}], "agentid": AGENT + 1}, 301002),
        ("edit_corp_tag", {"id": "et-none", "name": "x"}, 40068),
        ("del_corp_tag", {}, 40068),
        ("mark_tag", {"userid": "", "external_userid": "wm"}, 40003),
    ],
)
def test_each_fault_has_its_code(driver: Driver, path: str, body: dict[str, Any], code: int) -> None:
    assert driver.api(CONTACT + path, body)["errcode"] == code


def test_the_cap_and_what_the_console_made(driver: Driver) -> None:
    made = driver.act("/admin/tags", group_name=f"g{driver.new_staff()}", tags=["a"])
    assert driver.api(CONTACT + "edit_corp_tag", {"id": made["tags"]["a"], "name": "b"})["errcode"] == 60011
    driver.limits(tag_cap=1)
    body = {"group_name": f"g{driver.new_staff()}", "tag": [{"name": "a"}]}
    assert driver.api(CONTACT + "add_corp_tag", body)["errcode"] == 40126


def test_marks_need_a_relation_and_something_to_do(driver: Driver) -> None:
    staff, other = driver.new_staff(), driver.new_staff()
    _, external = driver.befriend(staff)
    pair = {"userid": staff, "external_userid": external}
    tag = add(driver, f"g{staff}", "a")["a"]
    assert driver.api(CONTACT + "mark_tag", pair)["errcode"] == 40063
    assert driver.api(CONTACT + "mark_tag", {**pair, "add_tag": ["et-none"]})["errcode"] == 40068
    assert driver.api(CONTACT + "mark_tag", {**pair, "userid": other, "add_tag": [tag]})["errcode"] == 84061


def test_a_mass_send_reaches_those_with_one_tag_of_each_list(driver: Driver) -> None:
    staff = driver.new_staff()
    tags = add(driver, f"g{staff}", "a", "b", "c")
    people = [driver.befriend(staff)[1] for _ in range(3)]
    marks = (("a", "c"), ("b",), ("b", "c"))
    for external, names in zip(people, marks, strict=True):
        body = {"userid": staff, "external_userid": external, "add_tag": [tags[name] for name in names]}
        assert driver.api(CONTACT + "mark_tag", body)["errcode"] == 0
    lists = [{"tag_list": [tags["a"], tags["b"]]}, {"tag_list": [tags["c"]]}]
    body = {"sender": staff, "text": {"content": "x"}, "tag_filter": {"group_list": lists}}
    task = driver.api(CONTACT + "add_msg_template", body)["msgid"]
    sent = driver.api(CONTACT + "get_groupmsg_send_result", {"msgid": task, "userid": staff})["send_list"]
    assert {row["external_userid"] for row in sent} == {people[0], people[2]}


@pytest.mark.parametrize(
    ("more", "code"),
    [({}, 40063), ({"remark": "x" * 21}, 40058), ({"description": "x" * 151}, 40058), ({"remark": "ok"}, 0)],
)
def test_remarks_have_limits(driver: Driver, more: dict[str, str], code: int) -> None:
    staff = driver.new_staff()
    _, external = driver.befriend(staff)
    body = {"userid": staff, "external_userid": external, **more}
    assert driver.api(CONTACT + "remark", body)["errcode"] == code
    if not code:
        assert driver.api(CONTACT + "get", external_userid=external)["follow_user"][0]["remark"] == "ok"
