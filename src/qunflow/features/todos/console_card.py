"""One to-do on the console: the same texts as its card, who and until when, and what closed it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.todos import acts
from qunflow.features.todos.card import About, card_lines, card_title
from qunflow.features.todos.kinds import is_by_hand
from qunflow.features.todos.model import DONE, GIVEN_UP, OPEN, TodoState, todo_stream
from qunflow.features.todos.store import load_names, read_proof
from qunflow.storage.operators import find_account
from qunflow.web.desk import Desk
from qunflow.web.texts import Texts
from qunflow.web.widgets.asking import ask_first
from qunflow.web.widgets.live import show_live
from qunflow.web.widgets.look import block, faint, link, steady, title

MAX_SHOWN = 4_000
#: What a proof names before its first colon, where an event is one.
PROOFS = ("group", "gone", "in", "notice", "renamed", "dismissed", "owner")
_TONES = {"open": "info", "done": "positive", "late": "warning", "given_up": "negative", "superseded": "grey"}


@dataclass(frozen=True, slots=True)
class Card:
    """All that the page shows; ``by`` is the name of who marked it, ``proof`` what proved it, and when."""

    state: TodoState
    about: About
    by: str
    proof: tuple[str, datetime] | None
    overdue: bool


class CardPage:
    """The page of one to-do, at most two seconds old."""

    def __init__(self, desk: Desk, door: Door, todo: str, changed: Callable[[str], None]) -> None:
        self._desk, self._door, self._todo, self._changed = desk, door, todo, changed
        self._say = Texts.load().say

    async def begin(self) -> None:
        """Draw, and keep fresh. Raises NotFound."""
        await acts.find_todo(self._door, self._desk.workspace, self._todo)
        link(self._desk.say("console.todos.back"), "/todos")
        self._live = await show_live(self._desk, self._load, self._draw)

    async def _load(self) -> Card:
        state = await acts.find_todo(self._door, self._desk.workspace, self._todo)
        async with self._door.database.read(self._desk.workspace) as unit:
            about = await load_names(unit, state, self._desk.operator.language)
            proof = await read_proof(unit, todo_stream(self._todo)) if state.closed_by == "event" else None
        overdue = state.status == OPEN and state.due_at is not None and state.due_at < self._door.clock.now()
        return Card(state, about, await self._who(state.closed_by), proof, overdue)

    async def _who(self, by: str) -> str:
        if by in ("", "event"):
            return ""
        async with self._door.database.directory() as connection:
            account = await find_account(connection, by)
        return account.name if account is not None else by

    def _draw(self, card: Card) -> None:
        desk, state = self._desk, card.state
        outcome = "overdue" if card.overdue else state.outcome
        with ui.element("div").classes("qf-row"):
            ui.label(card_title(self._say, desk.operator.language, state.action)).classes("text-h6").props(
                'role=heading aria-level="1"'
            )
            badge = ui.badge(desk.say(f"console.todos.outcome.{outcome}"), color=_TONES.get(outcome, "negative"))
            badge.props("outline").props["data-outcome"] = outcome
        with ui.element("div").classes("qf-two"):
            self._draw_card(card)
            self._draw_course(card)

    def _draw_card(self, card: Card) -> None:
        state = card.state
        left = state.due_at - state.opened_at if state.due_at and state.opened_at else None
        hours = round(left.total_seconds() / 3600) if left is not None else 0
        lines = card_lines(self._say, state.action, state.data, card.about, state.proof, hours, MAX_SHOWN)
        with block(self._desk.say("console.todos.what")):
            for line in lines:
                ui.label(line).style("white-space: pre-line; overflow-wrap: anywhere")
            if state.status == OPEN:
                self._draw_acts(state)

    def _draw_acts(self, state: TodoState) -> None:
        desk = self._desk
        with ui.element("div").classes("qf-row"):
            done = ui.button(desk.say("console.todos.done"), icon="check").props("unelevated no-caps")
            done.on_click(steady(lambda: self._mark(DONE))).mark("done")
            drop = ui.button(desk.say("console.todos.drop"), icon="close", color=None).props("outline no-caps")
            drop.on_click(steady(lambda: self._mark(GIVEN_UP))).mark("drop")
        faint(desk.say("console.todos.by_hand" if is_by_hand(state.proof) else "console.todos.by_event"))

    def _draw_course(self, card: Card) -> None:
        desk, state = self._desk, card.state
        told = [("staff", state.staff or desk.say("console.todos.nobody"))]
        told.append(("opened_at", desk.local(state.opened_at)))
        told.append(("due_at", desk.local(state.due_at)))
        if state.campaign:
            told.append(("campaign", state.campaign))
        with block(desk.say("console.todos.course")):
            with ui.element("table").classes("qf-plain"):
                for name, value in told:
                    with ui.element("tr"):
                        with ui.element("td"):
                            ui.label(desk.say(f"console.todos.fact.{name}"))
                        with ui.element("td"):
                            ui.label(value)
            if state.status != OPEN:
                title(desk.say("console.todos.end"))
                ui.label(self._end_words(card)).props["data-end"] = state.closed_by or state.status

    def _end_words(self, card: Card) -> str:
        desk, state = self._desk, card.state
        at = desk.local(state.closed_at)
        if card.proof is not None:
            kind, _, rest = card.proof[0].partition(":")
            code = kind if kind in PROOFS else "other"
            about = card.about.person or card.about.group or rest
            return desk.say(f"console.todos.proof.{code}", at=desk.local(card.proof[1]), about=about)
        if state.replaced_by:
            return desk.say("console.todos.end.superseded", at=at)
        code = "done" if state.status == DONE else "dropped" if card.by else "expired"
        return desk.say(f"console.todos.end.{code}", at=at, by=card.by)

    async def _mark(self, status: str) -> None:
        desk, name = self._desk, "done" if status == DONE else "drop"
        heading, text = desk.say(f"console.todos.{name}.ask"), desk.say(f"console.todos.{name}.text")
        if not await ask_first(desk, heading, text, desk.say(f"console.todos.{name}"), danger=status != DONE):
            return

        async def work() -> bool:
            await acts.mark_todo(self._door, desk.workspace, self._todo, status, desk.operator.account)
            return True

        await desk.act(Right.DO_TODOS, f"todo.{name}", self._todo, work)
        self._changed(desk.workspace)
        await self._live.refresh()
