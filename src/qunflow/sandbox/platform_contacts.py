"""Reading staff and customers (wecom-api.md §3.1) and remarks on them (§3.2)."""

from __future__ import annotations

from itertools import islice

from qunflow.sandbox.befriending import ASSIGNED
from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.cursors import cursor_for, position_of
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.state import Phone, Relation, Staff
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_FOLLOWERS_A_PAGE = 500
_ROOT = "/cgi-bin/externalcontact/"
_REMARKS = ("remark", "description", "remark_company", "remark_mobiles", "remark_pic_mediaid")


def get_follow_user_list(world: World, call: Call) -> Json:
    """Every member of staff in the app's range who has not resigned."""
    return {"follow_user": [staff.userid for staff in world.staff.values() if staff.in_range and not staff.resigned]}


def known_staff(world: World, userid: str) -> Staff:
    """40003 for an empty userid, 60111 for one nobody has or who resigned, 84074 for one out of range."""
    if not userid:
        raise PlatformError(40003)
    staff = world.staff.get(userid)
    if staff is None or staff.resigned:
        raise PlatformError(60111, userid[:64])
    if not staff.in_range:
        raise PlatformError(84074, userid[:64])
    return staff


def known_customer(world: World, external_userid: str) -> Phone:
    """41035 for an empty external_userid, 40096 for one this corp has never seen."""
    if not external_userid:
        raise PlatformError(41035)
    phone = world.customers.get(external_userid)
    if phone is None:
        raise PlatformError(40096)
    return phone


def known_relation(world: World, fields: Fields) -> Relation:
    """The pair of ``userid`` and ``external_userid``; 84061 when they are not connected."""
    staff = known_staff(world, fields.text("userid", default=""))
    phone = known_customer(world, fields.text("external_userid", default=""))
    relation = staff.contacts.get(phone.external_userid)
    if relation is None:
        raise PlatformError(84061)
    return relation


def list_customers(world: World, call: Call) -> Json:
    """Ids of one member's customers; 84061 when there are none."""
    staff = known_staff(world, call.query.get("userid", ""))
    if not staff.contacts:
        raise PlatformError(84061)
    return {"external_userid": list(staff.contacts)}


def get_customer(world: World, call: Call) -> Json:
    """One customer with followers; 41035 missing, 40096 never seen by this corp, 84061 nobody's contact."""
    phone = known_customer(world, call.query.get("external_userid", ""))
    if not phone.follows:
        raise PlatformError(84061)
    listing = f"followers:{phone.external_userid}"
    start = position_of(listing, call.query.get("cursor", ""))
    page = list(islice(phone.follows.values(), start, start + _FOLLOWERS_A_PAGE))
    end = start + len(page)
    more = end < len(phone.follows)
    return {
        "external_contact": _person(world, phone),
        "follow_user": [{**_follow(relation), "tags": _tags(world, relation)} for relation in page],
        "next_cursor": cursor_for(listing, end) if more else "",
    }


def _person(world: World, phone: Phone) -> Json:
    shown: Json = {
        "external_userid": phone.external_userid,
        "name": phone.name,
        "avatar": f"http://wx.qlogo.cn/mmhead/{phone.external_userid}/0",
        "type": 1,
        "gender": 0,
    }
    if phone.unionid and world.limits.unionid_bound:
        shown["unionid"] = phone.unionid
    return shown


def _follow(relation: Relation) -> Json:
    shown: Json = {
        "userid": relation.staff.userid,
        "remark": relation.phone.name if relation.remark is None else relation.remark,
        "description": relation.description,
        "createtime": relation.created,
        "remark_mobiles": relation.mobiles,
        "oper_userid": relation.staff.userid if relation.add_way == ASSIGNED else relation.phone.external_userid,
        "add_way": relation.add_way,
    }
    if relation.company:
        shown["remark_corp_name"] = relation.company
    if relation.state:
        shown["state"] = relation.state
    return shown


