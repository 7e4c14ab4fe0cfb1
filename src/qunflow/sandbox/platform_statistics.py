"""Statistics of members and of group owners: whole days, yesterday and before (wecom-api.md §3.6, §4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from qunflow.sandbox.activity import ContactDay, GroupDay, day_of, day_start
from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.platform_contacts import known_staff
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_DAYS_BACK, _DAYS_AT_ONCE = 180, 30
_MEMBERS_MOST = 100
_ROOT = "/cgi-bin/externalcontact/"
_ORDERS: dict[int, Callable[[Json], int]] = {
    1: lambda data: int(data["new_chat_cnt"]),
    2: lambda data: int(data["chat_total"]),
    3: lambda data: int(data["new_member_cnt"]),
    4: lambda data: int(data["member_total"]),
}


def _days(world: World, fields: Fields, first: str, last: str, *, last_needed: bool) -> range:
    """The days asked for; 600018 unless they lie 180 days back to yesterday and are 30 at most."""
    start = fields.integer(first, low=0, high=2**40)
    end = fields.integer(last, low=0, high=2**40, default=None if last_needed else start)
    days = range(day_of(start), day_of(end) + 1)
    today = day_of(world.instant())
    if not days or len(days) > _DAYS_AT_ONCE or days[-1] >= today or days[0] < today - _DAYS_BACK:
        raise PlatformError(600018)
    return days


def get_user_behavior_data(world: World, call: Call) -> Json:
    """One entry per day, added up over the members named."""
    fields = Fields(call.body, refuse)
    users = list(dict.fromkeys(fields.texts("userid", most=_MEMBERS_MOST)))
    if fields.has("partyid") and call.body["partyid"]:
        raise refuse("partyid", "names a department and this corp has none")
    if not users:
        raise PlatformError(40063, "userid and partyid are both empty")
    for userid in users:
        known_staff(world, userid)
    days = _days(world, fields, "start_time", "end_time", last_needed=True)
    activity = world.activity.contacts
    return {"behavior_data": [_behaviour(day, [activity.get(day, {}).get(user) for user in users]) for day in days]}


def _behaviour(day: int, parts: Iterable[ContactDay | None]) -> Json:
    """Replies only where a customer began a chat; minutes until the first answer, on average."""
    there = [part for part in parts if part is not None]
    asked = sum(len(part.asked) for part in there)
    waits = [part.answered[who] - part.asked[who] for part in there for who in part.answered]
    shown: Json = {
        "stat_time": day_start(day),
        "chat_cnt": sum(len(part.chats) for part in there),
        "message_cnt": sum(part.messages for part in there),
        "negative_feedback_cnt": sum(part.feedback for part in there),
        "new_apply_cnt": sum(part.applies for part in there),
        "new_contact_cnt": sum(part.contacts for part in there),
    }
    if asked:
        shown["reply_percentage"] = round(100 * len(waits) / asked, 2)
    if waits:
        shown["avg_reply_time"] = round(sum(waits) / len(waits) / 60)
    return shown


def _owners(world: World, fields: Fields) -> list[str]:
    """The members of ``owner_filter``, or all owners there ever were."""
    entry = fields.record("owner_filter")
    named = entry.texts("userid_list", most=_MEMBERS_MOST) if entry else []
    for userid in named:
        if userid not in world.staff:
            raise PlatformError(60111, userid)
    if named:
        return list(dict.fromkeys(named))
    return list(dict.fromkeys(userid for day in world.activity.groups.values() for userid in day))


def _data(world: World, owners: Iterable[str], days: range) -> Json:
    """New ones of these days, and totals at the end of the last."""
    wanted = set(owners)
    during: list[GroupDay] = []
    chats = members = 0
    for day, by_owner in world.activity.groups.items():
        for userid in wanted.intersection(by_owner):
            entry = by_owner[userid]
            if day <= days[-1]:
                chats += entry.chats_change
                members += entry.members_change
            if day in days:
                during.append(entry)
    return {
        "new_chat_cnt": sum(entry.chats_made for entry in during),
        "chat_total": chats,
        "chat_has_msg": len(set().union(*(entry.chats_spoken for entry in during))),
        "new_member_cnt": sum(entry.joined for entry in during),
        "member_total": members,
        "member_has_msg": len(set().union(*(entry.speakers for entry in during))),
        "msg_total": sum(entry.messages for entry in during),
        "migrate_trainee_chat_cnt": 0,
    }


def statistic(world: World, call: Call) -> Json:
    """One entry per owner, ordered and paged by offset."""
    fields = Fields(call.body, refuse)
    days = _days(world, fields, "day_begin_time", "day_end_time", last_needed=False)
    order = fields.integer("order_by", low=1, high=4, default=1)
    ascending = fields.integer("order_asc", low=0, high=1, default=0) == 1
    offset = fields.integer("offset", low=0, high=10_000_000, default=0)
    limit = fields.integer("limit", low=1, high=1_000, default=500)
    items: list[Json] = [{"owner": owner, "data": _data(world, [owner], days)} for owner in _owners(world, fields)]
    items.sort(key=lambda item: _ORDERS[order](item["data"]), reverse=not ascending)
    page = items[offset : offset + limit]
    more = len(items) > offset + limit
    return {"total": len(items), "next_offset": offset + limit if more else 0, "items": page}


def statistic_group_by_day(world: World, call: Call) -> Json:
    """One entry per day, added up over the owners."""
    fields = Fields(call.body, refuse)
    days = _days(world, fields, "day_begin_time", "day_end_time", last_needed=False)
    owners = _owners(world, fields)
    return {"items": [{"stat_time": day_start(day), "data": _data(world, owners, range(day, day + 1))} for day in days]}


APIS: dict[str, Api] = {
    _ROOT + "get_user_behavior_data": Api(get_user_behavior_data, {"behavior_data": []}),
    _ROOT + "groupchat/statistic": Api(statistic, {"items": []}),
    _ROOT + "groupchat/statistic_group_by_day": Api(statistic_group_by_day, {"items": []}),
}
