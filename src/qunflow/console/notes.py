"""Notes for the audit log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from qunflow.console.seats import wall_now
from qunflow.storage.audit import AuditRow, add_note
from qunflow.storage.database import Database

DONE = "done"
REFUSED = "refused"
FAILED = "failed"


class Notes:
    """Writes who did what, each note in a transaction of its own."""

    def __init__(self, database: Database, now: Callable[[], datetime] = wall_now) -> None:
        self._database = database
        self._now = now

    async def add(
        self,
        workspace: str,
        account: str,
        name: str,
        act: str,
        target: str,
        outcome: str = DONE,
        reason: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Add one note; ``account`` is empty for somebody who is not signed in."""
        note = AuditRow(0, self._now(), account, name, act, target, outcome, reason, details or {})
        async with self._database.unit(workspace) as unit:
            await add_note(unit, note)
