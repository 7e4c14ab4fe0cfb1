"""Hand-overs, numbers, group welcomes and messages to staff, call by call (wecom-api.md §3.6, §4, §5, §10)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.connectors.wecom.calls import Act, Call, check_bound, check_call, check_refusal
from tests.connectors.wecom.scripted import OK, HandClock, ScriptedServer

from qunflow.connectors.wecom import staff_messages as tell
from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.content import link
from qunflow.connectors.wecom.inheritance import Transfer, TransferStatus, Unassigned
from qunflow.connectors.wecom.statistics import DayNumbers, OwnerNumbers

AT, SECONDS = datetime(2026, 11, 1, tzinfo=UTC), int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
#: Midnight in China.
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 20)
FIRST_AT, LAST_AT = 1_793_462_400, 1_795_104_000
EXT = "externalcontact/"
PAIR = {"handover_userid": "lisi", "takeover_userid": "wang"}
CARD = {"card_type": "text_notice", "main_title": {"title": "踢人"}, "card_action": {"type": 1, "url": "https://x"}}
AGENT = {"agentid": 1_000_002}
CHECKED = {"enable_duplicate_check": 1, "duplicate_check_interval": 1800}
RECEIVED = {"msgid": "M1", "invaliduser": "", "response_code": "rc"}

CALLS = [
    Call(
        "customers handed over",
        lambda c: c.inheritance.transfer_customers("lisi", "wang", ["wm1", "wm2"], message="您好"),
        EXT + "transfer_customer",
        {**PAIR, "external_userid": ["wm1", "wm2"], "transfer_success_msg": "您好"},
        {"customer": [{"external_userid": "wm1", "errcode": 0}]},
        (),
    ),
    Call(
        "customers of one who resigned",
        lambda c: c.inheritance.transfer_customers("lisi", "wang", ["wm1"], resigned=True),
        EXT + "resigned/transfer_customer",
        {**PAIR, "external_userid": ["wm1"]},
        {"customer": []},
        (),
    ),
    Call(
        "how far the hand-over is",
        lambda c: c.inheritance.transfer_results("lisi", "wang"),
        EXT + "transfer_result",
        {**PAIR, "cursor": ""},
        {
            "customer": [
                {"external_userid": "wm1", "status": 1, "takeover_time": SECONDS},
                {"external_userid": "wm2", "status": 3},
                {"external_userid": "wm3", "status": 77},
            ]
        },
        (
            Transfer("wm1", TransferStatus.DONE, AT),
            Transfer("wm2", TransferStatus.REFUSED),
            Transfer("wm3", TransferStatus.UNKNOWN),
        ),
    ),
    Call(
        "how far it is after resigning",
        lambda c: c.inheritance.transfer_results("lisi", "wang", resigned=True),
        EXT + "resigned/transfer_result",
        {**PAIR, "cursor": ""},
        {"customer": []},
        (),
    ),
    Call(
        "customers of nobody",
        lambda c: c.inheritance.unassigned(),
        EXT + "get_unassigned_list",
        {"page_size": 1000, "cursor": ""},
        {"info": [{"handover_userid": "lisi", "external_userid": "wm1", "dimission_time": SECONDS}], "is_last": True},
        (Unassigned("lisi", "wm1", AT),),
    ),
    Call(
        "groups handed over",
        lambda c: c.inheritance.transfer_groups(["wr1"], "wang"),
        EXT + "groupchat/onjob_transfer",
        {"chat_id_list": ["wr1"], "new_owner": "wang"},
        {"failed_chat_list": []},
        (),
    ),
    Call(
        "groups of one who resigned",
        lambda c: c.inheritance.transfer_groups(["wr1"], "wang", resigned=True),
        EXT + "groupchat/transfer",
        {"chat_id_list": ["wr1"], "new_owner": "wang"},
        {"failed_chat_list": []},
        (),
    ),
    Call(
        "numbers of staff",
        lambda c: c.statistics.staff_by_day(FIRST, LAST, ["lisi"], [2]),
        EXT + "get_user_behavior_data",
        {"userid": ["lisi"], "partyid": [2], "start_time": FIRST_AT, "end_time": LAST_AT},
        {"behavior_data": [{"stat_time": FIRST_AT, "chat_cnt": 100, "reply_percentage": 60.25}]},
        (DayNumbers(FIRST, {"chat_cnt": 100, "reply_percentage": 60.25}),),
    ),
    Call(
        "numbers per owner",
        lambda c: c.statistics.groups_by_owner(FIRST, LAST, ["lisi"], order_by=2, ascending=True),
        EXT + "groupchat/statistic",
        {
            "day_begin_time": FIRST_AT,
            "day_end_time": LAST_AT,
            "owner_filter": {"userid_list": ["lisi"]},
            "order_by": 2,
            "order_asc": 1,
            "limit": 1000,
            "offset": 0,
        },
        {"total": 1, "next_offset": 1, "items": [{"owner": "lisi", "data": {"chat_total": 3, "msg_total": 9}}]},
        (OwnerNumbers("lisi", {"chat_total": 3, "msg_total": 9}),),
    ),
    Call(
        "numbers per day",
        lambda c: c.statistics.groups_by_day(FIRST, FIRST, ["lisi"]),
        EXT + "groupchat/statistic_group_by_day",
        {"day_begin_time": FIRST_AT, "day_end_time": FIRST_AT, "owner_filter": {"userid_list": ["lisi"]}},
        {"items": [{"stat_time": FIRST_AT, "data": {"member_total": 7}}]},
        (DayNumbers(FIRST, {"member_total": 7}),),
    ),
    Call(
        "new group welcome",
        lambda c: c.welcomes.add("欢迎 %NICKNAME%", link("https://x", "题"), notify=False),
        EXT + "group_welcome_template/add",
        {
            "text": {"content": "欢迎 %NICKNAME%"},
            "link": {"title": "题", "url": "https://x"},
            "notify": 0,
            **AGENT,
        },
        {"template_id": "t1"},
        "t1",
    ),
    Call(
        "group welcome changed",
        lambda c: c.welcomes.edit("t1", "好"),
        EXT + "group_welcome_template/edit",
        {"template_id": "t1", "text": {"content": "好"}, **AGENT},
    ),
    Call(
        "group welcome read",
        lambda c: c.welcomes.get("t1"),
        EXT + "group_welcome_template/get",
        {"template_id": "t1"},
        {"text": {"content": "好"}},
        {"text": {"content": "好"}},
    ),
    Call(
        "group welcome deleted",
        lambda c: c.welcomes.delete("t1"),
        EXT + "group_welcome_template/del",
        {"template_id": "t1", **AGENT},
    ),
    Call(
        "text to staff",
        lambda c: c.staff_messages.send(tell.text("hi"), ["lisi", "wang"], ["2"], ["3"]),
        "message/send",
        {
            "msgtype": "text",
            "text": {"content": "hi"},
            "touser": "lisi|wang",
            "toparty": "2",
            "totag": "3",
            **AGENT,
            **CHECKED,
        },
        {"msgid": "M1", "invaliduser": "wang", "invalidparty": "2", "unlicenseduser": "x"},
        tell.Sent("M1", ("wang", "2", "x")),
    ),
    Call(
        "markdown to all",
        lambda c: c.staff_messages.send(tell.markdown("**a**"), everybody=True, duplicate_seconds=0),
        "message/send",
        {"msgtype": "markdown", "markdown": {"content": "**a**"}, "touser": "@all", **AGENT},
        RECEIVED,
        tell.Sent("M1", (), "rc"),
    ),
    Call(
        "card to staff",
        lambda c: c.staff_messages.send(tell.textcard("t", "d", "https://x", "开"), ["lisi"]),
        "message/send",
        {
            "msgtype": "textcard",
            "textcard": {"title": "t", "description": "d", "url": "https://x", "btntxt": "开"},
            "touser": "lisi",
            **AGENT,
            **CHECKED,
        },
        RECEIVED,
        tell.Sent("M1", (), "rc"),
    ),
    Call(
        "template card to staff",
        lambda c: c.staff_messages.send(tell.template_card(CARD), ["lisi"]),
        "message/send",
        {"msgtype": "template_card", "template_card": CARD, "touser": "lisi", **AGENT, **CHECKED},
        RECEIVED,
        tell.Sent("M1", (), "rc"),
    ),
    Call(
        "file to staff",
        lambda c: c.staff_messages.send(tell.media("file", "m1"), ["lisi"]),
        "message/send",
        {"msgtype": "file", "file": {"media_id": "m1"}, "touser": "lisi", **AGENT, **CHECKED},
        RECEIVED,
        tell.Sent("M1", (), "rc"),
    ),
    Call("message taken back", lambda c: c.staff_messages.recall("M1"), "message/recall", {"msgid": "M1"}),
    Call(
        "card changed",
        lambda c: c.staff_messages.update_card("rc", CARD, ["lisi"]),
        "message/update_template_card",
        {"response_code": "rc", "template_card": CARD, "userids": ["lisi"], **AGENT},
    ),
]

LONG_AGO, TODAY = date(2026, 5, 24), date(2026, 11, 21)
BOUNDS: list[tuple[str, Act]] = [
    ("taker", lambda c: c.inheritance.transfer_customers("lisi", "lisi", ["wm1"])),
    ("externals", lambda c: c.inheritance.transfer_customers("lisi", "wang", [f"wm{n}" for n in range(101)])),
    ("message", lambda c: c.inheritance.transfer_customers("lisi", "wang", ["wm1"], message="长" * 201)),
    ("message", lambda c: c.inheritance.transfer_customers("lisi", "wang", ["wm1"], message="a", resigned=True)),
    ("chats", lambda c: c.inheritance.transfer_groups([], "wang")),
    ("chats", lambda c: c.inheritance.transfer_groups([f"wr{n}" for n in range(101)], "wang")),
    ("to", lambda c: c.statistics.staff_by_day(FIRST, TODAY, ["lisi"])),
    ("to", lambda c: c.statistics.staff_by_day(LAST, FIRST, ["lisi"])),
    ("from", lambda c: c.statistics.groups_by_day(LONG_AGO, LAST, ["lisi"])),
    ("to", lambda c: c.statistics.groups_by_owner(LAST - timedelta(days=30), LAST, ["lisi"])),
    ("order_by", lambda c: c.statistics.groups_by_owner(LAST, LAST, ["lisi"], order_by=5)),
    ("staff", lambda c: c.statistics.staff_by_day(FIRST, LAST)),
    ("text", lambda c: c.welcomes.add("")),
    ("text", lambda c: c.welcomes.add("长" * 1_001)),
    ("staff", lambda c: c.staff_messages.send({"msgtype": "text"})),
    ("touser", lambda c: c.staff_messages.send({"msgtype": "text"}, [f"u{n}" for n in range(1_001)])),
    ("parties", lambda c: c.staff_messages.send({"msgtype": "text"}, parties=[f"{n}" for n in range(101)])),
    ("duplicate_seconds", lambda c: c.staff_messages.send({}, ["lisi"], duplicate_seconds=14_401)),
    ("card_type", lambda c: c.staff_messages.update_card("rc", {})),
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


async def test_what_is_not_handed_over_says_why(client: WecomClient, server: ScriptedServer) -> None:
    rows = [{"external_userid": "wm1", "errcode": 40130}, {"external_userid": "wm2", "errcode": 0}]
    server.script(EXT + "transfer_customer", {**OK, "customer": rows})
    (refused,) = await client.inheritance.transfer_customers("lisi", "wang", ["wm1", "wm2"])
    assert (refused.subject, refused.errcode) == ("wm1", 40130) and "90 days" in refused.why
    failed = [{"chat_id": "wr1", "errcode": 90500, "errmsg": "owner not resigned"}]
    server.script(EXT + "groupchat/transfer", {**OK, "failed_chat_list": failed})
    (refused,) = await client.inheritance.transfer_groups(["wr1"], "wang", resigned=True)
    assert refused.subject == "wr1" and "not resigned" in refused.why


async def test_a_long_time_is_asked_for_in_pieces(client: WecomClient, server: ScriptedServer) -> None:
    api = EXT + "groupchat/statistic_group_by_day"
    server.script(api, {**OK, "items": [{"stat_time": FIRST_AT, "data": {}}]})
    assert len(await client.statistics.groups_by_day(date(2026, 9, 1), LAST, ["lisi"])) == 3
    spans = [(call.data["day_begin_time"], call.data["day_end_time"]) for call in server.calls(api)]
    assert [(end - begin) // 86_400 + 1 for begin, end in spans] == [30, 30, 21]
    assert all(later[0] - earlier[1] == 86_400 for earlier, later in zip(spans, spans[1:], strict=False))


async def test_yesterday_is_chinas_yesterday(client: WecomClient, server: ScriptedServer, clock: HandClock) -> None:
    server.script(EXT + "get_user_behavior_data", {**OK, "behavior_data": []})
    clock.forward(hours=5)  # 01:00 on the 22nd in China, still the 21st in UTC
    assert await client.statistics.staff_by_day(TODAY, TODAY, ["lisi"]) == ()


async def test_owners_are_read_over_all_pages(client: WecomClient, server: ScriptedServer) -> None:
    api = EXT + "groupchat/statistic"
    item = {"owner": "lisi", "data": {}}
    server.script(api, {**OK, "total": 3, "items": [item] * 2}, {**OK, "total": 3, "items": [item]})
    assert len(await client.statistics.groups_by_owner(LAST, LAST, ["lisi"])) == 3
    assert [call.data["offset"] for call in server.calls(api)] == [0, 2]
