"""Welcome messages to new customers (wecom-api.md §3.5) and messages to staff (§10)."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable

import orjson

from qunflow.sandbox.attachments import check_content
from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.state import Staff
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World, message

_RECIPIENTS_MOST = 1_000
_STAFF_PER_MINUTE, _STAFF_PER_HOUR = 30, 1_000
_DUPLICATE_SECONDS, _DUPLICATE_MOST = 1_800, 4 * 3_600
_REMEMBERED = 100_000


def send_welcome_msg(world: World, call: Call) -> Json:
    """Code named (41049), content, code used before (41051), code unknown or older than 20 s (41050)."""
    fields = Fields(call.body, refuse)
    code = fields.text("welcome_code", most=512, default="")
    if not code:
        raise PlatformError(41049)
    content = check_content(world, fields)
    welcome = world.welcomes.get(code)
    if welcome is not None and welcome.used:
        raise PlatformError(41051)
    if welcome is None or world.instant() - welcome.issued > world.limits.welcome_seconds:
        raise PlatformError(41050)
    relation = welcome.phone.follows.get(welcome.staff.userid)
    if relation is None or relation.left:
        raise PlatformError(84061)
    welcome.used = True
    welcome.phone.inbox.add(message("welcome", welcome.staff, world.seconds(), content.text, content.on_phone))
    return {}


def _text(fields: Fields) -> Json:
    content = fields.text("content", most=100_000, default="")
    if not content:
        raise PlatformError(44004)
    if len(content.encode()) > 2_048:
        raise PlatformError(45002, "content is longer than 2048 bytes")
    return {"content": content}


def _textcard(fields: Fields) -> Json:
    return {
        "title": fields.text("title", most=128),
        "description": fields.text("description", most=512),
        "url": fields.text_in_bytes("url", most=2_048),
        "btntxt": fields.text("btntxt", most=4, default="详情"),
    }


def _news(fields: Fields) -> Json:
    articles = fields.records("articles")
    if not 1 <= len(articles) <= 8:
        raise PlatformError(45008)
    return {
        "articles": [
            {
                "title": article.text("title", most=128),
                "description": article.text("description", most=512, default=""),
                "url": article.text_in_bytes("url", most=2_048, default=""),
                "picurl": article.text_in_bytes("picurl", most=2_048, default=""),
            }
            for article in articles
        ]
    }


_READERS: dict[str, Callable[[Fields], Json]] = {
    "text": _text,
    "markdown": _text,
    "textcard": _textcard,
    "news": _news,
}
_WITH_MEDIA = ("image", "voice", "video", "file")


def _body(world: World, fields: Fields, raw: Json) -> tuple[str, Json]:
    """The message by its type; a template card is passed on as it is, once it names its card_type."""
    msgtype = fields.text("msgtype", most=32, default="")
    inner = fields.record(msgtype) if msgtype else None
    if msgtype in _READERS and inner is not None:
        return msgtype, _READERS[msgtype](inner)
    if msgtype in _WITH_MEDIA and inner is not None:
        media = world.media.get(inner.text("media_id", most=512))
        if media is None or media.kind != msgtype or media.expires <= world.instant():
            raise PlatformError(40007)
        return msgtype, {"media_id": media.media_id, "url": media.url}
    if msgtype == "template_card" and inner is not None:
        inner.text("card_type", most=32)
        return msgtype, dict(raw[msgtype])
    raise PlatformError(40008, msgtype)


def _recipients(world: World, fields: Fields) -> tuple[list[Staff], list[str]]:
    """Known and unknown people of ``touser``; 81013 when nobody is left. There are no departments or tags."""
    touser = fields.text("touser", most=70_000, default="")
    if touser == "@all":
        return list(world.staff.values()), []
    userids = list(dict.fromkeys(userid for userid in touser.split("|") if userid))
    if len(userids) > _RECIPIENTS_MOST:
        raise PlatformError(40032)
    known = [world.staff[userid] for userid in userids if userid in world.staff]
    if not known:
        raise PlatformError(81013)
    return known, [userid for userid in userids if userid not in world.staff]


def _is_repeat(world: World, fields: Fields, key: bytes, now: float) -> bool:
    """With duplicate check on, the same message to the same people within the interval is swallowed."""
    interval = fields.integer("duplicate_check_interval", low=0, high=_DUPLICATE_MOST, default=_DUPLICATE_SECONDS)
    last = world.recent_messages.pop(key, None)
    world.recent_messages[key] = now
    if len(world.recent_messages) > _REMEMBERED:
        del world.recent_messages[next(iter(world.recent_messages))]
    return last is not None and now - last < interval


def _may_receive(staff: Staff, now: float) -> bool:
    """30 a minute and 1,000 an hour for one member; what is over is dropped without a word."""
    received = staff.received
    del received[: bisect_right(received, now - 3_600)]
    last_minute = len(received) - bisect_right(received, now - 60)
    if last_minute >= _STAFF_PER_MINUTE or len(received) >= _STAFF_PER_HOUR:
        return False
    received.append(now)
    return True


def send_to_staff(world: World, call: Call) -> Json:
    """Agent (301002), message, recipients, in this order; some unknown recipients are no error."""
    fields = Fields(call.body, refuse)
    if not fields.has("agentid"):
        raise PlatformError(41011)
    if fields.integer("agentid", low=0, high=2**40) != world.corp.agentid:
        raise PlatformError(301002)
    msgtype, body = _body(world, fields, call.body)
    known, unknown = _recipients(world, fields)
    msgid, now = "app" + world.mint("message"), world.instant()
    shown: Json = {"msgid": msgid, "msgtype": msgtype, "at": int(now), msgtype: body}
    key = hashlib.sha256(orjson.dumps([sorted(s.userid for s in known), msgtype, body])).digest()
    checked = fields.flag("enable_duplicate_check", default=False)
    if not (checked and _is_repeat(world, fields, key, now)):
        for staff in known:
            if _may_receive(staff, now):
                staff.inbox.add(shown)
    reply: Json = {
        "invaliduser": "|".join(unknown),
        "invalidparty": fields.text("toparty", most=2_000, default=""),
    }
    reply |= {
        "invalidtag": fields.text("totag", most=2_000, default=""),
        "unlicenseduser": "",
        "msgid": msgid,
    }
    if msgtype == "template_card":
        reply["response_code"] = world.mint("response")
    return reply


APIS: dict[str, Api] = {
    "/cgi-bin/externalcontact/send_welcome_msg": Api(send_welcome_msg),
    "/cgi-bin/message/send": Api(send_to_staff),
}
