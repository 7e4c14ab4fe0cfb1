"""Contacts and tags, call by call (wecom-api.md §3.1, §3.2)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.connectors.wecom.calls import Act, Call, check_bound, check_call, check_refusal
from tests.connectors.wecom.scripted import OK, ScriptedServer

from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.contacts import Customer, Remark
from qunflow.connectors.wecom.tags import Tag, TagGroup

AT, SECONDS = datetime(2026, 11, 1, tzinfo=UTC), int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
TAG = {"id": "et1", "name": "老客", "order": 2}
GROUP = {
    "group_id": "eg1",
    "group_name": "等级",
    "order": 1,
    "tag": [TAG, {"id": "et2", "name": "新客", "deleted": True}],
}
TAGS = TagGroup("eg1", "等级", 1, (Tag("et1", "老客", 2), Tag("et2", "新客", 0, True)))

CALLS = [
    Call(
        "follow users",
        lambda c: c.contacts.follow_users(),
        "externalcontact/get_follow_user_list",
        {},
        {"follow_user": ["lisi", "wang"]},
        ("lisi", "wang"),
        "GET",
    ),
    Call(
        "customers of one",
        lambda c: c.contacts.of_staff("lisi"),
        "externalcontact/list",
        {"userid": "lisi"},
        {"external_userid": ["wm1"]},
        ("wm1",),
        "GET",
    ),
    Call(
        "customers of many",
        lambda c: c.contacts.batch(["lisi", "wang", "lisi"]),
        "externalcontact/batch/get_by_user",
        {"userid_list": ["lisi", "wang"], "limit": 100, "cursor": ""},
        {
            "external_contact_list": [
                {
                    "external_contact": {"external_userid": "wm1", "name": "安", "unionid": "u1"},
                    "follow_info": {
                        "userid": "lisi",
                        "remark": "安妮",
                        "state": "s",
                        "add_way": 16,
                        "createtime": SECONDS,
                        "tag_id": ["et1"],
                    },
                },
                {},
            ]
        },
        (Customer("wm1", "lisi", "安", "u1", "安妮", "s", 16, AT, ("et1",)), Customer("", "")),
    ),
    Call(
        "served people",
        lambda c: c.contacts.served(),
        "externalcontact/contact_list",
        {"limit": 1000, "cursor": ""},
        {"info_list": [{"is_customer": True, "external_userid": "wm1"}]},
        ({"is_customer": True, "external_userid": "wm1"},),
    ),
    Call(
        "remark",
        lambda c: c.contacts.remark("lisi", "wm1", Remark("安", "d", mobiles=())),
        "externalcontact/remark",
        {"userid": "lisi", "external_userid": "wm1", "remark": "安", "description": "d", "remark_mobiles": [""]},
    ),
    Call(
        "openid",
        lambda c: c.contacts.to_openid("wm1"),
        "externalcontact/convert_to_openid",
        {"external_userid": "wm1"},
        {"openid": "o1"},
        "o1",
    ),
    Call(
        "openid of staff",
        lambda c: c.contacts.staff_to_openid("lisi"),
        "user/convert_to_openid",
        {"userid": "lisi"},
        {"openid": "o2"},
        "o2",
    ),
    Call(
        "chat of an opengid",
        lambda c: c.contacts.chat_of_opengid("og1"),
        "externalcontact/opengid_to_chatid",
        {"opengid": "og1"},
        {"chat_id": "wr1"},
        "wr1",
    ),
    Call(
        "tags",
        lambda c: c.tags.list(),
        "externalcontact/get_corp_tag_list",
        {},
        {"tag_group": [GROUP]},
        (TAGS,),
    ),
    Call(
        "tags of groups",
        lambda c: c.tags.list(groups=["eg1"]),
        "externalcontact/get_corp_tag_list",
        {"group_id": ["eg1"]},
        {"tag_group": []},
        (),
    ),
    Call(
        "new tags",
        lambda c: c.tags.add(["老客"], group_name="等级", order=1),
        "externalcontact/add_corp_tag",
        {"group_name": "等级", "order": 1, "tag": [{"name": "老客"}], "agentid": 1_000_002},
        {"tag_group": GROUP},
        TAGS,
    ),
    Call(
        "changed tag",
        lambda c: c.tags.edit("et1", "熟客", 0),
        "externalcontact/edit_corp_tag",
        {"id": "et1", "name": "熟客", "order": 0, "agentid": 1_000_002},
    ),
    Call(
        "deleted tags",
        lambda c: c.tags.delete(["et1"], ["eg1"]),
        "externalcontact/del_corp_tag",
        {"tag_id": ["et1"], "group_id": ["eg1"], "agentid": 1_000_002},
    ),
    Call(
        "marked customer",
        lambda c: c.tags.mark("lisi", "wm1", ["et1"], ["et2"]),
        "externalcontact/mark_tag",
        {"userid": "lisi", "external_userid": "wm1", "add_tag": ["et1"], "remove_tag": ["et2"]},
    ),
]

MANY = tuple(f"u{number}" for number in range(101))
BOUNDS: list[tuple[str, Act]] = [
    ("staff", lambda c: c.contacts.of_staff("")),
    ("staff", lambda c: c.contacts.of_staff("two words")),
    ("external", lambda c: c.contacts.get("w" * 129)),
    ("remark", lambda c: c.contacts.remark("lisi", "wm1", Remark())),
    ("remark", lambda c: c.contacts.remark("lisi", "wm1", Remark("长" * 21))),
    ("description", lambda c: c.contacts.remark("lisi", "wm1", Remark(description="长" * 151))),
    ("tags", lambda c: c.tags.list(["et1"], ["eg1"])),
    ("tags", lambda c: c.tags.delete()),
    ("group", lambda c: c.tags.add(["a"])),
    ("group", lambda c: c.tags.add(["a"], group="eg1", group_name="b")),
    ("names", lambda c: c.tags.add(["长" * 31], group="eg1")),
    ("names", lambda c: c.tags.add([], group="eg1")),
    ("add", lambda c: c.tags.mark("lisi", "wm1")),
    ("add", lambda c: c.tags.mark("lisi", "wm1", [f"et{number}" for number in range(3_001)])),
    ("name", lambda c: c.tags.edit("et1")),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
async def test_a_call_is_made_and_read_as_wecom_says(call: Call, client: WecomClient, server: ScriptedServer) -> None:
    await check_call(call, client, server)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
async def test_a_refusal_is_told(call: Call, client: WecomClient, server: ScriptedServer) -> None:
    await check_refusal(call, client, server)


@pytest.mark.parametrize(("field", "act"), BOUNDS)
async def test_a_limit_is_kept_before_the_call(
    field: str, act: Act, client: WecomClient, server: ScriptedServer
) -> None:
    await check_bound(field, act, client, server)


async def test_a_member_without_customers_has_none(client: WecomClient, server: ScriptedServer) -> None:
    server.script("externalcontact/list", {"errcode": 84061, "errmsg": "not external contact", "external_userid": []})
    assert await client.contacts.of_staff("lisi") == ()


async def test_many_staff_are_read_by_the_hundred_and_over_pages(client: WecomClient, server: ScriptedServer) -> None:
    api = "externalcontact/batch/get_by_user"
    row = {"external_contact": {"external_userid": "wm1"}, "follow_info": {"userid": "u1"}}
    server.script(
        api,
        {**OK, "external_contact_list": [row], "next_cursor": "c1"},
        {**OK, "external_contact_list": [row]},
        {**OK, "external_contact_list": []},
    )
    assert len(await client.contacts.batch(MANY)) == 2
    assert [(len(call.data["userid_list"]), call.data["cursor"]) for call in server.calls(api)] == [
        (100, ""),
        (100, "c1"),
        (1, ""),
    ]


async def test_tags_of_one_customer_change_one_after_another(client: WecomClient, server: ScriptedServer) -> None:
    server.script("externalcontact/mark_tag", OK)
    under_way = most = 0
    post = client._calls.post

    async def watched(api: str, body: Any) -> Any:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        answer = await post(api, body)
        await asyncio.sleep(0.01)
        under_way -= 1
        return answer

    client._calls.post = watched  # type: ignore[method-assign]
    await asyncio.gather(*(client.tags.mark("lisi", "wm1", [f"et{number}"]) for number in range(4)))
    assert most == 1
    await asyncio.gather(*(client.tags.mark("lisi", f"wm{number}", ["et1"]) for number in range(4)))
    assert most > 1
