"""One item: its stock and who waits, its codes with their import, its grants by status."""

from __future__ import annotations

from nicegui import ui
from nicegui.events import UploadEventArguments

from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.rewards import acts
from qunflow.features.rewards.console_rows import ItemSheet, RewardRows
from qunflow.features.rewards.files import MAX_BYTES
from qunflow.features.rewards.items import CODE, MAX_TOTAL
from qunflow.features.rewards.store import CODE_STATES
from qunflow.features.rewards.vault import Vault
from qunflow.web.desk import ConsolePage, Desk, Pages
from qunflow.web.widgets.asking import ask_first, ask_for
from qunflow.web.widgets.forms import Field, Kind
from qunflow.web.widgets.live import Live, show_live
from qunflow.web.widgets.look import block, dress, faint, link, steady


def item_pages(door: Door, vault: Vault, rows: RewardRows) -> Pages:
    """``/rewards/item/{name}``."""

    async def show(desk: Desk, name: str) -> None:
        dress()
        await ItemPage(desk, door, vault, rows, name).begin()

    return (ConsolePage("/rewards/item/{name}", "console.rewards.title", Right.SEE_REWARDS, show),)


class ItemPage:
    """The page of one item, at most some seconds old."""

    def __init__(self, desk: Desk, door: Door, vault: Vault, rows: RewardRows, name: str) -> None:
        self._desk, self._door, self._vault, self._rows, self._name = desk, door, vault, rows, name
        self._live: Live[ItemSheet] | None = None

    async def begin(self) -> None:
        """Draw, and keep fresh. Raises NotFound."""
        desk = self._desk
        first = await self._rows.sheet(desk.workspace, self._name)
        item = first.stock.item
        link(desk.say("console.rewards.title"), "/rewards")
        with ui.element("div").classes("qf-row w-full"):
            ui.label(item.title).classes("text-h6").props('role=heading aria-level="1"')
            ui.badge(desk.say(f"console.rewards.kind.{item.kind}")).props("outline")
            ui.space()
            link(desk.say("console.rewards.grants"), f"/rewards/grants?f.item={self._name}")
        if item.sponsor:
            faint(f"{desk.say('console.rewards.col.sponsor')}: {item.sponsor}")
        if item.kind == CODE and desk.may(Right.RUN_CAMPAIGNS):
            self._draw_import()

        async def load() -> ItemSheet:
            return await self._rows.sheet(desk.workspace, self._name)

        self._live = await show_live(desk, load, self._draw)

    def _draw(self, sheet: ItemSheet) -> None:
        desk, stock = self._desk, sheet.stock
        with block(desk.say("console.rewards.stock.title")):
            line = {"free": f"{stock.free:,}", "total": f"{stock.total:,}", "waiting": f"{sheet.waiting:,}"}
            ui.label(desk.say("console.rewards.stock.line", **line)).props["data-free"] = str(stock.free)
            if desk.may(Right.RUN_CAMPAIGNS) and not stock.item.closed:
                self._draw_acts(stock.item.kind)
        if stock.item.kind == CODE:
            counts = {state: sheet.codes[state] for state in CODE_STATES if state in sheet.codes}
            self._draw_counts("console.rewards.codes", counts)
        self._draw_counts("console.rewards.status", sheet.grants)

    def _draw_counts(self, heading: str, counts: dict[str, int]) -> None:
        desk = self._desk
        if not counts:
            return
        with block(desk.say(heading)), ui.element("table").classes("qf-plain"):
            for state, count in counts.items():
                with ui.element("tr"):
                    with ui.element("td"):
                        ui.label(desk.say(f"{heading}.{state}"))
                    with ui.element("td"):
                        ui.label(f"{count:,}").props[f"data-{state}"] = str(count)

    def _draw_acts(self, kind: str) -> None:
        desk = self._desk
        with ui.element("div").classes("qf-row"):
            if kind != CODE:
                more = ui.button(desk.say("console.rewards.stock.add"), icon="add").props("outline no-caps")
                more.on_click(steady(self._add_stock)).mark("add-stock")
            close = ui.button(desk.say("console.rewards.close"), color=None).props("flat no-caps")
            close.on_click(steady(self._close)).mark("close-item")

    def _draw_import(self) -> None:
        desk = self._desk
        with block(desk.say("console.rewards.codes.import")):
            faint(desk.say("console.rewards.codes.text"))
            upload = ui.upload(on_upload=self._uploaded, auto_upload=True, max_file_size=MAX_BYTES, max_files=10)
            upload.props('accept=".csv,.txt" flat bordered').classes("w-full")
            upload.props["label"] = desk.say("console.rewards.codes.import")
            self._upload = upload

    async def _uploaded(self, event: UploadEventArguments) -> None:
        desk, content = self._desk, await event.file.read()

        async def work() -> int:
            return await acts.import_codes(self._door, self._vault, desk.workspace, self._name, content)

        count = await desk.act(Right.RUN_CAMPAIGNS, "reward.import", self._name, work, bytes=len(content))
        self._upload.reset()
        if count is not None:
            ui.notify(desk.say("console.rewards.codes.done", count=f"{count:,}"), type="positive")
            await self._changed()

    async def _add_stock(self) -> None:
        desk = self._desk
        heading = desk.say("console.rewards.stock.add")
        field = Field("count", "console.rewards.stock.more", Kind.NUMBER, 1, MAX_TOTAL, required=True)
        given = await ask_for(desk, heading, "", heading, [field])
        if given is None:
            return
        count = int(given["count"])

        async def work() -> int:
            return await acts.add_stock(self._door, desk.workspace, self._name, count)

        await desk.act(Right.RUN_CAMPAIGNS, "reward.stock", self._name, work, count=count)
        await self._changed()

    async def _close(self) -> None:
        desk = self._desk
        heading, text = desk.say("console.rewards.close.ask"), desk.say("console.rewards.close.text")
        if not await ask_first(desk, heading, text, desk.say("console.rewards.close")):
            return

        async def work() -> bool:
            await acts.close_item(self._door, desk.workspace, self._name)
            return True

        await desk.act(Right.RUN_CAMPAIGNS, "reward.close", self._name, work)
        await self._changed()

    async def _changed(self) -> None:
        self._rows.forget(self._desk.workspace, self._name)
        if self._live is not None:
            await self._live.refresh()
