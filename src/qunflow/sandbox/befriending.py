"""Customers and staff: scanning a contact way, accepting, deleting (wecom-api.md §3.3, §3.5, §9)."""

from __future__ import annotations

from qunflow.domain.errors import Conflict
from qunflow.sandbox.codes import Json
from qunflow.sandbox.events import contact_event
from qunflow.sandbox.state import ContactWay, Phone, Relation, Staff, Welcome
from qunflow.sandbox.world import World

_CONTACT = "change_external_contact"
_BY_QR = 1


def scan_contact_way(world: World, phone: Phone, way: ContactWay) -> Json:
    """A phone scans a contact way: a new contact, an old one, or a wait for the staff member's yes."""
    userids: list[str] = way.fields["user"]
    for userid in userids:
        relation = phone.follows.get(userid)
        if relation is not None and not relation.left:
            return {"kind": "already_contact", "userid": userid, "name": relation.staff.name}
    staff = world.staff[userids[way.served % len(userids)]]
    way.served += 1
    shown = {"userid": staff.userid, "name": staff.name}
    if not way.fields["skip_verify"]:
        staff.waiting[phone.phone] = way
        return {"kind": "waits_for_staff", **shown}
    _befriend(world, staff, phone, way)
    return {"kind": "contact_added", **shown}


def accept(world: World, staff: Staff, phone: Phone) -> None:
    """The staff member says yes to a waiting customer; ``Conflict`` when none waits."""
    way = staff.waiting.pop(phone.phone, None)
    if way is None:
        raise Conflict("sandbox_nobody_waits", "this phone waits for nobody here.", field="phone")
    _befriend(world, staff, phone, way)


def _befriend(world: World, staff: Staff, phone: Phone, way: ContactWay) -> None:
    world.meet(phone)
    state: str = way.fields["state"]
    relation = Relation(staff, phone, world.seconds(), state, _BY_QR)
    staff.contacts[phone.external_userid] = relation
    phone.follows[staff.userid] = relation
    code = world.mint("welcome")
    world.welcomes[code] = Welcome(staff, phone, world.instant())
    elements = contact_event("add_external_contact", staff.userid, phone.external_userid, State=state, WelcomeCode=code)
    world.raise_event(_CONTACT, elements)


def customer_deletes_staff(world: World, phone: Phone, staff: Staff) -> None:
    """One-way from now on: the staff member still sees the customer, messages do not arrive."""
    relation = phone.follows.get(staff.userid)
    if relation is None or relation.left:
        raise Conflict("sandbox_no_contact", "the phone has no such contact.", field="userid")
    relation.left = True
    world.raise_event(_CONTACT, contact_event("del_follow_user", staff.userid, phone.external_userid))


def staff_deletes_customer(world: World, staff: Staff, phone: Phone) -> None:
    """The relation is gone for the API too (84061)."""
    if staff.contacts.pop(phone.external_userid, None) is None:
        raise Conflict("sandbox_no_contact", "the staff member has no such contact.", field="phone")
    del phone.follows[staff.userid]
    world.raise_event(_CONTACT, contact_event("del_external_contact", staff.userid, phone.external_userid))
