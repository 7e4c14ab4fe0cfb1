"""获客助手: acquisition links and their quota (wecom-api.md §3.4)."""

from __future__ import annotations

from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.cursors import cursor_for, position_of
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.offers import Link
from qunflow.sandbox.platform_contacts import known_staff
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_USERS_MOST = 100
_NAME_MOST = 30
_LINKS_MOST = 10_000
_ROOT = "/cgi-bin/externalcontact/customer_acquisition"


def _range(world: World, fields: Fields) -> list[str]:
    """The members of ``range``: 1 to 100 known ones; there are no departments."""
    entry = fields.record("range")
    if entry is None:
        raise PlatformError(40063, "range")
    if entry.has("department_list") and entry.texts("department_list", most=0):
        raise refuse("department_list", "names a department and this corp has none")
    users = list(dict.fromkeys(entry.texts("user_list", most=_USERS_MOST)))
    if not users:
        raise PlatformError(40063, "range.user_list")
    return [known_staff(world, userid).userid for userid in users]


def _named_link(world: World, fields: Fields) -> Link:
    found = world.offers.links.get(fields.text("link_id", most=128))
    if found is None:
        raise refuse("link_id", "is no link")
    return found


def _head(link: Link) -> Json:
    return {"link_id": link.link_id, "link_name": link.name, "url": link.url, "create_time": link.created}


def list_link(world: World, call: Call) -> Json:
    """Ids of links, a page of 100 at most."""
    fields = Fields(call.body, refuse)
    limit = fields.integer("limit", low=1, high=100, default=100)
    start = position_of("links", fields.text("cursor", most=256, default=""))
    ids = list(world.offers.links)
    more = len(ids) > start + limit
    page = ids[start : start + limit]
    return {"link_id_list": page, "next_cursor": cursor_for("links", start + limit) if more else ""}


def get_link(world: World, call: Call) -> Json:
    """One link and its members."""
    link = _named_link(world, Fields(call.body, refuse))
    return {
        "link": {**_head(link), "skip_verify": link.skip_verify},
        "range": {"user_list": link.users, "department_list": []},
    }


def create_link(world: World, call: Call) -> Json:
    """Name, members, cap (41095), in this order."""
    fields = Fields(call.body, refuse)
    name = fields.text("link_name", most=_NAME_MOST)
    users = _range(world, fields)
    skip_verify = fields.flag("skip_verify", default=True)
    if len(world.offers.links) >= _LINKS_MOST:
        raise PlatformError(41095)
    link_id = "ca" + world.mint("link")[:30]
    url = f"{world.base_url}/ca/{world.mint('link-url')[:16]}"
    link = Link(link_id, name, url, world.seconds(), skip_verify, users)
    world.offers.links[link_id] = link
    return {"link": _head(link)}


def update_link(world: World, call: Call) -> Json:
    """Overwrites what is named."""
    fields = Fields(call.body, refuse)
    link = _named_link(world, fields)
    name = fields.text("link_name", most=_NAME_MOST, default=link.name)
    users = _range(world, fields) if fields.has("range") else link.users
    link.skip_verify = fields.flag("skip_verify", default=link.skip_verify)
    link.name, link.users = name, users
    return {}


def delete_link(world: World, call: Call) -> Json:
    """The link ends; whoever opens it later finds nothing."""
    link = _named_link(world, Fields(call.body, refuse))
    del world.offers.links[link.link_id]
    return {}


def customers(world: World, call: Call) -> Json:
    """Who came through a link, and whether they have written."""
    fields = Fields(call.body, refuse)
    link = _named_link(world, fields)
    limit = fields.integer("limit", low=1, high=1_000, default=1_000)
    listing = f"link:{link.link_id}"
    start = position_of(listing, fields.text("cursor", most=256, default=""))
    entries: list[Json] = []
    for customer in link.customers[start : start + limit]:
        entry: Json = {"external_userid": customer.phone.external_userid, "userid": customer.staff.userid}
        entries.append({**entry, "chat_status": customer.chat_status, "state": customer.state})
    more = len(link.customers) > start + limit
    return {"customer_list": entries, "next_cursor": cursor_for(listing, start + limit) if more else ""}


def quota(world: World, call: Call) -> Json:
    """What is bought and what is left of it."""
    held = world.offers.quota
    entries = [{"expire_date": held.expires, "balance": held.balance}] if held.expires else []
    return {"total": held.total, "balance": held.balance, "quota_list": entries}


def statistic(world: World, call: Call) -> Json:
    """How many people opened a link and how many came, between two instants, both included."""
    fields = Fields(call.body, refuse)
    link = _named_link(world, fields)
    start = fields.integer("start_time", low=0, high=2**40)
    end = fields.integer("end_time", low=0, high=2**40)
    if start > end:
        raise refuse("start_time", "is after end_time")
    return {
        "click_link_customer_cnt": sum(start <= at <= end for at in link.opened),
        "new_customer_cnt": sum(start <= at <= end for at in link.gained),
    }


def get_chat_info(world: World, call: Call) -> Json:
    """Who wrote under the key that came with message_from_customer."""
    customer = world.offers.chat_keys.get(Fields(call.body, refuse).text("chat_key", most=128))
    if customer is None:
        raise refuse("chat_key", "is unknown")
    info = {"recv_msg_cnt": customer.messages, "link_id": customer.link_id, "state": customer.state}
    return {
        "userid": customer.staff.userid,
        "external_userid": customer.phone.external_userid,
        "chat_info": info,
    }


APIS: dict[str, Api] = {
    _ROOT + "/list_link": Api(list_link, {"link_id_list": []}),
    _ROOT + "/get": Api(get_link),
    _ROOT + "/create_link": Api(create_link),
    _ROOT + "/update_link": Api(update_link),
    _ROOT + "/delete_link": Api(delete_link),
    _ROOT + "/customer": Api(customers, {"customer_list": []}),
    _ROOT + "/statistic": Api(statistic),
    _ROOT + "/get_chat_info": Api(get_chat_info),
    _ROOT + "_quota": Api(quota, {"quota_list": []}),
}
