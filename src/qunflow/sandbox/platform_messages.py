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
_RECALL_SECONDS, _CARD_SECONDS = 24 * 3_600, 72 * 3_600


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
    if relation.spoken >= welcome.issued:
        raise PlatformError(41051)
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


def _mpnews(world: World, fields: Fields) -> Json:
    articles = fields.records("articles")
    if not 1 <= len(articles) <= 8:
        raise PlatformError(45008)
    shown: list[Json] = []
    for article in articles:
        thumb = _media(world, article.text("thumb_media_id", most=512), "image")
        content = article.text_in_bytes("content", most=666 * 1024)
        shown.append({"title": article.text("title", most=128), "content": content, "thumb": thumb["url"]})
    return {"articles": shown}


def _miniprogram_notice(fields: Fields) -> Json:
    items = fields.records("content_item")
    if len(items) > 10:
        raise refuse("content_item", "holds more than 10 entries")
    return {
        "appid": fields.text("appid", most=64),
        "page": fields.text("page", most=1_024, default=""),
        "title": fields.text("title", most=12),
        "description": fields.text("description", most=12, default=""),
        "content_item": [{"key": item.text("key", most=10), "value": item.text("value", most=30)} for item in items],
    }


def _media(world: World, media_id: str, kind: str) -> Json:
    """40007 when unknown, of another kind, or past its three days."""
    media = world.media.get(media_id)
    if media is None or media.kind != kind or media.expires <= world.instant():
        raise PlatformError(40007)
    return {"media_id": media.media_id, "url": media.url}


_READERS: dict[str, Callable[[Fields], Json]] = {
    "text": _text,
    "markdown": _text,
    "textcard": _textcard,
    "news": _news,
    "miniprogram_notice": _miniprogram_notice,
}
_WITH_MEDIA = ("image", "voice", "video", "file")


def _body(world: World, fields: Fields, raw: Json) -> tuple[str, Json]:
    """The message by its type; a template card is passed on as it is, once it names its card_type."""
    msgtype = fields.text("msgtype", most=32, default="")
    inner = fields.record(msgtype) if msgtype else None
    if msgtype in _READERS and inner is not None:
        return msgtype, _READERS[msgtype](inner)
    if msgtype in _WITH_MEDIA and inner is not None:
        return msgtype, _media(world, inner.text("media_id", most=512), msgtype)
    if msgtype == "mpnews" and inner is not None:
        return msgtype, _mpnews(world, inner)
    if msgtype == "template_card" and inner is not None:
        inner.text("card_type", most=32)
        return msgtype, dict(raw[msgtype])
    raise PlatformError(40008, msgtype)


def _recipients(world: World, fields: Fields) -> tuple[list[Staff], list[str]]:
    """Known and unknown people of ``touser``; 81013 when nobody is left. There are no departments or tags."""
    touser = fields.text("touser", most=70_000, default="")
    if touser == "@all":
        return [staff for staff in world.staff.values() if staff.in_range and not staff.resigned], []
    userids = list(dict.fromkeys(userid for userid in touser.split("|") if userid))
    if len(userids) > _RECIPIENTS_MOST:
        raise PlatformError(40032)
    found = [world.staff[userid] for userid in userids if userid in world.staff]
    known = [staff for staff in found if staff.in_range and not staff.resigned]
    if not known:
        raise PlatformError(81013)
    reached = {staff.userid for staff in known}
    return known, [userid for userid in userids if userid not in reached]


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
    _keep(world, msgid, shown)
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
        world.offers.cards[reply["response_code"]] = (shown, now + _CARD_SECONDS)
    return reply


def _keep(world: World, msgid: str, shown: Json) -> None:
    """Remember a message for its recall; the oldest are forgotten."""
    world.offers.app_messages[msgid] = shown
    if len(world.offers.app_messages) > _REMEMBERED:
        del world.offers.app_messages[next(iter(world.offers.app_messages))]


def recall(world: World, call: Call) -> Json:
    """Take a message back within 24 hours (42052); its readers see that one was there."""
    shown = world.offers.app_messages.get(Fields(call.body, refuse).text("msgid", most=128))
    if shown is None:
        raise refuse("msgid", "is no message of this app")
    if world.instant() - shown["at"] > _RECALL_SECONDS:
        raise PlatformError(42052)
    shown.pop(str(shown["msgtype"]), None)
    shown["recalled"] = True
    return {}


def update_template_card(world: World, call: Call) -> Json:
    """Change a card by its response_code: once, within 72 hours (42014). A button text, or another card."""
    fields = Fields(call.body, refuse)
    if fields.has("agentid") and fields.integer("agentid", low=0, high=2**40) != world.corp.agentid:
        raise PlatformError(301002)
    code = fields.text("response_code", most=512)
    held = world.offers.cards.get(code)
    if held is None or held[1] <= world.instant():
        raise PlatformError(42014)
    button, card = fields.record("button"), fields.record("template_card")
    if button is None and card is None:
        raise PlatformError(40063, "button and template_card are both empty")
    users = fields.texts("userids", most=_RECIPIENTS_MOST)
    unknown = [userid for userid in users if userid not in world.staff]
    if card is not None:
        card.text("card_type", most=32)
        held[0]["template_card"] = dict(call.body["template_card"])
    elif button is not None:
        held[0]["template_card"] = {**held[0]["template_card"], "replaced": button.text("replace_name", most=32)}
    del world.offers.cards[code]
    return {"invaliduser": unknown, "response_code": ""}


APIS: dict[str, Api] = {
    "/cgi-bin/externalcontact/send_welcome_msg": Api(send_welcome_msg),
    "/cgi-bin/message/send": Api(send_to_staff),
    "/cgi-bin/message/recall": Api(recall),
    "/cgi-bin/message/update_template_card": Api(update_template_card),
}
