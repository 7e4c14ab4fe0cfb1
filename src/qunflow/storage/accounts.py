"""Rows of the double-entry ledger: balances under lock, postings that count once (campaigns.md §9, I1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from qunflow.domain.decisions import Posting
from qunflow.domain.units import FEN_UNIT, unit_of_account
from qunflow.storage.locking import all_locked, lock_clause
from qunflow.storage.unit_of_work import UnitOfWork


async def load_balances(unit: UnitOfWork, accounts: Iterable[str], *, patient: bool = True) -> dict[str, int]:
    """Lock accounts in order, making those that are new with balance 0.

    Who is not ``patient`` does not wait for somebody else's lock: LockedElsewhere is raised.
    """
    wanted = sorted(set(accounts))
    if not wanted:
        return {}
    lock = (
        "SELECT account, balance FROM accounts WHERE workspace_id = $1 AND account = ANY($2) "
        f"ORDER BY account {lock_clause(patient)}"
    )
    rows = await unit.fetch(lock, unit.workspace, wanted)
    if len(rows) < len(wanted):
        await unit.execute(
            "INSERT INTO accounts (workspace_id, account, unit) SELECT $1, a, u FROM "
            "unnest($2::text[], $3::text[]) AS t(a, u) ORDER BY a ON CONFLICT DO NOTHING",
            unit.workspace,
            wanted,
            [unit_of_account(account) for account in wanted],
        )
        rows = all_locked(await unit.fetch(lock, unit.workspace, wanted), wanted)
    return {row[0]: row[1] for row in rows}


async def write_postings(
    unit: UnitOfWork, postings: Sequence[tuple[Posting, datetime, str]], balances: dict[str, int]
) -> None:
    """Add postings and the balances they lead to. A key posted before raises a unique violation."""
    if not postings:
        return
    await unit.write(
        "INSERT INTO postings (workspace_id, key, debit, credit, unit, amount, at, event_id) SELECT $1, k, d, c, u, a, "
        "t, e FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[], $8::uuid[]) "
        "AS x(k, d, c, u, a, t, e)",
        unit.workspace,
        [posting.key for posting, _, _ in postings],
        [posting.debit for posting, _, _ in postings],
        [posting.credit for posting, _, _ in postings],
        [posting.unit for posting, _, _ in postings],
        [posting.amount for posting, _, _ in postings],
        [at for _, at, _ in postings],
        [event for _, _, event in postings],
    )
    await unit.write(
        "UPDATE accounts SET balance = ($3::bigint[])[array_position($2::text[], account)] "
        "WHERE workspace_id = $1 AND account = ANY($2::text[])",
        unit.workspace,
        list(balances),
        list(balances.values()),
    )


async def read_balances(unit: UnitOfWork, prefix: str = "", counted: str = FEN_UNIT) -> dict[str, int]:
    """Balances of one unit by account, without a lock, for reports."""
    rows = await unit.fetch(
        "SELECT account, balance FROM accounts WHERE workspace_id = $1 AND unit = $3 AND starts_with(account, $2)",
        unit.workspace,
        prefix,
        counted,
    )
    return {row[0]: row[1] for row in rows}


async def look_at_balances(unit: UnitOfWork, accounts: Sequence[str]) -> dict[str, int]:
    """The balances of some accounts, without a lock; one that is not there is absent."""
    if not accounts:
        return {}
    rows = await unit.fetch(
        "SELECT account, balance FROM accounts WHERE workspace_id = $1 AND account = ANY($2)",
        unit.workspace,
        list(accounts),
    )
    return {row[0]: row[1] for row in rows}


async def recomputed_balances(unit: UnitOfWork, counted: str = FEN_UNIT) -> dict[str, int]:
    """Balances of one unit summed from the postings alone: what the accounts must show."""
    rows = await unit.fetch(
        "SELECT account, sum(amount)::bigint FROM (SELECT debit AS account, -amount AS amount FROM postings "
        "WHERE workspace_id = $1 AND unit = $2 UNION ALL "
        "SELECT credit, amount FROM postings WHERE workspace_id = $1 AND unit = $2) legs GROUP BY account",
        unit.workspace,
        counted,
    )
    return {row[0]: row[1] for row in rows}
