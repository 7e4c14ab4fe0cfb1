"""「联系我」 contact ways (wecom-api.md §3.3)."""

from __future__ import annotations

from qunflow.sandbox.attachments import check_conclusions
from qunflow.sandbox.befriending import close_chat
from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.cursors import cursor_for, position_of
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.platform_contacts import known_customer, known_staff
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.qr_book import Code
from qunflow.sandbox.settings import DAY
from qunflow.sandbox.state import ContactWay
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_SINGLE, _MULTI = 1, 2
_SCENE_QR = 2
_USERS_MOST = 100
_STYLES = 3
_ROOT = "/cgi-bin/externalcontact/"


def _choice(fields: Fields, name: str, missing: int, bad: int) -> int:
    """1 or 2; the platform has a code of its own for each way this can fail."""
    if not fields.has(name):
        raise PlatformError(missing)
    value = fields.integer(name, low=-(2**31), high=2**31)
    if value not in (1, 2):
        raise PlatformError(bad)
    return value


def _users(world: World, fields: Fields, kind: int) -> list[str]:
    """The members behind a way: exactly one for type 1, at least one for type 2, at most 100 (41041)."""
    users = fields.texts("user", most=10_000)
    if len(users) > _USERS_MOST:
        raise PlatformError(41041)
    if not users or (kind == _SINGLE and len(users) != 1):
        raise refuse("user", "must name one member for type 1, one or more for type 2")
    for userid in users:
        staff = world.staff.get(userid)
        if staff is None or staff.resigned:
            raise PlatformError(40003, userid)
        if not staff.in_range:
            raise PlatformError(84074, userid)
    return users


def _optional(fields: Fields, current: Json) -> Json:
    """Fields that add and update share; what was not sent keeps its value."""
    style = current["style"]
    if fields.has("style"):
        style = fields.integer("style", low=-(2**31), high=2**31)
        if not 0 <= style <= _STYLES:
            raise PlatformError(41042)
    if fields.has("party") and fields.texts("party", most=0):
        raise refuse("party", "names a department and this corp has none")
    return {
        "style": style,
        "remark": fields.text("remark", most=30, default="") if fields.has("remark") else current["remark"],
        "skip_verify": fields.flag("skip_verify", default=current["skip_verify"]),
        "state": fields.text("state", most=30, default="") if fields.has("state") else current["state"],
        "is_exclusive": fields.flag("is_exclusive", default=current["is_exclusive"]),
        "mark_source": fields.flag("mark_source", default=current["mark_source"]),
    }


_BLANK: Json = {
    "style": 0,
    "remark": "",
    "skip_verify": True,
    "state": "",
    "is_exclusive": False,
    "mark_source": True,
}


def _temporary(world: World, fields: Fields) -> Json:
    """What a temporary way has more: its own end, the end of its chats, and what a closed chat leaves behind."""
    conclusions = fields.record("conclusions")
    return {
        "expires_in": fields.integer("expires_in", low=1, high=14 * DAY, default=7 * DAY),
        "chat_expires_in": fields.integer("chat_expires_in", low=1, high=14 * DAY, default=DAY),
        "unionid": fields.text("unionid", most=64, default=""),
        "conclusions": check_conclusions(world, conclusions) if conclusions else {},
    }


def add_contact_way(world: World, call: Call) -> Json:
    """Checks type, scene, temporary (medical corps only), optional fields, members, cap, in this order."""
    fields = Fields(call.body, refuse)
    kind = _choice(fields, "type", 41037, 41039)
    scene = _choice(fields, "scene", 41038, 41040)
    is_temp = fields.flag("is_temp", default=False)
    if is_temp and not world.limits.temporary_ways:
        raise PlatformError(48002, "temporary ways are for medical corps")
    optional = _optional(fields, _BLANK) | (_temporary(world, fields) if is_temp else {})
    users = _users(world, fields, kind)
    if world.ways() >= world.limits.way_cap:
        raise PlatformError(41045)
    config_id = world.mint("contact-way")
    shown: Json = {"config_id": config_id, "type": kind, "scene": scene, **optional}
    shown |= {"user": users, "party": [], "is_temp": is_temp}
    reply: Json = {"config_id": config_id}
    if scene == _SCENE_QR:
        shown["qr_code"], _ = world.qr_book.issue(Code("contact", config_id))
        reply["qr_code"] = shown["qr_code"]
    way = ContactWay(config_id, len(world.contact_way_order), world.seconds(), shown)
    world.contact_ways[config_id] = way
    world.contact_way_order.append(way)
    return reply


def _named_way(world: World, fields: Fields) -> ContactWay:
    """41043 without a config_id, 41044 for one nobody has."""
    if not fields.has("config_id"):
        raise PlatformError(41043)
    way = world.contact_ways.get(fields.text("config_id", most=128))
    if way is None:
        raise PlatformError(41044)
    return way


def get_contact_way(world: World, call: Call) -> Json:
    """The way as it is now."""
    return {"contact_way": _named_way(world, Fields(call.body, refuse)).fields}


def update_contact_way(world: World, call: Call) -> Json:
    """Overwrites the fields given; type and scene stay what they were."""
    fields = Fields(call.body, refuse)
    way = _named_way(world, fields)
    changed = _optional(fields, way.fields)
    if fields.has("user"):
        changed["user"] = _users(world, fields, way.fields["type"])
    way.fields |= changed
    return {}


def del_contact_way(world: World, call: Call) -> Json:
    """The way ends; whoever scans its code later sees an expired one."""
    way = _named_way(world, Fields(call.body, refuse))
    del world.contact_ways[way.config_id]
    world.contact_way_order[way.serial] = None
    return {}


def close_temp_chat(world: World, call: Call) -> Json:
    """Ends the temporary chat of a pair and leaves the conclusions of its way; 84061 when there is none."""
    fields = Fields(call.body, refuse)
    staff = known_staff(world, fields.text("userid", default=""))
    phone = known_customer(world, fields.text("external_userid", default=""))
    if not close_chat(world, staff, phone):
        raise PlatformError(84061)
    return {}


def list_contact_way(world: World, call: Call) -> Json:
    """Ids of ways made between start_time (90 days ago) and end_time (now), a page of 100, at most 1,000."""
    fields = Fields(call.body, refuse)
    now = world.seconds()
    start = fields.integer("start_time", low=0, high=2**40, default=now - 90 * DAY)
    end = fields.integer("end_time", low=0, high=2**40, default=now)
    if start > end:
        raise refuse("start_time", "is after end_time")
    limit = fields.integer("limit", low=1, high=1_000, default=100)
    first = position_of("contact_ways", fields.text("cursor", most=256, default=""))
    found: list[Json] = []
    for position in range(first, len(world.contact_way_order)):
        way = world.contact_way_order[position]
        if way is None or way.fields["is_temp"] or not start <= way.created <= end:
            continue
        if len(found) == limit:
            return {"contact_way": found, "next_cursor": cursor_for("contact_ways", position)}
        found.append({"config_id": way.config_id})
    return {"contact_way": found, "next_cursor": ""}


APIS: dict[str, Api] = {
    _ROOT + "add_contact_way": Api(add_contact_way),
    _ROOT + "get_contact_way": Api(get_contact_way),
    _ROOT + "list_contact_way": Api(list_contact_way, {"contact_way": []}),
    _ROOT + "update_contact_way": Api(update_contact_way),
    _ROOT + "del_contact_way": Api(del_contact_way),
    _ROOT + "close_temp_chat": Api(close_temp_chat),
}
