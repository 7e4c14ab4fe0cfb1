"""Mass sends: a task waits for its staff member, then reaches customers or groups within their quota (§6)."""

from __future__ import annotations

import calendar
from datetime import timedelta

from qunflow.domain.errors import Conflict, NotFound
from qunflow.sandbox.attachments import Content
from qunflow.sandbox.codes import Json
from qunflow.sandbox.state import MassSend, Phone, Relation, Share, Staff, Target
from qunflow.sandbox.world import World, message

_CHINA = timedelta(hours=8)


def create_task(
    world: World, chat_type: str, creator: str, content: Content, shares: dict[str, Share], *, allow_select: bool
) -> MassSend:
    """Keep the task and show it to its staff; nothing is sent."""
    task = MassSend(
        msgid="msg" + world.mint("mass"),
        chat_type=chat_type,
        creator=creator,
        created=world.seconds(),
        text=content.text,
        attachments=content.attachments,
        on_phone=content.on_phone,
        shares=shares,
        allow_select=allow_select,
    )
    world.mass_sends[task.msgid] = task
    world.mass_order.append(task)
    for share in shares.values():
        share.staff.tasks[task.msgid] = share
    return task


def confirm(world: World, staff: Staff, msgid: str, only: frozenset[str] | None = None) -> Json:
    """The staff member presses send; counts per status come back. A second press is a ``Conflict``."""
    task = world.mass_sends.get(msgid)
    share = staff.tasks.get(msgid)
    if task is None or share is None:
        raise NotFound("sandbox_task_unknown", "this staff member has no such task.", field="msgid")
    if task.cancelled:
        raise Conflict("sandbox_task_cancelled", "the task was cancelled.", field="msgid")
    if share.sent_at:
        raise Conflict("sandbox_task_sent", "the task was confirmed before.", field="msgid")
    if only is not None and not task.allow_select:
        raise Conflict("sandbox_task_fixed", "the task does not let its member choose.", field="only")
    share.sent_at = world.seconds()
    counts = {"sent": 0, "not_a_friend": 0, "over_quota": 0}
    names = {1: "sent", 2: "not_a_friend", 3: "over_quota"}
    shown = message("mass", staff, share.sent_at, task.text, task.on_phone)
    for target in share.targets:
        if only is not None and target.external_userid not in only:
            continue
        target.status = _send_one(world, staff, target, shown)
        target.send_time = share.sent_at if target.status == 1 else 0
        counts[names[target.status]] += 1
    return counts


def _send_one(world: World, staff: Staff, target: Target, shown: Json) -> int:
    """Status 1 sent, 2 no way to send any more, 3 the month (or week, day) of this target is used up."""
    readers = _group_readers(world, staff, target) if target.chat_id else _friend(staff, target)
    if readers is None:
        return 2
    if not _count_against_quota(world, target.chat_id or target.external_userid):
        return 3
    copy = {**shown, "chat_id": target.chat_id} if target.chat_id else shown
    for phone in readers:
        phone.inbox.add(copy)
    return 1


def _friend(staff: Staff, target: Target) -> list[Phone] | None:
    relation: Relation | None = staff.contacts.get(target.external_userid)
    return None if relation is None or relation.left else [relation.phone]


def _group_readers(world: World, staff: Staff, target: Target) -> list[Phone] | None:
    group = world.groups[target.chat_id]
    if group.dismissed or group.owner is not staff:
        return None
    return [member.phone for member in group.members.values() if member.phone is not None]


def _count_against_quota(world: World, target: str) -> bool:
    """Count one message in the running period of China's calendar; False when none is left."""
    local = world.now() + _CHINA
    if world.limits.mass_policy == "day":
        period, quota = f"d{local:%Y%m%d}", 1
    elif world.limits.mass_policy == "week":
        period, quota = f"w{local:%G%V}", 7
    else:
        period, quota = f"m{local:%Y%m}", calendar.monthrange(local.year, local.month)[1]
    used = world.mass_counts.get((target, period), 0)
    if used >= quota:
        return False
    world.mass_counts[target, period] = used + 1
    return True


def waiting_tasks(world: World, staff: Staff) -> list[Json]:
    """The tasks this staff member has yet to confirm, oldest first."""
    return [
        {
            "msgid": msgid,
            "chat_type": task.chat_type,
            "created": task.created,
            "text": task.text,
            "attachments": task.on_phone,
            "targets": len(share.targets),
            "allow_select": task.allow_select,
            "reminders": len(task.reminded),
        }
        for msgid, share in staff.tasks.items()
        for task in (world.mass_sends[msgid],)
        if not share.sent_at and not task.cancelled
    ]
