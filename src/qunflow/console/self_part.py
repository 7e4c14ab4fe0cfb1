"""The part of a page on which an account is named as people of the workspace: what it decides counts as theirs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nicegui import ui

from qunflow.community.self_desk import MAX_WHO, Known, name_self, persons_of, search_people, unname_self
from qunflow.domain.errors import QunflowError
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.web.desk import Desk
from qunflow.web.widgets.look import faint, steady

_TEXT = "console.self"
Drawn = Callable[[Known], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Whose:
    """The account that is named, by whose right, and what the present operator may do about it."""

    account: str
    name: str
    right: Right
    may_remove: bool


class SelfPart:
    """Who an account is, and a search for whom else it is."""

    def __init__(self, desk: Desk, door: Door, whose: Whose) -> None:
        self._desk, self._door, self._whose = desk, door, whose

    async def draw(self) -> None:
        """Draw at the present place."""
        desk = self._desk
        faint(desk.say(f"{_TEXT}.text"))
        self._named = ui.element("div").classes("qf-stack w-full").mark("selves")
        with ui.element("form").classes("qf-row").on("submit.prevent", steady(self._search)):
            self._words = ui.input(desk.say(f"{_TEXT}.words")).props(f"outlined dense maxlength={MAX_WHO}")
            self._words.classes("w-80").mark("self_words")
            ui.button(desk.say(f"{_TEXT}.search")).props("no-caps type=submit").mark("self_search")
        self._found = ui.element("div").classes("qf-stack w-full").props('role="status"').mark("self_found")
        await self._show_named()

    async def _show_named(self) -> None:
        people = await persons_of(self._door, self._desk.workspace, self._whose.account)
        self._named.clear()
        with self._named:
            if not people:
                faint(self._desk.say(f"{_TEXT}.nobody"))
            else:
                self._table(people, f"{_TEXT}.remove", self._remove if self._whose.may_remove else None)

    async def _search(self) -> None:
        self._found.clear()
        try:
            people = await search_people(self._door, self._desk.workspace, str(self._words.value or ""))
        except QunflowError as error:
            with self._found:
                ui.label(self._desk.say(f"error.{error.code}"))
            return
        with self._found:
            if not people:
                ui.label(self._desk.say(f"{_TEXT}.none"))
            else:
                own = self._whose.account == self._desk.operator.account
                self._table(people, f"{_TEXT}.me" if own else f"{_TEXT}.them", self._name)

    def _table(self, people: Sequence[Known], text: str, act: Drawn | None) -> None:
        with ui.element("table").classes("qf-plain w-full"), ui.element("tbody"):
            for one in people:
                with ui.element("tr"):
                    for cell in (one.name or one.person[:8], " · ".join(one.known_as)):
                        with ui.element("td"):
                            ui.label(cell).style("overflow-wrap: anywhere")
                    if act is not None:
                        with ui.element("td").style("text-align: right"):
                            button = ui.button(self._desk.say(text), on_click=steady(_about(act, one)))
                            button.props("flat dense no-caps").style("white-space: nowrap")

    async def _name(self, one: Known) -> None:
        async def work() -> str:
            return await name_self(self._door, self._desk.workspace, self._whose.account, one.person)

        await self._act("account.name_self", one, work)
        self._found.clear()
        self._words.value = ""

    async def _remove(self, one: Known) -> None:
        async def work() -> str:
            return await unname_self(self._door, self._desk.workspace, self._whose.account, one.person)

        await self._act("account.unname_self", one, work)

    async def _act(self, act: str, one: Known, work: Callable[[], Awaitable[str]]) -> None:
        whose = self._whose
        await self._desk.act(whose.right, act, whose.account, work, whom=whose.name, person=one.person)
        await self._show_named()


def _about(act: Drawn, one: Known) -> Callable[[], Awaitable[None]]:
    return lambda: act(one)


async def ask_self(desk: Desk, door: Door, whose: Whose) -> None:
    """The same in a dialog, for an account of somebody else."""
    with ui.dialog() as dialog, ui.card().classes("qf-stack").style("width: 640px; max-width: 95vw"):
        ui.label(desk.say(f"{_TEXT}.title_of", name=whose.name)).classes("text-subtitle1")
        await SelfPart(desk, door, whose).draw()
        with ui.row().classes("justify-end w-full"):
            ui.button(desk.say("console.accounts.close"), on_click=lambda: dialog.submit(None)).props("flat")
    await dialog
    dialog.delete()
