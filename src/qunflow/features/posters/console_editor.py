"""The editor of a poster's five texts: a preview that follows the typing, what to mend, and the check of a picture."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping

from nicegui import ui
from nicegui.events import UploadEventArguments

from qunflow.features.posters.check import check_poster
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.posters.fitting import TextFinding, check_texts
from qunflow.features.posters.model import TEXT_ELEMENTS, Finding
from qunflow.web.desk import Desk
from qunflow.web.widgets.forms import Field, Form, Kind
from qunflow.web.widgets.look import block, dress, faint

MAX_TEXT = 60
DEBOUNCE_SECONDS = 0.35
MAX_PICTURE_BYTES = 12_000_000
Save = Callable[[Mapping[str, str]], Awaitable[None]]


class PosterEditor:
    """The parts of the page; ``save`` is None for a poster that may not be changed any more.

    ``address`` is what the live code's QR carries, empty while the campaign has none.
    """

    def __init__(
        self, desk: Desk, posters: PosterDesk, texts: Mapping[str, str], address: str, save: Save | None
    ) -> None:
        dress()
        self._desk, self._posters, self._address, self._save = desk, posters, address, save
        self._data: dict[str, object] = {name: texts.get(name, "") for name in TEXT_ELEMENTS}
        self._asked = 0

    async def draw(self) -> None:
        """Everything."""
        with ui.element("div").style("display: flex; gap: 20px; align-items: flex-start; width: 100%; flex-wrap: wrap"):
            with ui.element("div").classes("qf-stack").style("flex: 1; min-width: min(100%, 420px)"):
                self._draw_texts()
                self._draw_upload()
            with ui.element("aside").classes("qf-stack").style("width: 340px; flex: none"):
                self._draw_preview()
        await self._redraw()

    def texts(self) -> dict[str, str]:
        """The five texts as they are typed now."""
        return {name: str(self._data.get(name) or "") for name in TEXT_ELEMENTS}

    def _draw_texts(self) -> None:
        desk = self._desk
        with block(desk.say("console.posters.texts")):
            fields = [Field(name, f"console.posters.element.{name}", Kind.TEXT, 0, MAX_TEXT) for name in TEXT_ELEMENTS]
            locked = () if self._save is not None else TEXT_ELEMENTS
            self._form = Form(desk, fields, self._data, on_change=self._changed, locked=locked)
            self._form.draw()
            if self._save is not None:
                button = ui.button(desk.say("console.posters.save"), on_click=self._store)
                button.props("unelevated no-caps").style("align-self: flex-start")
            else:
                faint(desk.say("console.posters.fixed"))

    def _draw_preview(self) -> None:
        desk = self._desk
        with block(desk.say("console.posters.preview")) as part:
            part.props["data-part"] = "preview"
            self._image = ui.element("img").classes("w-full").style("border-radius: 6px; aspect-ratio: 9 / 16")
            self._image.props["alt"] = desk.say("console.posters.preview")
            self._findings = ui.element("div").classes("qf-stack").props('role="status" aria-live="polite"')
            self._code = ui.element("div").classes("qf-stack")

    def _draw_upload(self) -> None:
        desk = self._desk
        with block(desk.say("console.posters.own")):
            faint(desk.say("console.posters.own.why"))
            upload = self._upload = ui.upload(
                on_upload=self._uploaded, auto_upload=True, max_file_size=MAX_PICTURE_BYTES, max_files=20
            )
            upload.props('accept="image/jpeg,image/png,image/webp" flat bordered').classes("w-full")
            upload.props["label"] = desk.say("console.posters.own.file")
            upload.on("rejected", lambda: ui.notify(desk.say("console.posters.own.large"), type="negative"))
            self._verdict = ui.element("div").classes("qf-stack").props('role="status" aria-live="polite"')

    def _changed(self) -> None:
        self._asked += 1
        ui.timer(DEBOUNCE_SECONDS, self._later(self._asked), once=True)

    def _later(self, mine: int) -> Callable[[], Awaitable[None]]:
        async def redraw() -> None:
            if mine == self._asked:  # nothing was typed meanwhile
                await self._redraw()

        return redraw

    async def _redraw(self) -> None:
        """Draw the poster anew with what to mend; an older drawing never replaces a newer one."""
        self._asked += 1
        mine, texts = self._asked, self.texts()
        address = self._address or "-"
        poster = await self._posters.draw(texts, address)
        found = await asyncio.to_thread(check_texts, texts)
        codes = await asyncio.to_thread(check_poster, poster, self._address) if self._address else None
        if mine != self._asked or self._image.is_deleted:
            return
        self._image.props["src"] = f"data:image/jpeg;base64,{base64.b64encode(poster).decode()}"
        self._image.update()
        self._show_texts(found)
        self._show_codes(codes)

    def _show_texts(self, found: tuple[TextFinding, ...]) -> None:
        desk = self._desk
        self._findings.clear()
        with self._findings:
            for finding in found:
                name = desk.say(f"console.posters.element.{finding.element}")
                words = desk.say(f"console.posters.fault.{finding.fault}", name=name)
                _told(words, False).props["data-fault"] = f"{finding.element}.{finding.fault}"
            if not found:
                _told(desk.say("console.posters.texts.well"), True)

    def _show_codes(self, codes: tuple[Finding, ...] | None) -> None:
        desk = self._desk
        self._code.clear()
        with self._code:
            if codes is None:
                _told(desk.say("console.posters.no_code"), False).props["data-code"] = "none"
            else:
                self._draw_verdict(codes)

    def _draw_verdict(self, codes: tuple[Finding, ...]) -> None:
        desk = self._desk
        if not codes:
            _told(desk.say("console.posters.qr.well"), True).props["data-code"] = "well"
        for finding in codes:
            words = desk.say(f"console.posters.qr.{finding.fault}", detail=finding.detail)
            _told(words, False).props["data-code"] = str(finding.fault)

    async def _uploaded(self, event: UploadEventArguments) -> None:
        picture = await event.file.read()
        codes = await asyncio.to_thread(check_poster, picture, self._address)
        self._upload.reset()
        self._verdict.clear()
        with self._verdict:
            faint(event.file.name[:100])
            self._draw_verdict(codes)

    async def _store(self) -> None:
        if self._save is not None and self._form.check():
            await self._save(self.texts())


def _told(words: str, well: bool) -> ui.element:
    with ui.element("div").style("display: flex; gap: 8px; align-items: flex-start") as line:
        ui.icon("check_circle" if well else "warning", size="20px", color="positive" if well else "warning")
        ui.label(words).style("min-width: 0; overflow-wrap: anywhere")
    return line
