"""Customers and staff: scanning a contact way, opening a link, accepting, deleting (wecom-api.md §3.3–3.5, §9)."""

from __future__ import annotations

from qunflow.domain.errors import Conflict
from qunflow.sandbox.codes import Json
from qunflow.sandbox.events import contact_event
from qunflow.sandbox.state import ContactWay, Phone, Relation, Staff, TempChat, Welcome
from qunflow.sandbox.world import World, message

CONTACT = "change_external_contact"
BY_QR, BY_LINK, ASSIGNED = 1, 16, 202


def scan_contact_way(world: World, phone: Phone, way: ContactWay) -> Json:
    """A phone scans a contact way: a new contact, an old one, or a wait for the staff member's yes."""
    userids = [userid for userid in way.fields["user"] if not world.staff[userid].resigned]
    known = friend_among(phone, userids)
    if known is not None:
        return {"kind": "already_contact", "userid": known.userid, "name": known.name}
    if not userids:
        return {"kind": "expired"}
    staff = world.staff[userids[way.served % len(userids)]]
    way.served += 1
    shown = {"userid": staff.userid, "name": staff.name}
    if way.fields["is_temp"]:
        return _open_temp_chat(world, staff, phone, way) | shown
    if not way.fields["skip_verify"]:
        staff.waiting[phone.phone] = (way.fields["state"], BY_QR)
        return {"kind": "waits_for_staff", **shown}
    befriend(world, staff, phone, way.fields["state"], BY_QR)
    return {"kind": "contact_added", **shown}


def friend_among(phone: Phone, userids: list[str]) -> Staff | None:
    """The first of these members whom the phone has as a contact."""
    for userid in userids:
        relation = phone.follows.get(userid)
        if relation is not None and not relation.left:
            return relation.staff
    return None


def accept(world: World, staff: Staff, phone: Phone) -> None:
    """The staff member says yes to a waiting customer; ``Conflict`` when none waits."""
    relation = staff.contacts.get(phone.external_userid)
    if relation is not None and relation.half:
        relation.half = False
        elements = contact_event("add_external_contact", staff.userid, phone.external_userid, State=relation.state)
        world.raise_event(CONTACT, elements)
        return
    waiting = staff.waiting.pop(phone.phone, None)
    if waiting is None:
        raise Conflict("sandbox_nobody_waits", "this phone waits for nobody here.", field="phone")
    befriend(world, staff, phone, *waiting, confirmed=True)


def befriend(world: World, staff: Staff, phone: Phone, state: str, add_way: int, *, confirmed: bool = False) -> None:
    """A new contact with its welcome code; a half one while ``half_first`` is on and nobody said yes."""
    world.meet(phone)
    relation = Relation(staff, phone, world.seconds(), state, add_way)
    relation.half = world.limits.half_first and not confirmed
    staff.contacts[phone.external_userid] = relation
    phone.follows[staff.userid] = relation
    world.contact_day(staff.userid).contacts += 1
    change = "add_half_external_contact" if relation.half else "add_external_contact"
    code = new_welcome(world, staff, phone)
    world.raise_event(
        CONTACT, contact_event(change, staff.userid, phone.external_userid, State=state, WelcomeCode=code)
    )


def new_welcome(world: World, staff: Staff, phone: Phone) -> str:
    """A welcome code, good for one message within seconds."""
    code = world.mint("welcome")
    world.welcomes[code] = Welcome(staff, phone, world.instant())
    return code


def customer_deletes_staff(world: World, phone: Phone, staff: Staff) -> None:
    """One-way from now on: the staff member still sees the customer, messages do not arrive."""
    relation = phone.follows.get(staff.userid)
    if relation is None or relation.left:
        raise Conflict("sandbox_no_contact", "the phone has no such contact.", field="userid")
    relation.left = True
    world.contact_day(staff.userid).feedback += 1
    world.raise_event(CONTACT, contact_event("del_follow_user", staff.userid, phone.external_userid))


def staff_deletes_customer(world: World, staff: Staff, phone: Phone) -> None:
    """The relation is gone for the API too (84061)."""
    if staff.contacts.pop(phone.external_userid, None) is None:
        raise Conflict("sandbox_no_contact", "the staff member has no such contact.", field="phone")
    del phone.follows[staff.userid]
    world.raise_event(CONTACT, contact_event("del_external_contact", staff.userid, phone.external_userid))


def agree_to_archive(world: World, phone: Phone, staff: Staff) -> None:
    """The customer agrees that messages are kept; raises msg_audit_approved with a welcome code."""
    relation = phone.follows.get(staff.userid)
    if relation is None or relation.left:
        raise Conflict("sandbox_no_contact", "the phone has no such contact.", field="userid")
    code = new_welcome(world, staff, phone)
    elements = contact_event("msg_audit_approved", staff.userid, phone.external_userid, WelcomeCode=code)
    world.raise_event(CONTACT, elements)


def _open_temp_chat(world: World, staff: Staff, phone: Phone, way: ContactWay) -> Json:
    """A chat that ends by itself and makes no contact."""
    if world.seconds() >= way.created + way.fields["expires_in"]:
        return {"kind": "expired"}
    world.meet(phone)
    ends = world.instant() + way.fields["chat_expires_in"]
    world.temp_chats[staff.userid, phone.external_userid] = TempChat(way.fields["conclusions"], ends)
    world.due.at(ends, lambda: _end_by_itself(world, staff, phone, ends))
    return {"kind": "temp_chat"}


def _end_by_itself(world: World, staff: Staff, phone: Phone, ends: float) -> None:
    chat = world.temp_chats.get((staff.userid, phone.external_userid))
    if chat is not None and chat.ends == ends:
        close_chat(world, staff, phone)


def close_chat(world: World, staff: Staff, phone: Phone) -> bool:
    """End a temporary chat and show its conclusions to the phone; False when there is none."""
    chat = world.temp_chats.pop((staff.userid, phone.external_userid), None)
    if chat is None:
        return False
    left = chat.conclusions
    text = left.get("text", {}).get("content", "")
    cards = [{"msgtype": kind, kind: left[kind]} for kind in ("image", "link", "miniprogram") if kind in left]
    phone.inbox.add(message("conclusion", staff, world.seconds(), text, cards))
    return True
