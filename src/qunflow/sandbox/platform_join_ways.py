"""Join ways: one code for up to five groups (wecom-api.md §4)."""

from __future__ import annotations

from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.qr_book import Code
from qunflow.sandbox.state import JoinWay
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_SCENES = (1, 2)
_SCENE_QR = 2
_CHATS_MOST = 5
_REMARK_MOST = 30
_ROOT = "/cgi-bin/externalcontact/groupchat/"


def _body(world: World, fields: Fields) -> Json:
    """The full body of add and update: scene, five chats (41091), the chats, then texts and numbers."""
    if not fields.has("scene"):
        raise PlatformError(41038)
    scene = fields.integer("scene", low=-(2**31), high=2**31)
    if scene not in _SCENES:
        raise PlatformError(41040)
    chat_ids = fields.texts("chat_id_list", most=10_000)
    if len(chat_ids) > _CHATS_MOST:
        raise PlatformError(41091)
    if not chat_ids or len(set(chat_ids)) != len(chat_ids):
        raise refuse("chat_id_list", "must name one to five different groups")
    for chat_id in chat_ids:
        group = world.groups.get(chat_id)
        if group is None or group.dismissed:
            raise PlatformError(40050, chat_id)
    return {
        "scene": scene,
        "remark": fields.text("remark", most=10_000, default="")[:_REMARK_MOST],
        "auto_create_room": fields.integer("auto_create_room", low=0, high=1, default=1),
        "room_base_name": fields.text("room_base_name", most=40, default=""),
        "room_base_id": fields.integer("room_base_id", low=0, high=2**31, default=0),
        "chat_id_list": chat_ids,
        "state": fields.text("state", most=30, default=""),
        "mark_source": fields.flag("mark_source", default=True),
    }


def _named_way(world: World, fields: Fields) -> JoinWay:
    """41043 without a config_id, 41044 for one nobody has; the way may have been deleted."""
    if not fields.has("config_id"):
        raise PlatformError(41043)
    way = world.join_ways.get(fields.text("config_id", most=128))
    if way is None:
        raise PlatformError(41044)
    return way


def add_join_way(world: World, call: Call) -> Json:
    """Answers the config_id only: the code comes from get_join_way."""
    shown = _body(world, Fields(call.body, refuse))
    if world.ways() >= world.limits.way_cap:
        raise PlatformError(41045)
    config_id = world.mint("join-way")
    if shown["scene"] == _SCENE_QR:
        shown["qr_code"], _ = world.qr_book.issue(Code("join", config_id))
    way = JoinWay(config_id, {"config_id": config_id, **shown}, shown["room_base_id"])
    world.join_ways[config_id] = way
    return {"config_id": config_id}


def get_join_way(world: World, call: Call) -> Json:
    """The way as it is now; rooms it made itself stand in its chat_id_list."""
    return {"join_way": _named_way(world, Fields(call.body, refuse)).fields}


def update_join_way(world: World, call: Call) -> Json:
    """Overwrites everything but the code; the room number starts anew only with a new base name or number."""
    fields = Fields(call.body, refuse)
    way = _named_way(world, fields)
    shown = _body(world, fields)
    if any(shown[name] != way.fields[name] for name in ("room_base_name", "room_base_id")):
        way.next_number = shown["room_base_id"]
    if shown["scene"] == _SCENE_QR and "qr_code" not in way.fields:
        shown["qr_code"], _ = world.qr_book.issue(Code("join", way.config_id))
    way.fields |= shown
    return {}


def del_join_way(world: World, call: Call) -> Json:
    """The way ends; whoever scans its code later sees an expired one."""
    way = _named_way(world, Fields(call.body, refuse))
    del world.join_ways[way.config_id]
    return {}


APIS: dict[str, Api] = {
    _ROOT + "add_join_way": Api(add_join_way),
    _ROOT + "get_join_way": Api(get_join_way),
    _ROOT + "update_join_way": Api(update_join_way),
    _ROOT + "del_join_way": Api(del_join_way),
}
