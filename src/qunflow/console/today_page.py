"""The page ``/``: what needs a person now, a block for each right, every figure at most some seconds old."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from nicegui import ui

from qunflow.console.delivery_words import action_words, target_words, why_words
from qunflow.console.today_numbers import DeliveryBlock, GroupBlock, TodayNumbers, TodoBlock, Trouble
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.rewards.shortage import ShortItem
from qunflow.features.tasks.store import QueueCount
from qunflow.features.todos.card import card_title
from qunflow.web.desk import ConsolePage, Desk, Pages
from qunflow.web.texts import Texts
from qunflow.web.widgets.figures import Figure
from qunflow.web.widgets.formats import money_words, number_words, percent_words, span_words
from qunflow.web.widgets.live import Part, show_live
from qunflow.web.widgets.look import dress, faint, link

T = TypeVar("T")
EVERY_SECONDS = 2.0
CSS = """
.qf-today { columns: 2 420px; column-gap: 16px; width: 100%; }
.qf-today > .qf-block { break-inside: avoid; margin-bottom: 16px; }
.qf-today .qf-figure { width: auto; flex: 1 1 120px; }
.qf-lines { display: flex; flex-direction: column; width: 100%; }
.qf-lines:empty { display: none; }
.qf-line { display: flex; gap: 12px; padding: 7px 0; border-top: 1px solid var(--qf-line); align-items: baseline; }
.qf-line > :first-child { flex: 1 1 auto; min-width: 0; overflow-wrap: anywhere; }
.qf-line > :last-child { flex: none; max-width: 50%; text-align: right; }
"""


@dataclass(frozen=True, slots=True)
class Block(Generic[T]):
    """One block: its right, the page behind it, how it is read, and how its figures and lines are drawn."""

    name: str
    right: Right
    to: str
    figures: tuple[str, ...]
    read: Callable[[str], Awaitable[T]]
    values: Callable[[T], tuple[str, ...]]
    lines: Callable[[T], None]
    quiet: Callable[[T], bool]


class TodayPage:
    """One visit; only the blocks for which the operator has the right are read."""

    def __init__(self, desk: Desk, door: Door, numbers: TodayNumbers) -> None:
        self._desk, self._door, self._numbers = desk, door, numbers
        self._say = Texts.load().say
        self._blocks = [block for block in self._all() if desk.may(block.right)]

    async def begin(self) -> None:
        """Draw, and keep fresh."""
        dress()
        ui.add_css(CSS)
        ui.label(self._desk.say("console.today.title")).classes("text-h6").props('role=heading aria-level="1"')
        if not self._blocks:
            with ui.element("div").classes("qf-empty"):
                ui.label(self._desk.say("console.today.nothing"))
            return
        await show_live(self._desk, self._load, self._draw, EVERY_SECONDS)

    async def _load(self) -> tuple[Any, ...]:
        return tuple(await asyncio.gather(*(block.read(self._desk.workspace) for block in self._blocks)))

    def _draw(self, data: tuple[Any, ...]) -> Callable[[tuple[Any, ...]], None]:
        with ui.element("div").classes("qf-today"):
            shows = [self._draw_block(block) for block in self._blocks]

        def show(later: tuple[Any, ...]) -> None:
            for one, part in zip(shows, later, strict=True):
                one(part)

        show(data)
        return show

    def _draw_block(self, block: Block[Any]) -> Callable[[Any], None]:
        say = self._desk.say
        with ui.element("section").classes("qf-block qf-stack") as part:
            part.props["aria-label"] = say(f"console.today.{block.name}")
            part.props["data-block"] = block.name
            with ui.element("div").classes("qf-row").style("justify-content: space-between"):
                ui.label(say(f"console.today.{block.name}")).classes("qf-title").props('role=heading aria-level="2"')
                link(say("console.today.all"), block.to)
            with ui.element("div").classes("qf-row").style("align-items: stretch"):
                figures = [Figure(self._desk, f"console.today.{block.name}.{name}") for name in block.figures]
            nothing = faint(say(f"console.today.{block.name}.empty"))
            lines: Part[Any] = Part(block.lines, "qf-lines")

        def show(data: Any) -> None:
            for figure, value in zip(figures, block.values(data), strict=True):
                figure.show(value)
            nothing.set_visibility(block.quiet(data))
            lines.show(data)

        return show

    # --- the blocks -----------------------------------------------------------------------------------------------

    def _all(self) -> list[Block[Any]]:
        n = self._numbers
        return [
            Block("reviews", Right.SEE_REVIEWS, "/reviews", ("waiting", "oldest"), n.reviews, self._review_values,
                  lambda data: None, lambda data: not data.waiting),
            Block("todos", Right.DO_TODOS, "/todos", ("late", "soon", "open"), n.todos, self._todo_values,
                  self._todo_lines, lambda data: not data.count.open),
            Block("campaigns", Right.SEE_CAMPAIGNS, "/campaigns", ("troubles",), n.troubles,
                  lambda data: (number_words(len({one.campaign for one in data})),), self._trouble_lines,
                  lambda data: not data),
            Block("groups", Right.SEE_GROUPS, "/groups", ("short", "filling"), n.groups, self._group_values,
                  self._group_lines, lambda data: not data.short),
            Block("stock", Right.SEE_REWARDS, "/rewards", ("out", "low", "waiting"), n.stock, self._stock_values,
                  self._stock_lines, lambda data: not data),
            Block("deliveries", Right.RETRY_DELIVERIES, "/deliveries", ("failed", "refused", "dead"), n.deliveries,
                  self._delivery_values, self._delivery_lines,
                  lambda data: not (data.refused or data.failed or data.dead)),
        ]  # fmt: skip

    def _review_values(self, data: QueueCount) -> tuple[str, ...]:
        wait = None if data.oldest is None else (self._door.clock.now() - data.oldest).total_seconds()
        return number_words(data.waiting), span_words(self._desk.say, wait)

    def _todo_values(self, data: TodoBlock) -> tuple[str, ...]:
        return number_words(data.count.late), number_words(data.count.soon), number_words(data.count.open)

    def _todo_lines(self, data: TodoBlock) -> None:
        for head in data.first:
            title = card_title(self._say, self._desk.operator.language, head.action)
            words = f"{title} · {head.subject}" if head.subject else title
            with ui.element("div").classes("qf-line"):
                link(words, f"/todos/card?todo={quote(head.todo, safe='')}")
                due = ui.label(self._due_words(head.due_at)).classes("qf-faint")
                if head.outcome == "overdue":
                    due.classes("text-negative", remove="qf-faint")

    def _due_words(self, due: datetime | None) -> str:
        return self._desk.say("console.today.due", at=self._desk.local(due))

    def _trouble_lines(self, data: tuple[Trouble, ...]) -> None:
        for trouble in data:
            with ui.element("div").classes("qf-line").props(f'data-trouble="{trouble.what}"'):
                to = f"/campaigns/{trouble.campaign}{'/gate' if trouble.what == 'gate' else ''}"
                link(trouble.title or trouble.campaign, to)
                ui.label(self._trouble_words(trouble))

    def _trouble_words(self, trouble: Trouble) -> str:
        if trouble.what == "budget":
            value = money_words(round(trouble.value))
        elif trouble.what == "gate":
            value = number_words(round(trouble.value))
        else:
            value = f"{trouble.value:.1f}" if trouble.what == "scan_yield" else percent_words(trouble.value)
        return self._desk.say(f"console.today.trouble.{trouble.what}", value=value)

    def _group_values(self, data: GroupBlock) -> tuple[str, ...]:
        return number_words(len(data.short)), f"{number_words(data.filling)} / {number_words(data.groups)}"

    def _group_lines(self, data: GroupBlock) -> None:
        for line in data.short[:8]:
            given = {"free": line.free, "groups": line.groups, "fullest": line.fullest, "limit": line.soft_limit}
            with ui.element("div").classes("qf-line").props(f'data-pool="{line.pool}"'):
                ui.label(line.pool)
                ui.label(self._desk.say("console.today.pool", **given))

    def _stock_values(self, data: list[ShortItem]) -> tuple[str, ...]:
        empty = sum(item.free <= 0 for item in data)
        waiting = sum(item.waiting for item in data)
        return number_words(empty), number_words(len(data) - empty), number_words(waiting)

    def _stock_lines(self, data: list[ShortItem]) -> None:
        for item in data[:8]:
            word = "line" if item.free > 0 else "line.empty"
            given = {"free": item.free, "total": item.total, "waiting": item.waiting}
            with ui.element("div").classes("qf-line").props(f'data-item="{item.name}"'):
                link(item.title or item.name, f"/rewards/item/{item.name}")
                ui.label(self._desk.say(f"console.today.stock.{word}", **given))

    def _delivery_values(self, data: DeliveryBlock) -> tuple[str, ...]:
        return number_words(data.failed), number_words(data.refused), number_words(data.dead)

    def _delivery_lines(self, data: DeliveryBlock) -> None:
        for action in data.newest:
            with ui.element("div").classes("qf-line"):
                ui.label(f"{action_words(self._desk, action.kind)} · {target_words(action)}")
                why = why_words(self._desk, action)
                ui.label(why if len(why) <= 60 else f"{why[:59]}…").classes("qf-faint")
        if data.dead:
            link(self._desk.say("console.today.letters"), "/deliveries/letters")


def pages(door: Door, numbers: TodayNumbers) -> Pages:
    """``/``: the first page of everybody."""

    async def show(desk: Desk) -> None:
        await TodayPage(desk, door, numbers).begin()

    return (ConsolePage("/", "console.today.title", Right.SEE_TODAY, show, "console.today.title", "today", 10),)
