"""The list of public live codes: campaign, pool, scans, free places, state."""

from __future__ import annotations

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.features.livecodes.console_rows import CLOSED, MAKING, OPEN, STATES, WAITING, CodeBook
from qunflow.web.desk import ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, answer_from, show_list
from qunflow.web.widgets.look import dress, faint

EVERY_SECONDS = 2.5
SORT = "-total"
TONES = {OPEN: "positive", WAITING: "warning", MAKING: "info", CLOSED: "grey-8"}
COLUMNS = (
    Column("code", "console.codes.col.code", sortable=True, link="/codes/{key}"),
    Column("campaign", "console.codes.col.campaign", sortable=True, filterable=True),
    Column("pool", "console.codes.col.pool", sortable=True, filterable=True),
    Column("channel", "console.codes.col.channel", sortable=True, filterable=True),
    Column("today", "console.codes.col.today", Cell.NUMBER, sortable=True),
    Column("total", "console.codes.col.total", Cell.NUMBER, sortable=True),
    Column("free", "console.codes.col.free", Cell.NUMBER, sortable=True, filterable=True),
    Column("state", "console.codes.col.state", Cell.STATE, True, True, STATES, "console.codes.state", TONES),
)


def list_pages(book: CodeBook) -> Pages:
    """The page ``/codes`` and its export."""

    async def show(desk: Desk) -> None:
        dress()

        async def load(query: ListQuery) -> ListPage:
            return answer_from(await book.rows(desk.workspace), COLUMNS, query)

        with ui.element("div").classes("qf-row w-full"):
            ui.label(desk.say("console.codes.title")).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            if desk.may(Right.RUN_GROUPS):
                new = ui.button(desk.say("console.codes.new"), icon="add")
                new.props("unelevated no-caps").on_click(lambda: ui.navigate.to("/codes/new"))
        faint(desk.say("console.codes.text"))
        empty = Empty("console.codes.empty", "console.codes.new", "/codes/new", Right.RUN_GROUPS)
        await show_list(desk, COLUMNS, load, empty=empty, sort=SORT, export="/codes.csv", every=EVERY_SECONDS)

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        return answer_from(await book.rows(operator.workspace), COLUMNS, query)

    return (
        ConsolePage("/codes", "console.codes.title", Right.SEE_GROUPS, show, "console.codes.title", "qr_code_2", 40),
        export_file("/codes.csv", "codes", COLUMNS, load_for, sort=SORT),
    )
