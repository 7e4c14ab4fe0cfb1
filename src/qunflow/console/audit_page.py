"""The audit log as a list: who did what, when, to what, with which outcome."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nicegui import ui

from qunflow.console.notes import DONE, FAILED, REFUSED
from qunflow.console.office import Office
from qunflow.domain.rights import Right
from qunflow.storage.audit import AuditFilter, AuditRow, count_notes, list_notes
from qunflow.storage.directory import list_workspaces
from qunflow.web.desk import ConsolePage, Desk, Operator, Pages
from qunflow.web.texts import Texts
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, show_list
from qunflow.web.widgets.listing_query import Row, read_span
from qunflow.web.widgets.look import faint

#: More notes are not counted: what lies beyond is found by a narrower question.
MOST_COUNTED = 100_000
TONES = {DONE: "positive", REFUSED: "warning", FAILED: "negative"}

COLUMNS = (
    Column("at", "console.audit.at", Cell.TIME, sortable=True, filterable=True),
    Column("name", "console.audit.name", filterable=True),
    Column("act", "console.audit.act", filterable=True),
    Column("target", "console.audit.target", filterable=True),
    Column(
        "outcome",
        "console.audit.outcome",
        Cell.STATE,
        filterable=True,
        choices=(DONE, REFUSED, FAILED),
        choice_text="console.audit.outcome",
        tones=TONES,
    ),
    Column("details", "console.audit.details"),
)


def pages(office: Office) -> Pages:
    """The page ``/audit`` and its export."""

    async def load(workspace: str, query: ListQuery, language: str) -> ListPage:
        async with office.database.directory() as connection:
            tz = (await list_workspaces(connection)).get(workspace, "UTC")
        wanted = read_filter(query, tz)
        async with office.database.read(workspace) as unit:
            total = await count_notes(unit, wanted, MOST_COUNTED)
            notes = await list_notes(
                unit, wanted, limit=query.per_page, offset=query.offset, newest_first=query.descending
            )
        return ListPage([_row(note, office.texts, language) for note in notes], total)

    async def show(desk: Desk) -> None:
        ui.label(desk.say("console.audit.title")).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say("console.audit.text"))
        empty = Empty("console.audit.empty")
        await show_list(
            desk,
            COLUMNS,
            lambda query: load(desk.workspace, query, desk.operator.language),
            empty=empty,
            sort="-at",
            export="/audit.csv",
        )

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        return await load(operator.workspace, query, operator.language)

    return (
        ConsolePage("/audit", "console.audit.title", Right.SEE_AUDIT, show, "console.audit.title", "fact_check", 920),
        export_file("/audit.csv", "audit", COLUMNS, load_for, sort="-at", right=Right.SEE_AUDIT),
    )


def read_filter(query: ListQuery, tz: str) -> AuditFilter:
    """The question of a list as one for the log; days are those of the workspace's zone."""
    filters = query.filters
    first, last = (_day(end) for end in read_span(filters.get("at", "..")))
    return AuditFilter(
        search=query.search,
        name=filters.get("name", ""),
        act=filters.get("act", ""),
        target=filters.get("target", ""),
        outcome=filters.get("outcome", ""),
        since=None if first is None else _midnight(first, tz),
        until=None if last is None else _midnight(last + timedelta(days=1), tz),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def _midnight(day: date, tz: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(tz)).astimezone(UTC)


def _row(note: AuditRow, texts: Texts, language: str) -> Row:
    known = f"act.{note.act}"
    reason = {"reason": note.reason} if note.reason else {}
    return {
        "key": str(note.seq),
        "at": note.at,
        "name": note.name or "–",
        "act": f"{texts.say(language, known)} · {note.act}" if texts.knows(known) else note.act,
        "target": note.target,
        "outcome": note.outcome,
        "details": " ".join(f"{name}={value}" for name, value in {**reason, **note.details}.items()),
    }
