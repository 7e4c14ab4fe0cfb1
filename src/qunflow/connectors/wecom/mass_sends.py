"""企业群发: tasks that staff confirm in the client (wecom-api.md §6). Nothing goes out by the call alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from qunflow.connectors.wecom.bounds import check_choice, check_count, check_id, check_ids, refuse
from qunflow.connectors.wecom.content import message_content
from qunflow.connectors.wecom.paging import rows
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer, instant, number, texts

_API = "externalcontact/"
MAX_CUSTOMERS = 10_000
MAX_CHATS = 2_000
LIST_SPAN = timedelta(days=31)
_KINDS = ("single", "group")
_BY_CORP, _BY_STAFF, _BY_BOTH = 0, 1, 2


@dataclass(frozen=True, slots=True)
class MassSendPlan:
    """A mass send: to customers (``externals``, or all with ``tags``) or to groups (``chats`` of one ``sender``).

    ``tags`` are groups of tag ids: any inside a group, all groups together. With ``allow_select`` the staff member
    may change who gets it.
    """

    text: str = ""
    attachments: tuple[Mapping[str, Any], ...] = ()
    externals: tuple[str, ...] = ()
    chats: tuple[str, ...] = ()
    tags: tuple[tuple[str, ...], ...] = ()
    sender: str = ""
    allow_select: bool = False


@dataclass(frozen=True, slots=True)
class FiledTask:
    """A mass-send task that staff must confirm; ``refused`` could not be reached at all."""

    task: str
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StaffPart:
    """One staff member's part of a mass send; ``sent_at`` once it was confirmed."""

    staff: str
    sent: bool
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SendResult:
    """One row of a mass send: ``status`` 0 unsent, 1 sent, 2 no contact any more, 3 over the customer's quota."""

    external: str
    staff: str
    status: int
    chat: str = ""


class MassSends:
    """Files, watches, reminds of and cancels mass sends. Raises WecomError, or InvalidInput before a call."""

    def __init__(self, calls: Transport) -> None:
        self._calls = calls

    async def add(self, plan: MassSendPlan) -> FiledTask:
        """File a mass send; 41048 when nobody of it can be reached. Quotas show in the results only."""
        answer = await self._calls.post(_API + "add_msg_template", mass_send_body(plan))
        return FiledTask(str(answer.get("msgid", "")), texts(answer.get("fail_list")))

    async def list(
        self, start: datetime, end: datetime, creator: str = "", kind: str = "single", made_by: int = _BY_BOTH
    ) -> tuple[Answer, ...]:
        """The mass sends made between two instants, at most a month apart; ``made_by`` 0 corp, 1 staff, 2 both."""
        check_choice("kind", kind, _KINDS)
        check_choice("made_by", made_by, (_BY_CORP, _BY_STAFF, _BY_BOTH))
        if not start <= end <= start + LIST_SPAN:
            raise refuse("end", f"The time must be at most {LIST_SPAN.days} days.", "Ask month by month.")
        body: Answer = {
            "chat_type": kind,
            "start_time": int(start.timestamp()),
            "end_time": int(end.timestamp()),
            "filter_type": made_by,
            "limit": 100,
        }
        if creator:
            body["creator"] = check_id("creator", creator, 64)
        found = rows(self._calls, _API + "get_groupmsg_list_v2", body, "group_msg_list")
        return tuple([row async for row in found])

    async def parts(self, task: str) -> tuple[StaffPart, ...]:
        """Who has to confirm a mass send, and who did; 41063 while it is still being given out."""
        body = {"msgid": check_id("task", task), "limit": 1000}
        found = rows(self._calls, _API + "get_groupmsg_task", body, "task_list")
        return tuple(
            [
                StaffPart(str(row["userid"]), number(row.get("status")) == 2, instant(row.get("send_time")))
                async for row in found
                if row.get("userid")
            ]
        )

    async def results(self, task: str, staff: str) -> tuple[SendResult, ...]:
        """What became of each customer or group of one staff member's part."""
        body = {"msgid": check_id("task", task), "userid": check_id("staff", staff, 64), "limit": 1000}
        found = rows(self._calls, _API + "get_groupmsg_send_result", body, "send_list")
        return tuple(
            [
                SendResult(
                    str(row.get("external_userid") or ""),
                    staff,
                    number(row.get("status")),
                    str(row.get("chat_id") or ""),
                )
                async for row in found
            ]
        )

    async def remind(self, task: str) -> None:
        """Remind staff of a mass send; three times in 24 hours, else 41094.

        Count with :func:`qunflow.connectors.wecom.kept.reminding`, so that a fourth call is not even made.
        """
        await self._calls.post(_API + "remind_groupmsg_send", {"msgid": check_id("task", task)})

    async def cancel(self, task: str) -> None:
        """Stop what was not yet sent; what staff already sent stays."""
        await self._calls.post(_API + "cancel_groupmsg_send", {"msgid": check_id("task", task)})


def mass_send_body(plan: MassSendPlan) -> Answer:
    """The body of add_msg_template. Raises InvalidInput naming the field."""
    if plan.chats and (plan.externals or plan.tags):
        raise refuse("chats", "A mass send goes to customers or to groups.", "File two.")
    body: Answer = {"chat_type": "group" if plan.chats else "single"}
    if plan.chats:
        if not plan.sender:
            raise refuse("sender", "A mass send to groups needs the owner who sends it.", "Name the owner.")
        if plan.allow_select:
            raise refuse("allow_select", "Only for customers may staff change who gets it.", "Leave it out.")
        body["chat_id_list"] = check_ids("chats", plan.chats, 1, MAX_CHATS)
    elif plan.externals:
        if plan.tags:
            raise refuse("tags", "WeCom ignores tags when customers are named.", "Give one of them.")
        body["external_userid"] = check_ids("externals", plan.externals, 1, MAX_CUSTOMERS)
    elif plan.tags:
        body["tag_filter"] = {"group_list": [{"tag_list": check_ids("tags", group, 1, 100)} for group in plan.tags]}
    elif not plan.sender:
        raise refuse("externals", "A mass send needs customers, tags, groups or a sender.", "Name them.")
    if plan.sender:
        body["sender"] = check_id("sender", plan.sender, 64)
    if plan.allow_select:
        body["allow_select"] = True
    check_count("attachments", plan.attachments, 0, 9)
    return body | message_content(plan.text, plan.attachments)
