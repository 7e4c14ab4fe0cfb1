"""One live code: its QR, scans over time, the pool behind it, where the next scan goes, and why the last ones went."""

from __future__ import annotations

import io

import segno
from nicegui import ui

from qunflow.domain.errors import NotFound
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.livecodes.acts import find_code
from qunflow.features.livecodes.console_pool import PoolPart
from qunflow.features.livecodes.console_rows import CodeBook, CodeSheet, state_of
from qunflow.features.livecodes.console_scans import Told, draw_scans
from qunflow.web.desk import ConsoleFile, ConsolePage, Desk, Operator, Pages
from qunflow.web.links import Links
from qunflow.web.widgets.charts import Chart, ChartData
from qunflow.web.widgets.figures import Figure
from qunflow.web.widgets.formats import number_words
from qunflow.web.widgets.live import Part, show_live
from qunflow.web.widgets.look import block, dress, faint, link

CHART_SECONDS = 2.5
KINDS = {"png": "image/png", "svg": "image/svg+xml"}
SCALE = 16
QUIET_ZONE = 4


def draw_code(address: str, kind: str) -> bytes:
    """The QR of an address as PNG or SVG, black on white with its quiet zone; a quarter of it may be damaged."""
    out = io.BytesIO()
    segno.make(address, error="q", micro=False).save(out, kind=kind, scale=SCALE, border=QUIET_ZONE)
    return out.getvalue()


def code_pages(door: Door, links: Links, book: CodeBook) -> Pages:
    """The page ``/codes/{code}`` and its QR files."""

    async def show(desk: Desk, code: str) -> None:
        dress()
        sheet = await book.sheet(desk.workspace, code)
        page = CodePage(desk, door, book, links.code(code), code)
        page.draw(sheet)
        await page.begin()

    def file_of(kind: str) -> ConsoleFile:
        async def make(operator: Operator, code: str) -> tuple[str, str, bytes]:
            found = await find_code(door, operator.workspace, code)
            if found.owner:
                raise NotFound("code_unknown", "this code belongs to one person", field=code[:64])
            return KINDS[kind], f"{code}.{kind}", draw_code(links.code(code), kind)

        return ConsoleFile(f"/files/codes/{{code}}.{kind}", Right.SEE_GROUPS, make)

    return (
        ConsolePage("/codes/{code}", "console.codes.one", Right.SEE_GROUPS, show),
        *(file_of(kind) for kind in KINDS),
    )


class CodePage:
    """The parts of the page; the live ones are drawn anew when their own data changed."""

    def __init__(self, desk: Desk, door: Door, book: CodeBook, address: str, code: str) -> None:
        self._desk, self._book, self._address, self._code = desk, book, address, code
        self._pool = PoolPart(desk, door, book, code)
        self._slot = "hour"

    def draw(self, sheet: CodeSheet) -> None:
        """Everything that stands still: heading, QR, the place of the chart."""
        desk = self._desk
        with ui.element("div").classes("qf-row w-full"):
            name = sheet.title or sheet.pool.settings.base_name
            ui.label(desk.say("console.codes.heading", name=name)).classes("text-h6").props(
                'role=heading aria-level="1"'
            )
            ui.space()
            if sheet.code.campaign:
                link(desk.say("console.codes.to_campaign"), f"/campaigns/{sheet.code.campaign}")
            link(desk.say("console.codes.all"), "/codes")

    async def begin(self) -> None:
        """Draw what changes, and keep it fresh."""
        desk = self._desk
        with ui.element("div").style("display: flex; gap: 16px; align-items: flex-start; width: 100%; flex-wrap: wrap"):
            with ui.element("div").style("width: 300px; flex: none"):
                self._draw_qr()
            with ui.element("div").classes("qf-stack").style("flex: 1; min-width: min(100%, 480px)"):
                await show_live(desk, self._load, self._start)
                with block(desk.say("console.codes.over_time")):
                    await self._draw_chart()
        self._scans_place = block(desk.say("console.codes.last"))
        with self._scans_place:
            faint(desk.say("console.codes.last.why"))
            await show_live(desk, self._load, self._start_scans)

    async def _load(self) -> CodeSheet:
        return await self._book.sheet(self._desk.workspace, self._code)

    def _draw_qr(self) -> None:
        desk, code = self._desk, self._code
        with block(desk.say("console.codes.qr")):
            with ui.element("img").classes("w-full") as image:
                image.props["src"] = f"/files/codes/{code}.svg"
                image.props["alt"] = desk.say("console.codes.qr.alt", address=self._address)
                image.style("background: #fff; border-radius: 4px; aspect-ratio: 1")
            with ui.element("div").classes("qf-row"):
                for kind in KINDS:
                    with ui.element("a").classes("qf-link") as anchor:
                        anchor.props["href"] = f"/files/codes/{code}.{kind}"
                        anchor.props["download"] = f"{code}.{kind}"
                        ui.label(desk.say("console.codes.download", kind=kind.upper()))
            address = ui.input(desk.say("console.codes.address"), value=self._address).props("outlined dense readonly")
            address.classes("w-full").props["data-field"] = "address"
            copy = ui.button(desk.say("console.codes.copy"), icon="content_copy", on_click=self._copy)
            copy.props("outline no-caps")
            faint(desk.say("console.codes.qr.why"))

    def _copy(self) -> None:
        ui.clipboard.write(self._address)
        ui.notify(self._desk.say("console.codes.copied"), type="positive")

    def _start(self, sheet: CodeSheet) -> object:
        desk = self._desk
        state = faint("").props('role="status"')
        with ui.element("div").classes("qf-four"):
            today = Figure(desk, "console.codes.figure.today")
            total = Figure(desk, "console.codes.figure.total")
            free = Figure(desk, "console.codes.figure.free")
            kept = Figure(desk, "console.codes.figure.kept")
        with block(desk.say("console.codes.pool")):
            part = Part(self._pool.draw)

        def show(now: CodeSheet) -> None:
            ready = [line for line in now.lines if line.ready]
            places = sum(line.free for line in ready)
            state.text = desk.say(f"console.codes.state.{state_of(now.code, places)}.why")
            today.show(number_words(now.count.today))
            total.show(number_words(now.count.total))
            free.show(number_words(places))
            kept.show(number_words(sum(line.kept for line in now.lines)))
            part.show((now.pool, now.lines, now.next, now.names))

        show(sheet)
        return show

    def _start_scans(self, sheet: CodeSheet) -> object:
        part: Part[Told] = Part(lambda data: draw_scans(self._desk, *data))

        def show(now: CodeSheet) -> None:
            part.show((now.scans, now.names))

        show(sheet)
        return show

    async def _draw_chart(self) -> None:
        desk = self._desk
        kinds = {slot: desk.say(f"console.codes.slot.{slot}") for slot in ("hour", "day")}
        name = desk.say("console.codes.over_time")

        async def data() -> ChartData:
            labels, counts = await self._book.slots(desk.workspace, self._code, self._slot)
            return ChartData(labels, {desk.say("console.codes.scans"): counts})

        toggle = ui.toggle(kinds, value=self._slot).props("no-caps unelevated")
        toggle.props["aria-label"] = name
        chart = Chart(desk, name, "bar", await data(), 220)

        async def refresh() -> None:
            self._slot = str(toggle.value)
            chart.show(await data())

        toggle.on_value_change(refresh)
        ui.timer(CHART_SECONDS, refresh, immediate=False)
