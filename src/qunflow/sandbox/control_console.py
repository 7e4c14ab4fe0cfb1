"""The admin console of the corp: its tags, its links and their quota, who is in the app's range."""

from __future__ import annotations

from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.sandbox.acquiring import delete_by_hand, set_quota
from qunflow.sandbox.codes import Json
from qunflow.sandbox.control_door import ControlApi, control_fields
from qunflow.sandbox.events import Element
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.platform_tags import new_group, new_tag
from qunflow.sandbox.tags import Tag, TagGroup
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_TAG = "change_external_tag"
_NAME_MOST = 30
_TAGS_AT_ONCE = 100


def _raise(world: World, change: str, tag_id: str, kind: str = "") -> None:
    elements: list[Element] = [("ChangeType", change), ("Id", tag_id)]
    world.raise_event(_TAG, [*elements, ("TagType", kind)] if kind else elements)


def add_tags(world: World, call: Call) -> Json:
    """A group by name, made when it is new, and tags in it; one event for each that is new."""
    fields = control_fields(call.body)
    name = fields.text("group_name", most=_NAME_MOST)
    names = fields.texts("tags", most=_TAGS_AT_ONCE, longest=_NAME_MOST)
    group = world.tags.group_named(name)
    if group is None:
        group = new_group(world, name, 0, by_app=False)
        _raise(world, "create", group.group_id, "tag_group")
    taken = {tag.name for tag in group.tags.values()}
    if taken.intersection(names) or len(set(names)) < len(names):
        raise Conflict("sandbox_tag_taken", "a tag of this name is there.", field="tags")
    made = [new_tag(world, group, tag, 0) for tag in names]
    for tag in made:
        _raise(world, "create", tag.tag_id, "tag")
    return {"group_id": group.group_id, "tags": {tag.name: tag.tag_id for tag in made}}


def _found(world: World, fields: Fields) -> Tag | TagGroup:
    name = fields.text("id")
    found: Tag | TagGroup | None = world.tags.tags.get(name) or world.tags.groups.get(name)
    if found is None:
        raise InvalidInput("sandbox_tag_unknown", "no such tag or group.", field="id")
    return found


def _kind(found: Tag | TagGroup) -> str:
    return "tag" if isinstance(found, Tag) else "tag_group"


def rename_tag(world: World, call: Call) -> Json:
    """Another name for a tag or a group."""
    fields = control_fields(call.body)
    found = _found(world, fields)
    found.name = fields.text("name", most=_NAME_MOST)
    _raise(world, "update", fields.text("id"), _kind(found))
    return {"ok": True}


def delete_tag(world: World, call: Call) -> Json:
    """Drop a tag, or a group with its tags."""
    fields = control_fields(call.body)
    found = _found(world, fields)
    if isinstance(found, Tag):
        world.tags.remove_tag(found)
    else:
        world.tags.remove_group(found)
    _raise(world, "delete", fields.text("id"), _kind(found))
    return {"ok": True}


def shuffle_tags(world: World, call: Call) -> Json:
    """Turn the order of a group's tags round."""
    fields = control_fields(call.body)
    found = _found(world, fields)
    if isinstance(found, Tag):
        raise InvalidInput("sandbox_tag_unknown", "is no group.", field="id")
    for place, tag in enumerate(found.tags.values(), start=1):
        tag.order = place
    _raise(world, "shuffle", found.group_id)
    return {"ok": True}


def buy_quota(world: World, call: Call) -> Json:
    """Set what acquisition links may still bring; ``expires`` in seconds, 0 for never."""
    fields = control_fields(call.body)
    total = fields.integer("total", low=0, high=10_000_000)
    balance = fields.integer("balance", low=0, high=total, default=total)
    set_quota(world, total, balance, fields.integer("expires", low=0, high=2**40, default=0))
    return {"total": total, "balance": balance}


def delete_link(world: World, call: Call) -> Json:
    """Delete an acquisition link in the console."""
    link = world.offers.links.get(control_fields(call.body).text("link_id", most=128))
    if link is None:
        raise InvalidInput("sandbox_link_unknown", "no such link.", field="link_id")
    delete_by_hand(world, link)
    return {"ok": True}


def set_range(world: World, call: Call) -> Json:
    """Take a member into the app's range or out of it (84074), and write down a mobile number."""
    fields = control_fields(call.body)
    staff = world.require_staff(fields.text("userid"))
    staff.in_range = fields.flag("in_range", default=staff.in_range)
    staff.mobile = fields.text("mobile", most=32, default=staff.mobile)
    return {"userid": staff.userid, "in_range": staff.in_range, "resigned": staff.resigned}


APIS: dict[str, ControlApi] = {
    "/admin/tags": ControlApi("POST", add_tags),
    "/admin/rename_tag": ControlApi("POST", rename_tag),
    "/admin/delete_tag": ControlApi("POST", delete_tag),
    "/admin/shuffle_tags": ControlApi("POST", shuffle_tags),
    "/admin/quota": ControlApi("POST", buy_quota),
    "/admin/delete_link": ControlApi("POST", delete_link),
    "/admin/staff": ControlApi("POST", set_range),
}
