"""The panel beside the wizard: what the plan costs, and what is still wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nicegui import ui

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.console_words import error_words, known_words
from qunflow.features.campaigns.costs import Assumptions, Costs, reckon
from qunflow.features.campaigns.mechanics.ladder import costly_jumps
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_check import read_costly
from qunflow.web.desk import Desk
from qunflow.web.widgets.figures import named, named_value
from qunflow.web.widgets.formats import money_words
from qunflow.web.widgets.look import block, faint

MOST_SHOWN = 8
_ASSUMED = ("brought_bps", "inviters_bps", "finish_bps", "plays_bps", "returns_bps", "buys_bps")


class CostPanel:
    """Costs by rule with their sums, the assumptions behind what is expected, and warnings."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._assumed = Assumptions()
        self._plan: Plan | None = None
        with block(desk.say("console.campaigns.costs.title")):
            self._table = ui.element("table").classes("qf-plain")
            self._words = ui.element("div").classes("qf-stack").style("gap: 4px")
            with ui.expansion(desk.say("console.campaigns.costs.assumed")).props("dense").classes("w-full"):
                for name in _ASSUMED:
                    self._assumption(name)

    def show(self, data: Mapping[str, Any]) -> None:
        """Reckon anew."""
        self._plan = read_costly(data)
        self._draw()

    def _draw(self) -> None:
        desk, plan = self._desk, self._plan
        if plan is None:
            return
        costs = reckon(plan, self._assumed)
        self._table.clear()
        with self._table:
            _heading(desk, "expected", "worst")
            for line in costs.lines:
                _line(desk, f"rule.{line.rule}", money_words(line.expected), money_words(line.worst))
            _line(desk, "sum", money_words(costs.expected), money_words(costs.worst))
            named_value(desk, "console.campaigns.costs.budget", money_words(costs.budget), 2)
            named_value(desk, "console.campaigns.costs.person", money_words(costs.person), 2)
        self._words.clear()
        with self._words:
            for words in warnings(desk, plan, costs):
                ui.label(words).classes("text-warning text-caption").style("line-height: 1.4")

    def _assumption(self, name: str) -> None:
        desk = self._desk

        def changed(event: Any) -> None:
            percent = event.value
            if isinstance(percent, int | float) and 0 <= percent <= 100:
                self._assumed = replace(self._assumed, **{name: round(percent * 100)})
                self._draw()

        value = getattr(self._assumed, name) / 100
        box = ui.number(desk.say(f"console.campaigns.costs.{name}"), value=value, min=0, max=100, on_change=changed)
        box.props('dense outlined suffix="%" debounce=300').classes("w-full")


def warnings(desk: Desk, plan: Plan, costs: Costs) -> list[str]:
    """What to think about before launching such a plan."""
    found = []
    if plan.budget_total_fen and costs.short:
        found.append(desk.say("console.campaigns.costs.short", fen=money_words(costs.short)))
    if costs.capped:
        found.append(desk.say("console.campaigns.costs.capped", fen=money_words(plan.reward_per_user_max_fen)))
    if plan.ladder is not None and plan.ladder.mode == "whole":
        for number, fen in costly_jumps(plan.ladder.bands):
            found.append(desk.say("console.campaigns.costs.jump", number=number, fen=money_words(fen)))
    return found


def _heading(desk: Desk, *names: str) -> None:
    """What the columns of numbers are; each opens its definition."""
    with ui.element("tr"):
        ui.element("td")
        for name in names:
            with ui.element("td").classes("qf-right"):
                named(desk, f"console.campaigns.costs.{name}")


def _line(desk: Desk, name: str, expected: str, worst: str) -> None:
    with ui.element("tr"):
        with ui.element("td"):
            named(desk, f"console.campaigns.costs.{name}")
        for value in (expected, worst):
            with ui.element("td").classes("qf-right"):
                ui.label(value)


class MendPanel:
    """What keeps the plan from being stored, each with a way to its field; ``name_of`` calls some of them by name."""

    def __init__(self, desk: Desk, go: Callable[[str], object], name_of: Callable[[str], str]) -> None:
        self._desk = desk
        self._go = go
        self._known = name_of
        with block(desk.say("console.campaigns.wizard.mend")):
            self._place = ui.element("div").classes("qf-stack").style("gap: 6px")

    def show(self, errors: Sequence[InvalidInput]) -> None:
        """List the first ones, and how many there are."""
        desk = self._desk
        self._place.clear()
        with self._place:
            if not errors:
                with ui.row().classes("items-center no-wrap").style("gap: 8px"):
                    ui.icon("check_circle", color="positive", size="20px")
                    ui.label(desk.say("console.campaigns.wizard.whole"))
            for error in errors[:MOST_SHOWN]:
                name = self._known(error.field) or _name_of(desk, error.field)
                entry = ui.element("button").classes("qf-link qf-name").props('type="button"')
                entry.on("click", lambda _, path=error.field: self._go(path))
                with entry:
                    ui.label(f"{name}：{error_words(desk, error)}").classes("text-caption")
            if len(errors) > MOST_SHOWN:
                faint(desk.say("console.campaigns.wizard.more", count=len(errors) - MOST_SHOWN))


def _name_of(desk: Desk, path: str) -> str:
    plain = path.partition("[")[0]
    return known_words(
        desk, f"console.campaigns.field.{plain}", known_words(desk, f"console.campaigns.part.{plain}", path)
    )
