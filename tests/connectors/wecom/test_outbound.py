"""Actions to calls and receipts (architecture.md §4.6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.connectors.wecom.scripted import DROP, NOON, OK, HandClock, ScriptedServer

from qunflow.connectors.wecom.errors import WecomError
from qunflow.connectors.wecom.outbound import ResultUnknown, WecomConnector
from qunflow.domain import actions as do
from qunflow.domain import inbound as body
from qunflow.domain.outcomes import OnUnknown, Way
from qunflow.domain.payments import PAYMENT_ACTIONS
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import Connector, Receipt, Result

E = "externalcontact/"
WELCOME = do.SendWelcome("wm1", "CODE", "欢迎", wish="w1")
DELIVERED = body.ActionEnded("w1", "delivered")


def refusal(errcode: int) -> dict[str, Any]:
    return {"errcode": errcode, "errmsg": f"said {errcode}"}


def refused(reason: str) -> body.ActionEnded:
    return body.ActionEnded("w1", "refused_by_platform", reason)


def test_every_action_has_a_way_and_every_call_a_rule_for_unknown_results(connector: WecomConnector) -> None:
    seen_by_delivery: Connector = connector
    money = {action.KIND for action in PAYMENT_ACTIONS}  # they go to an account for payments
    outside = {action.KIND for action in do.ACTIONS} - {do.ExamineProof.KIND, do.DrawPoster.KIND} - money
    assert set(seen_by_delivery.ways) == outside
    called = {kind for kind, way in connector.ways.items() if way in (Way.AUTOMATIC, Way.STAFF_CONFIRMS)}
    assert set(connector.on_unknown) == called == set(connector._performers)
    assert connector.ways["remove_member"] is Way.TODO and connector.ways["broadcast"] is Way.STAFF_CONFIRMS
    assert connector.on_unknown["broadcast"] is OnUnknown.DETECTABLE


async def test_what_wecom_cannot_do_is_refused_with_the_end_of_the_wish(connector: WecomConnector) -> None:
    receipt = await connector.perform(do.RemoveMember("wr1", "wm1", "spam", wish="w1"), "k")
    assert (receipt.result, receipt.reason) == (Result.REFUSED, Reason.NO_CAPABILITY)
    assert receipt.answers == (refused("no_capability"),)


# --- welcome ------------------------------------------------------------------------------------------------------


async def test_a_welcome_carries_text_link_and_image(connector: WecomConnector, server: ScriptedServer) -> None:
    server.script("media/upload", {**OK, "media_id": "m1"})
    server.script(E + "send_welcome_msg", OK)
    attachments = (
        do.Attachment("link", url="https://a.example/p", title="标" * 60, desc="看"),
        do.Attachment("image", blob="b1"),
    )
    receipt = await connector.perform(do.SendWelcome("wm1", "CODE", "欢迎", attachments, "w1"), "k")
    assert receipt == Receipt(Result.DONE, "CODE", (DELIVERED,))
    sent = server.calls(E + "send_welcome_msg")[0].data
    assert sent["welcome_code"] == "CODE" and sent["text"] == {"content": "欢迎"}
    link, image = sent["attachments"]
    assert link["link"]["url"] == "https://a.example/p" and link["link"]["desc"] == "看"
    assert len(link["link"]["title"].encode()) <= 128 and link["link"]["title"].endswith("…")
    assert image == {"msgtype": "image", "image": {"media_id": "m1"}}


@pytest.mark.parametrize(
    ("errcode", "result", "answers"),
    [
        (41050, Result.REFUSED, (refused("welcome_expired"),)),
        (41051, Result.DONE, (DELIVERED,)),
        (41096, Result.RETRY, ()),
        (84061, Result.REFUSED, (refused("not_contact"),)),
        (60020, Result.RETRY, ()),
        (99999, Result.REFUSED, (refused("platform_error"),)),
    ],
)
async def test_what_becomes_of_a_welcome(
    connector: WecomConnector, server: ScriptedServer, errcode: int, result: Result, answers: tuple[Any, ...]
) -> None:
    server.script(E + "send_welcome_msg", refusal(errcode))
    receipt = await connector.perform(WELCOME, "k")
    assert (receipt.result, receipt.answers) == (result, answers)
    assert (receipt.retry_after > 0) == (result is Result.RETRY)
    assert str(errcode) in receipt.detail


async def test_an_image_that_wecom_forgot_is_uploaded_anew(connector: WecomConnector, server: ScriptedServer) -> None:
    server.script("media/upload", {**OK, "media_id": "m1"}, {**OK, "media_id": "m2"})
    server.script(E + "send_welcome_msg", refusal(40007), OK)
    action = do.SendWelcome("wm1", "CODE", "", (do.Attachment("image", blob="b1"),), "w1")
    assert (await connector.perform(action, "k")).result is Result.DONE
    last = server.calls(E + "send_welcome_msg")[-1].data
    assert last["attachments"][0]["image"]["media_id"] == "m2" and "text" not in last


@pytest.mark.parametrize(
    "action",
    [
        do.SendWelcome("wm1", "CODE", "字" * 1334, wish="w1"),
        do.SendWelcome("wm1", "CODE", "", wish="w1"),
        do.SendWelcome("wm1", "CODE", "a", (do.Attachment("link", url="https://a.example"),) * 10, "w1"),
        do.SendWelcome("wm1", "CODE", "a", (do.Attachment("voice"),), "w1"),
        do.TellStaff("lisi", "", "", wish="w1"),
    ],
)
async def test_what_wecom_would_not_take_is_not_sent(
    connector: WecomConnector, server: ScriptedServer, action: Any
) -> None:
    receipt = await connector.perform(action, "k")
    assert receipt.answers == (refused("platform_error"),) and receipt.detail
    assert server.seen == []


# --- staff --------------------------------------------------------------------------------------------------------


async def test_staff_get_a_card_that_a_second_try_does_not_double(
    connector: WecomConnector, server: ScriptedServer
) -> None:
    server.script("message/send", {**OK, "invaliduser": "", "msgid": "x1"})
    action = do.TellStaff("lisi", "移出成员", "广告", "https://a.example/t", wish="w1")
    for key in ("k1", "k1", "k2"):
        assert await connector.perform(action, key) == Receipt(Result.DONE, "x1", (DELIVERED,))
    first, again, other = (call.data for call in server.calls("message/send"))
    assert first == again and first["enable_duplicate_check"] == 1 and first["agentid"] == 1_000_002
    assert first["textcard"]["url"].startswith("https://a.example/t#") and first["touser"] == "lisi"
    assert other["textcard"]["url"] != first["textcard"]["url"]


async def test_a_long_text_to_staff_keeps_its_link(connector: WecomConnector, server: ScriptedServer) -> None:
    server.script("message/send", OK)
    await connector.perform(do.TellStaff("lisi", "标题", "证" * 2000, "https://a.example/t"), "k")
    content = server.calls("message/send")[0].data["text"]["content"]
    assert len(content.encode()) <= 2048
    assert content.startswith("标题\n证") and "…\nhttps://a.example/t#" in content


async def test_staff_that_cannot_be_reached_are_told(connector: WecomConnector, server: ScriptedServer) -> None:
    server.script("message/send", {**OK, "invaliduser": "lisi"}, refusal(81013))
    for _ in range(2):
        receipt = await connector.perform(do.TellStaff("lisi", "a", "b", wish="w1"), "k")
        assert receipt.answers == (refused("platform_error"),)


# --- codes and entries --------------------------------------------------------------------------------------------


async def test_a_contact_code_is_opened_for_staff_with_its_token(
    connector: WecomConnector, server: ScriptedServer
) -> None:
    server.script(E + "add_contact_way", {**OK, "config_id": "c1", "qr_code": "https://q.example/1"})
    receipt = await connector.perform(do.OpenContactCode("tok", ()), "k")
    assert receipt.answers == (body.ContactCodeOpened("tok", "c1", "https://q.example/1"),)
    sent = server.calls(E + "add_contact_way")[0].data
    assert (sent["type"], sent["scene"], sent["user"], sent["state"]) == (1, 2, ["lisi"], "tok")
    await connector.perform(do.OpenContactCode("tok", ("a", "b")), "k")
    assert server.calls(E + "add_contact_way")[1].data["type"] == 2
    assert (await connector.perform(do.OpenContactCode("t" * 31, ()), "k")).result is Result.REFUSED
    server.script(E + "add_contact_way", refusal(41045))
    assert (await connector.perform(do.OpenContactCode("tok", ()), "k")).reason is Reason.QUOTA


async def test_an_entry_is_opened_with_its_qr(connector: WecomConnector, server: ScriptedServer) -> None:
    server.script(E + "groupchat/add_join_way", {**OK, "config_id": "j1"})
    way = {"config_id": "j1", "qr_code": "https://q.example/2", "chat_id_list": ["wr1"], "state": "s"}
    server.script(E + "groupchat/get_join_way", {**OK, "join_way": way})
    action = do.OpenEntry("pool", "entry", ("wr1",), auto_create=True, base_name="群", state="s")
    receipt = await connector.perform(action, "k")
    assert receipt.answers == (body.EntryOpened("pool", "entry", "j1", "https://q.example/2", chats=("wr1",)),)
    sent = server.calls(E + "groupchat/add_join_way")[0].data
    assert (sent["scene"], sent["auto_create_room"], sent["room_base_name"]) == (2, 1, "群")
    read = await connector.perform(do.ReadEntry("pool", "entry", "j1"), "k")
    assert read.answers == (body.EntryRead("pool", "entry", ("wr1",)),)


async def test_an_entry_whose_qr_could_not_be_read_is_not_made_twice(
    connector: WecomConnector, server: ScriptedServer
) -> None:
    server.script(E + "groupchat/add_join_way", {**OK, "config_id": "j1"})
    server.script(E + "groupchat/get_join_way", DROP, {**OK, "join_way": {"qr_code": "q"}})
    action = do.OpenEntry("pool", "entry", ("wr1",))
    assert (await connector.perform(action, "k")).result is Result.RETRY
    assert (await connector.perform(action, "k")).answers[0].config == "j1"
    assert len(server.calls(E + "groupchat/add_join_way")) == 1


async def test_an_entry_is_updated_and_closed_and_closing_may_be_repeated(
    connector: WecomConnector, server: ScriptedServer
) -> None:
    server.script(E + "groupchat/update_join_way", OK)
    server.script(E + "groupchat/del_join_way", OK, refusal(41044))
    server.script(E + "del_contact_way", OK, refusal(41044))
    update = do.UpdateEntry("pool", "entry", "j1", ("wr1", "wr2"))
    assert (await connector.perform(update, "k")).result is Result.DONE
    assert server.calls(E + "groupchat/update_join_way")[0].data["chat_id_list"] == ["wr1", "wr2"]
    for action in (do.CloseEntry("j1"), do.CloseEntry("j1"), do.CloseContactCode("c1"), do.CloseContactCode("c1")):
        assert (await connector.perform(action, "k")).result is Result.DONE
    six = do.OpenEntry("pool", "entry", tuple("abcdef"))
    assert "5 groups" in (await connector.perform(six, "k")).detail


# --- readings -----------------------------------------------------------------------------------------------------


async def test_a_group_is_read_as_of_the_instant_before_the_call(
    connector: WecomConnector, server: ScriptedServer, clock: HandClock
) -> None:
    def answer(_: object) -> dict[str, Any]:
        clock.forward(seconds=3)
        return {**OK, "group_chat": {"name": "群", "member_list": [{"userid": "wm1", "type": 2}]}}

    server.script(E + "groupchat/get", answer)
    (read,) = (await connector.perform(do.ReadGroup("wr1"), "k")).answers
    assert read.read_at == NOON and read.members[0].external == "wm1"
    assert server.calls(E + "groupchat/get")[0].data == {"chat_id": "wr1", "need_name": 1}


@pytest.mark.parametrize("errcode", [90501, 40050])
async def test_a_group_that_is_gone_is_read_as_gone(
    connector: WecomConnector, server: ScriptedServer, errcode: int
) -> None:
    server.script(E + "groupchat/get", refusal(errcode))
    receipt = await connector.perform(do.ReadGroup("wr1"), "k")
    assert receipt.answers == (body.GroupRead("wr1", NOON, gone=True),)


async def test_groups_and_contacts_are_read(connector: WecomConnector, server: ScriptedServer) -> None:
    server.script(E + "groupchat/list", {**OK, "group_chat_list": [{"chat_id": "wr1", "status": 0}]})
    server.script(E + "get", {**OK, "external_contact": {"name": "张"}, "follow_user": []}, refusal(84061))
    listed = await connector.perform(do.ListGroups(), "k")
    assert listed.answers == (body.GroupsListed(("wr1",)),)
    assert server.calls(E + "groupchat/list")[0].data["owner_filter"] == {"userid_list": ["lisi"]}
    read = await connector.perform(do.ReadContact("wm1"), "k")
    assert read.answers == (body.ContactRead("wm1", "张"),)
    assert (await connector.perform(do.ReadContact("wm1"), "k")).reason is Reason.NOT_CONTACT


# --- mass sends ---------------------------------------------------------------------------------------------------

SEND = do.Broadcast("b1", ("wm1", "wm2", "wm1"), "快来", "lisi")


def results(*customers: str) -> dict[str, Any]:
    return {**OK, "send_list": [{"external_userid": name, "status": 0} for name in customers]}


async def test_a_mass_send_is_filed_once_for_all(connector: WecomConnector, server: ScriptedServer) -> None:
    server.script(E + "add_msg_template", {**OK, "msgid": "t1", "fail_list": ["wm2"]})
    receipt = await connector.perform(SEND, "k")
    assert receipt == Receipt(Result.DONE, "t1", (body.BroadcastFiled("b1", "t1", ("wm2",)),))
    sent = server.calls(E + "add_msg_template")[0].data
    assert (sent["chat_type"], sent["external_userid"], sent["sender"]) == ("single", ["wm1", "wm2"], "lisi")


async def test_a_mass_send_that_wecom_would_not_take_is_refused_here(
    connector: WecomConnector, server: ScriptedServer
) -> None:
    for customers, text in ((tuple(map(str, range(10_001))), "a"), ((), "a"), (("wm1",), "字" * 1334)):
        receipt = await connector.perform(do.Broadcast("b1", customers, text), "k")
        assert receipt.result is Result.REFUSED and receipt.detail
    assert server.seen == []
    server.script(E + "add_msg_template", refusal(41048))
    receipt = await connector.perform(SEND, "k")
    assert receipt.result is Result.REFUSED and receipt.reason is Reason.NOT_CONTACT
    assert receipt.answers == (body.BroadcastRead("b1", {"wm1": "not_contact", "wm2": "not_contact"}),)


async def test_a_mass_send_without_answer_is_unknown_and_then_found(
    connector: WecomConnector, server: ScriptedServer
) -> None:
    server.script(E + "add_msg_template", DROP)
    with pytest.raises(ResultUnknown):
        await connector.perform(SEND, "k")
    at = int(NOON.timestamp())
    rows = [
        {"msgid": "old", "create_time": at - 60, "text": {"content": "快来"}},
        {"msgid": "words", "create_time": at, "text": {"content": "别的"}},
        {"msgid": "people", "create_time": at, "text": {"content": "快来"}},
        {"msgid": "ours", "create_time": at, "text": {"content": "快来"}},
    ]
    server.script(E + "get_groupmsg_list_v2", {**OK, "group_msg_list": rows})
    server.script(E + "get_groupmsg_task", {**OK, "task_list": [{"userid": "lisi", "status": 0}]})
    server.script(E + "get_groupmsg_send_result", results("wm1", "wm9"), results("wm1"))
    found = await connector.detect(SEND, "k", NOON)
    assert found == Receipt(Result.DONE, "ours", (body.BroadcastFiled("b1", "ours", ("wm2",)),))
    server.script(E + "get_groupmsg_list_v2", {**OK, "group_msg_list": []})
    assert await connector.detect(SEND, "k", NOON - timedelta(days=90)) is None
    server.script(E + "get_groupmsg_list_v2", refusal(45009))
    with pytest.raises(WecomError):
        await connector.detect(SEND, "k", NOON)
    assert await connector.detect(WELCOME, "k", NOON) is None


async def test_a_mass_send_is_read_over_all_staff(connector: WecomConnector, server: ScriptedServer) -> None:
    server.script(E + "get_groupmsg_task", {**OK, "task_list": [{"userid": "lisi"}, {"userid": "wang"}]})
    row = {"external_userid": "wm1", "status": 1}
    server.script(E + "get_groupmsg_send_result", {**OK, "send_list": [row]}, results("wm2"))
    receipt = await connector.perform(do.ReadBroadcast("b1", "t1"), "k")
    assert receipt.answers == (body.BroadcastRead("b1", {"wm1": "sent", "wm2": "waiting"}),)
    server.script(E + "get_groupmsg_task", refusal(41063))
    assert (await connector.perform(do.ReadBroadcast("b1", "t1"), "k")).result is Result.RETRY
