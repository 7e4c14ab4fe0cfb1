"""Reading staff and customers (wecom-api.md §3.1)."""

from __future__ import annotations

from itertools import islice

from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.cursors import cursor_for, position_of
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.state import Phone, Relation, Staff
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_FOLLOWERS_A_PAGE = 500
_ROOT = "/cgi-bin/externalcontact/"


def get_follow_user_list(world: World, call: Call) -> Json:
    """Every member of staff may have customers in the sandbox."""
    return {"follow_user": list(world.staff)}


def _known_staff(world: World, userid: str) -> Staff:
    """40003 for an empty userid, 60111 for one nobody has."""
    if not userid:
        raise PlatformError(40003)
    staff = world.staff.get(userid)
    if staff is None:
        raise PlatformError(60111, userid[:64])
    return staff


def list_customers(world: World, call: Call) -> Json:
    """Ids of one member's customers; 84061 when there are none."""
    staff = _known_staff(world, call.query.get("userid", ""))
    if not staff.contacts:
        raise PlatformError(84061)
    return {"external_userid": list(staff.contacts)}


def get_customer(world: World, call: Call) -> Json:
    """One customer with followers; 41035 missing, 40096 never seen by this corp, 84061 nobody's contact."""
    external_userid = call.query.get("external_userid", "")
    if not external_userid:
        raise PlatformError(41035)
    phone = world.customers.get(external_userid)
    if phone is None:
        raise PlatformError(40096)
    if not phone.follows:
        raise PlatformError(84061)
    listing = f"followers:{external_userid}"
    start = position_of(listing, call.query.get("cursor", ""))
    page = list(islice(phone.follows.values(), start, start + _FOLLOWERS_A_PAGE))
    end = start + len(page)
    more = end < len(phone.follows)
    return {
        "external_contact": _person(world, phone),
        "follow_user": [{**_follow(relation), "tags": []} for relation in page],
        "next_cursor": cursor_for(listing, end) if more else "",
    }


def _person(world: World, phone: Phone) -> Json:
    shown: Json = {
        "external_userid": phone.external_userid,
        "name": phone.name,
        "avatar": "",
        "type": 1,
        "gender": 0,
    }
    if phone.unionid and world.limits.unionid_bound:
        shown["unionid"] = phone.unionid
    return shown


def _follow(relation: Relation) -> Json:
    shown: Json = {
        "userid": relation.staff.userid,
        "remark": relation.phone.name,
        "description": "",
        "createtime": relation.created,
        "remark_mobiles": [],
        "oper_userid": relation.phone.external_userid,
        "add_way": relation.add_way,
    }
    if relation.state:
        shown["state"] = relation.state
    return shown


def batch_get_by_user(world: World, call: Call) -> Json:
    """Customers of up to 100 members, paged over all of them; tags come as ``tag_id[]``, not ``tags[]``."""
    fields = Fields(call.body, refuse)
    userids = fields.texts("userid_list", most=100)
    if not userids:
        raise PlatformError(40058, "userid_list is missing")
    limit = fields.integer("limit", low=1, high=100, default=50)
    listing = "by_user:" + ",".join(userids)
    start = position_of(listing, fields.text("cursor", most=256, default=""))
    members = [_known_staff(world, userid) for userid in userids]
    page: list[Relation] = []
    skip = start
    for staff in members:
        if skip >= len(staff.contacts):
            skip -= len(staff.contacts)
            continue
        page.extend(islice(staff.contacts.values(), skip, skip + limit + 1 - len(page)))
        skip = 0
        if len(page) > limit:
            break
    entries = [
        {"external_contact": _person(world, r.phone), "follow_info": {**_follow(r), "tag_id": []}} for r in page[:limit]
    ]
    return {
        "external_contact_list": entries,
        "next_cursor": cursor_for(listing, start + limit) if len(page) > limit else "",
        "fail_info": {"unlicensed_userid_list": []},
    }


APIS: dict[str, Api] = {
    _ROOT + "get_follow_user_list": Api(get_follow_user_list, {"follow_user": []}),
    _ROOT + "list": Api(list_customers, {"external_userid": []}),
    _ROOT + "get": Api(get_customer, {"follow_user": []}),
    _ROOT + "batch/get_by_user": Api(batch_get_by_user, {"external_contact_list": []}),
}
