"""Groups and their members: made, entered, left, dismissed; each a person's act that raises its event."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from qunflow.sandbox.codes import Json
from qunflow.sandbox.events import chat_event, chat_update, member_update
from qunflow.sandbox.state import Group, JoinWay, Member, Phone, Staff
from qunflow.sandbox.world import World, message

HARD_LIMIT = 500
INVITED, BY_QR = 1, 3
_EVENT_SCENE = {INVITED: 0, BY_QR: 3}
_CHAT = "change_external_chat"
_WAY_MOST = 5
_UNNAMED = "群聊"


def member_version(group: Group, version: int) -> str:
    """The opaque text of a member version, as in ``groupchat/get`` and in events."""
    return hashlib.blake2b(f"{group.chat_id}:{version}".encode(), digest_size=16).hexdigest()


def open_group(world: World, name: str, owner: Staff, others: Sequence[Phone | Staff]) -> Group:
    """A new group with its first members; raises ``create`` and nothing per member."""
    group = Group("wr" + world.mint("chat")[:30], name, owner, world.seconds())
    world.groups[group.chat_id] = group
    world.group_order.append(group)
    today = world.group_day(owner.userid)
    today.chats_made += 1
    today.chats_change += 1
    for person in (owner, *others):
        _put(world, group, person, INVITED, "", owner)
    group.version = 1
    world.raise_event(_CHAT, chat_event("create", group.chat_id))
    return group


def _put(world: World, group: Group, person: Phone | Staff, scene: int, state: str, by: Staff | None) -> None:
    phone = person if isinstance(person, Phone) else None
    userid = person.external_userid if isinstance(person, Phone) else person.userid
    shown: Json = {"userid": userid, "type": 2 if phone else 1}
    shown |= {"join_time": world.seconds(), "join_scene": scene, "group_nickname": ""}
    if by is not None:
        shown["invitor"] = {"userid": by.userid}
    if phone is not None:
        world.meet(phone)
        if phone.unionid and world.limits.unionid_bound:
            shown["unionid"] = phone.unionid
        if state:
            shown["state"] = state
    group.members[userid] = Member(userid, person.name, phone, shown)
    today = world.group_day(group.owner.userid)
    today.joined += 1
    today.members_change += 1
    person.groups[group.chat_id] = group


def enter(
    world: World,
    group: Group,
    people: Sequence[Phone | Staff],
    scene: int,
    *,
    state: str = "",
    by: Staff | None = None,
) -> None:
    """Add members and raise one ``add_member`` for all of them. The caller has checked that there is room."""
    _remember(world, group)
    for person in people:
        _put(world, group, person, scene, state, by)
    userids = [p.external_userid if isinstance(p, Phone) else p.userid for p in people]
    _raise_members(world, group, "add_member", ("JoinScene", _EVENT_SCENE[scene]), userids)
    _welcome(world, group, people)


def leave(world: World, group: Group, userid: str, quit_scene: int) -> None:
    """Take a member out; ``quit_scene`` 0 left, 1 removed by the owner. The userid must be a member's."""
    _remember(world, group)
    member = group.members.pop(userid)
    world.group_day(group.owner.userid).members_change -= 1
    person = member.phone or world.staff[userid]
    del person.groups[group.chat_id]
    _raise_members(world, group, "del_member", ("QuitScene", quit_scene), [userid])


def _remember(world: World, group: Group) -> None:
    """Keep what groupchat/get told before this change, when stale answers are switched on."""
    window = world.limits.member_stale_seconds
    now = world.instant()
    group.past = [entry for entry in group.past if entry[0] > now - window]
    if window:
        group.past.append((now, group.version, dict(group.members)))


def told_members(world: World, group: Group) -> tuple[int, dict[str, Member]]:
    """Version and members as groupchat/get tells them: late by ``member_stale_seconds``."""
    since = world.instant() - world.limits.member_stale_seconds
    for changed_at, version, members in group.past:
        if changed_at > since:
            return version, members
    return group.version, group.members


