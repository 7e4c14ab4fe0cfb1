"""Counters as they stand, without a lock: for gates, lists and reports."""

from __future__ import annotations

from collections.abc import Sequence

from qunflow.domain.decisions import Counter
from qunflow.storage.unit_of_work import UnitOfWork


async def read_counters(unit: UnitOfWork, names: Sequence[str]) -> dict[str, Counter]:
    """The named counters that are there."""
    rows = await unit.fetch(
        'SELECT name, used, "limit" FROM counters WHERE workspace_id = $1 AND name = ANY($2)',
        unit.workspace,
        list(names),
    )
    return {row[0]: Counter(row[1], row[2]) for row in rows}
