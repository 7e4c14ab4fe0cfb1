"""What became of the to-dos of a campaign: outcomes apart, and how long a done one took (N4)."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class TodoCounts:
    """``done`` in time, ``late`` after the deadline; ``median_minutes`` of both, None while there is none.

    A card that a newer one replaced counts nowhere: the newer one does.
    """

    open: int = 0
    done: int = 0
    late: int = 0
    given_up: int = 0
    median_minutes: float | None = None


async def count_todos(unit: UnitOfWork, campaign: str) -> TodoCounts:
    """Count from the events of one campaign."""
    rows = await unit.fetch(
        "WITH opened AS (SELECT stream, at FROM events WHERE workspace_id = $1 AND campaign = $2 "
        "AND type = 'todo_opened' AND stream LIKE 'todo:%'), "
        "planned AS (SELECT stream, (data->>'due_at')::timestamptz AS due FROM events WHERE workspace_id = $1 "
        "AND campaign = $2 AND type = 'todo_planned'), "
        "ended AS (SELECT stream, at, CASE WHEN type = 'todo_closed' THEN 'done' WHEN type = 'todo_superseded' "
        "THEN 'superseded' ELSE data->>'status' END AS status FROM events WHERE workspace_id = $1 "
        "AND stream IN (SELECT stream FROM opened) "
        "AND type IN ('todo_closed', 'todo_marked', 'todo_superseded')) "
        "SELECT CASE WHEN e.status IS NULL THEN 'open' WHEN e.status = 'done' AND e.at > p.due THEN 'late' "
        "ELSE e.status END, extract(epoch FROM e.at - o.at)::float8 / 60 FROM opened o "
        "LEFT JOIN planned p USING (stream) LEFT JOIN ended e USING (stream)",
        unit.workspace,
        campaign,
    )
    return counted([(str(outcome), None if minutes is None else float(minutes)) for outcome, minutes in rows])


def counted(ends: list[tuple[str, float | None]]) -> TodoCounts:
    """Counts from (outcome, minutes until the end) of each to-do."""
    tally = dict.fromkeys(("open", "done", "late", "given_up"), 0)
    took = []
    for outcome, minutes in ends:
        if outcome in tally:
            tally[outcome] += 1
        if outcome in ("done", "late") and minutes is not None:
            took.append(minutes)
    took.sort()
    middle = len(took) // 2
    median = None if not took else took[middle] if len(took) % 2 else (took[middle - 1] + took[middle]) / 2
    return TodoCounts(**tally, median_minutes=None if median is None else round(median, 1))
