"""The review of a campaign, fit for printing: what it reached, what it cost, what to do better, what is still open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nicegui import background_tasks, ui

from qunflow.domain.facts import PrizeCosts
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.campaigns import acts
from qunflow.features.campaigns.board import BoardSheet, OpenItem, open_items
from qunflow.features.campaigns.console_board import BoardView, CampaignSheets
from qunflow.features.campaigns.console_board_parts import (
    arrival_data,
    cost_lines,
    draw_diagnosis,
    draw_groups,
    draw_leaderboard,
    draw_scripts,
    money_lines,
    rate_shown,
    spread_lines,
)
from qunflow.features.campaigns.console_list import CampaignRows
from qunflow.features.campaigns.console_notes import NotesPart
from qunflow.features.campaigns.console_words import status_words
from qunflow.features.campaigns.rehearsed import Forecast, load_forecasts
from qunflow.features.campaigns.report import cost_view, facts_for_forecast
from qunflow.ledger.check import LedgerCheck, check_ledger
from qunflow.web.desk import ConsolePage, Desk, Pages
from qunflow.web.widgets.asking import ask_first
from qunflow.web.widgets.charts import Chart
from qunflow.web.widgets.figures import named_value
from qunflow.web.widgets.formats import money_words, number_words
from qunflow.web.widgets.live import PATIENCE_SECONDS
from qunflow.web.widgets.look import block, dress, faint, link, steady

_RATES = (
    "scan_yield", "join_rate", "completion_rate", "net_join_rate", "left_1h_rate", "left_24h_rate",
    "middle_page_drop", "waiting_rate", "submit_rate", "reject_rate",
)  # fmt: skip
_COUNTS = ("launched", "scanned", "joined", "completed")
_FEN = ("on_hold", "held", "escrow_fen", "reserve_fen")


class ReportPage:
    """One page of the report."""

    def __init__(self, desk: Desk, door: Door, sheets: CampaignSheets, rows: CampaignRows, name: str) -> None:
        self._desk, self._door, self._sheets, self._rows, self._name = desk, door, sheets, rows, name
        self._place = ui.element("div").classes("qf-stack")

    async def begin(self) -> None:
        """Draw; a page that is long to read is shown without waiting for the end."""
        with self._place:
            faint(self._desk.say("console.widgets.reading")).props('role="status"')
        drawing = background_tasks.create(self.draw(), name="report")
        done, _ = await asyncio.wait({drawing}, timeout=PATIENCE_SECONDS)
        if done:
            drawing.result()

    async def draw(self) -> None:
        """Read and draw everything."""
        desk = self._desk
        view = await self._sheets.view(desk.workspace, self._name)
        async with self._door.database.read(desk.workspace) as unit:
            ledger = await check_ledger(unit)
            sheet = view.sheet
            fact = facts_for_forecast(sheet.funnel, sheet.spread, sheet.money.due, len(sheet.groups))
            compared = await load_forecasts(unit, self._name, fact)
        prizes: PrizeCosts | None = await self._door.look.ask(desk.workspace, PrizeCosts, self._name)
        self._place.clear()
        with self._place:
            self._head(view)
            self._closing(view.sheet)
            with ui.element("div").classes("qf-pages"):
                self._table("numbers", lambda: self._numbers(view.sheet))
                self._block("diagnosis", lambda: draw_diagnosis(desk, view.sheet.funnel))
                self._table("rewards", lambda: self._money(view.sheet, ledger))
                self._table("costs", lambda: self._named(cost_lines(cost_view(view.sheet.money.posted, prizes))))
                self._table("forecast", lambda: self._forecast(compared))
                self._table("spread", lambda: self._named(spread_lines(desk, view.sheet.spread)))
                self._block("scripts", lambda: draw_scripts(desk, view.sheet))
                self._block("groups", lambda: draw_groups(desk, view.sheet))
                if view.boards:
                    self._block("ranking", lambda: draw_leaderboard(desk, view.boards))
            self._arrivals(view.sheet)
            self._block("notes", lambda: self._notes(view.sheet))

    def _head(self, view: BoardView) -> None:
        desk, state = self._desk, view.sheet.campaign
        plan = state.plan
        with ui.element("div").classes("qf-row w-full"):
            words = desk.say("console.campaigns.report.of", title=plan.title if plan is not None else self._name)
            ui.label(words).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            with ui.element("div").classes("qf-row qf-noprint"):
                link(desk.say("console.campaigns.gate.board"), f"/campaigns/{self._name}")
                if desk.may(Right.RUN_GROUPS):  # the people who came are the next group (M138)
                    link(desk.say("console.gathering.title"), f"/groups/gather?campaign={self._name}")
                printing = ui.button(desk.say("console.campaigns.report.print"), icon="print")
                printing.props("flat no-caps").on_click(lambda: ui.run_javascript("window.print()"))
        if plan is not None:
            ui.label(plan.goal).style("white-space: pre-line")
            launched, ended = desk.local(state.launched_at), desk.local(state.ended_at or plan.ends_at)
            status = status_words(desk, state.status)
            faint(desk.say("console.campaigns.report.when", status=status, launched=launched, ended=ended))

    def _closing(self, sheet: BoardSheet) -> None:
        desk, status = self._desk, sheet.campaign.status
        items = open_items(sheet)
        if status == "closed":
            return
        with block(desk.say("console.campaigns.report.open")):
            for item in items:
                with ui.element("div").classes("qf-row").style("gap: 8px"):
                    ui.icon("pending", color="warning", size="20px")
                    ui.label(self._item(item))
            if not items:
                ui.label(desk.say("console.campaigns.report.nothing_open"))
            if status not in ("settling",):
                faint(desk.say(f"console.campaigns.report.not_yet.{status}"))
            if desk.may(Right.RUN_CAMPAIGNS):
                button = ui.button(
                    desk.say("console.campaigns.report.close"), icon="task_alt", on_click=steady(self._close)
                )
                button.props("unelevated no-caps").classes("qf-noprint self-start").mark("close")
                button.set_enabled(status == "settling" and not items)

    def _item(self, item: OpenItem) -> str:
        amount = money_words(item.count) if item.what in _FEN else number_words(item.count)
        return self._desk.say(f"console.campaigns.open.{item.what}", amount=amount)

    async def _close(self) -> None:
        desk, name = self._desk, self._name
        heading, why = desk.say("console.campaigns.report.close.ask"), desk.say("console.campaigns.report.close.why")
        if not await ask_first(desk, heading, why, desk.say("console.campaigns.report.close"), danger=False):
            return

        async def close() -> dict[str, int]:
            found: dict[str, int] = (await acts.close(self._door, desk.workspace, name))["money"]
            return found

        money = await desk.act(Right.RUN_CAMPAIGNS, "campaign.close", name, close)
        if money:
            left = [self._item(OpenItem(what, count)) for what, count in money.items()]
            why = desk.say("console.campaigns.open.money", left="；".join(left))
            ui.notify(why, type="warning", multi_line=True, timeout=10_000)
        await self._changed()

    async def _changed(self) -> None:
        self._sheets.forget(self._desk.workspace, self._name)
        self._rows.forget(self._desk.workspace)
        await self.draw()

    def _block(self, part: str, draw: Callable[[], None]) -> None:
        with block(self._desk.say(f"console.campaigns.board.{part}")):
            draw()

    def _table(self, part: str, draw: Callable[[], None]) -> None:
        with block(self._desk.say(f"console.campaigns.board.{part}")), ui.element("table").classes("qf-plain"):
            draw()

    def _numbers(self, sheet: BoardSheet) -> None:
        self._named({name: number_words(getattr(sheet.funnel, name)) for name in _COUNTS})
        rates = sheet.funnel.rates
        self._named({name: " ".join(rate_shown(self._desk, name, rates[name])) for name in _RATES})

    def _money(self, sheet: BoardSheet, ledger: LedgerCheck) -> None:
        self._named(money_lines(sheet.money))
        state = "whole" if ledger.balanced else "broken"
        self._named({"ledger": self._desk.say(f"console.campaigns.ledger.{state}")})

    def _forecast(self, compared: tuple[Forecast, ...]) -> None:
        """What the last rehearsal said beside what came."""
        if not compared:
            faint(self._desk.say("console.campaigns.board.forecast.none"))
        for item in compared:
            told = [
                "—" if value is None else money_words(round(value)) if item.name == "reward" else f"{value:.3g}"
                for value in (item.forecast, item.actual)
            ]
            words = self._desk.say("console.campaigns.board.forecast.pair", forecast=told[0], actual=told[1])
            self._named({f"forecast.{item.name}": words})

    def _named(self, lines: dict[str, str]) -> None:
        for name, value in lines.items():
            named_value(self._desk, f"console.campaigns.figure.{name}", value)

    def _arrivals(self, sheet: BoardSheet) -> None:
        name = self._desk.say("console.campaigns.board.arrivals")
        with block(name):
            Chart(self._desk, name, "line", arrival_data(self._desk, sheet.arrivals), 240)

    def _notes(self, sheet: BoardSheet) -> None:
        groups = {group.chat: group.name or group.chat for group in sheet.groups}
        part = NotesPart(self._desk, self._door, self._name, self._changed)
        with ui.element("div").classes("qf-noprint w-full"):
            part.draw_line(groups)
        part.draw_list(sheet.notes, groups)


def report_pages(door: Door, sheets: CampaignSheets, rows: CampaignRows) -> Pages:
    """The page of the review report."""

    async def show(desk: Desk, name: str) -> None:
        dress()
        await ReportPage(desk, door, sheets, rows, name).begin()

    return (ConsolePage("/campaigns/{name}/report", "console.campaigns.report", Right.SEE_CAMPAIGNS, show),)
