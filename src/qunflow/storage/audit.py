"""The audit log of a workspace: who did what, when, to what, with which outcome. Rows are added and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qunflow.storage.json_text import from_json, to_json
from qunflow.storage.unit_of_work import UnitOfWork

MAX_TEXT = 200
MAX_DETAILS = 20


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One note. ``outcome``: done, refused (no right, or a rule said no) or failed; ``reason`` a stable code."""

    seq: int
    at: datetime
    account: str
    name: str
    act: str
    target: str
    outcome: str
    reason: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which notes are wanted; an empty field wants all. Texts match anywhere, ``outcome`` whole."""

    search: str = ""
    name: str = ""
    act: str = ""
    target: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None


async def add_note(unit: UnitOfWork, note: AuditRow) -> None:
    """Add a note; its ``seq`` is given by the database. Long texts are cut, many details are left out."""
    await unit.execute(
        "INSERT INTO audit (workspace_id, at, account, name, act, target, outcome, reason, details) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        *(unit.workspace, note.at, note.account, note.name[:MAX_TEXT], note.act[:MAX_TEXT], note.target[:MAX_TEXT]),
        *(note.outcome, note.reason[:MAX_TEXT], to_json(_bounded(note.details))),
    )


async def list_notes(
    unit: UnitOfWork, wanted: AuditFilter, *, limit: int, offset: int = 0, newest_first: bool = True
) -> list[AuditRow]:
    """The notes that match, by their order."""
    where, values = _where(unit.workspace, wanted)
    rows = await unit.fetch(
        "SELECT seq, at, account, name, act, target, outcome, reason, details FROM audit "
        f"WHERE {where} ORDER BY seq {'DESC' if newest_first else 'ASC'} LIMIT {int(limit)} OFFSET {int(offset)}",
        *values,
    )
    return [_note(row) for row in rows]


async def count_notes(unit: UnitOfWork, wanted: AuditFilter, most: int) -> int:
    """How many notes match, counted up to ``most``."""
    where, values = _where(unit.workspace, wanted)
    found: int = await unit.value(
        f"SELECT count(*) FROM (SELECT FROM audit WHERE {where} LIMIT {int(most)}) AS counted", *values
    )
    return found


def _note(row: Any) -> AuditRow:
    seq, at, account, name, act, target, outcome, reason, details = row
    return AuditRow(seq, at, account, name, act, target, outcome, reason, from_json(details))


def _where(workspace: str, wanted: AuditFilter) -> tuple[str, list[Any]]:
    parts: list[str] = ["workspace_id = $1"]
    values: list[Any] = [workspace]
    for condition, value in (
        ("(name || ' ' || act || ' ' || target || ' ' || reason) ILIKE ${}", _anywhere(wanted.search)),
        ("name ILIKE ${}", _anywhere(wanted.name)),
        ("act ILIKE ${}", _anywhere(wanted.act)),
        ("target ILIKE ${}", _anywhere(wanted.target)),
        ("outcome = ${}", wanted.outcome),
        ("at >= ${}", wanted.since),
        ("at < ${}", wanted.until),
    ):
        if value:
            values.append(value)
            parts.append(condition.format(len(values)))
    return " AND ".join(parts), values


def _anywhere(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%" if text else ""


def _bounded(details: Mapping[str, Any]) -> dict[str, Any]:
    kept = {}
    for name, value in list(details.items())[:MAX_DETAILS]:
        plain = value if isinstance(value, int | float | bool) or value is None else str(value)[:MAX_TEXT]
        kept[name[:MAX_TEXT]] = plain
    return kept
