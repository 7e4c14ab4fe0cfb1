"""A transaction of the server to inbound bodies: pure, bounded, and deaf to qunflow's own messages."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from qunflow.connectors.matrix.settings import is_mxid
from qunflow.connectors.matrix.wire import Answer, mapping, text
from qunflow.domain.errors import QunflowError
from qunflow.domain.inbound import (
    BanEnded,
    KnockEnded,
    KnockHeard,
    MemberEntered,
    MemberNamed,
    MemberWent,
    MessagePosted,
)

#: A server sends at most 100 events at once, each with what it replaced, each at most 64 KB. A smaller bound would
#: let a flood of large events stop the pushes for good, since a server repeats what was not taken.
MAX_TRANSACTION_BYTES = 16 * 1_048_576
MAX_EVENTS = 10_000
MAX_TEXT = 20_000
MAX_NAME = 255
MAX_REASON = 500
_MAX_ID = 255

Body = MemberEntered | MemberWent | MemberNamed | BanEnded | KnockHeard | KnockEnded | MessagePosted

_ROOM = re.compile(r"![!-~]{1,254}")
_EVENT = re.compile(r"\$[!-~]{1,254}")
_MXC = re.compile(r"mxc://[A-Za-z0-9.:\[\]-]{1,230}/[A-Za-z0-9_-]{1,255}")
_SPOKEN = ("m.text", "m.emote", "m.notice")


class PayloadError(QunflowError):
    """A transaction body that is no JSON object with a list of events."""

    def __init__(self, rule: str) -> None:
        super().__init__("matrix_payload", rule, way_out="Send it as the application service API says.")


@dataclass(frozen=True, slots=True)
class Received:
    """One event that tells something: ``key`` makes it count once, ``raw`` is its JSON."""

    key: str
    bodies: tuple[Body, ...]
    raw: bytes


def read_transaction(body: bytes, own: str, staff: Collection[str]) -> tuple[Received, ...]:
    """The events of a transaction that tell something, in their order; raises :class:`PayloadError`.

    ``own`` is the Matrix id of qunflow's account: its messages are not heard, its joins count as staff's.
    """
    if len(body) > MAX_TRANSACTION_BYTES:
        raise PayloadError(f"The body is longer than {MAX_TRANSACTION_BYTES} bytes.")
    events = mapping(_parsed(body)).get("events")
    if not isinstance(events, list) or len(events) > MAX_EVENTS:
        raise PayloadError(f"The body has no list of at most {MAX_EVENTS} events.")
    received: list[Received] = []
    for event in map(mapping, events):
        told = event_body(event, own, staff)
        if told is not None:
            raw = json.dumps(event, separators=(",", ":")).encode()
            received.append(Received(str(event["event_id"]), (told,), raw))
    return tuple(received)


def _parsed(body: bytes) -> Any:
    """JSON data; an event nested over 128 deep was already refused by the server (seen with Synapse 1.163)."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadError("The body is no JSON.") from error


def event_body(event: Answer, own: str, staff: Collection[str]) -> Body | None:
    """What one event tells; None for what is not for us, not understood, or breaks a bound of an id."""
    chat, sender = _id(_ROOM, event.get("room_id")), _person(event.get("sender"))
    if not chat or not sender or not _id(_EVENT, event.get("event_id")):
        return None
    content = mapping(event.get("content"))
    if event.get("type") == "m.room.member":
        return _moved(event, content, chat, sender, own, staff)
    if event.get("type") == "m.room.message" and sender != own and "state_key" not in event:
        return _posted(content, chat, sender)
    return None


def _moved(event: Answer, content: Answer, chat: str, sender: str, own: str, staff: Collection[str]) -> Body | None:
    """A change of membership. A new picture is a join after a join, a declined invitation a leave after it.

    Direct rooms are no groups: neither our own entry into a room that we make nor the person's into a direct one is
    told. A group of ours is told by the answer to its making.
    """
    external, membership = _person(event.get("state_key")), content.get("membership")
    before = _content_before(event)
    was = text(before.get("membership"), 20)
    if not external:
        return None
    if membership == "join":
        if was == "join":
            return _renamed(content, before, chat, external)
        if before.get("is_direct") is True or (external == own and not was):
            return None
        is_staff = external == own or external in staff
        return MemberEntered(chat, external, text(content.get("displayname"), MAX_NAME), is_staff)
    if membership == "ban":
        return MemberWent(chat, external, removed=True, banned=True)
    if membership == "leave" and was in ("join", ""):
        return MemberWent(chat, external, removed=sender != external)
    return _before_the_door(content, was, chat, external, sender)


def _renamed(content: Answer, before: Answer, chat: str, external: str) -> Body | None:
    """A member's new display name; a new picture is no news."""
    name = text(content.get("displayname"), MAX_NAME)
    return MemberNamed(chat, external, name) if name and name != text(before.get("displayname"), MAX_NAME) else None


def _before_the_door(content: Answer, was: str, chat: str, external: str, sender: str) -> Body | None:
    """What becomes of somebody who is not inside: a knock and its end, the end of a ban."""
    membership = content.get("membership")
    if membership == "knock" and was != "knock":
        said, name = text(content.get("reason"), MAX_REASON), text(content.get("displayname"), MAX_NAME)
        return KnockHeard(chat, external, name, said)
    if was == "knock" and membership == "invite":
        return KnockEnded(chat, external, "invited")
    if was == "knock" and membership == "leave":
        return KnockEnded(chat, external, "withdrawn" if sender == external else "refused")
    return BanEnded(chat, external) if was == "ban" and membership == "leave" else None


def _content_before(event: Answer) -> Answer:
    """The content of the membership that an event replaced, empty when it is not told."""
    return mapping(mapping(event.get("unsigned")).get("prev_content", event.get("prev_content")))


def _posted(content: Answer, chat: str, sender: str) -> Body | None:
    """A text or an image. An edit tells its new text, so that nobody edits their way past moderation."""
    relation = mapping(content.get("m.relates_to"))
    if relation.get("rel_type") == "m.replace":
        content = mapping(content.get("m.new_content"))
    kind = content.get("msgtype")
    if kind in _SPOKEN:
        spoken = text(content.get("body"), MAX_TEXT)
        spoken = _without_quote(spoken) if "m.in_reply_to" in relation else spoken
        return MessagePosted(chat, sender, spoken) if spoken else None
    if kind == "m.image":
        media = _id(_MXC, content.get("url"), 500)
        return MessagePosted(chat, sender, _caption(content), media) if media else None
    return None


def _caption(content: Answer) -> str:
    """The body of an image is its caption only where a different file name stands beside it."""
    body, filename = text(content.get("body"), MAX_TEXT), text(content.get("filename"), MAX_TEXT)
    return body if filename and body != filename else ""


def _without_quote(spoken: str) -> str:
    """A reply without the older clients' copy of what it replies to: lines that start with ``> ``."""
    lines = spoken.split("\n")
    quoted = 0
    while quoted < len(lines) and lines[quoted].startswith(">"):
        quoted += 1
    return "\n".join(lines[quoted:]).lstrip("\n") if quoted else spoken


def _id(shape: re.Pattern[str], value: Any, limit: int = _MAX_ID) -> str:
    return value if isinstance(value, str) and len(value) <= limit and shape.fullmatch(value) else ""


def _person(value: Any) -> str:
    return value if isinstance(value, str) and is_mxid(value) else ""
