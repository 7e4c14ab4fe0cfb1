"""A campaign's rehearsal on a page: start it, see how far it is, stop it, read the result, look at earlier ones."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from nicegui import ui

from qunflow.console.rehearsal_chore import RehearsalChores
from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.campaigns.console_words import known_words
from qunflow.features.campaigns.model import CampaignState
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.rehearsed import advice_of
from qunflow.features.campaigns.report import find_campaign
from qunflow.storage import rehearsals
from qunflow.storage.rehearsals import RehearsalRow
from qunflow.web.desk import ConsolePage, Desk, Pages
from qunflow.web.widgets.figures import Figure
from qunflow.web.widgets.formats import money_words, number_words
from qunflow.web.widgets.live import show_live
from qunflow.web.widgets.look import block, dress, faint, link, steady

DEFAULT_PEOPLE, MOST_PEOPLE, MOST_DAYS = 200, 5_000, 120
MAX_SEED = 40
_SHOWN = 10
_DAYS_SHOWN = 31
_AREA = "console.rehearsal."


@dataclass(frozen=True, slots=True)
class Look:
    """What the page shows: the history, whether one runs here, how far it is, and the campaign's plan."""

    rows: tuple[RehearsalRow, ...]
    total: int
    running: str
    done: int
    of: int
    when: str
    advice: str


def pages(door: Door, chores: RehearsalChores) -> Pages:
    """``/campaigns/{name}/rehearsal``."""

    async def show(desk: Desk, name: str) -> None:
        dress()
        state = await find_campaign(door, desk.workspace, name)
        page = RehearsalPage(desk, door, chores, state)
        page.head()
        await show_live(desk, page.load, page.draw, 1.5)

    return (ConsolePage("/campaigns/{name}/rehearsal", f"{_AREA}title", Right.SEE_CAMPAIGNS, show),)


