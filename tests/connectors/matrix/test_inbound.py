"""What a server's transactions tell: payloads as a Synapse 1.163 sent them, and what strangers may put in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.connectors.matrix.inbound import MAX_TEXT, MAX_TRANSACTION_BYTES, Body, PayloadError, read_transaction
from qunflow.domain.inbound import (
    BanEnded,
    KnockEnded,
    KnockHeard,
    MemberEntered,
    MemberNamed,
    MemberWent,
    MessagePosted,
)

PAYLOADS = Path(__file__).parent / "payloads"
OWN, ANN, BOB = "@qunflow11:qunflow.test", "@ann1:qunflow.test", "@bob2:qunflow.test"
STAFF = ("@lisi:qunflow.test",)
SAMPLE = json.loads((PAYLOADS / "text.json").read_text())["events"][0]
ROOM = SAMPLE["room_id"]


def told(payload: bytes | dict[str, Any], staff: tuple[str, ...] = STAFF) -> list[Body]:
    body = payload if isinstance(payload, bytes) else json.dumps({"events": [payload]}).encode()
    return [one for event in read_transaction(body, OWN, staff) for one in event.bodies]


def captured(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())["events"][0]
    return event


def message(**content: Any) -> dict[str, Any]:
    return {**SAMPLE, "content": content}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("joined", MemberEntered(ROOM, ANN, "Ann")),
        ("left", MemberWent(ROOM, ANN)),
        ("kicked", MemberWent(ROOM, BOB, removed=True)),
        ("text", MessagePosted(ROOM, ANN, "大家好")),
        ("emote", MessagePosted(ROOM, ANN, "waves")),
        ("edited", MessagePosted(ROOM, BOB, "bad")),
        ("replied", MessagePosted(ROOM, ANN, "thanks")),
        ("nul", MessagePosted(ROOM, ANN, "ab")),
        ("image_with_caption", MessagePosted(ROOM, BOB, "看海报", "mxc://qunflow.test/AbCd")),
    ],
)
def test_what_happened_is_told(name: str, expected: Body) -> None:
    payload = (PAYLOADS / f"{name}.json").read_bytes()
    (event,) = read_transaction(payload, OWN, STAFF)
    assert event.bodies == (expected,)
    assert json.loads(event.raw) == json.loads(payload)["events"][0]
    assert event.key == json.loads(payload)["events"][0]["event_id"]


def test_the_file_name_of_an_image_is_no_text() -> None:
    (posted,) = told(captured("image"))
    assert isinstance(posted, MessagePosted)
    assert posted.text == "" and posted.media.startswith("mxc://qunflow.test/") and posted.external == ANN


@pytest.mark.parametrize("name", ["created", "invited", "declined", "file", "own_text", "power_levels"])
def test_what_is_no_news_is_not_told(name: str) -> None:
    assert told(captured(name)) == []


def member(now: str, before: str, sender: str = BOB, **more: Any) -> dict[str, Any]:
    """A change of Bob's membership."""
    content = {"membership": now, "displayname": "Bob", **more}
    prev = {"prev_content": {"membership": before, "displayname": "Bob"}}
    return {**captured("kicked"), "sender": sender, "content": content, "unsigned": prev}


def test_a_ban_is_a_removal_for_good_whether_inside_or_not() -> None:
    for before in ("join", "invite", "knock", "leave"):
        assert told(member("ban", before, ANN)) == [MemberWent(ROOM, BOB, removed=True, banned=True)]
    assert told(member("leave", "ban", ANN)) == [BanEnded(ROOM, BOB)]


def test_a_knock_is_told_with_its_words_and_how_it_ended() -> None:
    knock = member("knock", "leave", reason="老客户，想\x00进群" + "!" * 600)
    said = "老客户，想进群"
    (heard,) = told(knock)
    assert isinstance(heard, KnockHeard)
    assert (heard.external, heard.name, heard.reason[: len(said)]) == (BOB, "Bob", said)
    assert len(heard.reason) <= 500
    assert told(member("knock", "knock", reason="again")) == []
    assert told(member("invite", "knock", OWN)) == [KnockEnded(ROOM, BOB, "invited")]
    assert told(member("leave", "knock", OWN)) == [KnockEnded(ROOM, BOB, "refused")]
    assert told(member("leave", "knock", BOB)) == [KnockEnded(ROOM, BOB, "withdrawn")]


