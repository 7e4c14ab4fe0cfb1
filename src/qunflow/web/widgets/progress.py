"""A long act on a page: how far it is, and a button that stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import background_tasks, ui

from qunflow.domain.errors import QunflowError
from qunflow.web.desk import Desk
from qunflow.web.widgets.look import dress, faint

#: Tells how far it is: (done, of, words). ``of`` 0 means that nobody knows.
Report = Callable[[int, int, str], None]
Work = Callable[[Report], Awaitable[str]]


class Progress:
    """Runs ``work`` beside the page. It ends with its words, by the stop button, or when the page is left."""

    def __init__(self, desk: Desk, name: str, work: Work) -> None:
        dress()
        self._desk = desk
        self._work = work
        self._task: asyncio.Task[None] | None = None
        with ui.element("div").classes("qf-block qf-stack").props('role="status"') as self.box:
            ui.label(name).classes("qf-title")
            self._bar = ui.linear_progress(value=0, show_value=False).props("instant-feedback rounded size=10px")
            with ui.row().classes("items-center justify-between w-full"):
                self._words = faint(desk.say("console.widgets.progress.begins"))
                self._stop = ui.button(desk.say("console.widgets.progress.stop"), on_click=self.stop)
                self._stop.props("flat dense no-caps color=negative")

    def start(self) -> None:
        """Begin."""
        self._task = background_tasks.create(self._run(), name="progress")
        ui.context.client.on_delete(self.stop)

    def stop(self) -> None:
        """Stop what runs; what is done already stays done."""
        if self._task is not None and not self._task.done():
            self._task.cancel()

    async def _run(self) -> None:
        try:
            words = await self._work(self._report)
        except asyncio.CancelledError:
            self._end(self._desk.say("console.widgets.progress.stopped"), False)
            raise
        except QunflowError as error:
            self._end(error.sentence(), False)
        except Exception:
            self._end(self._desk.say("console.widgets.progress.failed"), False)
            raise
        else:
            self._end(words, True)

    def _report(self, done: int, of: int, words: str) -> None:
        if self.box.is_deleted:
            return
        if of:
            self._bar.value = min(1.0, done / of)
        self._bar.props(remove="indeterminate") if of else self._bar.props("indeterminate")
        self._words.text = words

    def _end(self, words: str, well: bool) -> None:
        if self.box.is_deleted:
            return
        self._bar.props(remove="indeterminate")
        self._bar.props("color=positive" if well else "color=warning")
        self._bar.value = 1.0 if well else self._bar.value
        self._words.text = words
        self._stop.set_visibility(False)
