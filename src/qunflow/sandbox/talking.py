"""Words between people: staff and customers, alone and in groups, within the rules for staff (wecom-api.md §7)."""

from __future__ import annotations

import re

from qunflow.domain.errors import Conflict
from qunflow.sandbox.acquiring import count_message
from qunflow.sandbox.codes import Json
from qunflow.sandbox.state import Group, Phone, Staff
from qunflow.sandbox.world import World, message

TEXT_MOST = 4_000
_SEMANTICS = {
    1: re.compile(r"(?<!\d)1\d{10}(?!\d)"),
    2: re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),
    3: re.compile("红包"),
}


def staff_says(world: World, staff: Staff, phone: Phone, text: str, attachments: list[Json]) -> Json:
    """A member writes to a customer; ``Conflict`` when a rule blocks it or they are not connected."""
    relation = staff.contacts.get(phone.external_userid)
    if relation is None or relation.left:
        raise Conflict("sandbox_no_contact", "the phone is not this member's contact.", field="phone")
    warned = _obey_rules(world, staff, text)
    now = world.instant()
    relation.spoken = now
    today = world.contact_day(staff.userid)
    today.chats.add(phone.external_userid)
    today.messages += 1
    if phone.external_userid in today.asked:
        today.answered.setdefault(phone.external_userid, now)
    phone.inbox.add(message("chat", staff, int(now), text, attachments))
    return {"ok": True, "warned": warned}


def _obey_rules(world: World, staff: Staff, text: str) -> bool:
    """Whether a rule warns of this text; one that blocks raises ``Conflict``."""
    warned = False
    for rule in world.offers.rules.values():
        if staff.userid not in rule["applicable_range"]["user_list"]:
            continue
        words = any(word in text for word in rule["word_list"])
        if words or any(_SEMANTICS[kind].search(text) for kind in rule["semantics_list"]):
            if rule["intercept_type"] == 1:
                raise Conflict("sandbox_words_blocked", f"rule {rule['rule_name']} blocks this text.", field="text")
            warned = True
    return warned


def phone_says(world: World, phone: Phone, staff: Staff, text: str) -> Json:
    """A customer writes to a member."""
    relation = phone.follows.get(staff.userid)
    if relation is None or relation.left:
        raise Conflict("sandbox_no_contact", "the phone has no such contact.", field="userid")
    now = world.instant()
    relation.spoken = now
    today = world.contact_day(staff.userid)
    today.chats.add(phone.external_userid)
    today.asked.setdefault(phone.external_userid, now)
    staff.talks.add(_spoken(phone.external_userid, phone.name, int(now), text))
    count_message(world, staff, phone)
    return {"ok": True}


def says_in_group(world: World, group: Group, speaker: Phone | Staff, text: str, attachments: list[Json]) -> Json:
    """A member of a group writes; the others read it."""
    userid = speaker.external_userid if isinstance(speaker, Phone) else speaker.userid
    if userid not in group.members:
        raise Conflict("sandbox_not_a_member", "is not in this group.", field="chat_id")
    warned = _obey_rules(world, speaker, text) if isinstance(speaker, Staff) else False
    today = world.group_day(group.owner.userid)
    today.messages += 1
    today.chats_spoken.add(group.chat_id)
    today.speakers.add((group.chat_id, userid))
    shown = {**_spoken(userid, speaker.name, world.seconds(), text), "kind": "group", "chat_id": group.chat_id}
    shown["attachments"] = attachments
    for reader, member in group.members.items():
        if reader != userid:
            (member.phone.inbox if member.phone else world.staff[reader].talks).add(shown)
    return {"ok": True, "warned": warned}


def _spoken(userid: str, name: str, at: int, text: str) -> Json:
    return {"kind": "chat", "from": userid, "from_name": name, "at": at, "text": text, "attachments": []}
