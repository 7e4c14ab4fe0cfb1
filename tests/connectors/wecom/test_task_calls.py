"""Mass sends, moments, intercept rules and the product album, call by call (wecom-api.md §6–§8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.connectors.wecom.calls import Act, Call, check_bound, check_call, check_refusal
from tests.connectors.wecom.scripted import NOON, OK, ScriptedServer

from qunflow.connectors.wecom.albums import Product
from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.content import link
from qunflow.connectors.wecom.errors import WecomError
from qunflow.connectors.wecom.intercept import InterceptRule
from qunflow.connectors.wecom.mass_sends import FiledTask, MassSendPlan, SendResult, StaffPart
from qunflow.connectors.wecom.moments import MomentJob, MomentPart, MomentPlan

AT, SECONDS = datetime(2026, 11, 1, tzinfo=UTC), int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
EXT = "externalcontact/"
CARD = link("https://x", "题", "述", "https://x/p.png")
RULE = InterceptRule("无", ("骗",), ("phone", "red_packet"), True, ("lisi",), (2,), "r1", AT)
RANGE = {"user_list": ["lisi"], "department_list": [2]}
PRODUCT = Product("杯", 1990, ("m1",), "sn1", "p1", AT)
ALBUM = {
    "description": "杯",
    "price": 1990,
    "product_sn": "sn1",
    "attachments": [{"type": "image", "image": {"media_id": "m1"}}],
}
ALBUM_READ = {"product": {**ALBUM, "product_id": "p1", "create_time": SECONDS}}
PAGE = {"limit": 1000, "cursor": ""}
MOMENT = MomentPlan("新", ("m1", "m2"), staff=("lisi",), departments=(1,), tags=("et1",))

CALLS = [
    Call(
        "mass send to customers",
        lambda c: c.mass_sends.add(MassSendPlan("hi", (CARD,), ("wm1", "wm2"), sender="lisi", allow_select=True)),
        EXT + "add_msg_template",
        {
            "chat_type": "single",
            "external_userid": ["wm1", "wm2"],
            "sender": "lisi",
            "allow_select": True,
            "text": {"content": "hi"},
            "attachments": [
                {
                    "msgtype": "link",
                    "link": {"title": "题", "picurl": "https://x/p.png", "desc": "述", "url": "https://x"},
                }
            ],
        },
        {"msgid": "mg1", "fail_list": ["wm2"]},
        FiledTask("mg1", ("wm2",)),
    ),
    Call(
        "mass send to groups",
        lambda c: c.mass_sends.add(MassSendPlan("hi", chats=("wr1",), sender="lisi")),
        EXT + "add_msg_template",
        {"chat_type": "group", "chat_id_list": ["wr1"], "sender": "lisi", "text": {"content": "hi"}},
        {"msgid": "mg2"},
        FiledTask("mg2", ()),
    ),
    Call(
        "mass send by tags",
        lambda c: c.mass_sends.add(MassSendPlan("hi", tags=(("et1", "et2"), ("et3",)))),
        EXT + "add_msg_template",
        {
            "chat_type": "single",
            "tag_filter": {"group_list": [{"tag_list": ["et1", "et2"]}, {"tag_list": ["et3"]}]},
            "text": {"content": "hi"},
        },
        {"msgid": "mg3"},
        FiledTask("mg3", ()),
    ),
    Call(
        "mass sends listed",
        lambda c: c.mass_sends.list(AT, AT, "lisi", "group", 0),
        EXT + "get_groupmsg_list_v2",
        {
            "chat_type": "group",
            "start_time": SECONDS,
            "end_time": SECONDS,
            "filter_type": 0,
            "limit": 100,
            "creator": "lisi",
            "cursor": "",
        },
        {"group_msg_list": [{"msgid": "mg1"}]},
        ({"msgid": "mg1"},),
    ),
    Call(
        "parts of a mass send",
        lambda c: c.mass_sends.parts("mg1"),
        EXT + "get_groupmsg_task",
        {"msgid": "mg1", **PAGE},
        {"task_list": [{"userid": "lisi", "status": 2, "send_time": SECONDS}, {"userid": "wang", "status": 0}]},
        (StaffPart("lisi", True, AT), StaffPart("wang", False)),
    ),
    Call(
        "results of a mass send",
        lambda c: c.mass_sends.results("mg1", "lisi"),
        EXT + "get_groupmsg_send_result",
        {"msgid": "mg1", "userid": "lisi", **PAGE},
        {"send_list": [{"external_userid": "wm1", "status": 1}, {"chat_id": "wr1", "status": 3}]},
        (SendResult("wm1", "lisi", 1), SendResult("", "lisi", 3, "wr1")),
    ),
    Call("reminder", lambda c: c.mass_sends.remind("mg1"), EXT + "remind_groupmsg_send", {"msgid": "mg1"}),
    Call("cancellation", lambda c: c.mass_sends.cancel("mg1"), EXT + "cancel_groupmsg_send", {"msgid": "mg1"}),
    Call(
        "new moment",
        lambda c: c.moments.add(MOMENT),
        EXT + "add_moment_task",
        {
            "text": {"content": "新"},
            "attachments": [
                {"msgtype": "image", "image": {"media_id": "m1"}},
                {"msgtype": "image", "image": {"media_id": "m2"}},
            ],
            "visible_range": {
                "sender_list": {"user_list": ["lisi"], "department_list": [1]},
                "external_contact_list": {"tag_list": ["et1"]},
            },
        },
        {"jobid": "j1"},
        "j1",
    ),
    Call(
        "moment with a link",
        lambda c: c.moments.add(MomentPlan(link={"title": "题", "url": "https://x", "media_id": "m1"})),
        EXT + "add_moment_task",
        {"attachments": [{"msgtype": "link", "link": {"title": "题", "url": "https://x", "media_id": "m1"}}]},
        {"jobid": "j2"},
        "j2",
    ),
    Call(
        "moment's job",
        lambda c: c.moments.job("j1"),
        EXT + "get_moment_task_result",
        {"jobid": "j1"},
        {
            "status": 3,
            "result": {
                "errcode": 0,
                "moment_id": "mo1",
                "invalid_sender_list": {"user_list": ["x"], "department_list": [4]},
                "invalid_external_contact_list": {"tag_list": ["et9"]},
            },
        },
        MomentJob(3, "mo1", 0, ("x",), (4,), ("et9",)),
        "GET",
    ),
    Call("moment cancelled", lambda c: c.moments.cancel("mo1"), EXT + "cancel_moment_task", {"moment_id": "mo1"}),
    Call(
        "moments listed",
        lambda c: c.moments.list(AT, AT, "lisi"),
        EXT + "get_moment_list",
        {
            "start_time": SECONDS,
            "end_time": SECONDS,
            "filter_type": 2,
            "limit": 20,
            "creator": "lisi",
            "cursor": "",
        },
        {"moment_list": [{"moment_id": "mo1"}]},
        ({"moment_id": "mo1"},),
    ),
    Call(
        "parts of a moment",
        lambda c: c.moments.parts("mo1"),
        EXT + "get_moment_task",
        {"moment_id": "mo1", **PAGE},
        {"task_list": [{"userid": "lisi", "publish_status": 1}, {"userid": "wang", "publish_status": 0}]},
        (MomentPart("lisi", True), MomentPart("wang", False)),
    ),
    Call(
        "customers of a moment",
        lambda c: c.moments.customers("mo1", "lisi"),
        EXT + "get_moment_customer_list",
        {"moment_id": "mo1", "userid": "lisi", **PAGE},
        {"customer_list": [{"userid": "lisi", "external_userid": "wm1"}]},
        ("wm1",),
    ),
    Call(
        "reach of a moment",
        lambda c: c.moments.reached("mo1", "lisi"),
        EXT + "get_moment_send_result",
        {"moment_id": "mo1", "userid": "lisi", **PAGE},
        {"customer_list": [{"external_userid": "wm1"}]},
        ("wm1",),
    ),
    Call(
        "comments",
        lambda c: c.moments.comments("mo1", "lisi"),
        EXT + "get_moment_comments",
        {"moment_id": "mo1", "userid": "lisi"},
        {"comment_list": [{"external_userid": "wm1"}], "like_list": []},
        (({"external_userid": "wm1"},), ()),
    ),
    Call(
        "new rule",
        lambda c: c.words.add(RULE),
        EXT + "add_intercept_rule",
        {
            "rule_name": "无",
            "word_list": ["骗"],
            "semantics_list": [1, 3],
            "intercept_type": 1,
            "applicable_range": RANGE,
        },
        {"rule_id": "r1"},
        "r1",
    ),
    Call(
        "rules listed",
        lambda c: c.words.list(),
        EXT + "get_intercept_rule_list",
        {},
        {"rule_list": [{"rule_id": "r1", "rule_name": "无", "create_time": SECONDS}]},
        (InterceptRule("无", (), rule="r1", made_at=AT),),
        "GET",
    ),
    Call(
        "rule read",
        lambda c: c.words.get("r1"),
        EXT + "get_intercept_rule",
        {"rule_id": "r1"},
        {
            "rule": {
                "rule_name": "无",
                "word_list": ["骗"],
                "extra_rule": {"semantics_list": [1, 3]},
                "intercept_type": 1,
                "applicable_range": RANGE,
                "create_time": SECONDS,
            }
        },
        RULE,
    ),
    Call(
        "rule changed",
        lambda c: c.words.update(RULE, replace(RULE, semantics=(), block=False, staff=("wang",))),
        EXT + "update_intercept_rule",
        {
            "rule_id": "r1",
            "rule_name": "无",
            "word_list": ["骗"],
            "intercept_type": 2,
            "extra_rule": {"semantics_list": []},
            "add_applicable_range": {"user_list": ["wang"], "department_list": []},
            "remove_applicable_range": {"user_list": ["lisi"], "department_list": []},
        },
    ),
    Call("rule deleted", lambda c: c.words.delete("r1"), EXT + "del_intercept_rule", {"rule_id": "r1"}),
    Call("new product", lambda c: c.album.add(PRODUCT), EXT + "add_product_album", ALBUM, {"product_id": "p1"}, "p1"),
    Call(
        "product read",
        lambda c: c.album.get("p1"),
        EXT + "get_product_album",
        {"product_id": "p1"},
        ALBUM_READ,
        PRODUCT,
    ),
    Call(
        "product changed",
        lambda c: c.album.update(PRODUCT),
        EXT + "update_product_album",
        {"product_id": "p1", **ALBUM},
    ),
    Call("product deleted", lambda c: c.album.delete("p1"), EXT + "delete_product_album", {"product_id": "p1"}),
    Call(
        "products listed",
        lambda c: c.album.list(),
        EXT + "get_product_album_list",
        {"limit": 100, "cursor": ""},
        {"product_list": [{"product_id": "p1", "product_sn": "sn1", "description": "杯", "price": 1990}]},
        (Product("杯", 1990, (), "sn1", "p1"),),
    ),
]

BOUNDS: list[tuple[str, Act]] = [
    ("chats", lambda c: c.mass_sends.add(MassSendPlan("a", externals=("wm1",), chats=("wr1",)))),
    ("sender", lambda c: c.mass_sends.add(MassSendPlan("a", chats=("wr1",)))),
    ("chats", lambda c: c.mass_sends.add(MassSendPlan("a", chats=tuple(map(str, range(2_001))), sender="l"))),
    ("allow_select", lambda c: c.mass_sends.add(MassSendPlan("a", chats=("wr1",), sender="l", allow_select=True))),
    ("externals", lambda c: c.mass_sends.add(MassSendPlan("a"))),
    ("externals", lambda c: c.mass_sends.add(MassSendPlan("a", externals=tuple(map(str, range(10_001)))))),
    ("tags", lambda c: c.mass_sends.add(MassSendPlan("a", externals=("wm1",), tags=(("et1",),)))),
    ("tags", lambda c: c.mass_sends.add(MassSendPlan("a", tags=(tuple(map(str, range(101))),)))),
    ("text", lambda c: c.mass_sends.add(MassSendPlan(externals=("wm1",)))),
    ("text", lambda c: c.mass_sends.add(MassSendPlan("长" * 1_334, externals=("wm1",)))),
    ("attachments", lambda c: c.mass_sends.add(MassSendPlan("a", (CARD,) * 10, ("wm1",)))),
    ("attachment", lambda c: c.mass_sends.add(MassSendPlan("a", ({"msgtype": "voice", "voice": {}},), ("wm1",)))),
    (
        "link_title",
        lambda c: c.mass_sends.add(
            MassSendPlan("a", ({"msgtype": "link", "link": {"title": "长" * 43, "url": "u"}},), ("wm1",))
        ),
    ),
    ("image_media_id", lambda c: c.send_welcome_msg("CODE", "a", [{"msgtype": "image", "image": {}}])),
    ("end", lambda c: c.mass_sends.list(NOON, NOON + timedelta(days=32))),
    ("kind", lambda c: c.mass_sends.list(NOON, NOON, kind="all")),
    ("text", lambda c: c.moments.add(MomentPlan())),
    ("text", lambda c: c.moments.add(MomentPlan("长" * 2_001))),
    ("images", lambda c: c.moments.add(MomentPlan(images=tuple(map(str, range(10)))))),
    ("attachments", lambda c: c.moments.add(MomentPlan(images=("m1",), video="m2"))),
    ("end", lambda c: c.moments.list(NOON, NOON + timedelta(days=40))),
    ("name", lambda c: c.words.add(replace(RULE, name="长" * 21))),
    ("words", lambda c: c.words.add(replace(RULE, words=("长" * 33,)))),
    ("words", lambda c: c.words.add(replace(RULE, words=("a",) * 301))),
    ("semantics", lambda c: c.words.add(replace(RULE, semantics=("swearing",)))),
    ("staff", lambda c: c.words.add(replace(RULE, staff=(), departments=()))),
    ("price", lambda c: c.album.add(replace(PRODUCT, price=0))),
    ("images", lambda c: c.album.add(replace(PRODUCT, images=()))),
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


async def test_results_are_read_over_all_pages(client: WecomClient, server: ScriptedServer) -> None:
    row = {"external_userid": "wm1", "status": 1}
    api = EXT + "get_groupmsg_send_result"
    server.script(api, {**OK, "send_list": [row], "next_cursor": "c"}, {**OK, "send_list": [row] * 2})
    assert len(await client.mass_sends.results("mg1", "lisi")) == 3
    assert [call.data["cursor"] for call in server.calls(api)] == ["", "c"]


@pytest.mark.parametrize(("errcode", "way_out"), [(41094, "speak to the staff"), (41093, "")])
async def test_reminders_and_cancellations_tell_why_not(
    client: WecomClient, server: ScriptedServer, errcode: int, way_out: str
) -> None:
    server.script(EXT + "remind_groupmsg_send", {"errcode": errcode, "errmsg": "x"})
    with pytest.raises(WecomError) as caught:
        await client.mass_sends.remind("mg1")
    assert not caught.value.retryable and way_out in caught.value.way_out
