"""The pool on a code's page: its entries in order, where the next scan goes and why, and what an operator may do."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.livecodes import acts
from qunflow.features.livecodes.arrange import MAX_REQUESTS
from qunflow.features.livecodes.console_rows import CodeBook, EntryLine
from qunflow.features.livecodes.console_scans import led_words
from qunflow.features.livecodes.leading import Led
from qunflow.features.livecodes.model import PoolState
from qunflow.web.desk import Desk
from qunflow.web.widgets.asking import ask_first, ask_for
from qunflow.web.widgets.formats import number_words
from qunflow.web.widgets.forms import Field, Kind
from qunflow.web.widgets.look import faint, link, steady

Shown = tuple[PoolState, tuple[EntryLine, ...], Led, Mapping[str, str]]
_COLUMNS = ("entry", "members", "kept", "free", "state")


class PoolPart:
    """Draws a pool; its acts ask first."""

    def __init__(self, desk: Desk, door: Door, book: CodeBook, code: str) -> None:
        self._desk, self._door, self._book, self._code = desk, door, book, code

    def draw(self, shown: Shown) -> None:
        """The next scan, the entries, what is asked for, the acts."""
        pool, lines, led, names = shown
        desk = self._desk
        with ui.element("div").classes("qf-row").props('role="status"') as next_scan:
            next_scan.props["data-next"] = led.entry
            icon = "arrow_forward" if led.entry else "hourglass_empty"
            ui.icon(icon, size="22px", color="positive" if led.entry else "warning")
            with ui.element("div"):
                to = names.get(led.entry, led.entry)
                words = desk.say("console.codes.next", name=to) if led.entry else desk.say("console.codes.next.none")
                ui.label(words).classes("qf-title")
                faint(led_words(desk, led, names))
        if lines:
            with ui.element("div").style("overflow-x: auto; width: 100%"):
                self._table(pool, lines, led)
        else:
            faint(desk.say("console.codes.pool.none"))
        settings = pool.settings
        given = {"soft": settings.soft_limit, "hard": settings.hard_limit, "low": settings.low_at}
        faint(desk.say("console.codes.pool.limits", **given))
        for name in pool.requests.values():
            faint(desk.say("console.codes.pool.asked", name=name))
        if desk.may(Right.RUN_GROUPS):
            self._acts(pool)

    def _table(self, pool: PoolState, lines: tuple[EntryLine, ...], led: Led) -> None:
        desk = self._desk
        with ui.element("table").classes("qf-plain"):
            with ui.element("thead"), ui.element("tr"):
                for column in _COLUMNS:
                    with ui.element("th").props('scope="col"'):
                        right = column in ("members", "kept", "free")
                        ui.label(desk.say(f"console.codes.entry.{column}")).classes("qf-right" if right else "")
            with ui.element("tbody"):
                for line in lines:
                    with ui.element("tr") as row:
                        row.props["data-entry"] = line.entry
                        self._line(pool, line, led)

    def _line(self, pool: PoolState, line: EntryLine, led: Led) -> None:
        desk, channel = self._desk, pool.settings.channel
        with ui.element("td"):
            for chat, name, _ in line.groups:
                link(name, f"/groups/{quote(channel, safe='')}/{quote(chat, safe='')}")
        members = sum(size for _, _, size in line.groups)
        for text in (f"{number_words(members)} / {number_words(line.limit)}", str(line.kept), str(line.free)):
            with ui.element("td").classes("qf-right"):
                ui.label(text)
        state = (
            "next"
            if line.entry == led.entry
            else "not_ready"
            if not line.ready
            else "full"
            if not line.free
            else "room"
        )
        with ui.element("td"):
            ui.label(desk.say(f"console.codes.entry.{state}"))
            if line.overfull:
                ui.label(desk.say("console.codes.entry.overfull")).classes("text-negative")

    def _acts(self, pool: PoolState) -> None:
        desk, settings = self._desk, pool.settings
        with ui.element("div").classes("qf-row"):
            ask = ui.button(desk.say("console.codes.ask"), icon="group_add").props("outline no-caps")
            ask.on_click(steady(lambda: self._ask(pool))).mark("ask-group")
            ask.set_enabled(len(pool.requests) < MAX_REQUESTS)
            raising = ui.button(desk.say("console.codes.raise"), icon="trending_up").props("outline no-caps")
            raising.on_click(steady(lambda: self._raise(pool))).mark("raise-limit")
            raising.set_enabled(settings.soft_limit < settings.hard_limit)

    async def _ask(self, pool: PoolState) -> None:
        desk = self._desk
        contact = "contact" if pool.settings.contact else "direct"
        name = f"{pool.settings.base_name}{pool.asked + 1}"
        staff = pool.settings.staff[0] if pool.settings.staff else "—"
        words = desk.say(f"console.codes.ask.{contact}", name=name, staff=staff)
        title = desk.say("console.codes.ask")
        if not await ask_first(desk, title, words, title, danger=False):
            return

        async def ask() -> str:
            return await acts.ask_group(self._door, desk.workspace, pool.pool)

        asked = await desk.act(Right.RUN_GROUPS, "pool.ask_group", pool.pool, ask)
        self._book.forget(desk.workspace, self._code)
        if asked:
            ui.notify(desk.say("console.codes.pool.asked", name=asked), type="positive")

    async def _raise(self, pool: PoolState) -> None:
        desk, settings = self._desk, pool.settings
        low, high = settings.soft_limit + 1, settings.hard_limit
        field = Field("soft_limit", "console.codes.field.soft_limit", Kind.NUMBER, low, high, required=True)
        title = desk.say("console.codes.raise")
        found = await ask_for(desk, title, desk.say("console.codes.raise.why", now=settings.soft_limit), title, [field])
        if found is None:
            return
        limit = int(found["soft_limit"])

        async def lift() -> int:
            return await acts.raise_soft_limit(self._door, desk.workspace, pool.pool, limit)

        await desk.act(Right.RUN_GROUPS, "pool.raise_limit", pool.pool, lift, soft_limit=limit)
        self._book.forget(desk.workspace, self._code)
