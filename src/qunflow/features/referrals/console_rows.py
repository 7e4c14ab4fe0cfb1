"""Programs and leads as pages read them: each question answered once in some seconds for everybody who looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qunflow.engine.door import Door
from qunflow.features.referrals import acts, store
from qunflow.features.referrals.model import ALIVE, PROPOSED, STATUSES, WON, LeadState
from qunflow.features.referrals.program import ProgramState, budget_account
from qunflow.features.referrals.vault import ContactVault
from qunflow.storage.accounts import read_balances
from qunflow.storage.people import find_names
from qunflow.web.widgets.freshness import Fresh
from qunflow.web.widgets.listing import Cell, Column, ListPage, ListQuery

FRESH_SECONDS = 2.0
EVERY_SECONDS = 3.0
TONES = {
    "open": "warning",
    "contacted": "info",
    "proposed": "deep-orange-8",
    "won": "positive",
    "lost": "grey-8",
    "expired": "grey-8",
}
LEAD_SORT = "-opened_at"
LEAD_COLUMNS = (
    Column("friend", "console.referrals.col.friend", link="/referrals/lead/{key}"),
    Column("status", "console.referrals.status", Cell.STATE, True, True, STATUSES, "console.referrals.status", TONES),
    Column("program", "console.referrals.col.program", sortable=True, filterable=True),
    Column("recommender", "console.referrals.col.recommender"),
    Column(
        "source",
        "console.referrals.source",
        Cell.STATE,
        False,
        True,
        ("form", "contact"),
        "console.referrals.source",
    ),
    Column("opened_at", "console.referrals.col.opened_at", Cell.TIME, True),
    Column("protected_until", "console.referrals.col.protected_until", Cell.TIME, True),
    Column("net_fen", "console.referrals.col.net_fen", Cell.MONEY, True),
    Column("reward_fen", "console.referrals.col.reward_fen", Cell.MONEY),
)
#: For the file: the id by which the command line names a lead.
LEAD_EXPORTED = (Column("key", "console.referrals.col.lead"), *LEAD_COLUMNS)


@dataclass(frozen=True, slots=True)
class LeadSheet:
    """One lead with the names behind it; ``friend`` is masked where it was left on the form."""

    state: LeadState
    friend: str
    recommender: str
    has_contact: bool


@dataclass(frozen=True, slots=True)
class ProgramSheet:
    """One program with its leads by status and what of its budget is left."""

    state: ProgramState
    counts: Mapping[str, int]
    left_fen: int


class ReferralRows:
    """Referrals of every workspace."""

    def __init__(self, door: Door, vault: ContactVault) -> None:
        self.door, self.vault = door, vault
        self._programs: Fresh[list[dict[str, Any]]] = Fresh(FRESH_SECONDS)
        self._leads: Fresh[ListPage] = Fresh(FRESH_SECONDS)

    def forget(self, workspace: str) -> None:
        """Something was changed."""
        self._programs.forget(workspace)
        self._leads = Fresh(FRESH_SECONDS)

    async def programs(self, workspace: str) -> list[dict[str, Any]]:
        """Every program as a row."""
        return await self._programs.get(workspace, lambda: self._read_programs(workspace))

    async def program(self, workspace: str, name: str) -> ProgramSheet:
        """One program. Raises NotFound."""
        state = await acts.find_program(self.door, workspace, name)
        async with self.door.database.read(workspace) as unit:
            counts = (await store.count_leads(unit, name)).get(name, {})
            balances = await read_balances(unit, budget_account(name))
        return ProgramSheet(state, counts, balances.get(budget_account(name), 0))

    async def leads(self, workspace: str, query: ListQuery) -> ListPage:
        """One page of leads; names that friends left are masked."""
        asked = store.LeadQuestion(
            dict(query.filters), query.search, query.sort, query.descending, query.per_page, query.offset
        )
        key = (workspace, asked.search, asked.sort, asked.descending, asked.limit, asked.offset)

        async def read() -> ListPage:
            async with self.door.database.read(workspace) as unit:
                rows, total = await store.read_leads(unit, asked)
            return ListPage([self._lead_row(row) for row in rows], total)

        return await self._leads.get((*key, tuple(sorted(query.filters.items()))), read)

    async def lead(self, workspace: str, name: str) -> LeadSheet:
        """One lead. Raises NotFound."""
        state = await acts.find_lead(self.door, workspace, name)
        people = [person for person in (state.friend, state.recommender) if person]
        async with self.door.database.read(workspace) as unit:
            names = await find_names(unit, people)
            sealed = await store.read_contact(unit, name)
        friend = self.vault.open(sealed).masked if sealed is not None else ""
        friend = friend or names.get(state.friend, "") or state.friend[:8] or "—"
        recommender = names.get(state.recommender, "") or state.recommender[:8]
        return LeadSheet(state, friend, recommender, sealed is not None)

    async def _read_programs(self, workspace: str) -> list[dict[str, Any]]:
        found = await acts.list_programs(self.door, workspace)
        async with self.door.database.read(workspace) as unit:
            counts = await store.count_leads(unit)
            balances = await read_balances(unit, "budget:referral.")
        return [_program_row(one, counts.get(one.name, {}), balances) for one in found]

    def _lead_row(self, row: dict[str, Any]) -> dict[str, Any]:
        masked = self.vault.open(bytes(row["sealed"])).masked if row["sealed"] is not None else ""
        friend = masked or row["friend_name"] or str(row["friend"] or "")[:8] or "—"
        recommender = row["recommender_name"] or str(row["recommender"])[:8]
        kept = {name: value for name, value in row.items() if name != "sealed"}
        return {**kept, "friend": friend, "recommender": recommender}


def _program_row(state: ProgramState, counts: Mapping[str, int], balances: Mapping[str, int]) -> dict[str, Any]:
    terms = state.terms
    assert terms is not None
    return {
        "key": state.name,
        "title": terms.title,
        "product": terms.product,
        "alive": sum(counts.get(status, 0) for status in (*ALIVE, PROPOSED)),
        "won": counts.get(WON, 0),
        "left": balances.get(budget_account(state.name), 0),
        "state": "closed" if state.closed else "open",
    }