def test_a_new_name_is_told_and_a_new_picture_not() -> None:
    assert told(member("join", "join", displayname="小波")) == [MemberNamed(ROOM, BOB, "小波")]
    assert told(member("join", "join", avatar_url="mxc://a/b")) == []
    assert [type(body) for body in told(captured("renamed"))] == [MemberNamed]


def test_staff_and_our_own_account_are_known_by_their_ids() -> None:
    joined = captured("joined")
    (ann,) = told(joined, (ANN,))
    (own,) = told({**joined, "state_key": OWN, "sender": OWN})
    assert isinstance(ann, MemberEntered) and ann.is_staff
    assert isinstance(own, MemberEntered) and own.is_staff


def test_a_direct_room_is_no_group() -> None:
    joined = captured("joined")
    joined["unsigned"]["prev_content"]["is_direct"] = True
    assert told(joined) == []


def test_a_leave_without_its_past_is_told() -> None:
    left = captured("left")
    del left["unsigned"], left["prev_content"]
    assert told(left) == [MemberWent(ROOM, ANN)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"body": "x" * 60_000, "msgtype": "m.text"}, "x" * MAX_TEXT),
        ({"body": "群\ud800主", "msgtype": "m.text"}, "群主"),
        ({"body": "> not a quote", "msgtype": "m.text"}, "> not a quote"),
        ({"body": "> <@a:b> all of it", "msgtype": "m.text", "m.relates_to": {"m.in_reply_to": {}}}, None),
        ({"body": "plain", "msgtype": "m.text", "m.relates_to": {"m.in_reply_to": {}}}, "plain"),
        ({"body": "", "msgtype": "m.text"}, None),
        ({"body": 7, "msgtype": "m.text"}, None),
        ({"body": "b", "msgtype": ["m.text"]}, None),
        ({"body": "b", "msgtype": "m.image", "url": "https://elsewhere.example/x.png"}, None),
        ({"body": "b", "msgtype": "m.image", "file": {"url": "mxc://a/b"}}, None),
        ({"body": "b", "msgtype": "m.image", "url": f"mxc://a/{'b' * 600}"}, None),
        ({"body": "b", "msgtype": "m.image", "url": "mxc://a/../../x"}, None),
    ],
)
def test_texts_are_bounded_and_fit_our_store(changes: dict[str, Any], expected: str | None) -> None:
    bodies = told(message(**changes))
    assert [body.text for body in bodies if isinstance(body, MessagePosted)] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    "changes",
    [
        {"room_id": "#alias:x"}, {"room_id": "!" + "r" * 255}, {"sender": "ann"}, {"sender": "@" + "a" * 300 + ":x"},
        {"event_id": ""}, {"event_id": "$a b"}, {"state_key": ""}, {"type": "m.room.encrypted"},
        {"type": "m.room.redaction"}, {"content": ["m.text"]}, {"sender": OWN},
    ],
)  # fmt: skip
def test_events_that_break_a_rule_are_left_out(changes: dict[str, Any]) -> None:
    assert told({**SAMPLE, **changes}) == []


def test_the_order_of_a_transaction_is_kept_and_bad_events_harm_no_others() -> None:
    events = [captured("joined"), None, 7, captured("text"), {}, captured("left")]
    bodies = told(json.dumps({"events": events, "ephemeral": [{"type": "m.typing"}]}).encode())
    assert [type(body) for body in bodies] == [MemberEntered, MessagePosted, MemberWent]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"events":7}', b"\xff", b"{", b"[" * 5_000, b" " * (MAX_TRANSACTION_BYTES + 1),
     b'{"events":[' + b"0," * 10_000 + b"0]}"],
)  # fmt: skip
def test_what_is_no_transaction_is_refused(body: bytes) -> None:
    with pytest.raises(PayloadError) as caught:
        read_transaction(body, OWN, STAFF)
    assert caught.value.code == "matrix_payload" and caught.value.status == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["join", "m.text", "mxc://a/b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["membership", "body", "msgtype", "url", "m.relates_to", "m.new_content", "displayname"])


@given(
    kind=st.sampled_from(["m.room.member", "m.room.message"]),
    content=st.dictionaries(NAMES, JSON) | JSON,
    more=st.dictionaries(st.sampled_from(["state_key", "unsigned", "prev_content"]), JSON),
)
def test_no_content_of_strangers_stops_the_reading(kind: str, content: Any, more: dict[str, Any]) -> None:
    for body in told({**SAMPLE, "type": kind, "content": content, **more}):
        for value in (getattr(body, "text", ""), getattr(body, "name", "")):
            assert "\x00" not in value and value.encode().decode() == value
