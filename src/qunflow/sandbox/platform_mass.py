"""Mass-send tasks as the API sees them (wecom-api.md §6)."""

from __future__ import annotations

from qunflow.sandbox.attachments import check_content
from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.cursors import cursor_for, position_of
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.mass_send import create_task
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.settings import DAY
from qunflow.sandbox.state import MassSend, Relation, Share, Staff, Target
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_CUSTOMERS_MOST, _GROUPS_MOST = 10_000, 2_000
_SPAN_MOST = 31 * DAY
_REMINDERS_A_DAY = 3
_TAG_GROUPS_MOST = 100
_ROOT = "/cgi-bin/externalcontact/"


def add_msg_template(world: World, call: Call) -> Json:
    """Chat type, content, sender, targets, in this order; a task nobody can be reached by is 41048."""
    fields = Fields(call.body, refuse)
    chat_type = fields.text("chat_type", most=10, default="single")
    if chat_type not in ("single", "group"):
        raise refuse("chat_type", "must be single or group")
    content = check_content(world, fields)
    allow_select = fields.flag("allow_select", default=False) and chat_type == "single"
    sender: Staff | None = None
    if fields.has("sender") or chat_type == "group":
        sender = world.staff.get(fields.text("sender"))
        if sender is None or sender.resigned:
            raise PlatformError(40003, "sender")
        if not sender.in_range:
            raise PlatformError(84074, "sender")
    if chat_type == "group" and sender is not None:
        shares, failed = _group_shares(world, fields, sender)
    else:
        shares, failed = _single_shares(world, fields, sender)
    if not shares:
        raise PlatformError(41048)
    creator = sender.userid if sender else ""
    task = create_task(world, chat_type, creator, content, shares, allow_select=allow_select)
    return {"fail_list": failed, "msgid": task.msgid}


def _group_shares(world: World, fields: Fields, sender: Staff) -> tuple[dict[str, Share], list[str]]:
    """The sender's own groups, all of them when none is named; others land in the fail list."""
    wanted = fields.texts("chat_id_list", most=_GROUPS_MOST)
    own = [chat_id for chat_id, group in sender.groups.items() if group.owner is sender]
    owned = set(own)
    chat_ids = [chat_id for chat_id in dict.fromkeys(wanted) if chat_id in owned] if wanted else own
    failed = [chat_id for chat_id in wanted if chat_id not in owned]
    targets = [Target(chat_id=chat_id) for chat_id in chat_ids]
    return ({sender.userid: Share(sender, targets)} if targets else {}), failed


def _single_shares(world: World, fields: Fields, sender: Staff | None) -> tuple[dict[str, Share], list[str]]:
    """Customers named, or all of them; without a sender each goes to the member it met last."""
    wanted = list(dict.fromkeys(fields.texts("external_userid", most=_CUSTOMERS_MOST)))
    if not wanted:
        wanted = list(sender.contacts) if sender else list(world.customers)
        filters = _tag_groups(fields)
        wanted = [external for external in wanted if _matches(world, external, sender, filters)]
    shares: dict[str, Share] = {}
    failed: list[str] = []
    for external_userid in wanted:
        relation = _relation(world, external_userid, sender)
        if relation is None:
            failed.append(external_userid)
            continue
        userid = relation.staff.userid
        if userid not in shares:
            shares[userid] = Share(relation.staff, [])
        shares[userid].targets.append(Target(external_userid=external_userid))
    return shares, failed


def _tag_groups(fields: Fields) -> list[list[str]]:
    """The tag lists of ``tag_filter``, 100 tags each at most."""
    record = fields.record("tag_filter")
    groups = record.records("group_list") if record else []
    if len(groups) > _TAG_GROUPS_MOST:
        raise refuse("group_list", f"holds more than {_TAG_GROUPS_MOST} entries")
    return [group.texts("tag_list", most=100) for group in groups]


def _matches(world: World, external_userid: str, sender: Staff | None, filters: list[list[str]]) -> bool:
    """One tag of each list is enough; the marks of the member count who will send."""
    if not filters:
        return True
    relation = _relation(world, external_userid, sender)
    return relation is not None and all(any(tag in relation.tags for tag in tags) for tags in filters)


def _relation(world: World, external_userid: str, sender: Staff | None) -> Relation | None:
    phone = world.customers.get(external_userid)
    if phone is None:
        return None
    if sender is not None:
        return phone.follows.get(sender.userid)
    return max(phone.follows.values(), key=lambda relation: max(relation.created, relation.spoken), default=None)


