"""What is sent beside a text: attachments in WeCom's shapes, within its limits in bytes (wecom-api.md §3.5, §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qunflow.connectors.wecom.bounds import check_bytes, check_count, refuse

MAX_TEXT = 4_000
MAX_ATTACHMENTS = 9
#: msgtype → fields, each with its most bytes and whether it must be there. Longest ids are not stated: 1024 of ours.
_FIELDS: Mapping[str, tuple[tuple[str, int, bool], ...]] = {
    "image": (("media_id", 1_024, False), ("pic_url", 2_048, False)),
    "link": (("title", 128, True), ("picurl", 2_048, False), ("desc", 512, False), ("url", 2_048, True)),
    "miniprogram": (("title", 64, True), ("pic_media_id", 1_024, True), ("appid", 64, True), ("page", 2_048, True)),
    "video": (("media_id", 1_024, True),),
    "file": (("media_id", 1_024, True),),
}


def check_attachment(attachment: Mapping[str, Any]) -> dict[str, Any]:
    """One attachment ``{"msgtype": kind, kind: {…}}``. Raises InvalidInput naming the field."""
    kind = str(attachment.get("msgtype", ""))
    values = attachment.get(kind)
    if kind not in _FIELDS or not isinstance(values, Mapping):
        raise refuse("attachment", f"The kind {kind[:20]!r} is not known.", f"Use {', '.join(_FIELDS)}.")
    known = {name for name, _, _ in _FIELDS[kind]}
    if set(values) - known:
        raise refuse("attachment", f"A {kind} has only {', '.join(sorted(known))}.", "Leave the rest out.")
    for name, most, needed in _FIELDS[kind]:
        check_bytes(f"{kind}_{name}", str(values.get(name) or ""), most, 1 if needed else 0)
    if kind == "image" and not any(values.values()):
        raise refuse("image_media_id", "An image needs a media_id or a pic_url.", "Upload it first.")
    return {"msgtype": kind, kind: {name: value for name, value in values.items() if value}}


def message_content(
    text: str, attachments: Sequence[Mapping[str, Any]] = (), *, most_bytes: int = MAX_TEXT, most: int = MAX_ATTACHMENTS
) -> dict[str, Any]:
    """``text`` and ``attachments`` of a message, not both empty. Raises InvalidInput."""
    if not text and not attachments:
        raise refuse("text", "A message needs a text or an attachment.", "Write one.")
    check_count("attachments", attachments, 0, most)
    body: dict[str, Any] = {}
    if text:
        body["text"] = {"content": check_bytes("text", text, most_bytes)}
    if attachments:
        body["attachments"] = [check_attachment(item) for item in attachments]
    return body


def link(url: str, title: str, desc: str = "", picture: str = "") -> dict[str, Any]:
    """A link card; ``picture`` is the address of its image."""
    return check_attachment({"msgtype": "link", "link": {"title": title, "url": url, "desc": desc, "picurl": picture}})
