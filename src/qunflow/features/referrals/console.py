"""Referrals on the console: programs, the terms of a new one, leads."""

from __future__ import annotations

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.referrals.console_lead import LeadPage
from qunflow.features.referrals.console_program import NewProgram, ProgramPage
from qunflow.features.referrals.console_rows import EVERY_SECONDS, LEAD_COLUMNS, LEAD_EXPORTED, LEAD_SORT, ReferralRows
from qunflow.features.referrals.vault import ContactVault
from qunflow.web.desk import ConsolePage, Desk, Operator, Pages
from qunflow.web.links import Links
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, answer_from, show_list
from qunflow.web.widgets.look import dress, faint, link

SORT = "title"
STATES = ("open", "closed")
COLUMNS = (
    Column("title", "console.referrals.col.title", sortable=True, link="/referrals/program/{key}"),
    Column("product", "console.referrals.col.product", sortable=True),
    Column("alive", "console.referrals.col.alive", Cell.NUMBER, True),
    Column("won", "console.referrals.col.won", Cell.NUMBER, True),
    Column("left", "console.referrals.col.left", Cell.MONEY, True),
    Column(
        "state",
        "console.referrals.state",
        Cell.STATE,
        True,
        True,
        STATES,
        "console.referrals.state",
        {"open": "positive", "closed": "grey-8"},
    ),
)


def pages(door: Door, links: Links, vault: ContactVault) -> Pages:
    """Every page of referrals."""
    rows = ReferralRows(door, vault)
    menu, see, run = "console.referrals.title", Right.SEE_CAMPAIGNS, Right.RUN_CAMPAIGNS

    async def show(desk: Desk) -> None:
        await _show_programs(desk, rows)

    async def show_new(desk: Desk) -> None:
        NewProgram(desk, rows).draw()

    async def show_program(desk: Desk, name: str) -> None:
        await ProgramPage(desk, rows, links, name).begin()

    async def show_leads(desk: Desk) -> None:
        await _show_leads(desk, rows)

    async def show_lead(desk: Desk, lead: str) -> None:
        await LeadPage(desk, rows, lead).begin()

    async def load_programs(operator: Operator, query: ListQuery) -> ListPage:
        return answer_from(await rows.programs(operator.workspace), COLUMNS, query)

    async def load_leads(operator: Operator, query: ListQuery) -> ListPage:
        return await rows.leads(operator.workspace, query)

    return (
        ConsolePage("/referrals", "console.referrals.title", see, show, menu, "handshake", 25),
        ConsolePage("/referrals/new", "console.referrals.new", run, show_new),
        ConsolePage("/referrals/program/{name}", "console.referrals.title", see, show_program),
        ConsolePage("/referrals/leads", "console.referrals.leads", see, show_leads),
        ConsolePage("/referrals/lead/{lead}", "console.referrals.lead", see, show_lead),
        export_file("/referrals.csv", "referrals", COLUMNS, load_programs, sort=SORT),
        export_file("/referrals/leads.csv", "leads", LEAD_EXPORTED, load_leads, sort=LEAD_SORT),
    )


async def _show_programs(desk: Desk, rows: ReferralRows) -> None:
    """The list of programs."""
    dress()
    with ui.element("div").classes("qf-row w-full"):
        ui.label(desk.say("console.referrals.title")).classes("text-h6").props('role=heading aria-level="1"')
        ui.space()
        link(desk.say("console.referrals.leads"), "/referrals/leads")
        if desk.may(Right.RUN_CAMPAIGNS):
            new = ui.button(desk.say("console.referrals.new"), icon="add")
            new.props("unelevated no-caps").on_click(lambda: ui.navigate.to("/referrals/new"))
    faint(desk.say("console.referrals.text"))

    async def load(query: ListQuery) -> ListPage:
        return answer_from(await rows.programs(desk.workspace), COLUMNS, query)

    empty = Empty("console.referrals.empty", "console.referrals.new", "/referrals/new", Right.RUN_CAMPAIGNS)
    await show_list(desk, COLUMNS, load, empty=empty, sort=SORT, export="/referrals.csv", every=EVERY_SECONDS)


async def _show_leads(desk: Desk, rows: ReferralRows) -> None:
    """The list of leads."""
    dress()
    link(desk.say("console.referrals.title"), "/referrals")
    ui.label(desk.say("console.referrals.leads")).classes("text-h6").props('role=heading aria-level="1"')
    faint(desk.say("console.referrals.leads.text"))

    async def load(query: ListQuery) -> ListPage:
        return await rows.leads(desk.workspace, query)

    empty = Empty("console.referrals.leads.empty", "console.referrals.title", "/referrals")
    shown = {"empty": empty, "sort": LEAD_SORT, "export": "/referrals/leads.csv"}
    await show_list(desk, LEAD_COLUMNS, load, every=EVERY_SECONDS, **shown)