def get_groupmsg_list_v2(world: World, call: Call) -> Json:
    """Tasks made between two instants at most a month apart, oldest first."""
    fields = Fields(call.body, refuse)
    chat_type = fields.text("chat_type", most=10)
    start = fields.integer("start_time", low=0, high=2**40)
    end = fields.integer("end_time", low=0, high=2**40)
    if not 0 <= end - start <= _SPAN_MOST:
        raise refuse("end_time", "must be within a month after start_time")
    creator = fields.text("creator", default="")
    personal_only = fields.integer("filter_type", low=0, high=2, default=2) == 1
    limit = fields.integer("limit", low=1, high=100, default=50)
    listing = f"mass:{chat_type}:{start}:{end}:{creator}:{personal_only}"
    first = position_of(listing, fields.text("cursor", most=256, default=""))
    found: list[Json] = []
    for position, task in enumerate(world.mass_order[first:], start=first):
        if personal_only or task.chat_type != chat_type or not start <= task.created <= end:
            continue
        if creator and task.creator != creator:
            continue
        if len(found) == limit:
            return {"group_msg_list": found, "next_cursor": cursor_for(listing, position)}
        found.append(_listed(task))
    return {"group_msg_list": found, "next_cursor": ""}


def _listed(task: MassSend) -> Json:
    shown: Json = {"msgid": task.msgid, "create_time": task.created, "create_type": 0}
    if task.creator:
        shown["creator"] = task.creator
    if task.text:
        shown["text"] = {"content": task.text}
    shown["attachments"] = task.attachments
    return shown


def _named_task(world: World, fields: Fields) -> MassSend:
    """41046 without a msgid, 41047 for one nobody has."""
    msgid = fields.text("msgid", most=128, default="")
    if not msgid:
        raise PlatformError(41046)
    task = world.mass_sends.get(msgid)
    if task is None:
        raise PlatformError(41047)
    return task


def _dispatched_task(world: World, fields: Fields) -> MassSend:
    """41063 while the task is still being dispatched to staff."""
    task = _named_task(world, fields)
    if world.seconds() - task.created < world.limits.mass_dispatch_seconds:
        raise PlatformError(41063)
    return task


def _page(fields: Fields, listing: str, count: int) -> tuple[int, int, str]:
    limit = fields.integer("limit", low=1, high=1_000, default=500)
    start = position_of(listing, fields.text("cursor", most=256, default=""))
    end = min(start + limit, count)
    return start, end, cursor_for(listing, end) if end < count else ""


def get_groupmsg_task(world: World, call: Call) -> Json:
    """Which staff have confirmed: status 0 not yet, 2 sent."""
    fields = Fields(call.body, refuse)
    task = _dispatched_task(world, fields)
    shares = list(task.shares.values())
    start, end, cursor = _page(fields, f"task:{task.msgid}", len(shares))
    entries: list[Json] = []
    for share in shares[start:end]:
        entry: Json = {"userid": share.staff.userid, "status": 2 if share.sent_at else 0}
        if share.sent_at:
            entry["send_time"] = share.sent_at
        entries.append(entry)
    return {"task_list": entries, "next_cursor": cursor}


def get_groupmsg_send_result(world: World, call: Call) -> Json:
    """What became of each target of one staff member."""
    fields = Fields(call.body, refuse)
    task = _dispatched_task(world, fields)
    userid = fields.text("userid", default="")
    share = task.shares.get(userid)
    if share is None:
        raise PlatformError(40003)
    start, end, cursor = _page(fields, f"result:{task.msgid}:{userid}", len(share.targets))
    return {
        "send_list": [_result(userid, target) for target in share.targets[start:end]],
        "next_cursor": cursor,
    }


def _result(userid: str, target: Target) -> Json:
    shown: Json = {"userid": userid, "status": target.status}
    if target.external_userid:
        shown["external_userid"] = target.external_userid
    if target.chat_id:
        shown["chat_id"] = target.chat_id
    if target.send_time:
        shown["send_time"] = target.send_time
    return shown


def remind_groupmsg_send(world: World, call: Call) -> Json:
    """Three reminders in 24 hours (41094); staff see the number of reminders at their task."""
    task = _named_task(world, Fields(call.body, refuse))
    if task.cancelled:
        raise PlatformError(41093)
    now = world.instant()
    if sum(at > now - DAY for at in task.reminded) >= _REMINDERS_A_DAY:
        raise PlatformError(41094)
    task.reminded.append(now)
    return {}


def cancel_groupmsg_send(world: World, call: Call) -> Json:
    """Stops what staff have not sent yet; what was sent stays sent."""
    task = _named_task(world, Fields(call.body, refuse))
    if task.cancelled:
        raise PlatformError(41093)
    task.cancelled = True
    return {}


APIS: dict[str, Api] = {
    _ROOT + "add_msg_template": Api(add_msg_template, {"fail_list": []}),
    _ROOT + "get_groupmsg_list_v2": Api(get_groupmsg_list_v2, {"group_msg_list": []}),
    _ROOT + "get_groupmsg_task": Api(get_groupmsg_task, {"task_list": []}),
    _ROOT + "get_groupmsg_send_result": Api(get_groupmsg_send_result, {"send_list": []}),
    _ROOT + "remind_groupmsg_send": Api(remind_groupmsg_send),
    _ROOT + "cancel_groupmsg_send": Api(cancel_groupmsg_send),
}
