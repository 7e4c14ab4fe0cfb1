"""What a person with a phone can do: hold codes before it, read, leave. Nothing a phone could not do."""

from __future__ import annotations

from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.sandbox.acquiring import find_link, open_link
from qunflow.sandbox.befriending import agree_to_archive, customer_deletes_staff, scan_contact_way
from qunflow.sandbox.codes import Json
from qunflow.sandbox.control_door import ControlApi, control_fields
from qunflow.sandbox.handing_over import refuse_transfer
from qunflow.sandbox.joining import join_by_group_code, join_by_way, leave
from qunflow.sandbox.moments import answer, require_moment, shown_to
from qunflow.sandbox.state import Phone
from qunflow.sandbox.talking import TEXT_MOST, phone_says, says_in_group
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import PHONES_MOST, World, external_userid_of

_INBOX_PAGE = 500


def new_phone(world: World, call: Call) -> Json:
    """A new person; the phone id may be chosen and must be free, also among staff."""
    fields = control_fields(call.body)
    number = len(world.phones) + 1
    phone_id = fields.text("phone", default=f"phone-{number}")
    if phone_id in world.phones or phone_id in world.staff:
        raise Conflict("sandbox_phone_taken", "this id is taken.", field="phone", way_out="Choose another.")
    if number > PHONES_MOST:
        raise InvalidInput("sandbox_phones_full", f"a sandbox holds {PHONES_MOST} phones.", field="phone")
    name = fields.text("name", default=phone_id)
    phone = Phone(phone_id, name, external_userid_of(phone_id), fields.text("unionid", default=""))
    world.phones[phone_id] = phone
    return {"phone": phone_id, "external_userid": phone.external_userid}


def scan(world: World, call: Call) -> Json:
    """Hold a QR before the camera: contact way, join way or a group's own code."""
    fields = control_fields(call.body)
    phone = world.require_phone(fields.text("phone"))
    code = world.qr_book.meaning(fields.text("qr", most=2_048).strip())
    if code is None:
        return {"kind": "unknown"}
    if world.instant() >= code.ends:
        return {"kind": "expired"}
    if code.kind == "contact":
        contact_way = world.contact_ways.get(code.target)
        return scan_contact_way(world, phone, contact_way) if contact_way else {"kind": "expired"}
    if code.kind == "join":
        join_way = world.join_ways.get(code.target)
        return join_by_way(world, phone, join_way) if join_way else {"kind": "expired"}
    return join_by_group_code(world, phone, world.groups[code.target])


def _queried_phone(world: World, call: Call) -> Phone:
    return world.require_phone(control_fields(call.query).text("phone"))


def inbox(world: World, call: Call) -> Json:
    """Messages with a number above ``after``, at most 500, oldest first."""
    phone = _queried_phone(world, call)
    after = control_fields(call.query).integer("after", low=0, high=2**40, default=0)
    return {"messages": list(phone.inbox.after(after, _INBOX_PAGE))}


def chats(world: World, call: Call) -> Json:
    """The groups this phone is in."""
    phone = _queried_phone(world, call)
    return {
        "chats": [
            {
                "chat_id": group.chat_id,
                "chat_name": group.name,
                "owner": group.owner.userid,
                "notice": group.notice,
                "members": len(group.members),
            }
            for group in phone.groups.values()
        ]
    }


def leave_group(world: World, call: Call) -> Json:
    """Leave a group of one's own will (QuitScene 0)."""
    fields = control_fields(call.body)
    phone = world.require_phone(fields.text("phone"))
    group = world.require_group(fields.text("chat_id"))
    if phone.external_userid not in group.members:
        raise Conflict("sandbox_not_a_member", "the phone is not in this group.", field="chat_id")
    leave(world, group, phone.external_userid, 0)
    return {"ok": True}


def delete_staff(world: World, call: Call) -> Json:
    """Delete a staff member from one's contacts."""
    fields = control_fields(call.body)
    phone = world.require_phone(fields.text("phone"))
    customer_deletes_staff(world, phone, world.require_staff(fields.text("userid")))
    return {"ok": True}


def open_link_or_scan(world: World, call: Call) -> Json:
    """Open an address: an acquisition link, or what a code says."""
    fields = control_fields(call.body)
    phone = world.require_phone(fields.text("phone"))
    link, channel = find_link(world, fields.text("url", most=2_048).strip())
    if link is None:
        return scan(world, Call(call.query, {"phone": phone.phone, "qr": call.body["url"]}, ""))
    return open_link(world, phone, link, channel)


def say(world: World, call: Call) -> Json:
    """Write to a member (``userid``) or into a group (``chat_id``)."""
    fields = control_fields(call.body)
    phone, text = world.require_phone(fields.text("phone")), fields.text("text", most=TEXT_MOST)
    if fields.has("chat_id"):
        return says_in_group(world, world.require_group(fields.text("chat_id")), phone, text, [])
    return phone_says(world, phone, world.require_staff(fields.text("userid")), text)


def stay(world: World, call: Call) -> Json:
    """Refuse to be handed over to the member ``userid``."""
    fields = control_fields(call.body)
    refuse_transfer(world, world.require_phone(fields.text("phone")), fields.text("userid"))
    return {"ok": True}


def allow_archive(world: World, call: Call) -> Json:
    """Agree that the messages with a member are kept."""
    fields = control_fields(call.body)
    phone = world.require_phone(fields.text("phone"))
    agree_to_archive(world, phone, world.require_staff(fields.text("userid")))
    return {"ok": True}


def moments(world: World, call: Call) -> Json:
    """The moments this phone sees."""
    return {"moments": shown_to(world, _queried_phone(world, call))}


def answer_moment(world: World, call: Call) -> Json:
    """Like a moment of a member, or comment it."""
    fields = control_fields(call.body)
    moment = require_moment(world, fields.text("moment_id", most=128))
    phone, userid = world.require_phone(fields.text("phone")), fields.text("userid")
    answer(world, phone, moment, userid, like=fields.flag("like", default=True))
    return {"ok": True}


APIS: dict[str, ControlApi] = {
    "/phone/new": ControlApi("POST", new_phone),
    "/phone/scan": ControlApi("POST", scan),
    "/phone/inbox": ControlApi("GET", inbox),
    "/phone/chats": ControlApi("GET", chats),
    "/phone/leave": ControlApi("POST", leave_group),
    "/phone/delete_staff": ControlApi("POST", delete_staff),
    "/phone/open": ControlApi("POST", open_link_or_scan),
    "/phone/say": ControlApi("POST", say),
    "/phone/refuse_transfer": ControlApi("POST", stay),
    "/phone/agree_archive": ControlApi("POST", allow_archive),
    "/phone/moments": ControlApi("GET", moments),
    "/phone/answer_moment": ControlApi("POST", answer_moment),
}
