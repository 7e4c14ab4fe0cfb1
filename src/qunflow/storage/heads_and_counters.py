"""Heads and counters locked in one question: whoever holds them needs no second trip before it can decide.

A row that somebody else changed while we waited is read as it is now, so one statement sees no less than two would.
That does not hold for rows that are made and deleted, which is why claims are asked for afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable

from qunflow.domain.decisions import Counter
from qunflow.storage.guards import load_counters
from qunflow.storage.locking import lock_clause
from qunflow.storage.streams import Head, head_of, lock_heads
from qunflow.storage.unit_of_work import UnitOfWork

#: Heads first: the parts of a UNION ALL are carried out one after the other.
_LOCK = (
    "SELECT true, stream, version, NULL::bigint, state FROM (SELECT stream, version, state FROM streams "
    "WHERE workspace_id = $1 AND stream = ANY($2) ORDER BY stream {lock}) AS h UNION ALL "
    'SELECT false, name, used, "limit", NULL FROM (SELECT name, used, "limit" FROM counters '
    "WHERE workspace_id = $1 AND name = ANY($3) ORDER BY name {lock}) AS c"
)


async def lock_heads_and_counters(
    unit: UnitOfWork, streams: Iterable[str], counters: Iterable[str], *, patient: bool = True
) -> tuple[dict[str, Head], dict[str, Counter]]:
    """As ``lock_heads`` and then ``load_counters``, which also make those that are new."""
    names, counted = sorted(set(streams)), sorted(set(counters))
    heads: dict[str, Head] = {}
    found: dict[str, Counter] = {}
    if names and counted:
        rows = await unit.fetch(_LOCK.format(lock=lock_clause(patient)), unit.workspace, names, counted)
        for is_head, name, first, second, state in rows:
            if is_head:
                heads[name] = head_of(first, state)
            else:
                found[name] = Counter(first, second)
    if len(heads) < len(names):
        heads = await lock_heads(unit, names, patient=patient)
    if len(found) < len(counted):
        found = await load_counters(unit, counted, patient=patient)
    return heads, found