def _tags(world: World, relation: Relation) -> list[Json]:
    """Corp tags are type 1; the sandbox has no personal ones."""
    found = [world.tags.tags[tag_id] for tag_id in relation.tags if tag_id in world.tags.tags]
    return [{"group_name": t.group.name, "tag_name": t.name, "tag_id": t.tag_id, "type": 1} for t in found]


def batch_get_by_user(world: World, call: Call) -> Json:
    """Customers of up to 100 members, paged over all of them; tags come as ``tag_id[]``, not ``tags[]``."""
    fields = Fields(call.body, refuse)
    userids = fields.texts("userid_list", most=100)
    if not userids:
        raise PlatformError(40058, "userid_list is missing")
    limit = fields.integer("limit", low=1, high=100, default=50)
    listing = "by_user:" + ",".join(userids)
    start = position_of(listing, fields.text("cursor", most=256, default=""))
    members = [known_staff(world, userid) for userid in userids]
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
        {
            "external_contact": _person(world, r.phone),
            "follow_info": {**_follow(r), "tag_id": [tag for tag in r.tags if tag in world.tags.tags]},
        }
        for r in page[:limit]
    ]
    return {
        "external_contact_list": entries,
        "next_cursor": cursor_for(listing, start + limit) if len(page) > limit else "",
        "fail_info": {"unlicensed_userid_list": []},
    }


def contact_list(world: World, call: Call) -> Json:
    """Everyone the corp has served, each with the member who follows; group members nobody follows have none."""
    fields = Fields(call.body, refuse)
    limit = fields.integer("limit", low=1, high=1_000, default=1_000)
    start = position_of("served", fields.text("cursor", most=256, default=""))
    served = list(islice(world.customers.values(), start, start + limit + 1))
    entries = [entry for phone in served[:limit] for entry in _served(world, phone)]
    more = len(served) > limit
    return {"info_list": entries, "next_cursor": cursor_for("served", start + limit) if more else ""}


def _served(world: World, phone: Phone) -> list[Json]:
    shown: Json = {
        "is_customer": bool(phone.follows),
        "tmp_openid": world.alias("tmp", phone.external_userid),
        "add_time": min((r.created for r in phone.follows.values()), default=world.seconds()),
    }
    if not phone.follows:
        return [{**shown, "name": phone.name}]
    return [{**shown, "external_userid": phone.external_userid, "follow_userid": userid} for userid in phone.follows]


def remark(world: World, call: Call) -> Json:
    """The relation, then at least one field beside the ids; the company is for WeCom users only and kept."""
    fields = Fields(call.body, refuse)
    relation = known_relation(world, fields)
    named = [name for name in _REMARKS if fields.has(name)]
    if not named:
        raise PlatformError(40063, "nothing but ids")
    pic = fields.text("remark_pic_mediaid", most=512, default="")
    if pic and pic not in world.media:
        raise PlatformError(40007)
    text = fields.text("remark", most=20, default="")
    description = fields.text("description", most=150, default="")
    company = fields.text("remark_company", most=20, default="")
    mobiles = call.body.get("remark_mobiles")
    kept = [] if mobiles == [""] else fields.texts("remark_mobiles", most=20) if mobiles is not None else None
    relation.remark = text if fields.has("remark") else relation.remark
    relation.description = description if fields.has("description") else relation.description
    relation.company = company if fields.has("remark_company") else relation.company
    relation.mobiles = relation.mobiles if kept is None else kept
    return {}


APIS: dict[str, Api] = {
    _ROOT + "get_follow_user_list": Api(get_follow_user_list, {"follow_user": []}),
    _ROOT + "list": Api(list_customers, {"external_userid": []}),
    _ROOT + "get": Api(get_customer, {"follow_user": []}),
    _ROOT + "batch/get_by_user": Api(batch_get_by_user, {"external_contact_list": []}),
    _ROOT + "contact_list": Api(contact_list, {"info_list": []}),
    _ROOT + "remark": Api(remark),
}
