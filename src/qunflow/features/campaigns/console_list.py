"""The list of campaigns: status, time, funnel counts, budget used."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.campaigns.board_numbers import count_people
from qunflow.features.campaigns.console_adviser import draw_adviser_link
from qunflow.features.campaigns.console_words import STATUSES, TONES
from qunflow.web.desk import ConsoleFile, ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.freshness import Fresh
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, answer_from, show_list
from qunflow.web.widgets.look import dress

#: More campaigns than anybody runs; older ones are reached by their address.
MOST_CAMPAIGNS = 5_000
EVERY_SECONDS = 3.0
PATIENCE_SECONDS = 0.3
SORT = "-starts_at"
_STATUS = "console.campaigns.status"
COLUMNS = (
    Column("title", "console.campaigns.col.title", sortable=True, link="/campaigns/{key}"),
    Column("key", "console.campaigns.col.name", sortable=True),
    Column("status", "console.campaigns.col.status", Cell.STATE, True, True, STATUSES, _STATUS, TONES),
    Column("starts_at", "console.campaigns.col.starts_at", Cell.TIME, True, True),
    Column("ends_at", "console.campaigns.col.ends_at", Cell.TIME, True),
    Column("launched", "console.campaigns.col.launched", Cell.NUMBER),
    Column("scanned", "console.campaigns.col.scanned", Cell.NUMBER),
    Column("joined", "console.campaigns.col.joined", Cell.NUMBER),
    Column("completed", "console.campaigns.col.completed", Cell.NUMBER),
    Column("used", "console.campaigns.col.used", Cell.MONEY, True),
    Column("budget", "console.campaigns.col.budget", Cell.MONEY, True),
)

_HEADS = """
SELECT substr(s.stream, 10) AS key, s.state->>'status' AS status, s.state->'plan'->>'title' AS title,
  (s.state->'plan'->>'starts_at')::timestamptz AS starts_at, (s.state->'plan'->>'ends_at')::timestamptz AS ends_at,
  coalesce(nullif((s.state->>'budget')::bigint, 0), (s.state->'plan'->>'budget_total_fen')::bigint) AS budget,
  CASE WHEN s.state->>'launched_at' IS NOT NULL THEN (s.state->>'budget')::bigint - coalesce(a.balance, 0) END AS used
FROM streams s LEFT JOIN accounts a ON a.workspace_id = $1 AND a.unit = 'fen'
  AND a.account = 'budget:' || substr(s.stream, 10)
WHERE s.workspace_id = $1 AND s.kind = 'campaign' AND s.version > 0 ORDER BY s.stream LIMIT $2
"""
_COUNTS = ("launched", "scanned", "joined", "completed")


class CampaignRows:
    """The campaigns of a workspace, each question answered once in some seconds for everybody who looks."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._heads: Fresh[list[dict[str, Any]]] = Fresh(EVERY_SECONDS - 1)
        self._counts: Fresh[dict[str, tuple[int, int, int, int]]] = Fresh(EVERY_SECONDS - 1)

    async def page(self, workspace: str, query: ListQuery, patience: float | None = None) -> ListPage:
        """One page of the list; funnels are counted for its rows alone.

        After ``patience`` seconds the page comes without them: they are there at its next look.
        """
        rows = await self._heads.get(workspace, lambda: self._read_heads(workspace))
        page = answer_from(rows, COLUMNS, query)
        names = tuple(str(row["key"]) for row in page.rows if row["used"] is not None)
        counts: dict[str, tuple[int, int, int, int]] = {}
        with suppress(TimeoutError):
            if names:
                counting = self._counts.get((workspace, names), lambda: self._count(workspace, names))
                counts = await asyncio.wait_for(counting, patience)
        nothing = (None, None, None, None)
        filled = [{**row, **dict(zip(_COUNTS, counts.get(row["key"], nothing), strict=True))} for row in page.rows]
        return ListPage(filled, page.total)

    def forget(self, workspace: str) -> None:
        """A campaign was drafted or changed."""
        self._heads.forget(workspace)

    async def _read_heads(self, workspace: str) -> list[dict[str, Any]]:
        async with self._door.database.read(workspace) as unit:
            return [dict(row) for row in await unit.fetch(_HEADS, unit.workspace, MOST_CAMPAIGNS)]

    async def _count(self, workspace: str, names: Sequence[str]) -> dict[str, tuple[int, int, int, int]]:
        async with self._door.database.read(workspace) as unit:
            return await count_people(unit, names)


def list_pages(rows: CampaignRows) -> Pages:
    """The page and its export."""

    async def show(desk: Desk) -> None:
        dress()

        async def load(query: ListQuery) -> ListPage:
            return await rows.page(desk.workspace, query, PATIENCE_SECONDS)

        with ui.element("div").classes("qf-row w-full"):
            ui.label(desk.say("console.campaigns.title")).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            draw_adviser_link(desk)
            if desk.may(Right.RUN_CAMPAIGNS):
                new = ui.button(desk.say("console.campaigns.new"), icon="add")
                new.props("unelevated no-caps").on_click(lambda: ui.navigate.to("/campaigns/new"))
        empty = Empty("console.campaigns.empty", "console.campaigns.new", "/campaigns/new", Right.RUN_CAMPAIGNS)
        await show_list(desk, COLUMNS, load, empty=empty, sort=SORT, export="/campaigns.csv", every=EVERY_SECONDS)

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        return await rows.page(operator.workspace, query)

    page = ConsolePage(
        "/campaigns", "console.campaigns.title", Right.SEE_CAMPAIGNS, show, "console.campaigns.title", "campaign", 20
    )
    file: ConsoleFile = export_file("/campaigns.csv", "campaigns", COLUMNS, load_for, sort=SORT)
    return (page, file)
