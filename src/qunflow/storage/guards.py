"""Claims (unique guards) and counters (bounded guards): all rules across streams stand here (campaigns.md §13.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from qunflow.domain.decisions import Claim, Counter
from qunflow.storage.columns import filled, once_if_equal
from qunflow.storage.locking import all_locked, lock_clause
from qunflow.storage.unit_of_work import UnitOfWork

#: ``OFFSET 0`` or a lock keeps the planner, which may still believe the table empty, from reading all of it. Below
#: row-level security a sum such as coalesce() finds nothing by an index, so scope and key are compared as they are.
_HELD = (
    "SELECT c.scope, c.key, c.holder, c.until FROM unnest($2::text[], $3::text[]) AS t(s, k) CROSS JOIN LATERAL "
    "(SELECT scope, key, holder, until FROM claims WHERE workspace_id = $1 "
    "AND scope = t.s AND key = t.k {}) c"
)
_TAKE = (
    f"INSERT INTO claims (workspace_id, scope, key, holder, until) SELECT $1, {filled('s', 2, 'text')}, k, "
    f"{filled('h', 4, 'text')}, {filled('u', 5, 'timestamptz')} FROM "
    "unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS t(s, k, h, u)"
)


async def load_claims(
    unit: UnitOfWork, keys: Iterable[tuple[str, str]], *, patient: bool = True
) -> dict[tuple[str, str], Claim]:
    """Lock the claims that are held among ``keys``; those that are free are absent.

    Who is not ``patient`` does not wait for somebody else's lock: LockedElsewhere is raised.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    scopes, names = [scope for scope, _ in wanted], [key for _, key in wanted]
    rows = await unit.fetch(_HELD.format(lock_clause(patient)), unit.workspace, scopes, names)
    if not patient:
        all_locked(rows, await read_claims(unit, wanted))
    return {(row[0], row[1]): Claim(row[0], row[1], row[2], row[3]) for row in rows}


async def read_claims(unit: UnitOfWork, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Claim]:
    """The claims that are held among ``keys``, without a lock."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    scopes, names = [scope for scope, _ in wanted], [key for _, key in wanted]
    rows = await unit.fetch(_HELD.format("OFFSET 0"), unit.workspace, scopes, names)
    return {(row[0], row[1]): Claim(row[0], row[1], row[2], row[3]) for row in rows}


async def write_claims(unit: UnitOfWork, taken: Sequence[Claim], released: Sequence[tuple[str, str]]) -> None:
    """Release, then take. A key that somebody took meanwhile raises a unique violation and the batch starts again."""
    if released:
        again = any((claim.scope, claim.key) in set(released) for claim in taken)
        send = unit.execute if again else unit.write  # one statement may not free a key and take it
        await send(
            "DELETE FROM claims c USING unnest($2::text[], $3::text[]) AS t(s, k) WHERE c.workspace_id = $1 "
            "AND c.scope = t.s AND c.key = t.k AND c.scope = ANY($2::text[]) AND c.key = ANY($3::text[])",
            unit.workspace,
            [scope for scope, _ in released],
            [key for _, key in released],
        )
    if taken:
        await unit.write(
            _TAKE,
            unit.workspace,
            once_if_equal([claim.scope for claim in taken]),
            [claim.key for claim in taken],
            once_if_equal([claim.holder for claim in taken]),
            once_if_equal([claim.until for claim in taken]),
        )


async def load_counters(unit: UnitOfWork, names: Iterable[str], *, patient: bool = True) -> dict[str, Counter]:
    """Lock counters in order, making those that are new with 0 of 0; ``patient`` as for claims."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    lock = (
        'SELECT name, used, "limit" FROM counters WHERE workspace_id = $1 AND name = ANY($2) '
        f"ORDER BY name {lock_clause(patient)}"
    )
    rows = await unit.fetch(lock, unit.workspace, wanted)
    if len(rows) < len(wanted):
        await unit.execute(
            "INSERT INTO counters (workspace_id, name) SELECT $1, n FROM unnest($2::text[]) AS t(n) ORDER BY n "
            "ON CONFLICT DO NOTHING",
            unit.workspace,
            wanted,
        )
        rows = all_locked(await unit.fetch(lock, unit.workspace, wanted), wanted)
    return {row[0]: Counter(row[1], row[2]) for row in rows}


async def read_counters(unit: UnitOfWork, names: Sequence[str]) -> dict[str, Counter]:
    """Counters without a lock; one that is not there is absent."""
    if not names:
        return {}
    rows = await unit.fetch(
        'SELECT name, used, "limit" FROM counters WHERE workspace_id = $1 AND name = ANY($2)',
        unit.workspace,
        list(names),
    )
    return {row[0]: Counter(row[1], row[2]) for row in rows}


async def write_counters(unit: UnitOfWork, counters: dict[str, Counter]) -> None:
    """Store counters that were loaded under lock."""
    if counters:
        await unit.write(
            "UPDATE counters SET used = ($3::bigint[])[array_position($2::text[], name)], "
            '"limit" = ($4::bigint[])[array_position($2::text[], name)] '
            "WHERE workspace_id = $1 AND name = ANY($2::text[])",
            unit.workspace,
            list(counters),
            [counter.used for counter in counters.values()],
            [counter.limit for counter in counters.values()],
        )


async def find_expired(unit: UnitOfWork, scope: str, at: datetime, limit: int = 2000) -> tuple[str, ...]:
    """Keys of a scope whose claim ended at or before ``at``, without a lock."""
    rows = await unit.fetch(
        "SELECT key FROM claims WHERE workspace_id = $1 AND scope = $2 AND until <= $3 ORDER BY until, key LIMIT $4",
        unit.workspace,
        scope,
        at,
        limit,
    )
    return tuple(row[0] for row in rows)
