"""客户朋友圈: moments filed by the corp, published by staff (wecom-api.md §8.1)."""

from __future__ import annotations

from qunflow.sandbox.attachments import check_moment_content
from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.cursors import cursor_for, position_of
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.moments import audience
from qunflow.sandbox.offers import Moment
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.settings import DAY
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_SENDERS_MOST = 100_000
_TAGS_MOST = 100
_JOB_SECONDS = DAY
_UNDER_WAY_MOST = 100
_SPAN_MOST = 31 * DAY
_ROOT = "/cgi-bin/externalcontact/"
_DONE = 3


def add_moment_task(world: World, call: Call) -> Json:
    """Content, range, tasks under way (41078), in this order. The moment waits for each of its members."""
    fields = Fields(call.body, refuse)
    content = check_moment_content(world, fields)
    senders, tags, invalid = _visible_range(world, fields)
    under_way = sum(_dispatching(world, moment) for moment in world.offers.moments.values())
    if under_way >= _UNDER_WAY_MOST:
        raise PlatformError(41078)
    moment = Moment(
        job_id="job" + world.mint("moment-job"),
        moment_id="mom" + world.mint("moment"),
        created=world.seconds(),
        text=content.text,
        attachments=content.attachments,
        on_phone=content.on_phone,
        published=dict.fromkeys(senders, 0),
        tags=tags,
        invalid=invalid,
    )
    world.offers.moments[moment.moment_id] = world.offers.moment_jobs[moment.job_id] = moment
    return {"jobid": moment.job_id}


def _visible_range(world: World, fields: Fields) -> tuple[list[str], list[str], Json]:
    """Members and tags; those nobody knows are told with the result. No range means everybody."""
    visible = fields.record("visible_range")
    senders = visible.record("sender_list") if visible else None
    contacts = visible.record("external_contact_list") if visible else None
    users = senders.texts("user_list", most=_SENDERS_MOST) if senders else []
    tags = contacts.texts("tag_list", most=_TAGS_MOST) if contacts else []
    known = [userid for userid in users if userid in world.staff and not world.staff[userid].resigned]
    invalid: Json = {
        "invalid_sender_list": {
            "user_list": [userid for userid in users if userid not in known],
            "department_list": [],
        },
        "invalid_external_contact_list": {"tag_list": [tag for tag in tags if tag not in world.tags.tags]},
    }
    if not users:
        known = [staff.userid for staff in world.staff.values() if staff.in_range and not staff.resigned]
    return known, [tag for tag in tags if tag in world.tags.tags], invalid


def _dispatching(world: World, moment: Moment) -> bool:
    return world.seconds() - moment.created < world.limits.moment_dispatch_seconds


def get_moment_task_result(world: World, call: Call) -> Json:
    """Status 2 while the task is under way, 3 with its result; 40088 for a job nobody has or after a day."""
    moment = world.offers.moment_jobs.get(call.query.get("jobid", ""))
    if moment is None or world.seconds() - moment.created > _JOB_SECONDS:
        raise PlatformError(40088)
    if _dispatching(world, moment):
        return {"status": 2, "type": "add_moment_task"}
    result: Json = {"errcode": 0, "errmsg": "ok", "moment_id": moment.moment_id, **moment.invalid}
    return {"status": _DONE, "type": "add_moment_task", "result": result}


def _named_moment(world: World, fields: Fields) -> Moment:
    """41059 without a moment_id, 41060 for one nobody has, 41079 while it is dispatched."""
    moment_id = fields.text("moment_id", most=128, default="")
    if not moment_id:
        raise PlatformError(41059)
    moment = world.offers.moments.get(moment_id)
    if moment is None:
        raise PlatformError(41060)
    if _dispatching(world, moment):
        raise PlatformError(41079)
    return moment


def cancel_moment_task(world: World, call: Call) -> Json:
    """Whoever has not published cannot any more, and phones show it no longer."""
    _named_moment(world, Fields(call.body, refuse)).cancelled = True
    return {}


def get_moment_list(world: World, call: Call) -> Json:
    """Moments of a month at most, 20 a page; all of them are the corp's."""
    fields = Fields(call.body, refuse)
    start = fields.integer("start_time", low=0, high=2**40)
    end = fields.integer("end_time", low=0, high=2**40)
    if not 0 <= end - start <= _SPAN_MOST:
        raise refuse("end_time", "must be within a month after start_time")
    creator = fields.text("creator", default="")
    personal_only = fields.integer("filter_type", low=0, high=2, default=2) == 1
    limit = fields.integer("limit", low=1, high=20, default=20)
    listing = f"moments:{start}:{end}:{creator}:{personal_only}"
    first = position_of(listing, fields.text("cursor", most=256, default=""))
    found = [
        moment
        for moment in world.offers.moments.values()
        if start <= moment.created <= end and not personal_only and (not creator or creator in moment.published)
    ]
    more = len(found) > first + limit
    page = [_listed(moment) for moment in found[first : first + limit]]
    return {"moment_list": page, "next_cursor": cursor_for(listing, first + limit) if more else ""}


