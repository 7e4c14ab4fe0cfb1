"""Sends what commits asked for: takes rows per conversation, marks them ``sending``, calls, stores the receipt.

A row found in ``sending`` without its owner has an unknown result: it is detected or repeated only as its connector
allows (architecture.md §4.6), so that a kill at any moment doubles nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from qunflow.delivery.ways import answer_without_call, expired, outcome_of
from qunflow.domain.clock import Clock
from qunflow.domain.codec import decode, encode
from qunflow.domain.errors import QunflowError
from qunflow.domain.outcomes import OnUnknown, Way
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import Connector, Receipt, Result
from qunflow.storage import outbox
from qunflow.storage.database import Database
from qunflow.storage.faults import is_lost
from qunflow.storage.idling import wait_for_work
from qunflow.storage.inbox import InboxRow, put_messages
from qunflow.storage.leases import LEASE_SECONDS, HeldLanes
from qunflow.storage.unit_of_work import UnitOfWork

QUEUE = "outbox"
AT_ONCE = 32
MAX_TRIES = 8
#: After so many the leases are looked after again.
MOST_IN_A_ROW = 200

log = structlog.get_logger("qunflow.delivery")

FindConnector = Callable[[str, str], Awaitable[Connector | None]]


@dataclass(frozen=True, slots=True)
class Done:
    """One row with the receipt that it got."""

    row: outbox.OutboxRow
    action: Any
    receipt: Receipt


class Sender:
    """Empties the outbox of every workspace until it is stopped."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        owner: str,
        actions: Mapping[str, type],
        find_connector: FindConnector,
        workspaces: Callable[[], Awaitable[Sequence[str]]],
        wake: asyncio.Event,
        idle_seconds: float = 0.2,
    ) -> None:
        self.database = database
        self.clock = clock
        self.owner = owner
        self.actions = actions
        self.find_connector = find_connector
        self.lanes = HeldLanes(database, QUEUE, owner, workspaces)
        self.wake = wake
        self.idle_seconds = idle_seconds
        self.counts: Tally[tuple[str, str]] = Tally()
        self._interrupted: set[str] = set()  # workspaces in which a batch began and did not end

    async def run(self) -> None:
        """Send until cancelled; gives the lanes back at the end."""
        try:
            while True:
                self.wake.clear()
                try:
                    busy = await self.turn()
                except Exception as error:
                    if not is_lost(error):
                        raise
                    log.warning("database_away", error=str(error))
                    await asyncio.sleep(1.0)
                    continue
                if busy < MOST_IN_A_ROW and not self.wake.is_set():
                    await wait_for_work(self.wake, self.idle_seconds)
        finally:
            await asyncio.shield(self.lanes.give_back())

    async def turn(self) -> int:
        """One round over all workspaces; answers how many actions were tried."""
        await self.lanes.renew()
        done = 0
        for workspace, lanes in self.lanes.held.items():
            if lanes:
                done += await self.send_batch(workspace, lanes)
        return done

    async def send_batch(self, workspace: str, lanes: Sequence[int]) -> int:
        """Take up to ``AT_ONCE`` actions, call, store the receipts with their answers and take the next, till none."""
        tried, resumed = 0, workspace in self._interrupted
        self._interrupted.add(workspace)
        async with self.database.unit(workspace) as unit:
            if resumed:
                await outbox.leave_actions(unit, self.owner)
            rows = await self._take(unit, lanes)
        while rows:
            tried += len(rows)
            done = await self._perform_all(workspace, rows)
            async with self.database.unit(workspace) as unit:
                async with unit.together():
                    await outbox.end_actions(unit, [self._ending(item) for item in done], self.owner)
                    await put_messages(unit, [row for item in done for row in self._answers(item)])
                rows = await self._take(unit, lanes) if tried < MOST_IN_A_ROW else []
        self._interrupted.discard(workspace)
        return tried

    async def _take(self, unit: UnitOfWork, lanes: Sequence[int]) -> list[outbox.OutboxRow]:
        return await outbox.take_actions(unit, lanes, self.owner, self.clock.now(), datetime.now(UTC), AT_ONCE)

    async def _perform_all(self, workspace: str, rows: Sequence[outbox.OutboxRow]) -> list[Done]:
        """Call for all of them side by side; however long a platform takes, the lanes stay ours."""
        now = self.clock.now()
        calls = asyncio.gather(*(self._perform(workspace, row, now) for row in rows))
        try:
            while not (await asyncio.wait({calls}, timeout=LEASE_SECONDS / 4))[0]:
                await self._keep_lanes()
            return await calls
        finally:
            if calls.cancel():
                await asyncio.wait({calls})

    async def _keep_lanes(self) -> None:
        try:
            await self.lanes.renew(at_work=True)
        except Exception as error:
            if not is_lost(error):
                raise
            log.warning("lanes_not_renewed", error=str(error))  # the calls go on, their receipts are worth keeping

    async def _perform(self, workspace: str, row: outbox.OutboxRow, now: datetime) -> Done:
        action: Any = decode(self.actions[row.kind], row.body)
        try:
            receipt = await self._receipt(workspace, action, row, now)
        except TimeoutError as error:
            receipt = Receipt(Result.UNKNOWN, reason=Reason.PLATFORM_ERROR, detail=str(error), retry_after=2.0)
        except QunflowError as error:
            result = Result.UNKNOWN if row.unknown else Result.RETRY
            receipt = Receipt(result, reason=Reason.PLATFORM_ERROR, detail=error.sentence(), retry_after=5.0)
        except Exception as error:
            log.error("connector_fault", action=row.action_id, kind=row.kind, exc_info=error)
            detail = type(error).__name__
            receipt = Receipt(Result.UNKNOWN, reason=Reason.PLATFORM_ERROR, detail=detail, retry_after=5.0)
        self.counts[(row.kind, receipt.result)] += 1
        return Done(row, action, receipt)

    async def _receipt(self, workspace: str, action: Any, row: outbox.OutboxRow, now: datetime) -> Receipt:
        connector = await self.find_connector(workspace, row.channel)
        if connector is None:
            return Receipt(Result.REFUSED, reason=Reason.NO_CAPABILITY, detail="no such channel")
        receipt = answer_without_call(action, connector.ways.get(row.kind, Way.UNAVAILABLE), row.action_id)
        if receipt is not None:
            return receipt
        if row.unknown:  # it may have happened in time: the platform knows, our clock does not
            found = await self._after_unknown(connector, action, row)
            return found or await connector.perform(action, row.action_id)
        if expired(row, now):
            return Receipt(Result.REFUSED, reason=Reason.EXPIRED)
        return await connector.perform(action, row.action_id)

    async def _after_unknown(self, connector: Connector, action: Any, row: outbox.OutboxRow) -> Receipt | None:
        allowed = connector.on_unknown.get(row.kind, OnUnknown.ORPHAN)
        self.counts[(row.kind, f"unknown_{allowed}")] += 1
        log.warning("result_unknown", action=row.action_id, kind=row.kind, allowed=allowed)
        if allowed is OnUnknown.DETECTABLE:
            return await connector.detect(action, row.action_id, row.at)
        return None

    def _ending(self, item: Done) -> outbox.Ending:
        receipt = item.receipt
        if self._again(item):
            wait = max(receipt.retry_after, min(60.0, 0.25 * 2.0**item.row.tries))
            again = datetime.now(UTC) + timedelta(seconds=wait)
            state = "queued" if receipt.result is Result.RETRY else "sending"
            return outbox.Ending(item.row.seq, state, reason=_text(receipt), detail=receipt.detail, retry_at=again)
        state = {Result.DONE: "done", Result.REFUSED: "refused"}.get(receipt.result, "failed")
        if state != "done":
            log.warning("not_sent", kind=item.row.kind, state=state, reason=_text(receipt), detail=receipt.detail)
        return outbox.Ending(item.row.seq, state, receipt.reference, _text(receipt), receipt.detail)

    @staticmethod
    def _again(item: Done) -> bool:
        return item.receipt.result in (Result.RETRY, Result.UNKNOWN) and item.row.tries < MAX_TRIES

    def _answers(self, item: Done) -> list[InboxRow]:
        if self._again(item):
            return []
        bodies = list(item.receipt.answers) or outcome_of(item.action, item.receipt)
        now, wall = self.clock.now(), datetime.now(UTC)
        return [
            InboxRow(
                message_id=f"{item.row.action_id}>{number}",
                lane_key=item.row.lane_key,
                kind=str(body.KIND),
                body=encode(body),
                at=now,
                received_at=wall,
                channel=item.row.channel,
                cause=item.row.action_id,
            )
            for number, body in enumerate(bodies)
        ]


def _text(receipt: Receipt) -> str:
    return str(receipt.reason.value) if receipt.reason is not None else ""
