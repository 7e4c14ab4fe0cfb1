"""Callback XML to inbound bodies: pure, bounded, and without entities (wecom-api.md §2, §9)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from qunflow.domain.errors import QunflowError
from qunflow.domain.inbound import ContactAdded, ContactLost, EventNoted, GroupHinted

MAX_XML_BYTES = 1_048_576
_FORBIDDEN = ("<!doctype", "<!entity")
_REMOVED_BY_STAFF = "1"
_MAX_NOTE = 128

_CHAT_UPDATES = {
    "add_member": "members_added",
    "del_member": "members_removed",
    "change_owner": "owner",
    "change_name": "renamed",
    "change_notice": "notice",
}

Body = ContactAdded | ContactLost | EventNoted | GroupHinted


class PayloadError(QunflowError):
    """A callback body that is no well-formed, plain XML of at most 1 MB."""

    def __init__(self, rule: str) -> None:
        super().__init__("wecom_payload", rule, way_out="Send it as WeCom does.")


@dataclass(frozen=True, slots=True)
class Outer:
    """What is outside the encryption: for whom it claims to be, and the text to open."""

    receiver: str
    encrypted: str


def read_outer(body: bytes) -> Outer:
    """The outer XML of a callback; raises :class:`PayloadError`."""
    root = _root(body)
    encrypted = _text(root, "Encrypt")
    if not encrypted:
        raise PayloadError("The body has no Encrypt element.")
    return Outer(_text(root, "ToUserName"), encrypted)


def message_key(xml: bytes) -> str:
    """What makes a decrypted callback count once: its MsgId, or the hash of the whole (events have no id)."""
    message_id = _text(_root(xml), "MsgId")
    if message_id:
        return f"msg:{message_id[:64]}"
    return f"sha256:{hashlib.sha256(xml).hexdigest()}"


def inbound_bodies(xml: bytes) -> tuple[Body, ...]:
    """What a decrypted callback tells: one body of the product, or a note of what it was.

    A note has no handler: it is stored with the raw bytes and counted under the reason ``unknown_kind``. So is an
    event that is known but lacks its ids. Raises :class:`PayloadError` when it is no XML.
    """
    root = _root(xml)
    reader = _READERS.get((_text(root, "Event"), _text(root, "ChangeType")))
    body = reader(root) if reader is not None else None
    return (body if body is not None else _noted(root),)


def _root(data: bytes) -> ElementTree.Element:
    if len(data) > MAX_XML_BYTES:
        raise PayloadError(f"The body is longer than {MAX_XML_BYTES} bytes.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PayloadError("The body is no UTF-8.") from error
    lowered = text.lower()
    if any(word in lowered for word in _FORBIDDEN):
        raise PayloadError("The body declares a document type or an entity.")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise PayloadError("The body is no well-formed XML.") from error


def _text(root: ElementTree.Element, name: str) -> str:
    return (root.findtext(name) or "").strip()


def _noted(root: ElementTree.Element) -> EventNoted:
    subjects = (_text(root, name) for name in ("LinkId", "Id", "ChatId", "JobId", "MsgId"))
    details = (_text(root, name) for name in ("FailReason", "Source", "TagType", "State", "ExpireTime", "MsgType"))
    return EventNoted(
        event=(_text(root, "Event") or "message")[:_MAX_NOTE],
        change=_text(root, "ChangeType")[:_MAX_NOTE],
        external=_text(root, "ExternalUserID")[:_MAX_NOTE],
        staff=(_text(root, "UserID") or _sender(root))[:_MAX_NOTE],
        subject=next((text for text in subjects if text), "")[:_MAX_NOTE],
        detail=next((text for text in details if text not in ("", "event")), "")[:_MAX_NOTE],
    )


def _sender(root: ElementTree.Element) -> str:
    """Who wrote to the app, or clicked on a card; ``sys`` is WeCom itself."""
    sender = _text(root, "FromUserName")
    return "" if sender == "sys" else sender


def _contact_added(root: ElementTree.Element) -> Body | None:
    external, staff = _text(root, "ExternalUserID"), _text(root, "UserID")
    if not external or not staff:
        return None
    return ContactAdded(external, staff, _text(root, "State"), _text(root, "WelcomeCode"))


def _contact_lost(by_customer: bool) -> Callable[[ElementTree.Element], Body | None]:
    def read(root: ElementTree.Element) -> Body | None:
        external, staff = _text(root, "ExternalUserID"), _text(root, "UserID")
        return ContactLost(external, staff, by_customer) if external and staff else None

    return read


def _chat_hint(change: str) -> Callable[[ElementTree.Element], Body | None]:
    def read(root: ElementTree.Element) -> Body | None:
        chat = _text(root, "ChatId")
        return GroupHinted(chat, change) if chat else None

    return read


def _chat_updated(root: ElementTree.Element) -> Body | None:
    """UpdateDetail alone decides: samples carry QuitScene in joins and JoinScene 1 (wecom-api.md §9)."""
    chat = _text(root, "ChatId")
    if not chat:
        return None
    change = _CHAT_UPDATES.get(_text(root, "UpdateDetail"), "unknown")
    moved = _member_ids(root) if change in ("members_added", "members_removed") else ()
    removed = change == "members_removed" and _text(root, "QuitScene") == _REMOVED_BY_STAFF
    return GroupHinted(chat, change, moved, removed)


def _member_ids(root: ElementTree.Element) -> tuple[str, ...]:
    """MemChangeList as child Items or as one comma-joined text; both occur."""
    listed = root.find("MemChangeList")
    if listed is None:
        return ()
    parts = [item.text or "" for item in listed] or (listed.text or "").split(",")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


_CONTACT, _CHAT = "change_external_contact", "change_external_chat"
_READERS: dict[tuple[str, str], Callable[[ElementTree.Element], Any]] = {
    (_CONTACT, "add_external_contact"): _contact_added,
    (_CONTACT, "add_half_external_contact"): _contact_added,
    (_CONTACT, "del_external_contact"): _contact_lost(by_customer=False),
    (_CONTACT, "del_follow_user"): _contact_lost(by_customer=True),
    (_CHAT, "create"): _chat_hint("created"),
    (_CHAT, "update"): _chat_updated,
    (_CHAT, "dismiss"): _chat_hint("dismissed"),
}
