"""Actions to calls and receipts (architecture.md §4.6)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.connectors.matrix.conftest import Blobs, png
from tests.connectors.matrix.scripted import ANN, BOB, BOT, DROP, NOON, ROOM, ScriptedServer, refusal

from qunflow.connectors.matrix.outbound import MatrixConnector
from qunflow.domain import actions as do
from qunflow.domain import inbound as body
from qunflow.domain.outcomes import OnUnknown, Way
from qunflow.domain.payments import PAYMENT_ACTIONS
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import Connector, Receipt, Result

SEND = f"PUT /rooms/{ROOM}/send/m.room.message/"
DIRECT = "!direct:shop.test"
SEND_DIRECT = f"PUT /rooms/{DIRECT}/send/m.room.message/"
NO_ALIAS = refusal(404, "M_NOT_FOUND")
FORBIDDEN = refusal(403, "M_FORBIDDEN")
CREATE = do.CreateGroup("一群", "pool:1", (ANN,))


def member(room: str, mxid: str) -> str:
    return f"GET /rooms/{room}/state/m.room.member/{mxid}"


def test_every_action_has_a_way_and_every_call_a_rule_for_unknown_results(connector: MatrixConnector) -> None:
    seen_by_delivery: Connector = connector
    ours = {do.ExamineProof.KIND, do.DrawPoster.KIND}  # they need no platform
    money = {action.KIND for action in PAYMENT_ACTIONS}  # they go to an account for payments
    assert set(seen_by_delivery.ways) == {action.KIND for action in do.ACTIONS} - ours - money
    called = {kind for kind, way in connector.ways.items() if way is Way.AUTOMATIC}
    assert set(connector.on_unknown) == called == set(connector._performers)
    assert set(connector.ways.values()) == {Way.AUTOMATIC, Way.UNAVAILABLE}
    assert connector.on_unknown["send_text"] is OnUnknown.NATIVE_KEY


async def test_what_matrix_cannot_do_is_refused(connector: MatrixConnector) -> None:
    receipt = await connector.perform(do.SendWelcome(ANN, "CODE", "hi"), "k")
    assert (receipt.result, receipt.reason) == (Result.REFUSED, Reason.NO_CAPABILITY)


# --- messages -----------------------------------------------------------------------------------------------------


async def test_a_text_keeps_its_transaction_id_on_every_try(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script(SEND, DROP, {"event_id": "$e"})
    action = do.SendText("@room 大家好", chat=ROOM, external=ANN, wish="w1")
    first = await connector.perform(action, "k1")
    assert (first.result, first.answers) == (Result.RETRY, ())
    assert await connector.perform(action, "k1") == Receipt(Result.DONE, "$e")
    one, two = server.calls(SEND)
    assert one.call == two.call and two.data["m.mentions"] == {"user_ids": [ANN]}


@pytest.mark.parametrize("text", ["", "  ", "字" * 14_000, "a\x00b"])
async def test_a_text_that_no_room_takes_is_not_sent(
    connector: MatrixConnector, server: ScriptedServer, text: str
) -> None:
    assert (await connector.perform(do.SendText(text, chat=ROOM), "k")).result is Result.REFUSED
    assert (await connector.perform(do.SendText("hi"), "k")).result is Result.REFUSED
    assert server.seen == []


async def test_waiting_is_as_long_as_the_server_asks(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script(SEND, refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=2500))
    receipt = await connector.perform(do.SendText("hi", chat=ROOM), "k")
    assert (receipt.result, receipt.retry_after) == (Result.RETRY, 2.5)


async def test_an_image_is_uploaded_once_for_many_rooms(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script("POST /media/v3/upload", {"content_uri": "mxc://shop.test/up"})
    server.script(SEND, {"event_id": "$e"})
    for key in ("k1", "k2"):
        assert (await connector.perform(do.SendImage("poster", "扫码", chat=ROOM), key)).result is Result.DONE
    (upload,) = server.calls("POST /media/v3/upload")
    assert (upload.body, upload.headers["content-type"]) == (png(300, 200), "image/png")
    sent = server.calls(SEND)[0].data
    assert (sent["body"], sent["filename"], sent["url"]) == ("扫码", "image.png", "mxc://shop.test/up")
    assert sent["info"] == {"mimetype": "image/png", "size": len(png()), "w": 300, "h": 200}


async def test_what_is_no_image_is_not_sent(connector: MatrixConnector, server: ScriptedServer, blobs: Blobs) -> None:
    blobs.kept["pdf"] = b"%PDF"
    assert (await connector.perform(do.SendImage("pdf", chat=ROOM), "k")).result is Result.REFUSED
    assert server.seen == []


# --- direct rooms -------------------------------------------------------------------------------------------------


async def test_a_direct_room_is_made_once_and_found_again(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script("GET /directory/room/#qunflow_dm_", NO_ALIAS)
    server.script("POST /createRoom", {"room_id": DIRECT})
    server.script(SEND_DIRECT, {"event_id": "$e"})
    server.script(member(DIRECT, ANN), {"membership": "join"})
    for key in ("k1", "k2"):
        assert (await connector.perform(do.SendText("hi", external=ANN), key)).result is Result.DONE
    (made,) = server.calls("POST /createRoom")
    assert (made.data["invite"], made.data["is_direct"]) == ([ANN], True)
    assert f"#{made.data['room_alias_name']}:shop.test" in server.calls("GET /directory/")[0].call


async def test_a_direct_room_made_at_the_same_time_is_used(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script("GET /directory/room/", NO_ALIAS, {"room_id": DIRECT})
    server.script("POST /createRoom", refusal(400, "M_ROOM_IN_USE"))
    server.script(member(DIRECT, ANN), {"membership": "invite"})
    server.script(SEND_DIRECT, {"event_id": "$e"})
    card = do.TellStaff(ANN, "新待办", "群满了", "https://q.example/t")
    assert (await connector.perform(card, "k")).reference == "$e"
    assert server.calls(SEND_DIRECT)[0].data["body"] == "新待办\n群满了\nhttps://q.example/t"


async def test_who_left_the_direct_room_is_invited_again_but_not_for_a_broadcast(
    connector: MatrixConnector, server: ScriptedServer
) -> None:
    server.script("GET /directory/room/", {"room_id": DIRECT})
    server.script(member(DIRECT, ""), {"membership": "leave"})
    server.script(f"POST /rooms/{DIRECT}/invite", {})
    server.script(SEND_DIRECT, {"event_id": "$e"})
    mass = await connector.perform(do.Broadcast("b1", (ANN,), "大促"), "k")
    assert mass.answers == (body.BroadcastFiled("b1", "k", (ANN,)), body.BroadcastRead("b1", {ANN: "not_contact"}))
    assert server.calls("POST /rooms/") == server.calls(SEND_DIRECT) == []
    assert (await connector.perform(do.SendText("hi", external=ANN), "k")).result is Result.DONE
    assert server.calls("POST /rooms/")[0].data == {"user_id": ANN}


async def test_nobody_is_written_to_who_does_not_exist(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script("GET /profile/", refusal(404, "M_NOT_FOUND"))
    server.script("GET /directory/room/", NO_ALIAS)
    for action in (do.SendText("hi", external=ANN), do.InviteMember(ROOM, ANN), do.SendText("hi", external="ann")):
        receipt = await connector.perform(action, "k")
        assert (receipt.result, receipt.reason) == (Result.REFUSED, Reason.NOT_CONTACT), action
    assert server.calls("POST /createRoom") == []


async def test_a_broadcast_is_tried_again_whole_with_the_same_transaction_ids(
    connector: MatrixConnector, server: ScriptedServer
) -> None:
    server.script("GET /directory/room/", {"room_id": DIRECT})
    server.script(member(DIRECT, ""), {"membership": "join"})
    server.script(SEND_DIRECT, refusal(500, "M_UNKNOWN"), {"event_id": "$e"})
    action = do.Broadcast("b1", (ANN, BOB, ANN), "大促")
    assert (await connector.perform(action, "k")).result is Result.RETRY
    done = await connector.perform(action, "k")
    assert done.answers[1] == body.BroadcastRead("b1", {ANN: "sent", BOB: "sent"})
    sent = [seen.call for seen in server.calls(SEND_DIRECT)]
    assert len(sent) == 4 and len(set(sent)) == 2
    too_many = do.Broadcast("b2", tuple(f"@p{n}:shop.test" for n in range(1001)), "大促")
    assert (await connector.perform(too_many, "k")).result is Result.REFUSED


# --- groups -------------------------------------------------------------------------------------------------------


async def test_a_group_is_made_with_its_admins(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script("POST /createRoom", {"room_id": ROOM})
    server.script(member(ROOM, ANN), NO_ALIAS)
    server.script(f"POST /rooms/{ROOM}/invite", {})
    receipt = await connector.perform(CREATE, "k")
    assert receipt == Receipt(Result.DONE, ROOM, (body.GroupCreated(ROOM, "一群", "pool:1"),))
    made = server.calls("POST /createRoom")[0].data
    assert made["power_level_content_override"]["users"] == {ANN: 50, BOT: 100}
    assert made["room_alias_name"].startswith("qunflow_g_")


async def test_a_group_that_an_earlier_try_made_is_found(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script("POST /createRoom", DROP, refusal(400, "M_ROOM_IN_USE"))
    server.script("GET /directory/room/#qunflow_g_", {"room_id": ROOM})
    server.script(member(ROOM, ANN), {"membership": "invite"})
    assert (await connector.perform(CREATE, "k")).result is Result.RETRY
    found = await connector.perform(CREATE, "k")
    assert found.reference == ROOM and found.answers == (body.GroupCreated(ROOM, "一群", "pool:1"),)
    assert await connector.detect(CREATE, "k", NOON) == found
    names = {seen.data["room_alias_name"] for seen in server.calls("POST /createRoom")}
    await connector.perform(CREATE, "another action")
    assert len(names) == 1 and server.calls("POST /createRoom")[-1].data["room_alias_name"] not in names


async def test_a_group_that_nobody_made_is_not_found(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script("GET /directory/room/", NO_ALIAS)
    assert await connector.detect(CREATE, "k", NOON) is None
    server.script("GET /directory/room/", refusal(503, "M_UNKNOWN"))
    later = await connector.detect(CREATE, "k", NOON)
    assert later is not None and later.result is Result.RETRY


async def test_an_admin_who_cannot_be_invited_does_not_undo_the_group(
    connector: MatrixConnector, server: ScriptedServer
) -> None:
    server.script("POST /createRoom", {"room_id": ROOM})
    server.script(member(ROOM, ANN), NO_ALIAS)
    server.script(f"POST /rooms/{ROOM}/invite", FORBIDDEN)
    receipt = await connector.perform(CREATE, "k")
    assert receipt.result is Result.DONE and ANN in receipt.detail and len(receipt.answers) == 1


INVITE, REMOVE = do.InviteMember(ROOM, ANN), do.RemoveMember(ROOM, ANN, "广告", wish="w1")


@pytest.mark.parametrize(
    ("membership", "found"), [("join", INVITE), ("invite", INVITE), ("leave", REMOVE), ("ban", REMOVE)]
)
async def test_a_membership_that_is_as_wished_is_found(
    connector: MatrixConnector, server: ScriptedServer, membership: str, found: Any
) -> None:
    server.script(member(ROOM, ANN), {"membership": membership})
    for action in (INVITE, REMOVE):
        receipt = await connector.detect(action, "k", NOON)
        assert (receipt == Receipt(Result.DONE, ROOM)) is (action is found)


async def test_who_is_in_the_room_is_not_invited_again(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script(member(ROOM, ANN), {"membership": "join"})
    assert (await connector.perform(INVITE, "k")).result is Result.DONE
    server.script(member(ROOM, ANN), {"membership": "ban"})
    assert (await connector.perform(INVITE, "k")).reason is Reason.KICKED
    assert server.calls("POST /rooms/") == []


async def test_a_removal_tells_the_reason_and_who_is_gone_is_done(
    connector: MatrixConnector, server: ScriptedServer
) -> None:
    server.script(f"POST /rooms/{ROOM}/kick", {}, FORBIDDEN)
    assert await connector.perform(REMOVE, "k") == Receipt(Result.DONE, ROOM)
    assert server.calls(f"POST /rooms/{ROOM}/kick")[0].data == {"user_id": ANN, "reason": "广告"}
    server.script(member(ROOM, ANN), {"membership": "leave"})
    assert (await connector.perform(REMOVE, "k")).result is Result.DONE
    server.script(member(ROOM, ANN), {"membership": "join"})  # an admin of equal standing
    assert (await connector.perform(REMOVE, "k")).result is Result.REFUSED


async def test_a_group_is_read_whole(connector: MatrixConnector, server: ScriptedServer) -> None:
    joined = {BOT: {}, ANN: {"display_name": "Ann"}, "@lisi:shop.test": {"display_name": None}}
    server.script(f"GET /rooms/{ROOM}/joined_members", {"joined": joined})
    server.script(f"GET /rooms/{ROOM}/state/m.room.name", {"name": "一群"})
    (read,) = (await connector.perform(do.ReadGroup(ROOM), "k")).answers
    assert (read.read_at, read.name, read.owner, read.gone) == (NOON, "一群", BOT, False)
    assert [(seen.external, seen.is_staff, seen.name) for seen in read.members] == [
        (ANN, False, "Ann"), ("@lisi:shop.test", True, ""), (BOT, True, "")
    ]  # fmt: skip


async def test_a_group_that_was_taken_from_us_is_gone(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script(f"GET /rooms/{ROOM}/joined_members", FORBIDDEN)
    assert (await connector.perform(do.ReadGroup(ROOM), "k")).answers == (body.GroupRead(ROOM, NOON, gone=True),)


async def test_an_entry_is_one_room_and_needs_no_call(connector: MatrixConnector, server: ScriptedServer) -> None:
    opened = body.EntryOpened("p", "e", config=ROOM, address=ROOM, chats=(ROOM,))
    for action in (do.OpenEntry("p", "e", (ROOM,)), do.UpdateEntry("p", "e", ROOM, (ROOM,))):
        assert (await connector.perform(action, "k")).answers == (opened,)
    read = await connector.perform(do.ReadEntry("p", "e", ROOM), "k")
    assert read.answers == (body.EntryRead("p", "e", (ROOM,)),)
    assert (await connector.perform(do.CloseEntry(ROOM), "k")).result is Result.DONE
    many = await connector.perform(do.OpenEntry("p", "e", (ROOM, DIRECT)), "k")
    assert many.result is Result.REFUSED and "chats_per_entry" in many.detail
    assert server.seen == []


async def test_a_posted_image_comes_into_our_store(
    connector: MatrixConnector, server: ScriptedServer, blobs: Blobs
) -> None:
    server.script("GET /client/v1/media/download/shop.test/AbC", (200, png()), (200, b"%PDF-1.7"))
    action = do.FetchMedia(ROOM, ANN, "mxc://shop.test/AbC")
    (posted,) = (await connector.perform(action, "k")).answers
    assert posted == body.MessagePosted(ROOM, ANN, media=action.media, blob=posted.blob)
    assert (blobs.kept[posted.blob], blobs.kinds[posted.blob]) == (png(), "image/png")
    refused = await connector.perform(action, "k")
    assert (refused.result, refused.reason) == (Result.REFUSED, Reason.UNREADABLE)


async def test_a_contact_is_its_display_name(connector: MatrixConnector) -> None:
    assert (await connector.perform(do.ReadContact(ANN), "k")).answers == (body.ContactRead(ANN, "Ann"),)


# --- order --------------------------------------------------------------------------------------------------------

BAN, UNBAN = do.BanMember(ROOM, ANN, "广告"), do.UnbanMember(ROOM, ANN)
REFUSE = do.RefuseKnock(ROOM, ANN, "名额已满")


async def test_a_ban_and_its_lifting_are_found_by_the_membership(
    connector: MatrixConnector, server: ScriptedServer
) -> None:
    server.script(f"POST /rooms/{ROOM}/ban", {})
    server.script(f"POST /rooms/{ROOM}/unban", FORBIDDEN)
    assert await connector.perform(BAN, "k") == Receipt(Result.DONE, ROOM)
    assert server.calls(f"POST /rooms/{ROOM}/ban")[0].data == {"user_id": ANN, "reason": "广告"}
    server.script(member(ROOM, ANN), {"membership": "ban"})
    assert await connector.detect(BAN, "k", NOON) is not None and await connector.detect(UNBAN, "k", NOON) is None
    assert (await connector.perform(UNBAN, "k")).result is Result.REFUSED
    server.script(member(ROOM, ANN), {"membership": "leave"})
    assert await connector.detect(BAN, "k", NOON) is None and await connector.detect(UNBAN, "k", NOON) is not None
    assert (await connector.perform(UNBAN, "k")).result is Result.DONE  # somebody lifted it in between


@pytest.mark.parametrize("membership", ["join", "invite", "leave", "ban"])
async def test_a_refused_knock_throws_nobody_out_who_is_no_longer_knocking(
    connector: MatrixConnector, server: ScriptedServer, membership: str
) -> None:
    server.script(member(ROOM, ANN), {"membership": membership})
    assert (await connector.perform(REFUSE, "k")).result is Result.DONE
    assert server.calls("POST /rooms/") == []


async def test_a_knock_is_refused_with_its_reason(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script(member(ROOM, ANN), {"membership": "knock"})
    server.script(f"POST /rooms/{ROOM}/kick", {})
    assert await connector.detect(REFUSE, "k", NOON) is None
    assert (await connector.perform(REFUSE, "k")).result is Result.DONE
    assert server.calls(f"POST /rooms/{ROOM}/kick")[0].data == {"user_id": ANN, "reason": "名额已满"}


async def test_a_redaction_keeps_its_transaction_id(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script(f"PUT /rooms/{ROOM}/redact/$bad/", DROP, {"event_id": "$r"})
    action = do.RedactMessage(ROOM, "$bad", "广告")
    assert (await connector.perform(action, "k")).result is Result.RETRY
    assert await connector.perform(action, "k") == Receipt(Result.DONE, "$r")
    one, two = server.calls(f"PUT /rooms/{ROOM}/redact/")
    assert one.call == two.call and one.data == {"reason": "广告"}


PINS = f"/rooms/{ROOM}/state/m.room.pinned_events"


async def test_a_pin_goes_behind_the_others_and_is_set_once(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script(f"GET {PINS}", NO_ALIAS, {"pinned": ["$a"]}, {"pinned": ["$a", "$b"]})
    server.script(f"PUT {PINS}", {"event_id": "$e"})
    for message, pinned in (("$a", True), ("$b", True), ("$b", True), ("$a", False)):
        assert (await connector.perform(do.PinMessage(ROOM, message, pinned), "k")).result is Result.DONE
    assert [seen.data["pinned"] for seen in server.calls(f"PUT {PINS}")] == [["$a"], ["$a", "$b"], ["$b"]]
    server.script(f"GET {PINS}", {"pinned": [f"${number}" for number in range(50)]})
    await connector.perform(do.PinMessage(ROOM, "$new"), "k")
    assert (pins := server.calls(f"PUT {PINS}")[-1].data["pinned"])[0] == "$1" and pins[-1] == "$new"


async def test_topic_and_join_rule_are_state_of_the_room(connector: MatrixConnector, server: ScriptedServer) -> None:
    server.script(f"PUT /rooms/{ROOM}/state/", {"event_id": "$e"})
    for action in (do.SetTopic(ROOM, "每晚八点"), do.SetJoinRule(ROOM, "knock")):
        assert (await connector.perform(action, "k")).result is Result.DONE
    topic, rule = server.calls(f"PUT /rooms/{ROOM}/state/")
    assert (topic.call.rpartition("/")[2], topic.data) == ("m.room.topic", {"topic": "每晚八点"})
    assert (rule.call.rpartition("/")[2], rule.data) == ("m.room.join_rules", {"join_rule": "knock"})


@pytest.mark.parametrize(
    "action",
    [
        do.BanMember(ROOM, "ann", ""), do.UnbanMember(ROOM, "@ann"), do.RefuseKnock(ROOM, "", ""),
        do.RedactMessage(ROOM, "bad"), do.PinMessage(ROOM, "$a b"), do.SetTopic(ROOM, "x" * 4_001),
        do.SetJoinRule(ROOM, "public"),
    ],
)  # fmt: skip
async def test_an_act_on_what_cannot_be_is_not_asked_of_the_server(
    connector: MatrixConnector, server: ScriptedServer, action: Any
) -> None:
    assert (await connector.perform(action, "k")).result is Result.REFUSED
    assert server.seen == []
