"""Is anything left to do at an instant? What a virtual clock asks before it moves."""

from __future__ import annotations

from datetime import datetime

from qunflow.storage.unit_of_work import UnitOfWork


async def is_quiet(unit: UnitOfWork, now: datetime) -> bool:
    """No open message, no sendable action, no due timer."""
    return not await unit.value(
        "SELECT EXISTS (SELECT FROM inbox WHERE workspace_id = $1 AND state = 'new') "
        "OR EXISTS (SELECT FROM outbox WHERE workspace_id = $1 AND (state = 'sending' "
        "OR (state = 'queued' AND not_before <= $2))) "
        "OR EXISTS (SELECT FROM timers WHERE workspace_id = $1 AND due_at <= $2)",
        unit.workspace,
        now,
    )
