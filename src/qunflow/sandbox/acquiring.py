"""Acquisition links as people use them: opened, refused, written through, running out (wecom-api.md §3.4, §9)."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from qunflow.sandbox.befriending import BY_LINK, befriend, friend_among
from qunflow.sandbox.codes import Json
from qunflow.sandbox.events import Element
from qunflow.sandbox.offers import Link, LinkCustomer
from qunflow.sandbox.settings import DAY
from qunflow.sandbox.state import Phone, Staff
from qunflow.sandbox.world import World

_EVENT = "customer_acquisition"
_CHANNEL_BYTES = 64
_LOW_PART = 10
_WARNING_DAYS = (14, 7, 3, 2, 1)


def raise_link_event(world: World, change: str, *elements: Element) -> None:
    """An event of customer acquisition; empty texts are left out."""
    world.raise_event(_EVENT, [("ChangeType", change), *(entry for entry in elements if entry[1] != "")])


def find_link(world: World, address: str) -> tuple[Link | None, str]:
    """The link behind an address and the customer_channel in it; a channel over 64 bytes counts as none."""
    parts = urlsplit(address)
    channel = parse_qs(parts.query).get("customer_channel", [""])[0]
    if len(channel.encode()) > _CHANNEL_BYTES:
        channel = ""
    bare = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return next((link for link in world.offers.links.values() if link.url == bare), None), channel


def open_link(world: World, phone: Phone, link: Link, channel: str) -> Json:
    """A phone opens a link: a new contact, an old one, a wait for the member's yes, or nothing left to give."""
    now = world.seconds()
    link.opened.append(now)
    raise_link_event(world, "open_profile", ("LinkId", link.link_id), ("State", channel))
    userids = [userid for userid in link.users if not world.staff[userid].resigned]
    known = friend_among(phone, userids)
    if known is not None:
        return {"kind": "already_contact", "userid": known.userid, "name": known.name}
    if not userids or world.offers.quota.balance <= 0:
        return {"kind": "unavailable"}
    staff = world.staff[userids[link.served % len(userids)]]
    link.served += 1
    shown = {"userid": staff.userid, "name": staff.name}
    raise_link_event(world, "friend_request", ("LinkId", link.link_id), ("State", channel))
    if not link.skip_verify:
        staff.waiting[phone.phone] = (channel, BY_LINK)
        world.offers.link_customers[staff.userid, phone.external_userid] = _customer(world, link, staff, phone, channel)
        return {"kind": "waits_for_staff", **shown}
    world.offers.link_customers[staff.userid, phone.external_userid] = _customer(world, link, staff, phone, channel)
    befriend(world, staff, phone, channel, BY_LINK)
    count_gain(world, staff, phone)
    return {"kind": "contact_added", **shown}


def _customer(world: World, link: Link, staff: Staff, phone: Phone, channel: str) -> LinkCustomer:
    return LinkCustomer(staff, phone, channel, link.link_id, "ck" + world.mint("chat-key"))


def count_gain(world: World, staff: Staff, phone: Phone) -> None:
    """A customer of a link became a contact: one less in the quota, told when that is low or at its end."""
    customer = world.offers.link_customers.get((staff.userid, phone.external_userid))
    link = world.offers.links.get(customer.link_id) if customer else None
    if customer is None or link is None or customer in link.customers:
        return
    link.customers.append(customer)
    link.gained.append(world.seconds())
    quota = world.offers.quota
    quota.balance = max(quota.balance - 1, 0)
    if quota.balance == 0:
        raise_link_event(world, "balance_exhausted")
    elif quota.balance * _LOW_PART <= quota.total and not quota.low_told:
        quota.low_told = True
        raise_link_event(world, "balance_low")


def count_message(world: World, staff: Staff, phone: Phone) -> None:
    """A customer of a link wrote: the first message raises customer_start_chat, each message_from_customer."""
    customer = world.offers.link_customers.get((staff.userid, phone.external_userid))
    if customer is None:
        return
    pair: list[Element] = [("UserID", staff.userid), ("ExternalUserID", phone.external_userid)]
    customer.messages += 1
    world.offers.chat_keys[customer.chat_key] = customer
    if customer.chat_status == 0:
        customer.chat_status = 1
        raise_link_event(world, "customer_start_chat", ("LinkId", customer.link_id), *pair)
    raise_link_event(world, "message_from_customer", *pair, ("ChatKey", customer.chat_key))


def set_quota(world: World, total: int, balance: int, expires: int) -> None:
    """The admin bought or used up quota; more of it raises balance_increased, its end is told days before."""
    quota = world.offers.quota
    grew = balance > quota.balance
    quota.total, quota.balance, quota.expires, quota.low_told = total, balance, expires, False
    if grew:
        raise_link_event(world, "balance_increased")
    for days in _WARNING_DAYS if expires else ():
        if expires - days * DAY >= world.seconds():
            world.due.at(expires - days * DAY, lambda: _tell_end(world, expires))
    if expires:
        world.due.at(expires, lambda: _end_quota(world, expires))


def _tell_end(world: World, expires: int) -> None:
    quota = world.offers.quota
    if quota.expires == expires and quota.balance:
        raise_link_event(world, "quota_expire_soon", ("ExpireTime", expires), ("ExpireQuotaNum", quota.balance))


def _end_quota(world: World, expires: int) -> None:
    if world.offers.quota.expires == expires and world.offers.quota.balance:
        world.offers.quota.balance = 0
        raise_link_event(world, "balance_exhausted")


def delete_by_hand(world: World, link: Link) -> None:
    """Somebody deletes a link in the console; deleting by API raises nothing."""
    del world.offers.links[link.link_id]
    raise_link_event(world, "delete_link", ("LinkId", link.link_id))


def tell_links_without_staff(world: World, userids: Sequence[str]) -> None:
    """Members resigned: links that have nobody left are unavailable."""
    for link in world.offers.links.values():
        touched = any(userid in userids for userid in link.users)
        if touched and all(world.staff[userid].resigned for userid in link.users):
            raise_link_event(world, "link_unavailable", ("LinkId", link.link_id))