def _listed(moment: Moment) -> Json:
    shown: Json = {"moment_id": moment.moment_id, "create_time": moment.created, "create_type": 0}
    shown["visible_type"] = 0 if moment.tags else 1
    if moment.text:
        shown["text"] = {"content": moment.text}
    images = [entry["image"] for entry in moment.attachments if entry["msgtype"] == "image"]
    if images:
        shown["image"] = images
    for entry in moment.attachments:
        if entry["msgtype"] in ("video", "link"):
            shown[entry["msgtype"]] = entry[entry["msgtype"]]
    return shown


def _page(fields: Fields, listing: str, entries: list[Json]) -> tuple[list[Json], str]:
    limit = fields.integer("limit", low=1, high=1_000, default=500)
    start = position_of(listing, fields.text("cursor", most=256, default=""))
    more = len(entries) > start + limit
    return entries[start : start + limit], cursor_for(listing, start + limit) if more else ""


def get_moment_task(world: World, call: Call) -> Json:
    """Which members have published: 0 not yet, 1 done."""
    fields = Fields(call.body, refuse)
    moment = _named_moment(world, fields)
    entries: list[Json] = [
        {"userid": userid, "publish_status": 1 if at else 0} for userid, at in moment.published.items()
    ]
    page, cursor = _page(fields, f"moment:{moment.moment_id}", entries)
    return {"task_list": page, "next_cursor": cursor}


def _part(world: World, fields: Fields, *, published: bool) -> tuple[Moment, str]:
    """The part of one member: 41061 when it has none, 41062 when it was to be published and is not."""
    moment = _named_moment(world, fields)
    userid = fields.text("userid", default="")
    if userid not in moment.published:
        raise PlatformError(41061)
    if published and not moment.published[userid]:
        raise PlatformError(41062)
    return moment, userid


def get_moment_customer_list(world: World, call: Call) -> Json:
    """Who may see a member's part: as it was published, or as it would be now."""
    fields = Fields(call.body, refuse)
    moment, userid = _part(world, fields, published=False)
    seen = moment.seen_by.get(userid) or audience(world, moment, world.staff[userid])
    entries: list[Json] = [{"userid": userid, "external_userid": external} for external in seen]
    page, cursor = _page(fields, f"moment-range:{moment.moment_id}:{userid}", entries)
    return {"customer_list": page, "next_cursor": cursor}


def get_moment_send_result(world: World, call: Call) -> Json:
    """Who can see what a member published."""
    fields = Fields(call.body, refuse)
    moment, userid = _part(world, fields, published=True)
    entries: list[Json] = [{"external_userid": external} for external in moment.seen_by[userid]]
    page, cursor = _page(fields, f"moment-sent:{moment.moment_id}:{userid}", entries)
    return {"customer_list": page, "next_cursor": cursor}


def get_moment_comments(world: World, call: Call) -> Json:
    """Who commented and who liked a member's part."""
    moment, userid = _part(world, Fields(call.body, refuse), published=True)
    names = ("external_userid", "create_time")
    lists = {"comment_list": moment.comments, "like_list": moment.likes}
    return {
        name: [{key: entry[key] for key in names} for entry in entries if entry["of"] == userid]
        for name, entries in lists.items()
    }


APIS: dict[str, Api] = {
    _ROOT + "add_moment_task": Api(add_moment_task),
    _ROOT + "get_moment_task_result": Api(get_moment_task_result),
    _ROOT + "cancel_moment_task": Api(cancel_moment_task),
    _ROOT + "get_moment_list": Api(get_moment_list, {"moment_list": []}),
    _ROOT + "get_moment_task": Api(get_moment_task, {"task_list": []}),
    _ROOT + "get_moment_customer_list": Api(get_moment_customer_list, {"customer_list": []}),
    _ROOT + "get_moment_send_result": Api(get_moment_send_result, {"customer_list": []}),
    _ROOT + "get_moment_comments": Api(get_moment_comments, {"comment_list": [], "like_list": []}),
}
