"""Answers of reading calls to inbound bodies: pure (wecom-api.md §3.1, §4, §6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from qunflow.connectors.wecom.mass_sends import SendResult
from qunflow.connectors.wecom.wire import instant, mapping, number
from qunflow.domain.inbound import BroadcastRead, ContactRead, GroupRead, MemberSeen

_STAFF = 1
_HOW_JOINED = {1: "invited", 2: "link", 3: "qr"}
_SENT = {0: "waiting", 1: "sent", 2: "not_contact", 3: "quota"}
#: Which of two results of one customer says more; a text that reached the customer by one staff member was sent.
_WEIGHT = ("quota", "not_contact", "waiting", "sent")


def group_read(chat: str, answer: Mapping[str, Any], read_at: datetime) -> GroupRead:
    """``group_chat`` of groupchat/get as the group's state at ``read_at``, the instant before the call."""
    members = [_member(row) for row in answer.get("member_list") or () if mapping(row).get("userid")]
    return GroupRead(
        chat=chat,
        read_at=read_at,
        name=str(answer.get("name") or ""),
        owner=str(answer.get("owner") or ""),
        version=str(answer.get("member_version") or ""),
        members=tuple(members),
    )


def group_gone(chat: str, read_at: datetime) -> GroupRead:
    """The group was dissolved, or is no customer group."""
    return GroupRead(chat=chat, read_at=read_at, gone=True)


def contact_read(external: str, answer: Mapping[str, Any]) -> ContactRead:
    """The answer of externalcontact/get, with the state of the code for every staff member who follows."""
    person = mapping(answer.get("external_contact"))
    follows = [mapping(row) for row in answer.get("follow_user") or ()]
    avatar = person.get("avatar")
    return ContactRead(
        external=external,
        name=str(person.get("name") or ""),
        union_id=str(person.get("unionid") or ""),
        states={str(row["userid"]): str(row.get("state") or "") for row in follows if row.get("userid")},
        pictured=bool(avatar) if isinstance(avatar, str) else None,
    )


def broadcast_read(broadcast: str, results: Iterable[SendResult]) -> BroadcastRead:
    """The rows of a mass send by customer; a status that is not known counts as waiting."""
    told: dict[str, str] = {}
    for row in results:
        said = _SENT.get(row.status, "waiting")
        known = told.get(row.external, _WEIGHT[0])
        if row.external:
            told[row.external] = max(said, known, key=_WEIGHT.index)
    return BroadcastRead(broadcast, told)


def _member(row: Mapping[str, Any]) -> MemberSeen:
    return MemberSeen(
        external=str(row["userid"]),
        is_staff=number(row.get("type")) == _STAFF,
        joined_at=instant(row.get("join_time")),
        how=_HOW_JOINED.get(number(row.get("join_scene")), ""),
        state=str(row.get("state") or ""),
        name=str(row.get("name") or row.get("group_nickname") or ""),
    )
