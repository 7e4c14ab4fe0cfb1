"""The queue as pages read it: each question answered once in some seconds, however many reviewers look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from qunflow.engine.door import Door
from qunflow.features.tasks.console_words import FINDINGS, TONES, codes_of
from qunflow.features.tasks.store import (
    QueueCount,
    QueueFilter,
    ReviewerFigures,
    WaitingProof,
    count_queue,
    read_one,
    read_reviewers,
    read_waiting,
)
from qunflow.storage.operators import find_account
from qunflow.web.widgets.freshness import Fresh
from qunflow.web.widgets.listing import Cell, Column, ListPage, ListQuery

FRESH_SECONDS = 1.5
#: The median wait is that of the last day's decisions.
LAST_DAY = timedelta(days=1)
COLUMNS = (
    Column("name", "console.reviews.col.name"),
    Column("campaign", "console.reviews.col.campaign", filterable=True),
    Column("finding", "console.reviews.finding", Cell.STATE, False, True, FINDINGS, "console.reviews.finding", TONES),
    Column("more", "console.reviews.col.more"),
    Column("queued_at", "console.reviews.col.queued_at", Cell.TIME),
)


class ReviewQueue:
    """The queue of every workspace, shared by all who look."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self._counts: Fresh[QueueCount] = Fresh(FRESH_SECONDS)
        self._pages: Fresh[tuple[list[WaitingProof], int]] = Fresh(FRESH_SECONDS)
        self._ones: Fresh[tuple[WaitingProof | None, str]] = Fresh(FRESH_SECONDS)
        self._reviewers: Fresh[list[ReviewerFigures]] = Fresh(3.0)
        self._names: Fresh[str] = Fresh(120.0, most=500)

    async def count(self, workspace: str) -> QueueCount:
        """How many wait now, and how long it takes."""

        async def read() -> QueueCount:
            async with self.door.database.read(workspace) as unit:
                return await count_queue(unit, self.door.clock.now() - LAST_DAY)

        return await self._counts.get(workspace, read)

    async def page(self, workspace: str, query: ListQuery) -> tuple[list[WaitingProof], int]:
        """One page of what waits."""
        wanted = filter_of(query)

        async def read() -> tuple[list[WaitingProof], int]:
            async with self.door.database.read(workspace) as unit:
                now = self.door.clock.now()
                return await read_waiting(unit, wanted, now, limit=query.per_page, offset=query.offset)

        return await self._pages.get((workspace, wanted, query.page, query.per_page), read)

    async def one(self, workspace: str, submission: str) -> tuple[WaitingProof | None, str]:
        """One proof and its status, whether it waits or not."""

        async def read() -> tuple[WaitingProof | None, str]:
            async with self.door.database.read(workspace) as unit:
                found = await read_one(unit, submission, self.door.clock.now())
            state = await self.door.look.state(workspace, submission) if found is not None else None
            return found, state.status if state is not None else ""

        return await self._ones.get((workspace, submission), read)

    async def reviewers(self, workspace: str, days: int) -> list[ReviewerFigures]:
        """What every reviewer did in the last days."""

        async def read() -> list[ReviewerFigures]:
            async with self.door.database.read(workspace) as unit:
                return await read_reviewers(unit, self.door.clock.now() - timedelta(days=days))

        return await self._reviewers.get((workspace, days), read)

    async def name_of(self, reviewer: str) -> str:
        """The name of a reviewer's account; who decided at the command line goes by the name given there."""

        async def read() -> str:
            async with self.door.database.directory() as connection:
                account = await find_account(connection, reviewer)
            return account.name if account is not None else reviewer

        return await self._names.get(reviewer, read) if reviewer else ""

    async def list_page(self, workspace: str, query: ListQuery) -> ListPage:
        """The same page as rows of a list."""
        found, total = await self.page(workspace, query)
        return ListPage([await self._row(proof) for proof in found], total)

    def forget(self, workspace: str, submission: str = "") -> None:
        """Something was decided."""
        self._counts.forget(workspace)
        self._pages = Fresh(FRESH_SECONDS)
        self._ones.forget((workspace, submission))

    async def _row(self, proof: WaitingProof) -> dict[str, Any]:
        codes = codes_of(proof)
        return {
            "key": proof.submission,
            "name": proof.name or proof.person[:8],
            "campaign": proof.title or proof.campaign,
            "finding": codes[0] if codes else "",
            "more_codes": codes[1:],
            "number": proof.attempt,
            "attempt": f"{proof.attempt}/{proof.attempts}" if proof.attempts else str(proof.attempt),
            "queued_at": proof.queued_at,
            "holder": await self.name_of(proof.holder),
            "findings": proof.findings,
        }


def filter_of(query: ListQuery) -> QueueFilter:
    """The question of a list as one for the queue."""
    filters = query.filters
    return QueueFilter(campaign=filters.get("campaign", ""), finding=filters.get("finding", ""), search=query.search)
