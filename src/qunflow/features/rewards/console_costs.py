"""What prizes cost by campaign, own money and sponsors' apart: the zero-cost principle as a view (M128)."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.rewards.console_rows import EVERY_SECONDS, FRESH_SECONDS
from qunflow.features.rewards.costing import VIEWS, read_views
from qunflow.web.desk import ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.formats import percent_words
from qunflow.web.widgets.freshness import Fresh
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, answer_from, show_list
from qunflow.web.widgets.look import dress, faint, link

SORT = "key"
_TONES = {"zero": "positive", "shared": "info", "own": "grey-8", "none": "grey-8"}
_TEXT = "console.rewards.costs"
COLUMNS = (
    Column("key", f"{_TEXT}.campaign", sortable=True, link="/campaigns/{key}"),
    Column("own", f"{_TEXT}.own", Cell.MONEY, True),
    Column("own_count", f"{_TEXT}.own_count", Cell.NUMBER, True),
    Column("sponsored", f"{_TEXT}.sponsored", Cell.MONEY, True),
    Column("sponsored_count", f"{_TEXT}.sponsored_count", Cell.NUMBER, True),
    Column("sponsors", f"{_TEXT}.sponsors"),
    Column("share", f"{_TEXT}.share"),
    Column("view", f"{_TEXT}.view", Cell.STATE, True, True, VIEWS, f"{_TEXT}.view", _TONES),
)


def cost_pages(door: Door) -> Pages:
    """``/rewards/costs`` and its export."""
    fresh: Fresh[list[dict[str, Any]]] = Fresh(FRESH_SECONDS)

    async def rows(workspace: str) -> list[dict[str, Any]]:
        async def read() -> list[dict[str, Any]]:
            async with door.database.read(workspace) as unit:
                found = await read_views(unit)
            return [
                {
                    "key": view.campaign,
                    "own": view.own,
                    "own_count": view.own_count,
                    "sponsored": view.sponsored,
                    "sponsored_count": view.sponsored_count,
                    "sponsors": "、".join(view.sponsors),
                    "share": "" if view.share is None else percent_words(view.share),
                    "view": view.view,
                }
                for view in found
            ]

        return await fresh.get(workspace, read)

    async def show(desk: Desk) -> None:
        dress()
        link(desk.say("console.rewards.title"), "/rewards")
        ui.label(desk.say(_TEXT)).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say(f"{_TEXT}.text"))

        async def load(query: ListQuery) -> ListPage:
            return answer_from(await rows(desk.workspace), COLUMNS, query)

        empty = Empty(f"{_TEXT}.none")
        await show_list(desk, COLUMNS, load, empty=empty, sort=SORT, export="/rewards/costs.csv", every=EVERY_SECONDS)

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        return answer_from(await rows(operator.workspace), COLUMNS, query)

    return (
        ConsolePage("/rewards/costs", _TEXT, Right.SEE_REWARDS, show),
        export_file("/rewards/costs.csv", "reward-costs", COLUMNS, load_for, sort=SORT),
    )
