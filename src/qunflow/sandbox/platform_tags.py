"""The corp's tags, and marking customers with them (wecom-api.md §3.2)."""

from __future__ import annotations

from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.platform_contacts import known_relation
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.tags import Tag, TagGroup
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_NAME_MOST = 30
_ORDER_MOST = 2**32 - 1
_AT_ONCE = 1_000
_MARKS_MOST = 3_000
_ROOT = "/cgi-bin/externalcontact/"


def get_corp_tag_list(world: World, call: Call) -> Json:
    """All groups, or those named by ``group_id``, or the tags named by ``tag_id``; group ids win."""
    fields = Fields(call.body, refuse)
    group_ids = fields.texts("group_id", most=_AT_ONCE)
    tag_ids = frozenset(fields.texts("tag_id", most=_AT_ONCE)) if not group_ids else frozenset()
    shown = []
    for group in sorted(world.tags.groups.values(), key=lambda group: -group.order):
        if group_ids and group.group_id not in group_ids:
            continue
        entry = group.shown(with_deleted=True)
        if tag_ids:
            entry["tag"] = [tag for tag in entry["tag"] if tag["id"] in tag_ids]
        if entry["tag"] or not tag_ids:
            shown.append(entry)
    return {"tag_group": shown}


def _require_agent(world: World, fields: Fields) -> None:
    """301002 for an ``agentid`` that is another app's; leaving it out is fine."""
    if fields.has("agentid") and fields.integer("agentid", low=0, high=2**40) != world.corp.agentid:
        raise PlatformError(301002)


def _target_group(world: World, fields: Fields) -> TagGroup | None:
    """The group by ``group_id`` (40068), else by ``group_name``; None when that name is new."""
    group_id = fields.text("group_id", default="")
    if group_id:
        found = world.tags.groups.get(group_id)
        if found is None:
            raise PlatformError(40068)
        return found
    return world.tags.group_named(fields.text("group_name", most=_NAME_MOST))


def add_corp_tag(world: World, call: Call) -> Json:
    """Agent, group, names (40071 on a repeat), cap (40126), in this order; answers the new tags alone."""
    fields = Fields(call.body, refuse)
    _require_agent(world, fields)
    group = _target_group(world, fields)
    wanted = fields.records("tag")
    if not wanted or len(wanted) > _AT_ONCE:
        raise refuse("tag", f"must hold 1 to {_AT_ONCE} entries")
    names = [entry.text("name", most=_NAME_MOST) for entry in wanted]
    orders = [entry.integer("order", low=0, high=_ORDER_MOST, default=0) for entry in wanted]
    taken = {tag.name for tag in group.tags.values()} if group else set()
    if len(set(names)) < len(names) or taken.intersection(names):
        raise PlatformError(40071)
    if len(world.tags.tags) + len(names) > world.limits.tag_cap:
        raise PlatformError(40126)
    order = fields.integer("order", low=0, high=_ORDER_MOST, default=0)
    if group is None:
        group = new_group(world, fields.text("group_name", most=_NAME_MOST), order, by_app=True)
    made = [new_tag(world, group, name, place) for name, place in zip(names, orders, strict=True)]
    shown = group.shown(with_deleted=False)
    return {"tag_group": {**shown, "tag": [tag.shown(with_deleted=False) for tag in made]}}


def new_group(world: World, name: str, order: int, *, by_app: bool) -> TagGroup:
    """A group of that name."""
    return world.tags.add_group(TagGroup("et" + world.mint("tag-group")[:30], name, world.seconds(), order, by_app))


def new_tag(world: World, group: TagGroup, name: str, order: int) -> Tag:
    """A tag in a group."""
    return world.tags.add_tag(Tag("et" + world.mint("tag")[:30], name, world.seconds(), order, group))


def _editable(world: World, tag_id: str) -> Tag | TagGroup:
    """A tag or group by id (40068) which an app made (60011 for one of the console)."""
    found: Tag | TagGroup | None = world.tags.tags.get(tag_id) or world.tags.groups.get(tag_id)
    if found is None:
        raise PlatformError(40068)
    group = found.group if isinstance(found, Tag) else found
    if not group.by_app:
        raise PlatformError(60011, "made in the console")
    return found


def edit_corp_tag(world: World, call: Call) -> Json:
    """Renames or moves a tag or a group; 40071 when the name is taken by a neighbour."""
    fields = Fields(call.body, refuse)
    _require_agent(world, fields)
    found = _editable(world, fields.text("id"))
    name = fields.text("name", most=_NAME_MOST, default=found.name)
    order = fields.integer("order", low=0, high=_ORDER_MOST, default=found.order)
    neighbours = found.group.tags.values() if isinstance(found, Tag) else world.tags.groups.values()
    if any(other is not found and other.name == name for other in neighbours):
        raise PlatformError(40071)
    found.name, found.order = name, order
    return {}


def del_corp_tag(world: World, call: Call) -> Json:
    """Drops tags and groups, all or none; customers lose them with it."""
    fields = Fields(call.body, refuse)
    _require_agent(world, fields)
    tag_ids = fields.texts("tag_id", most=_AT_ONCE)
    group_ids = fields.texts("group_id", most=_AT_ONCE)
    if not tag_ids and not group_ids:
        raise PlatformError(40068)
    found = [_editable(world, entry) for entry in dict.fromkeys([*tag_ids, *group_ids])]
    for entry in found:
        if isinstance(entry, TagGroup):
            world.tags.remove_group(entry)
        elif entry.tag_id in world.tags.tags:
            world.tags.remove_tag(entry)
    return {}


def mark_tag(world: World, call: Call) -> Json:
    """The relation, the tags (40068), something to do at all (40063), at most 3,000 tags on one pair."""
    fields = Fields(call.body, refuse)
    relation = known_relation(world, fields)
    added = fields.texts("add_tag", most=_AT_ONCE)
    removed = fields.texts("remove_tag", most=_AT_ONCE)
    if not added and not removed:
        raise PlatformError(40063, "add_tag and remove_tag are both empty")
    if any(tag not in world.tags.tags for tag in (*added, *removed)):
        raise PlatformError(40068)
    tags = {tag: None for tag in relation.tags if tag in world.tags.tags and tag not in removed}
    tags |= dict.fromkeys(added)
    if len(tags) > _MARKS_MOST:
        raise refuse("add_tag", f"would make more than {_MARKS_MOST} tags")
    relation.tags = tags
    return {}


APIS: dict[str, Api] = {
    _ROOT + "get_corp_tag_list": Api(get_corp_tag_list, {"tag_group": []}),
    _ROOT + "add_corp_tag": Api(add_corp_tag),
    _ROOT + "edit_corp_tag": Api(edit_corp_tag),
    _ROOT + "del_corp_tag": Api(del_corp_tag),
    _ROOT + "mark_tag": Api(mark_tag),
}
