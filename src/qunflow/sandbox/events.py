"""Callback events as XML (wecom-api.md §9)."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

Element = tuple[str, str | int | Sequence[str]]


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _element(name: str, value: str | int | Sequence[str]) -> str:
    if isinstance(value, str):
        return f"<{name}>{_cdata(value)}</{name}>"
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    items = "".join(f"<Item>{escape(entry)}</Item>" for entry in value)
    return f"<{name}>{items}</{name}>"


def event_xml(corp_id: str, at: int, event: str, elements: Sequence[Element]) -> str:
    """An event with its common head; texts as CDATA, lists as ``Item`` children. ``at`` in seconds."""
    head: list[Element] = [
        ("ToUserName", corp_id),
        ("FromUserName", "sys"),
        ("CreateTime", at),
        ("MsgType", "event"),
        ("Event", event),
    ]
    return "<xml>" + "".join(_element(name, value) for name, value in (*head, *elements)) + "</xml>"


def contact_event(change: str, userid: str, external_userid: str, **more: str) -> list[Element]:
    """Elements of ``change_external_contact``; empty texts in ``more`` (State, WelcomeCode) are left out."""
    elements: list[Element] = [
        ("ChangeType", change),
        ("UserID", userid),
        ("ExternalUserID", external_userid),
    ]
    elements.extend((name, value) for name, value in more.items() if value)
    return elements


def chat_event(change: str, chat_id: str) -> list[Element]:
    """Elements of ``change_external_chat`` create and dismiss."""
    return [("ChatId", chat_id), ("ChangeType", change)]


def chat_update(chat_id: str, detail: str) -> list[Element]:
    """Elements of an update that changes no members: change_name, change_notice, change_owner."""
    return [("ChatId", chat_id), ("ChangeType", "update"), ("UpdateDetail", detail)]


def member_update(
    chat_id: str, detail: str, scene: tuple[str, int], members: Sequence[str], versions: tuple[str, str]
) -> list[Element]:
    """Elements of add_member (scene ``JoinScene``) and del_member (scene ``QuitScene``)."""
    return [
        *chat_update(chat_id, detail),
        scene,
        ("MemChangeCnt", len(members)),
        ("MemChangeList", tuple(members)),
        ("LastMemVer", versions[0]),
        ("CurMemVer", versions[1]),
    ]
