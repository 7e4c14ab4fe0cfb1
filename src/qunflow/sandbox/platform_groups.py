"""Reading customer groups (wecom-api.md §4)."""

from __future__ import annotations

from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.cursors import cursor_for, position_of
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.joining import member_version, told_members
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_VISIBLE_MOST = 1_000
_ROOT = "/cgi-bin/externalcontact/groupchat/"


def list_groups(world: World, call: Call) -> Json:
    """Groups by id; 81017 without an owner filter when more than 1,000 people are visible.

    ``status_filter`` 0 shows all, 1 those whose owner resigned, 3 those inherited; none is ever 2, on the way.
    """
    fields = Fields(call.body, refuse)
    limit = fields.integer("limit", low=1, high=1_000)
    status = fields.integer("status_filter", low=0, high=3, default=0)
    owner_filter = fields.record("owner_filter")
    owners = frozenset(owner_filter.texts("userid_list", most=100)) if owner_filter else frozenset()
    if not owners and len(world.staff) > _VISIBLE_MOST:
        raise PlatformError(81017)
    listing = f"groups:{status}:{','.join(sorted(owners))}"
    start = position_of(listing, fields.text("cursor", most=256, default=""))
    found: list[Json] = []
    for position in range(start, len(world.group_order)):
        group = world.group_order[position]
        if group.dismissed or (status and group.status != status):
            continue
        if owners and group.owner.userid not in owners:
            continue
        if len(found) == limit:
            return {"group_chat_list": found, "next_cursor": cursor_for(listing, position)}
        found.append({"chat_id": group.chat_id, "status": group.status})
    return {"group_chat_list": found, "next_cursor": ""}


def get_group(world: World, call: Call) -> Json:
    """One group with its members; names only with ``need_name`` 1. 40050 for a group that is not there."""
    fields = Fields(call.body, refuse)
    chat_id = fields.text("chat_id", most=64)
    need_name = fields.integer("need_name", low=0, high=1, default=0)
    group = world.groups.get(chat_id)
    if group is None or group.dismissed:
        raise PlatformError(40050, chat_id)
    version, told = told_members(world, group)
    members = told.values()
    return {
        "group_chat": {
            "chat_id": group.chat_id,
            "name": group.name,
            "owner": group.owner.userid,
            "create_time": group.created,
            "notice": group.notice,
            "member_list": [{**m.shown, "name": m.name} if need_name else m.shown for m in members],
            "admin_list": [{"userid": userid} for userid in group.admins],
            "member_version": member_version(group, version),
        }
    }


APIS: dict[str, Api] = {
    _ROOT + "list": Api(list_groups, {"group_chat_list": []}),
    _ROOT + "get": Api(get_group),
}
