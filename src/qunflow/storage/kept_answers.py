"""Remembered commands, for files that are taken in again: which were done, and refused ones that may be tried anew."""

from __future__ import annotations

from collections.abc import Sequence

from qunflow.storage.unit_of_work import UnitOfWork


async def forget_refused(unit: UnitOfWork, ids: Sequence[str]) -> None:
    """Let commands that were refused be decided again under the same id."""
    await unit.execute(
        "DELETE FROM commands WHERE workspace_id = $1 AND command_id = ANY($2) AND answer ? 'rejection'",
        unit.workspace,
        list(ids),
    )


async def done_commands(unit: UnitOfWork, ids: Sequence[str]) -> set[str]:
    """Those of ``ids`` that were done before."""
    rows = await unit.fetch(
        "SELECT command_id FROM commands WHERE workspace_id = $1 AND command_id = ANY($2)", unit.workspace, list(ids)
    )
    return {row[0] for row in rows}
