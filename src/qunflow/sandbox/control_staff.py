"""What a member of staff can do in the client."""

from __future__ import annotations

from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.sandbox.acquiring import count_gain
from qunflow.sandbox.befriending import accept, staff_deletes_customer
from qunflow.sandbox.codes import Json
from qunflow.sandbox.control_door import ControlApi, control_fields
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.joining import (
    HARD_LIMIT,
    INVITED,
    dismiss,
    enter,
    leave,
    open_group,
    rename,
    set_notice,
)
from qunflow.sandbox.mass_send import confirm, waiting_tasks
from qunflow.sandbox.qr_book import Code
from qunflow.sandbox.state import Group, Phone, Staff
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import STAFF_MOST, World

_INBOX_PAGE = 500


def new_staff(world: World, call: Call) -> Json:
    """A new member of staff who may have customers; the userid must be free, also among phones."""
    fields = control_fields(call.body)
    userid = fields.text("userid")
    if userid in world.staff or userid in world.phones:
        raise Conflict("sandbox_userid_taken", "this id is taken.", field="userid", way_out="Take another.")
    if len(world.staff) >= STAFF_MOST:
        raise InvalidInput("sandbox_staff_full", f"a sandbox holds {STAFF_MOST} members.", field="userid")
    world.staff[userid] = Staff(userid, fields.text("name", default=userid))
    return {"userid": userid}


def _acting_staff(world: World, fields: Fields) -> Staff:
    return world.require_staff(fields.text("userid"))


def _own_group(world: World, fields: Fields) -> tuple[Staff, Group]:
    """The staff member and a group that is theirs: only the owner may change a group."""
    staff = _acting_staff(world, fields)
    group = world.require_group(fields.text("chat_id"))
    if group.owner is not staff:
        raise Conflict("sandbox_not_the_owner", "only the owner may do this.", field="userid")
    return staff, group


def inbox(world: World, call: Call) -> Json:
    """Messages of the app with a number above ``after``, at most 500, oldest first."""
    fields = control_fields(call.query)
    staff = _acting_staff(world, fields)
    after = fields.integer("after", low=0, high=2**40, default=0)
    return {"messages": list(staff.inbox.after(after, _INBOX_PAGE))}


def tasks(world: World, call: Call) -> Json:
    """Mass sends that wait for this member's yes."""
    return {"tasks": waiting_tasks(world, _acting_staff(world, control_fields(call.query)))}


def groups(world: World, call: Call) -> Json:
    """The groups this member is in."""
    staff = _acting_staff(world, control_fields(call.query))
    return {
        "groups": [
            {"chat_id": g.chat_id, "chat_name": g.name, "owner": g.owner.userid, "members": len(g.members)}
            for g in staff.groups.values()
        ]
    }


def confirm_task(world: World, call: Call) -> Json:
    """Press send on a mass-send task; ``only`` names the customers kept where the task allows to choose."""
    fields = control_fields(call.body)
    only = frozenset(fields.texts("only", most=10_000)) if fields.has("only") else None
    return confirm(world, _acting_staff(world, fields), fields.text("msgid", most=128), only)


def accept_customer(world: World, call: Call) -> Json:
    """Say yes to a customer who scanned a way that asks for it."""
    fields = control_fields(call.body)
    staff, phone = _acting_staff(world, fields), world.require_phone(fields.text("phone"))
    accept(world, staff, phone)
    count_gain(world, staff, phone)
    return {"ok": True}


def delete_customer(world: World, call: Call) -> Json:
    """Delete a customer from one's contacts."""
    fields = control_fields(call.body)
    staff_deletes_customer(world, _acting_staff(world, fields), world.require_phone(fields.text("phone")))
    return {"ok": True}


def _people(world: World, staff: Staff, fields: Fields) -> list[Phone | Staff]:
    """Members by phone id or userid; a customer must be this member's contact."""
    people: list[Phone | Staff] = []
    for name in dict.fromkeys(fields.texts("members", most=HARD_LIMIT)):
        colleague = world.staff.get(name)
        if colleague is staff:
            continue
        if colleague is not None:
            people.append(colleague)
            continue
        phone = world.require_phone(name)
        relation = phone.follows.get(staff.userid)
        if relation is None or relation.left:
            raise Conflict("sandbox_no_contact", f"{name} is no contact of this member.", field="members")
        people.append(phone)
    return people


