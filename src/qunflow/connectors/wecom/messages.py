"""Texts and cards in WeCom's shapes, within its limits in bytes (wecom-api.md §3.5, §6, §10): pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from qunflow.connectors.wecom.errors import refused_here
from qunflow.domain.actions import Attachment, TellStaff

MAX_TEXT = 4_000
MAX_ATTACHMENTS = 9
_MAX_TITLE, _MAX_DESC, _MAX_URL = 128, 512, 2_048
_MAX_STAFF_TEXT = 2_048
_MORE = "…"


def check_text(text: str, most: int = MAX_TEXT) -> None:
    """Raises :class:`WecomError` when a text is longer than WeCom takes; it is never cut silently."""
    size = len(text.encode())
    if size > most:
        raise refused_here(f"The text has {size} bytes, WeCom takes {most}.", f"Shorten it by {size - most} bytes.")


def cut(text: str, most: int) -> str:
    """At most ``most`` bytes of a text, ended by … when something was left out."""
    content = text.encode()
    if len(content) <= most:
        return text
    return content[: most - len(_MORE.encode())].decode(errors="ignore") + _MORE


def link_attachment(attachment: Attachment) -> dict[str, Any]:
    """A link card; title and description are cut to fit, the address never."""
    check_text(attachment.url, _MAX_URL)
    link = {"title": cut(attachment.title or attachment.url, _MAX_TITLE), "url": attachment.url}
    if attachment.desc:
        link["desc"] = cut(attachment.desc, _MAX_DESC)
    return {"msgtype": "link", "link": link}


def image_attachment(media: str) -> dict[str, Any]:
    """An uploaded image."""
    return {"msgtype": "image", "image": {"media_id": media}}


def staff_message(action: TellStaff, key: str) -> Mapping[str, Any]:
    """A card when it fits on one, else a text; a text that is still too long is cut, its link is kept.

    WeCom drops a message that is the same as an earlier one, so the address carries ``key``: two wishes with
    the same words then both arrive, two tries of one wish do not.
    """
    url = _marked(action.url, key)
    card_fits = len(action.title.encode()) <= _MAX_TITLE and 0 < len(action.text.encode()) <= _MAX_DESC
    if url and card_fits and action.title and len(url.encode()) <= _MAX_URL:
        card = {"title": action.title, "description": action.text, "url": url, "btntxt": "详情"}
        return {"msgtype": "textcard", "textcard": card}
    lines = "\n".join(part for part in (action.title, action.text) if part)
    tail = f"\n{url}" if url else ""
    check_text(tail, _MAX_STAFF_TEXT - len(_MORE.encode()))
    content = cut(lines, _MAX_STAFF_TEXT - len(tail.encode())) + tail
    if not content.strip():
        raise refused_here("A message to staff needs a title or a text.", "Write one.")
    return {"msgtype": "text", "text": {"content": content}}


def _marked(url: str, key: str) -> str:
    if not url or "#" in url:
        return url
    return f"{url}#{hashlib.sha256(key.encode()).hexdigest()[:8]}"
