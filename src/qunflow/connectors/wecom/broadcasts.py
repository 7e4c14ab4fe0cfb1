"""Mass sends: filed as a task that staff confirm, then read by polling (wecom-api.md §6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.errors import WecomError, refused_here
from qunflow.connectors.wecom.mass_sends import SendResult
from qunflow.connectors.wecom.messages import check_text
from qunflow.connectors.wecom.readings import broadcast_read
from qunflow.connectors.wecom.wire import instant, mapping
from qunflow.domain.actions import Broadcast, ReadBroadcast
from qunflow.domain.clock import Clock
from qunflow.domain.inbound import BroadcastFiled, BroadcastRead
from qunflow.domain.receipts import Receipt, Result

MAX_CUSTOMERS = 10_000
_LIST_SPAN = timedelta(days=30)
_NO_CUSTOMER = 41048


async def file_broadcast(client: WecomClient, action: Broadcast) -> Receipt:
    """One task for all customers; those that WeCom names in ``fail_list`` come back as refused."""
    customers = tuple(dict.fromkeys(action.externals))
    if not 1 <= len(customers) <= MAX_CUSTOMERS:
        raise refused_here(
            f"A mass send has 1 to {MAX_CUSTOMERS} customers, this one {len(customers)}.",
            "Split it into several broadcasts.",
        )
    if not action.text:
        raise refused_here("A mass send needs a text.", "Write one.")
    check_text(action.text)
    try:
        filed = await client.add_msg_template(customers, action.text, action.sender)
    except WecomError as error:
        if error.errcode != _NO_CUSTOMER:
            raise
        unreached = BroadcastRead(action.broadcast, dict.fromkeys(customers, "not_contact"))
        return Receipt(Result.REFUSED, answers=(unreached,), reason=error.reason, detail=error.sentence())
    body = BroadcastFiled(action.broadcast, filed.task, filed.refused)
    return Receipt(Result.DONE, reference=filed.task, answers=(body,))


async def read_broadcast(client: WecomClient, action: ReadBroadcast) -> Receipt:
    """The state of every customer of a task, over all staff who have a part in it."""
    results = await _results(client, action.task)
    return Receipt(Result.DONE, reference=action.task, answers=(broadcast_read(action.broadcast, results),))


async def detect_broadcast(client: WecomClient, clock: Clock, action: Broadcast, since: datetime) -> Receipt | None:
    """The task that an unanswered call may have filed: by time, text, and that its customers are ours.

    Raises :class:`WecomError` when WeCom cannot tell yet; None means that nothing was filed.
    """
    until = max(clock.now(), since) + timedelta(minutes=1)
    start = max(since - timedelta(seconds=1), until - _LIST_SPAN)
    wanted = frozenset(action.externals)
    for row in await client.get_groupmsg_list_v2(start, until):
        made_at = instant(row.get("create_time"))
        same_text = mapping(row.get("text")).get("content") == action.text
        task = str(row.get("msgid") or "")
        if not task or not same_text or made_at is None or made_at < start.replace(microsecond=0):
            continue
        reached = frozenset(result.external for result in await _results(client, task))
        if reached and reached <= wanted:
            refused = tuple(sorted(wanted - reached))
            body = BroadcastFiled(action.broadcast, task, refused)
            return Receipt(Result.DONE, reference=task, answers=(body,))
    return None


async def _results(client: WecomClient, task: str) -> list[SendResult]:
    results: list[SendResult] = []
    for userid in await client.get_groupmsg_task(task):
        results.extend(await client.get_groupmsg_send_result(task, userid))
    return results
