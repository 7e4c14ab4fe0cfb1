"""The launch gate on a page: every check with what it measures and how to mend it; the launch when all hold."""

from __future__ import annotations

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.campaigns import acts
from qunflow.features.campaigns.console_list import CampaignRows
from qunflow.features.campaigns.console_words import gate_words, measured_words
from qunflow.features.campaigns.gate import GateCheck, GateFacts, check_gate
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.rehearsed import Advice, load_advice
from qunflow.features.campaigns.report import find_campaign
from qunflow.web.desk import ConsolePage, Desk, Pages
from qunflow.web.links import Links
from qunflow.web.widgets.asking import ask_first
from qunflow.web.widgets.formats import money_words
from qunflow.web.widgets.live import show_live
from qunflow.web.widgets.look import block, dress, faint, link, steady

EVERY_SECONDS = 4.0
Measured = tuple[str, Plan, GateFacts, Advice]
_TONES = {"none": "warning", "stale": "warning", "broken": "negative", "over_budget": "warning", "gate": "warning"}


def gate_pages(door: Door, links: Links, rows: CampaignRows) -> Pages:
    """The page of the gate."""

    async def show(desk: Desk, name: str) -> None:
        dress()
        state = await find_campaign(door, desk.workspace, name)

        async def measure() -> Measured:
            plan, facts = await acts.gate_facts(door, links, desk.workspace, name)
            async with door.database.read(desk.workspace) as unit:
                advice = await load_advice(unit, plan)
            return (await find_campaign(door, desk.workspace, name)).status, plan, facts, advice

        with ui.element("div").classes("qf-row w-full"):
            words = desk.say("console.campaigns.gate.title", title=state.plan.title if state.plan is not None else name)
            ui.label(words).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            link(desk.say("console.campaigns.gate.board"), f"/campaigns/{name}")
            if state.status == "draft" and desk.may(Right.RUN_CAMPAIGNS):
                link(desk.say("console.campaigns.wizard.edit"), f"/campaigns/{name}/edit")
        faint(desk.say("console.campaigns.gate.why"))
        page = GatePage(desk, door, links, rows, name)
        await show_live(desk, measure, page.draw, EVERY_SECONDS)

    return (ConsolePage("/campaigns/{name}/gate", "console.campaigns.gate", Right.SEE_CAMPAIGNS, show),)


class GatePage:
    """Draws one measurement; the launch measures again by itself."""

    def __init__(self, desk: Desk, door: Door, links: Links, rows: CampaignRows, name: str) -> None:
        self._desk, self._door, self._links, self._rows, self._name = desk, door, links, rows, name

    def draw(self, measured: Measured) -> None:
        """Every check, then the launch."""
        status, plan, facts, advice = measured
        checks = check_gate(plan, facts)
        for check in checks:
            self._check(check, plan, facts)
        self._advice(advice)
        self._launch(status, plan, sum(not check.passed for check in checks))

    def _check(self, check: GateCheck, plan: Plan, facts: GateFacts) -> None:
        desk = self._desk
        with block() as part, ui.element("div").style("display: flex; gap: 16px; align-items: flex-start"):
            part.props["data-check"] = check.check
            part.props["data-passed"] = str(check.passed).lower()
            icon, tone = ("check_circle", "positive") if check.passed else ("cancel", "negative")
            said = desk.say("console.campaigns.gate.holds" if check.passed else "console.campaigns.gate.fails")
            ui.icon(icon, color=tone, size="28px").props(f'role="img" aria-label="{said}"')
            with ui.element("div").classes("qf-stack").style("gap: 4px"):
                ui.label(gate_words(desk, check, "name")).classes("qf-title")
                ui.label(measured_words(desk, check, plan, facts))
                faint(gate_words(desk, check, "why"))
                if not check.passed:
                    ui.label(gate_words(desk, check, "mend")).classes("text-negative")
                if check.check == "self_test" and facts.code_url:
                    with ui.element("div").classes("qf-row"):
                        link(facts.code_url, facts.code_url)

    def _advice(self, advice: Advice) -> None:
        """What the last rehearsal said; it never keeps anybody from launching."""
        desk = self._desk
        words = desk.say(
            f"console.campaigns.gate.rehearsal.{advice.state}",
            when=advice.at[:10],
            people=advice.people,
            broken=advice.broken,
            overrun=money_words(advice.overrun),
            expected=money_words(advice.expected),
            worst=money_words(advice.worst),
        )
        with block() as part, ui.element("div").style("display: flex; gap: 16px; align-items: flex-start"):
            part.props["data-advice"] = advice.state
            ui.icon("theater_comedy", color=_TONES.get(advice.state, "positive"), size="28px").props("aria-hidden=true")
            with ui.element("div").classes("qf-stack").style("gap: 4px"):
                ui.label(desk.say("console.campaigns.gate.rehearsal.name")).classes("qf-title")
                ui.label(words)
                link(desk.say("console.campaigns.gate.rehearsal.open"), f"/campaigns/{self._name}/rehearsal")

    def _launch(self, status: str, plan: Plan, failed: int) -> None:
        desk = self._desk
        if status != "draft":
            faint(desk.say("console.campaigns.gate.launched"))
            return
        if not desk.may(Right.RUN_CAMPAIGNS):
            return
        with ui.element("div").classes("qf-row"):
            button = ui.button(desk.say("console.campaigns.gate.launch"), icon="rocket_launch")
            button.props("unelevated no-caps").on_click(steady(lambda: self._ask(plan))).mark("launch")
            button.set_enabled(not failed)
            if failed:
                faint(desk.say("console.campaigns.gate.closed", count=failed))

    async def _ask(self, plan: Plan) -> None:
        desk, name = self._desk, self._name
        heading = desk.say("console.campaigns.gate.ask", title=plan.title)
        given = {"budget": money_words(plan.budget_total_fen), "ends": desk.local(plan.ends_at)}
        words = desk.say("console.campaigns.gate.ask.why", **given)
        act = desk.say("console.campaigns.gate.launch")
        if not await ask_first(desk, heading, words, act, danger=False):
            return

        async def launch() -> bool:
            await acts.launch(self._door, self._links, desk.workspace, name)
            return True

        if await desk.act(Right.RUN_CAMPAIGNS, "campaign.launch", name, launch, budget=plan.budget_total_fen):
            self._rows.forget(desk.workspace)
            ui.navigate.to(f"/campaigns/{name}")
