"""Messages to staff: text, markdown, cards, images, files, and taking them back (wecom-api.md §10).

They never reach customers. WeCom drops what is over 30 a minute or 1000 an hour for one member, without a word.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qunflow.connectors.wecom.bounds import check_bytes, check_choice, check_count, check_id, check_ids, refuse
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer

MAX_STAFF = 1_000
MAX_PARTIES = MAX_TAGS = 100
MAX_TEXT = 2_048
MAX_CARD_BYTES = 8_192
EVERYBODY = "@all"
CARD_TYPES = ("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction")
_MEDIA = ("image", "voice", "video", "file")


@dataclass(frozen=True, slots=True)
class Sent:
    """What WeCom took. ``unreached`` are unknown to the app; ``response_code`` changes a card within 72 h, once."""

    message: str
    unreached: tuple[str, ...] = ()
    response_code: str = ""


class StaffMessages:
    """Sends to staff and takes back. Raises WecomError (81013: nobody can be reached), InvalidInput before a call."""

    def __init__(self, calls: Transport, agent_id: int) -> None:
        self._calls = calls
        self._agent = agent_id

    async def send(
        self,
        message: Mapping[str, Any],
        staff: Sequence[str] = (),
        parties: Sequence[str] = (),
        tags: Sequence[str] = (),
        *,
        everybody: bool = False,
        duplicate_seconds: int = 1800,
    ) -> Sent:
        """Send a message made by one of the functions below: text, markdown, textcard, template_card, media.

        The same message within ``duplicate_seconds`` (at most 4 hours, 0: no check) is dropped by WeCom.
        """
        body: Answer = {**message, **_receivers(staff, parties, tags, everybody), "agentid": self._agent}
        if not 0 <= duplicate_seconds <= 4 * 3600:
            raise refuse("duplicate_seconds", "Must be from 0 to 14,400.", "Choose a shorter time.")
        if duplicate_seconds:
            body |= {"enable_duplicate_check": 1, "duplicate_check_interval": duplicate_seconds}
        answer = await self._calls.post("message/send", body)
        missed = [
            str(answer.get(name) or "") for name in ("invaliduser", "invalidparty", "invalidtag", "unlicenseduser")
        ]
        unreached = tuple(name for part in missed for name in part.split("|") if name)
        return Sent(str(answer.get("msgid") or ""), unreached, str(answer.get("response_code") or ""))

    async def recall(self, message: str) -> None:
        """Take a message back within 24 hours."""
        await self._calls.post("message/recall", {"msgid": check_id("message", message, 256)})

    async def update_card(self, response_code: str, card: Mapping[str, Any], staff: Sequence[str] = ()) -> None:
        """Replace a template card; a response code is good for 72 hours and once."""
        body: Answer = {"agentid": self._agent, "response_code": check_id("response_code", response_code, 256)}
        body["template_card"] = template_card(card)["template_card"]
        if staff:
            body["userids"] = check_ids("staff", staff, 1, MAX_STAFF)
        else:
            body["atall"] = 1
        await self._calls.post("message/update_template_card", body)


def text(content: str) -> dict[str, Any]:
    """A text of at most 2048 bytes."""
    return {"msgtype": "text", "text": {"content": check_bytes("text", content, MAX_TEXT, 1)}}


def markdown(content: str) -> dict[str, Any]:
    """WeCom's own Markdown, at most 2048 bytes."""
    return {"msgtype": "markdown", "markdown": {"content": check_bytes("markdown", content, MAX_TEXT, 1)}}


def textcard(title: str, description: str, url: str, button: str = "") -> dict[str, Any]:
    """A card with one link."""
    card = {
        "title": check_bytes("title", title, 128, 1),
        "description": check_bytes("description", description, 512, 1),
        "url": check_bytes("url", url, 2_048, 1),
    }
    if button:
        card["btntxt"] = check_bytes("button", button, 12)
    return {"msgtype": "textcard", "textcard": card}


def template_card(card: Mapping[str, Any]) -> dict[str, Any]:
    """A card in WeCom's own shape, by its ``card_type``."""
    check_choice("card_type", card.get("card_type"), CARD_TYPES)
    check_bytes("template_card", json.dumps(card, ensure_ascii=False), MAX_CARD_BYTES)
    return {"msgtype": "template_card", "template_card": dict(card)}


def media(kind: str, media_id: str) -> dict[str, Any]:
    """An uploaded image, voice, video or file."""
    check_choice("kind", kind, _MEDIA)
    return {"msgtype": kind, kind: {"media_id": check_id("media_id", media_id, 1_024)}}


def _receivers(staff: Sequence[str], parties: Sequence[str], tags: Sequence[str], everybody: bool) -> Answer:
    if everybody:
        return {"touser": EVERYBODY}
    if not staff and not parties and not tags:
        raise refuse("staff", "A message needs somebody to go to.", "Name staff, parties or tags.")
    check_count("parties", parties, 0, MAX_PARTIES)
    found: Answer = {}
    for name, values, most in (
        ("touser", staff, MAX_STAFF),
        ("toparty", parties, MAX_PARTIES),
        ("totag", tags, MAX_TAGS),
    ):
        if values:
            found[name] = "|".join(check_ids(name, values, 1, most))
    return found
