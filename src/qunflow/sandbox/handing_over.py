"""Customers and groups going from one member to another, and members who leave (wecom-api.md §3.6, §4, §9)."""

from __future__ import annotations

from qunflow.domain.errors import Conflict
from qunflow.sandbox.acquiring import tell_links_without_staff
from qunflow.sandbox.befriending import ASSIGNED, CONTACT
from qunflow.sandbox.events import contact_event
from qunflow.sandbox.offers import Transfer
from qunflow.sandbox.state import Phone, Relation, Staff
from qunflow.sandbox.world import World, message

DONE, WAITING, REFUSED, FULL = 1, 2, 3, 4


def resign(world: World, staff: Staff) -> None:
    """The member leaves the corp: customers and groups wait for somebody to take them over."""
    if staff.resigned:
        raise Conflict("sandbox_staff_resigned", "has resigned before.", field="userid")
    staff.resigned = world.seconds()
    for group in staff.groups.values():
        if group.owner is staff:
            group.status = 1
    tell_links_without_staff(world, [staff.userid])


def begin(world: World, transfer: Transfer) -> None:
    """Start a transfer; it takes effect by itself unless the customer refuses before."""
    world.offers.transfers.append(transfer)
    world.due.at(transfer.started + world.limits.transfer_seconds, lambda: _take_effect(world, transfer))


def waiting(world: World, phone: Phone, handover: Staff) -> Transfer | None:
    """The transfer of this customer that is under way."""
    for transfer in world.offers.transfers:
        if transfer.status == WAITING and transfer.phone is phone and transfer.handover is handover:
            return transfer
    return None


def refuse_transfer(world: World, phone: Phone, userid: str) -> None:
    """The customer wants to stay; raises transfer_fail. ``userid`` is the member who would have taken over."""
    for transfer in world.offers.transfers:
        if transfer.status == WAITING and transfer.phone is phone and transfer.takeover.userid == userid:
            _fail(world, transfer, REFUSED, "customer_refused")
            return
    raise Conflict("sandbox_no_transfer", "no transfer to this member waits.", field="userid")


def _fail(world: World, transfer: Transfer, status: int, reason: str) -> None:
    transfer.status = status
    elements = contact_event("transfer_fail", transfer.takeover.userid, transfer.phone.external_userid)
    world.raise_event(CONTACT, [elements[0], ("FailReason", reason), *elements[1:]])


def _take_effect(world: World, transfer: Transfer) -> None:
    if transfer.status != WAITING:
        return
    external_userid, taker = transfer.phone.external_userid, transfer.takeover
    old = transfer.handover.contacts.get(external_userid)
    if old is None or taker.resigned:
        world.offers.transfers.remove(transfer)
        return
    if external_userid not in taker.contacts and len(taker.contacts) >= world.limits.takeover_limit:
        _fail(world, transfer, FULL, "customer_limit_exceed")
        return
    del transfer.handover.contacts[external_userid], transfer.phone.follows[transfer.handover.userid]
    transfer.status, transfer.takeover_time = DONE, world.seconds()
    if not transfer.resigned:
        source = "DELETE_BY_TRANSFER"
        elements = contact_event("del_external_contact", transfer.handover.userid, external_userid, Source=source)
        world.raise_event(CONTACT, elements)
    _connect(world, transfer, old)
    if transfer.message:
        transfer.phone.inbox.add(message("transfer", taker, world.seconds(), transfer.message, []))


def _connect(world: World, transfer: Transfer, old: Relation) -> None:
    """The taker's relation, with remark and tags of the old one; one that was there before stays as it is."""
    taker, phone = transfer.takeover, transfer.phone
    if phone.external_userid in taker.contacts:
        return
    new = Relation(taker, phone, world.seconds(), "", ASSIGNED, remark=old.remark, description=old.description)
    new.tags = dict(old.tags)
    taker.contacts[phone.external_userid] = phone.follows[taker.userid] = new
    world.contact_day(taker.userid).contacts += 1
    world.raise_event(CONTACT, contact_event("add_external_contact", taker.userid, phone.external_userid))
