"""Captured callback shapes to inbound bodies (wecom-api.md §9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qunflow.connectors.wecom.inbound import (
    MAX_XML_BYTES,
    PayloadError,
    inbound_bodies,
    message_key,
    read_outer,
)
from qunflow.domain.inbound import ContactAdded, ContactLost, EventNoted, GroupHinted

FOLDER = Path(__file__).parent / "payloads"
CHAT, TWO = "wrBBBB0001", ("wmAAAA0001", "wmAAAA0002")
CONTACT, LINKS = "change_external_contact", "customer_acquisition"
ONE = ("wmAAAA0001", "lisi")
EXPECTED: dict[str, tuple[Any, ...]] = {
    "add_external_contact": (ContactAdded("wmAAAA0001", "lisi", "k7dm2xwq9hbt", "WELCOME0001"),),
    "add_external_contact_bare": (ContactAdded("wmAAAA0001", "lisi"),),
    "add_half_external_contact": (ContactAdded("wmAAAA0001", "lisi", "k7dm2xwq9hbt", "WELCOME0002"),),
    "add_external_contact_no_ids": (EventNoted(CONTACT, "add_external_contact", detail="k7dm2xwq9hbt"),),
    "edit_external_contact": (EventNoted(CONTACT, "edit_external_contact", *ONE),),
    "del_external_contact": (ContactLost("wmAAAA0001", "lisi", by_customer=False),),
    "del_follow_user": (ContactLost("wmAAAA0001", "lisi", by_customer=True),),
    "transfer_fail": (EventNoted(CONTACT, "transfer_fail", *ONE, "", "customer_refused"),),
    "msg_audit_approved": (EventNoted(CONTACT, "msg_audit_approved", *ONE),),
    "chat_create": (GroupHinted(CHAT, "created"),),
    "chat_dismiss": (GroupHinted(CHAT, "dismissed"),),
    "chat_add_member_items": (GroupHinted(CHAT, "members_added", TWO),),
    "chat_add_member_commas": (GroupHinted(CHAT, "members_added", TWO),),
    "chat_add_member_old": (GroupHinted(CHAT, "members_added"),),
    "chat_del_member_left": (GroupHinted(CHAT, "members_removed", TWO[:1], removed_by_staff=False),),
    "chat_del_member_removed": (GroupHinted(CHAT, "members_removed", TWO[:1], removed_by_staff=True),),
    "chat_change_owner": (GroupHinted(CHAT, "owner"),),
    "chat_change_name": (GroupHinted(CHAT, "renamed"),),
    "chat_change_notice": (GroupHinted(CHAT, "notice"),),
    "chat_update_unknown": (GroupHinted(CHAT, "unknown"),),
    "tag_create": (EventNoted("change_external_tag", "create", subject="etTAG01", detail="tag"),),
    "customer_acquisition": (EventNoted(LINKS, "friend_request", subject="cawLINK", detail="c1"),),
    "tag_update": (EventNoted("change_external_tag", "update", subject="etGROUP01", detail="tag_group"),),
    "tag_delete": (EventNoted("change_external_tag", "delete", subject="etGROUP01", detail="tag_group"),),
    "tag_shuffle": (EventNoted("change_external_tag", "shuffle", subject="etGROUP01"),),
    "del_external_contact_by_transfer": (ContactLost("wmAAAA0001", "lisi", by_customer=False),),
    "acquisition_balance_low": (EventNoted(LINKS, "balance_low"),),
    "acquisition_balance_exhausted": (EventNoted(LINKS, "balance_exhausted"),),
    "acquisition_balance_increased": (EventNoted(LINKS, "balance_increased"),),
    "acquisition_link_unavailable": (EventNoted(LINKS, "link_unavailable", subject="cawLINK"),),
    "acquisition_delete_link": (EventNoted(LINKS, "delete_link", subject="cawLINK"),),
    "acquisition_quota_expire_soon": (EventNoted(LINKS, "quota_expire_soon", detail="1795867200"),),
    "acquisition_open_profile": (EventNoted(LINKS, "open_profile", subject="cawLINK", detail="c1"),),
    "acquisition_customer_start_chat": (EventNoted(LINKS, "customer_start_chat", *ONE, "cawLINK"),),
    "acquisition_message_from_customer": (EventNoted(LINKS, "message_from_customer", *ONE, "cawLINK"),),
    "staff_text": (EventNoted("message", staff="lisi", subject="4561255354251345929", detail="text"),),
}


def payload(name: str) -> bytes:
    return (FOLDER / f"{name}.xml").read_bytes()


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.xml")))
def test_every_captured_payload_is_read_as_expected(name: str) -> None:
    assert inbound_bodies(payload(name)) == EXPECTED[name]


def test_events_count_once_by_their_whole_content() -> None:
    one, other = payload("chat_create"), payload("chat_dismiss")
    assert message_key(one) == message_key(one)
    assert message_key(one) != message_key(other)
    assert message_key(one).startswith("sha256:") and len(message_key(one)) == 71


def test_messages_count_once_by_their_id() -> None:
    again = payload("staff_text").replace(b"1795262400", b"1795262405")
    assert message_key(payload("staff_text")) == message_key(again) == "msg:4561255354251345929"


def test_the_outer_envelope_is_read() -> None:
    outer = read_outer(b"<xml><ToUserName><![CDATA[ww1]]></ToUserName><Encrypt><![CDATA[abc=]]></Encrypt></xml>")
    assert (outer.receiver, outer.encrypted) == ("ww1", "abc=")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<xml>",
        b"hello",
        b"\xff\xfe<\x00x\x00",
        b"<xml><ToUserName>ww1</ToUserName></xml>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>',
        b"<!doctype xml><xml><Encrypt>a</Encrypt></xml>",
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x><xml/>'.encode("utf-16"),
        b"<xml><Encrypt>" + b"a" * MAX_XML_BYTES + b"</Encrypt></xml>",
    ],
)
def test_what_is_no_plain_xml_is_refused(body: bytes) -> None:
    with pytest.raises(PayloadError):
        read_outer(body)