class RehearsalPage:
    """One page; what runs belongs to the console, not to the page."""

    def __init__(self, desk: Desk, door: Door, chores: RehearsalChores, state: CampaignState) -> None:
        self._desk, self._door, self._chores, self._state = desk, door, chores, state
        self._people, self._days, self._seed = DEFAULT_PEOPLE, 0, secrets.token_hex(3)
        self._open = ui.context.client.request.query_params.get("result", "")[:40]

    @property
    def _name(self) -> str:
        return self._state.campaign

    def _say(self, code: str, **parameters: object) -> str:
        return self._desk.say(f"{_AREA}{code}", **parameters)

    def head(self) -> None:
        """The heading, what a rehearsal is, and the form to begin one."""
        plan = self._state.plan
        with ui.element("div").classes("qf-row w-full"):
            ui.label(self._say("of", title=plan.title if plan is not None else self._name)).classes("text-h6").props(
                'role=heading aria-level="1"'
            )
            ui.space()
            if self._state.status == "draft":
                link(self._desk.say("console.campaigns.gate"), f"/campaigns/{self._name}/gate")
            else:
                link(self._desk.say("console.campaigns.report"), f"/campaigns/{self._name}/report")
        faint(self._say("why"))
        if plan is not None and self._desk.may(Right.RUN_CAMPAIGNS):
            self._form(plan)

    def _form(self, plan: Plan) -> None:
        with block(self._say("begin")), ui.element("div").classes("qf-row"):
            people = ui.number(self._say("people"), value=self._people, min=1, max=MOST_PEOPLE, step=1)
            people.props("outlined dense").style("width: 140px").mark("people")
            days = ui.number(self._say("days"), value=self._days, min=0, max=MOST_DAYS, step=1)
            days.props("outlined dense").style("width: 140px").mark("days")
            seed = ui.input(self._say("seed"), value=self._seed).props(f"outlined dense maxlength={MAX_SEED}")
            seed.style("width: 160px").mark("seed")

            async def begin() -> None:
                await self._begin(plan, people.value, days.value, str(seed.value or ""))

            button = ui.button(self._say("start"), icon="theater_comedy", on_click=steady(begin))
            button.props("unelevated no-caps").mark("start")
        faint(self._say("begin.why", most=number_words(MOST_PEOPLE)))

    async def _begin(self, plan: Plan, people: Any, days: Any, seed: str) -> None:
        async def work() -> str:
            if not isinstance(people, int | float) or not 1 <= people <= MOST_PEOPLE:
                raise InvalidInput("rehearsal_people", self._say("people.wrong", most=MOST_PEOPLE), field="people")
            if not isinstance(days, int | float) or not 0 <= days <= MOST_DAYS:
                raise InvalidInput("rehearsal_days", self._say("days.wrong", most=MOST_DAYS), field="days")
            if not 1 <= len(seed.strip()) <= MAX_SEED or seed.startswith("-"):
                raise InvalidInput("rehearsal_seed", self._say("seed.wrong", most=MAX_SEED), field="seed")
            try:
                return await self._chores.start(
                    self._desk.workspace, plan, self._desk.operator.account, int(people), seed.strip(), int(days)
                )
            except Conflict as error:
                raise Conflict(error.code, self._say("busy"), field=error.field) from error

        begun = await self._desk.act(Right.RUN_CAMPAIGNS, "campaign.rehearse", self._name, work, seed=seed[:MAX_SEED])
        if begun:
            ui.notify(self._say("begun"), type="positive")

    async def load(self) -> Look:
        """Read the history and what runs."""
        desk = self._desk
        async with self._door.database.read(desk.workspace) as unit:
            rows, total = await rehearsals.list_rehearsals(unit, self._name, _SHOWN)
            last = await rehearsals.last_done(unit, self._name)
        state = await find_campaign(self._door, desk.workspace, self._name)
        chore = self._chores.running(desk.workspace, self._name)
        advice = advice_of(state.plan, last).state if state.plan is not None else ""
        if chore is None:
            return Look(rows, total, "", 0, 0, "", advice)
        return Look(rows, total, chore.row.rehearsal, chore.done, chore.total, chore.when, advice)

    def draw(self, look: Look) -> None:
        """What runs, the result, the history."""
        if look.running:
            self._running(look)
        shown = next((row for row in look.rows if row.result is not None and row.rehearsal == self._open), None)
        shown = shown or next((row for row in look.rows if row.result is not None), None)
        if shown is not None:
            self._result(shown, look)
        elif not look.running and not look.rows:
            with ui.element("div").classes("qf-empty"):
                ui.label(self._say("empty"))
        if look.rows:
            self._history(look)

    def _running(self, look: Look) -> None:
        with block(self._say("running")) as part:
            part.props["data-running"] = look.running
            bar = ui.linear_progress(value=min(1.0, look.done / look.of) if look.of else 0, show_value=False)
            bar.props(f'instant-feedback rounded size=10px aria-label="{self._say("running")}"')
            if not look.of:
                bar.props("indeterminate")
            with ui.row().classes("items-center justify-between w-full"):
                words = (
                    self._say("far", done=look.done, of=look.of, when=look.when) if look.of else self._say("setting")
                )
                faint(words).props('role="status"')
                if self._desk.may(Right.RUN_CAMPAIGNS):
                    stop = ui.button(self._say("stop"), on_click=steady(self._stop))
                    stop.props("flat dense no-caps color=negative").mark("stop")

    async def _stop(self) -> None:
        async def work() -> bool:
            return await self._chores.stop(self._desk.workspace, self._name)

        if await self._desk.act(Right.RUN_CAMPAIGNS, "campaign.rehearse_stop", self._name, work):
            ui.notify(self._say("stopped"))

    def _result(self, row: RehearsalRow, look: Look) -> None:
        result = row.result or {}
        with block(self._say("result", when=self._desk.local(row.begun_at))) as part:
            part.props["data-result"] = row.rehearsal
            if look.advice == "stale":
                ui.label(self._say("stale")).classes("text-warning")
            self._figures(result)
            self._invariants(result)
            self._gate(result)
            self._groups(result)

    def _figures(self, result: dict[str, Any]) -> None:
        reward, fraud, funnel = result["reward"], result["fraud"], result["funnel"]
        figures = {
            "joined": number_words(int(funnel["joined"])),
            "expected": money_words(int(reward["expected"])),
            "worst": money_words(int(reward["worst"])),
            "overrun": money_words(int(result["budget_overrun"])),
            "k": _told(result["k"]),
            "cycle": _told(result["cycle_hours"]),
            "staff": _told(result["staff_minutes"]),
            "groups": number_words(max((int(day["needed"]) for day in result["groups_needed"]), default=0)),
            "caught": number_words(int(fraud["caught"])),
            "missed": number_words(int(fraud["missed"])),
        }
        with ui.element("div").classes("qf-grid"):
            for name, value in figures.items():
                Figure(self._desk, f"{_AREA}figure.{name}", value)

    def _invariants(self, result: dict[str, Any]) -> None:
        found = result["invariants"]
        if found["broken"]:
            ui.label(self._say("broken", count=len(found["broken"]))).classes("text-negative")
            for item in found["broken"]:
                ui.label(str(item)).classes("text-negative")
        else:
            with ui.element("div").classes("qf-row").style("gap: 8px"):
                ui.icon("check_circle", color="positive", size="20px")
                ui.label(self._say("held", count=len(found["held"])))

    def _gate(self, result: dict[str, Any]) -> None:
        for item in result["gate"]:
            check, words = str(item["check"]), str(item["words"])
            name = known_words(self._desk, f"console.campaigns.gate.{check}.name", check)
            with ui.element("div").classes("qf-row").style("gap: 8px"):
                ui.icon("cancel", color="negative", size="20px")
                ui.label(self._say("refused", name=name))
                faint(known_words(self._desk, f"console.campaigns.gate.{check}.mend", words))

    def _groups(self, result: dict[str, Any]) -> None:
        days = result["groups_needed"]
        if not days:
            return
        columns = ("day", "members", "needed", "there", "made", "quota", "delayed")
        folded = ui.expansion(self._say("groups", days=len(days))).classes("w-full")
        with folded, ui.element("table").classes("qf-plain"):
            self._line("th", {name: self._say(f"day.{name}") for name in columns})
            for day in days[:_DAYS_SHOWN]:
                self._line("td", {name: str(day[name]) for name in columns})

    def _line(self, tag: str, cells: dict[str, str]) -> None:
        with ui.element("tr"):
            for name, words in cells.items():
                with ui.element(tag).classes("" if name == "day" else "qf-right"):
                    ui.label(words)

    def _history(self, look: Look) -> None:
        with block(self._say("history", count=look.total)), ui.element("table").classes("qf-plain"):
            for row in look.rows:
                with ui.element("tr"):
                    for words in (
                        self._desk.local(row.begun_at),
                        self._state_words(row, look),
                        self._say("asked", people=row.people, days=row.days or "—", seed=row.seed),
                    ):
                        with ui.element("td"):
                            ui.label(words)
                    with ui.element("td").classes("qf-right"):
                        if row.result is not None:
                            link(self._say("open"), f"/campaigns/{self._name}/rehearsal?result={row.rehearsal}")

    def _state_words(self, row: RehearsalRow, look: Look) -> str:
        if row.state == rehearsals.RUNNING and row.rehearsal != look.running:
            return self._say("state.lost")  # its console stopped
        words = self._say(f"state.{row.state}")
        return f"{words}: {row.words}" if row.words else words


def _told(value: Any) -> str:
    return "—" if value is None else f"{value:g}"