def create_group(world: World, call: Call) -> Json:
    """Make a customer group with contacts and colleagues."""
    fields = control_fields(call.body)
    staff = _acting_staff(world, fields)
    name = fields.text("name", most=50)
    people = _people(world, staff, fields)
    if len(people) >= HARD_LIMIT:
        raise Conflict("sandbox_group_full", f"a group holds {HARD_LIMIT} people.", field="members")
    return {"chat_id": open_group(world, name, staff, people).chat_id}


def invite(world: World, call: Call) -> Json:
    """Bring contacts or colleagues into a group one is in, up to the hard limit."""
    fields = control_fields(call.body)
    staff = _acting_staff(world, fields)
    group = world.require_group(fields.text("chat_id"))
    if staff.userid not in group.members:
        raise Conflict("sandbox_not_a_member", "the member is not in this group.", field="userid")
    people = [p for p in _people(world, staff, fields) if group.chat_id not in p.groups]
    if len(group.members) + len(people) > HARD_LIMIT:
        raise Conflict("sandbox_group_full", f"a group holds {HARD_LIMIT} people.", field="members")
    if people:
        enter(world, group, people, INVITED, by=staff)
    return {"ok": True}


def remove_member(world: World, call: Call) -> Json:
    """Remove a member by hand (QuitScene 1)."""
    fields = control_fields(call.body)
    staff, group = _own_group(world, fields)
    userid = fields.text("external_userid")
    if userid not in group.members or userid == staff.userid:
        raise Conflict("sandbox_not_a_member", "no such member can be removed.", field="external_userid")
    leave(world, group, userid, 1)
    return {"ok": True}


def group_qr(world: World, call: Call) -> Json:
    """The ordinary code of a group, which ends after seven days."""
    fields = control_fields(call.body)
    staff = _acting_staff(world, fields)
    group = world.require_group(fields.text("chat_id"))
    if staff.userid not in group.members:
        raise Conflict("sandbox_not_a_member", "the member is not in this group.", field="userid")
    ends = world.instant() + world.limits.group_qr_seconds
    picture, content = world.qr_book.issue(Code("group", group.chat_id, ends))
    return {"qr_code": picture, "qr": content}


def rename_group(world: World, call: Call) -> Json:
    """Give a group another name."""
    fields = control_fields(call.body)
    _, group = _own_group(world, fields)
    rename(world, group, fields.text("name", most=50))
    return {"ok": True}


def put_notice(world: World, call: Call) -> Json:
    """Put up a notice in a group."""
    fields = control_fields(call.body)
    _, group = _own_group(world, fields)
    set_notice(world, group, fields.text("notice", most=2_000, default=""))
    return {"ok": True}


def dismiss_group(world: World, call: Call) -> Json:
    """End a group."""
    _, group = _own_group(world, control_fields(call.body))
    dismiss(world, group)
    return {"ok": True}


APIS: dict[str, ControlApi] = {
    "/staff/new": ControlApi("POST", new_staff),
    "/staff/inbox": ControlApi("GET", inbox),
    "/staff/tasks": ControlApi("GET", tasks),
    "/staff/groups": ControlApi("GET", groups),
    "/staff/confirm": ControlApi("POST", confirm_task),
    "/staff/accept": ControlApi("POST", accept_customer),
    "/staff/delete_customer": ControlApi("POST", delete_customer),
    "/staff/create_group": ControlApi("POST", create_group),
    "/staff/invite": ControlApi("POST", invite),
    "/staff/remove_member": ControlApi("POST", remove_member),
    "/staff/group_qr": ControlApi("POST", group_qr),
    "/staff/rename": ControlApi("POST", rename_group),
    "/staff/notice": ControlApi("POST", put_notice),
    "/staff/dismiss": ControlApi("POST", dismiss_group),
}
