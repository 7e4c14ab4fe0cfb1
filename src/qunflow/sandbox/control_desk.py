"""What a member of staff can do in the client beyond groups and mass sends: talk, mark, hand over, publish, leave."""

from __future__ import annotations

from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.sandbox.befriending import CONTACT
from qunflow.sandbox.codes import Json
from qunflow.sandbox.control_door import ControlApi, control_fields
from qunflow.sandbox.events import contact_event
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.handing_over import resign
from qunflow.sandbox.joining import hand_over
from qunflow.sandbox.js_sdk import run_call
from qunflow.sandbox.moments import publish, require_moment, waiting_moments
from qunflow.sandbox.state import Group, Relation, Staff
from qunflow.sandbox.talking import TEXT_MOST, says_in_group, staff_says
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_INBOX_PAGE = 500
_ADMINS_MOST = 3


def _acting(world: World, fields: Fields) -> Staff:
    return world.require_staff(fields.text("userid"))


def _own_group(world: World, fields: Fields) -> tuple[Staff, Group]:
    staff = _acting(world, fields)
    group = world.require_group(fields.text("chat_id"))
    if group.owner is not staff:
        raise Conflict("sandbox_not_the_owner", "only the owner may do this.", field="userid")
    return staff, group


def _own_contact(world: World, fields: Fields) -> tuple[Staff, Relation]:
    staff = _acting(world, fields)
    relation = staff.contacts.get(world.require_phone(fields.text("phone")).external_userid)
    if relation is None:
        raise Conflict("sandbox_no_contact", "the phone is not this member's contact.", field="phone")
    return staff, relation


def say(world: World, call: Call) -> Json:
    """Write to a customer (``phone``) or into a group (``chat_id``)."""
    fields = control_fields(call.body)
    staff, text = _acting(world, fields), fields.text("text", most=TEXT_MOST)
    if fields.has("chat_id"):
        return says_in_group(world, world.require_group(fields.text("chat_id")), staff, text, [])
    return staff_says(world, staff, world.require_phone(fields.text("phone")), text, [])


def talks(world: World, call: Call) -> Json:
    """What customers and groups wrote to this member, above ``after``, at most 500."""
    fields = control_fields(call.query)
    after = fields.integer("after", low=0, high=2**40, default=0)
    return {"messages": list(_acting(world, fields).talks.after(after, _INBOX_PAGE))}


def contacts(world: World, call: Call) -> Json:
    """This member's customers."""
    staff = _acting(world, control_fields(call.query))
    shown = [
        {
            "phone": r.phone.phone,
            "external_userid": r.phone.external_userid,
            "name": r.phone.name,
            "remark": r.remark,
            "left": r.left,
            "tags": [world.tags.tags[tag].name for tag in r.tags if tag in world.tags.tags],
        }
        for r in staff.contacts.values()
    ]
    return {"contacts": shown, "waiting": list(staff.waiting)}


def _edited(world: World, staff: Staff, relation: Relation) -> Json:
    elements = contact_event("edit_external_contact", staff.userid, relation.phone.external_userid)
    world.raise_event(CONTACT, elements)
    return {"ok": True}


def remark(world: World, call: Call) -> Json:
    """Write down a name, a description or phone numbers; numbers alone raise nothing."""
    fields = control_fields(call.body)
    staff, relation = _own_contact(world, fields)
    if fields.has("mobiles"):
        relation.mobiles = fields.texts("mobiles", most=20)
    if not fields.has("remark") and not fields.has("description"):
        return {"ok": True}
    relation.remark = fields.text("remark", most=20, default=relation.remark or "")
    relation.description = fields.text("description", most=150, default=relation.description)
    return _edited(world, staff, relation)


def mark(world: World, call: Call) -> Json:
    """Put tags on a customer and take tags off, by their ids."""
    fields = control_fields(call.body)
    staff, relation = _own_contact(world, fields)
    added, removed = fields.texts("add_tag", most=1_000), fields.texts("remove_tag", most=1_000)
    for tag in (*added, *removed):
        if tag not in world.tags.tags:
            raise InvalidInput("sandbox_tag_unknown", f"{tag!r} is no tag.", field="add_tag")
    kept = {tag: None for tag in relation.tags if tag not in removed}
    relation.tags = kept | dict.fromkeys(added)
    return _edited(world, staff, relation)


def give_group(world: World, call: Call) -> Json:
    """Make another member the owner of a group."""
    fields = control_fields(call.body)
    staff, group = _own_group(world, fields)
    owner = world.require_staff(fields.text("new_owner"))
    if owner is staff:
        raise InvalidInput("sandbox_field", "must be somebody else.", field="new_owner")
    hand_over(world, group, owner, by_api=False)
    return {"ok": True}


def set_admins(world: World, call: Call) -> Json:
    """Name up to three admins of a group, all of them members."""
    fields = control_fields(call.body)
    _, group = _own_group(world, fields)
    admins = fields.texts("admins", most=_ADMINS_MOST)
    if any(name not in group.members for name in admins):
        raise Conflict("sandbox_not_a_member", "an admin must be in the group.", field="admins")
    group.admins = admins
    return {"ok": True}


def choose_welcome(world: World, call: Call) -> Json:
    """Choose a template of the library for a group; an empty one ends the greetings."""
    fields = control_fields(call.body)
    _, group = _own_group(world, fields)
    template_id = fields.text("template_id", most=128, default="")
    if template_id and template_id not in world.offers.templates:
        raise InvalidInput("sandbox_template_unknown", "no such template.", field="template_id")
    group.welcome = template_id
    return {"ok": True}


def moments(world: World, call: Call) -> Json:
    """Moments that wait to be published."""
    return {"moments": waiting_moments(world, _acting(world, control_fields(call.query)))}


def publish_moment(world: World, call: Call) -> Json:
    """Publish a moment."""
    fields = control_fields(call.body)
    moment = require_moment(world, fields.text("moment_id", most=128))
    return {"readers": publish(world, _acting(world, fields), moment)}


def sdk(world: World, call: Call) -> Json:
    """Let a page call the JS-SDK in this member's client."""
    fields = control_fields(call.body)
    return run_call(world, _acting(world, fields), fields)


def leave_corp(world: World, call: Call) -> Json:
    """Resign."""
    resign(world, _acting(world, control_fields(call.body)))
    return {"ok": True}


APIS: dict[str, ControlApi] = {
    "/staff/say": ControlApi("POST", say),
    "/staff/talks": ControlApi("GET", talks),
    "/staff/contacts": ControlApi("GET", contacts),
    "/staff/remark": ControlApi("POST", remark),
    "/staff/mark": ControlApi("POST", mark),
    "/staff/give_group": ControlApi("POST", give_group),
    "/staff/admins": ControlApi("POST", set_admins),
    "/staff/choose_welcome": ControlApi("POST", choose_welcome),
    "/staff/moments": ControlApi("GET", moments),
    "/staff/publish_moment": ControlApi("POST", publish_moment),
    "/staff/sdk": ControlApi("POST", sdk),
    "/staff/resign": ControlApi("POST", leave_corp),
}
