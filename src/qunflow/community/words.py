"""What people said and are called, read for an operator's eyes: it lies in erasable tables, never in events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qunflow.storage.people import find_names
from qunflow.storage.unit_of_work import UnitOfWork


async def read_words(unit: UnitOfWork, messages: Sequence[str]) -> dict[str, str]:
    """Inbox message → the reason that came with it, for those that are still kept."""
    if not messages:
        return {}
    rows = await unit.fetch(
        "SELECT message_id, body->>'reason' FROM inbox WHERE workspace_id = $1 AND message_id = ANY($2)",
        unit.workspace,
        list(messages),
    )
    return {row[0]: row[1] or "" for row in rows}


async def read_names(unit: UnitOfWork, people: Sequence[str]) -> Mapping[str, str]:
    """person → display name, for those that have one."""
    return await find_names(unit, people) if people else {}