def _welcome(world: World, group: Group, people: Sequence[Phone | Staff]) -> None:
    """The template its owner chose greets the customers who came, with their name in it."""
    template = world.offers.templates.get(group.welcome)
    if template is None:
        return
    for person in people:
        if isinstance(person, Phone):
            text = template.text.replace("%NICKNAME%", person.name)
            shown = message("group_welcome", group.owner, world.seconds(), text, template.on_phone, group.chat_id)
            person.inbox.add(shown)


def hand_over(world: World, group: Group, owner: Staff, *, by_api: bool) -> None:
    """Another member becomes the owner, and a member of the group; only a person's act raises change_owner."""
    if owner.userid not in group.members and by_api:
        _put(world, group, owner, INVITED, "", None)
        group.version += 1
    elif owner.userid not in group.members:
        enter(world, group, [owner], INVITED)
    for staff, sign in ((group.owner, -1), (owner, 1)):
        today = world.group_day(staff.userid)
        today.chats_change += sign
        today.members_change += sign * len(group.members)
    group.owner = owner
    if not by_api:
        world.raise_event(_CHAT, chat_update(group.chat_id, "change_owner"))


def _raise_members(world: World, group: Group, detail: str, scene: tuple[str, int], userids: Sequence[str]) -> None:
    before = member_version(group, group.version)
    group.version += 1
    versions = (before, member_version(group, group.version))
    world.raise_event(_CHAT, member_update(group.chat_id, detail, scene, userids, versions))


def dismiss(world: World, group: Group) -> None:
    """End a group for all its members."""
    today = world.group_day(group.owner.userid)
    today.chats_change -= 1
    today.members_change -= len(group.members)
    group.dismissed = True
    for userid, member in group.members.items():
        person = member.phone or world.staff[userid]
        person.groups.pop(group.chat_id, None)
    world.raise_event(_CHAT, chat_event("dismiss", group.chat_id))


def rename(world: World, group: Group, name: str) -> None:
    """A member of staff gives the group a new name."""
    group.name = name
    world.raise_event(_CHAT, chat_update(group.chat_id, "change_name"))


def set_notice(world: World, group: Group, notice: str) -> None:
    """A member of staff puts up a new notice."""
    group.notice = notice
    world.raise_event(_CHAT, chat_update(group.chat_id, "change_notice"))


def join_by_way(world: World, phone: Phone, way: JoinWay) -> Json:
    """A phone scans the code of a join way: the first group with room, a new one, or the phone's error."""
    listed = [world.groups[chat_id] for chat_id in way.fields["chat_id_list"]]
    alive = [group for group in listed if not group.dismissed]
    for group in alive:
        if phone.external_userid in group.members:
            return seen_by_phone("already_member", group)
    free = next((group for group in alive if len(group.members) < world.limits.group_limit), None)
    if free is None and way.fields["auto_create_room"] == 1:
        free = _open_next_room(world, way, listed)
    if free is None:
        return {"kind": "group_full"} if alive else {"kind": "expired"}
    enter(world, free, [phone], BY_QR, state=way.fields["state"])
    return seen_by_phone("joined", free)


def _open_next_room(world: World, way: JoinWay, listed: Sequence[Group]) -> Group:
    """Base name and next number, owned by the last room's owner, put into the way's list (§4)."""
    base = way.fields["room_base_name"] or _UNNAMED
    room = open_group(world, f"{base}{way.next_number}", listed[-1].owner, [])
    way.next_number += 1
    chat_ids: list[str] = list(way.fields["chat_id_list"])
    if len(chat_ids) >= _WAY_MOST:
        chat_ids.pop(0)
    way.fields["chat_id_list"] = [*chat_ids, room.chat_id]
    return room


def join_by_group_code(world: World, phone: Phone, group: Group) -> Json:
    """A phone scans the ordinary code of one group."""
    if group.dismissed:
        return {"kind": "expired"}
    if phone.external_userid in group.members:
        return seen_by_phone("already_member", group)
    if len(group.members) >= world.limits.group_limit:
        return {"kind": "group_full"}
    enter(world, group, [phone], BY_QR)
    return seen_by_phone("joined", group)


def seen_by_phone(kind: str, group: Group) -> Json:
    """What the phone shows of the group it is in."""
    return {"kind": kind, "chat_id": group.chat_id, "chat_name": group.name}
