"""To-dos on the console: the list, and a card with everything needed that closes before the eyes of who looks."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.todos.card import card_title
from qunflow.features.todos.console_card import CardPage
from qunflow.features.todos.store import TodoHead, read_todos
from qunflow.web.desk import ConsolePage, Desk, Operator, Pages
from qunflow.web.texts import Texts
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.freshness import Fresh
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, answer_from, show_list
from qunflow.web.widgets.look import faint

OUTCOMES = ("open", "overdue", "done", "late", "given_up", "superseded")
TONES = {"open": "info", "overdue": "negative", "done": "positive", "late": "warning", "given_up": "negative"}
SORT = "due_at"
COLUMNS = (
    Column("title", "console.todos.col.title", sortable=True, link="/todos/card?todo={quoted}"),
    Column("subject", "console.todos.col.subject", sortable=True),
    Column("outcome", "console.todos.outcome", Cell.STATE, True, True, OUTCOMES, "console.todos.outcome", TONES),
    Column("staff", "console.todos.col.staff", sortable=True, filterable=True),
    Column("campaign", "console.todos.col.campaign", sortable=True, filterable=True),
    Column("due_at", "console.todos.col.due_at", Cell.TIME, sortable=True, filterable=True),
)


class TodoRows:
    """To-dos of every workspace, read once in some seconds for all who look."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._heads: Fresh[list[TodoHead]] = Fresh(1.5)
        self._say = Texts.load().say

    async def page(self, workspace: str, query: ListQuery, language: str) -> ListPage:
        """One page of the list."""

        async def read() -> list[TodoHead]:
            async with self._door.database.read(workspace) as unit:
                return await read_todos(unit, self._door.clock.now())

        heads = await self._heads.get(workspace, read)
        return answer_from([self._row(head, language) for head in heads], COLUMNS, query)

    def forget(self, workspace: str) -> None:
        """One was marked."""
        self._heads.forget(workspace)

    def _row(self, head: TodoHead, language: str) -> dict[str, Any]:
        return {
            "key": head.todo,
            "quoted": quote(head.todo, safe=""),
            "title": card_title(self._say, language, head.action),
            "subject": head.subject,
            "outcome": head.outcome,
            "staff": head.staff,
            "campaign": head.campaign,
            "due_at": head.due_at,
        }


def pages(door: Door) -> Pages:
    """Every page of to-dos."""
    rows = TodoRows(door)

    async def show(desk: Desk) -> None:
        ui.label(desk.say("console.todos.title")).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say("console.todos.text"))

        async def load(query: ListQuery) -> ListPage:
            return await rows.page(desk.workspace, query, desk.operator.language)

        empty = Empty("console.todos.empty")
        await show_list(desk, COLUMNS, load, empty=empty, sort=SORT, export="/todos.csv", every=2.0)

    async def show_card(desk: Desk) -> None:
        todo = ui.context.client.request.query_params.get("todo", "")[:500]
        await CardPage(desk, door, todo, rows.forget).begin()

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        return await rows.page(operator.workspace, query, operator.language)

    return (
        ConsolePage("/todos", "console.todos.title", Right.DO_TODOS, show, "console.todos.title", "task_alt", 35),
        ConsolePage("/todos/card", "console.todos.card", Right.DO_TODOS, show_card),
        export_file("/todos.csv", "todos", COLUMNS, load_for, sort=SORT),
    )
