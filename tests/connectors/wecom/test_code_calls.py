"""Contact codes, join codes and acquisition links, call by call (wecom-api.md §3.3, §3.4, §4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.connectors.wecom.calls import Act, Call, check_bound, check_call, check_refusal
from tests.connectors.wecom.scripted import NOON, OK, ScriptedServer

from qunflow.connectors.wecom.acquisition import AcquisitionLink, LinkCustomer, LinkQuota, with_channel
from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.contact_ways import ContactWay, ContactWayPlan
from qunflow.connectors.wecom.join_ways import JoinWay, JoinWayPlan
from qunflow.domain.errors import InvalidInput

AT, SECONDS = datetime(2026, 11, 1, tzinfo=UTC), int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
MANY = tuple(f"u{number}" for number in range(101))
LINK = {"link_id": "caw1", "link_name": "秋", "url": "https://work.weixin.qq.com/ca/x", "create_time": SECONDS}
RANGE = {"user_list": ["lisi"], "department_list": [3]}
TEMP = ContactWayPlan(
    staff=("lisi",),
    temporary=True,
    expires_in=60,
    chat_expires_in=3600,
    union_id="u1",
    conclusions={"text": {"content": "bye"}, "image": {"media_id": "m1"}},
)

CALLS = [
    Call(
        "contact code of one",
        lambda c: c.contact_ways.add(ContactWayPlan(("lisi",), state="tok", remark="r")),
        "externalcontact/add_contact_way",
        {
            "type": 1,
            "scene": 2,
            "user": ["lisi"],
            "state": "tok",
            "remark": "r",
            "skip_verify": True,
        },
        {"config_id": "cfg1", "qr_code": "https://wework.qpic.cn/q"},
        ContactWay("cfg1", "https://wework.qpic.cn/q"),
    ),
    Call(
        "contact code of many",
        lambda c: c.contact_ways.add(
            ContactWayPlan(("lisi",), (2,), scene=1, style=1, is_exclusive=True, skip_verify=False, mark_source=False)
        ),
        "externalcontact/add_contact_way",
        {
            "type": 2,
            "scene": 1,
            "style": 1,
            "user": ["lisi"],
            "party": [2],
            "state": "",
            "remark": "",
            "skip_verify": False,
            "is_exclusive": True,
            "mark_source": False,
        },
        {"config_id": "cfg2"},
        ContactWay("cfg2", ""),
    ),
    Call(
        "temporary contact code",
        lambda c: c.contact_ways.add(TEMP),
        "externalcontact/add_contact_way",
        {
            "type": 1,
            "scene": 2,
            "user": ["lisi"],
            "state": "",
            "remark": "",
            "skip_verify": True,
            "is_temp": True,
            "expires_in": 60,
            "chat_expires_in": 3600,
            "unionid": "u1",
            "conclusions": {"text": {"content": "bye"}, "image": {"media_id": "m1"}},
        },
        {"config_id": "cfg3", "qr_code": "q"},
        ContactWay("cfg3", "q"),
    ),
    Call(
        "contact code read",
        lambda c: c.contact_ways.get("cfg1"),
        "externalcontact/get_contact_way",
        {"config_id": "cfg1"},
        {"contact_way": {"config_id": "cfg1", "type": 1}},
        {"config_id": "cfg1", "type": 1},
    ),
    Call(
        "contact codes listed",
        lambda c: c.contact_ways.list(AT, AT),
        "externalcontact/list_contact_way",
        {"start_time": SECONDS, "end_time": SECONDS, "limit": 1000, "cursor": ""},
        {"contact_way": [{"config_id": "cfg1"}]},
        ("cfg1",),
    ),
    Call(
        "contact code changed",
        lambda c: c.contact_ways.update(
            "cfg1", staff=["wang"], departments=[1], state="s", remark="r", skip_verify=False
        ),
        "externalcontact/update_contact_way",
        {"config_id": "cfg1", "user": ["wang"], "party": [1], "state": "s", "remark": "r", "skip_verify": False},
    ),
    Call(
        "contact code deleted",
        lambda c: c.contact_ways.delete("cfg1"),
        "externalcontact/del_contact_way",
        {"config_id": "cfg1"},
    ),
    Call(
        "temporary chat closed",
        lambda c: c.contact_ways.close_temp_chat("lisi", "wm1"),
        "externalcontact/close_temp_chat",
        {"userid": "lisi", "external_userid": "wm1"},
    ),
    Call(
        "join code",
        lambda c: c.join_ways.add(JoinWayPlan(("wr1",), "s", "r", True, "群", 7, 1, False)),
        "externalcontact/groupchat/add_join_way",
        {
            "scene": 1,
            "remark": "r",
            "auto_create_room": 1,
            "chat_id_list": ["wr1"],
            "state": "s",
            "room_base_name": "群",
            "room_base_id": 7,
            "mark_source": False,
        },
        {"config_id": "j1"},
        "j1",
    ),
    Call(
        "join code read",
        lambda c: c.join_ways.get("j1"),
        "externalcontact/groupchat/get_join_way",
        {"config_id": "j1"},
        {"join_way": {"qr_code": "q", "chat_id_list": ["wr1", "wr2"], "state": "s"}},
        JoinWay("j1", "q", ("wr1", "wr2"), "s"),
    ),
    Call(
        "join code changed",
        lambda c: c.join_ways.update("j1", JoinWayPlan(("wr2",))),
        "externalcontact/groupchat/update_join_way",
        {"config_id": "j1", "scene": 2, "remark": "", "auto_create_room": 0, "chat_id_list": ["wr2"], "state": ""},
    ),
    Call(
        "join code deleted",
        lambda c: c.join_ways.delete("j1"),
        "externalcontact/groupchat/del_join_way",
        {"config_id": "j1"},
    ),
    Call(
        "links listed",
        lambda c: c.links.list(),
        "externalcontact/customer_acquisition/list_link",
        {"limit": 100, "cursor": ""},
        {"link_id_list": ["caw1"]},
        ("caw1",),
    ),
    Call(
        "link read",
        lambda c: c.links.get("caw1"),
        "externalcontact/customer_acquisition/get",
        {"link_id": "caw1"},
        {"link": LINK | {"skip_verify": True}, "range": RANGE},
        AcquisitionLink("caw1", "秋", LINK["url"], AT, True, ("lisi",), (3,)),
    ),
    Call(
        "new link",
        lambda c: c.links.create("秋", ["lisi"], [3], skip_verify=False),
        "externalcontact/customer_acquisition/create_link",
        {"link_name": "秋", "range": RANGE, "skip_verify": False},
        {"link": LINK},
        AcquisitionLink("caw1", "秋", LINK["url"], AT, False, ("lisi",), (3,)),
    ),
    Call(
        "link changed",
        lambda c: c.links.update("caw1", "冬", ["lisi"], [3]),
        "externalcontact/customer_acquisition/update_link",
        {"link_id": "caw1", "link_name": "冬", "range": RANGE, "skip_verify": True},
    ),
    Call(
        "link deleted",
        lambda c: c.links.delete("caw1"),
        "externalcontact/customer_acquisition/delete_link",
        {"link_id": "caw1"},
    ),
    Call(
        "customers of a link",
        lambda c: c.links.customers("caw1"),
        "externalcontact/customer_acquisition/customer",
        {"link_id": "caw1", "limit": 1000, "cursor": ""},
        {"customer_list": [{"external_userid": "wm1", "userid": "lisi", "chat_status": 1, "state": "c"}]},
        (LinkCustomer("wm1", "lisi", 1, "c"),),
    ),
    Call(
        "chat info of a link",
        lambda c: c.links.chat_info("key"),
        "externalcontact/customer_acquisition/get_chat_info",
        {"chat_key": "key"},
        {"userid": "lisi"},
        {**OK, "userid": "lisi"},
    ),
    Call(
        "quota of links",
        lambda c: c.links.quota(),
        "externalcontact/customer_acquisition_quota",
        {},
        {"total": 9, "balance": 5, "quota_list": [{"expire_date": SECONDS, "balance": 5}]},
        LinkQuota(9, 5, ((AT, 5),)),
        "GET",
    ),
    Call(
        "numbers of a link",
        lambda c: c.links.statistic("caw1", AT, AT),
        "externalcontact/customer_acquisition/statistic",
        {"link_id": "caw1", "start_time": SECONDS, "end_time": SECONDS},
        {"click_link_customer_cnt": 4, "new_customer_cnt": 2},
        (4, 2),
    ),
]

BOUNDS: list[tuple[str, Act]] = [
    ("staff", lambda c: c.contact_ways.add(ContactWayPlan())),
    ("staff", lambda c: c.contact_ways.add(ContactWayPlan(MANY))),
    ("state", lambda c: c.contact_ways.add(ContactWayPlan(("lisi",), state="x" * 31))),
    ("remark", lambda c: c.contact_ways.add(ContactWayPlan(("lisi",), remark="长" * 31))),
    ("scene", lambda c: c.contact_ways.add(ContactWayPlan(("lisi",), scene=3))),
    ("temporary", lambda c: c.contact_ways.add(ContactWayPlan(("lisi",), expires_in=60))),
    ("expires_in", lambda c: c.contact_ways.add(ContactWayPlan(("a",), temporary=True, expires_in=15 * 86_400))),
    ("conclusions", lambda c: c.contact_ways.add(ContactWayPlan(("a",), temporary=True, conclusions={"video": {}}))),
    ("end", lambda c: c.contact_ways.list(NOON, NOON - timedelta(days=1))),
    ("chats", lambda c: c.join_ways.add(JoinWayPlan(("a", "b", "c", "d", "e", "f")))),
    ("base_name", lambda c: c.join_ways.add(JoinWayPlan(("a",), auto_create=True, base_name="长" * 41))),
    ("staff", lambda c: c.links.create("秋", [])),
    ("staff", lambda c: c.links.create("秋", MANY)),
    ("name", lambda c: c.links.create("长" * 31, ["lisi"])),
    ("end", lambda c: c.links.statistic("caw1", NOON, NOON - timedelta(days=1))),
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


def test_a_channel_is_hung_on_a_link() -> None:
    assert with_channel("https://x/ca/1", "a b") == "https://x/ca/1?customer_channel=a+b"
    assert with_channel("https://x/ca/1?y=2", "c").endswith("?y=2&customer_channel=c")
    with pytest.raises(InvalidInput):
        with_channel("https://x/ca/1", "长" * 22)
