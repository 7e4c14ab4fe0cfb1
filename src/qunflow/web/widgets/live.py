"""A part of a page that stays fresh: read every two seconds, drawn when something changed, gone with its viewer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from nicegui import background_tasks, ui

from qunflow.web.desk import Desk
from qunflow.web.widgets.look import dress, faint

T = TypeVar("T")
EVERY_SECONDS = 2.0
#: A page is shown after so long, even if the first figures are still being read.
PATIENCE_SECONDS = 0.25


class Live(Generic[T]):
    """Draws what ``load`` answers. ``draw(data)`` builds the part; when it answers a function, that one is called with
    later data instead of building anew, so that open popovers and typed words stay.

    ``at_hand`` answers what somebody else's page has just read, or None: that is shown at once.

    The timer ends with the page's client. A failed reading leaves the last figures with a word that they are old.
    """

    def __init__(
        self,
        desk: Desk,
        load: Callable[[], Awaitable[T]],
        draw: Callable[[T], Any],
        every: float = EVERY_SECONDS,
        at_hand: Callable[[], T | None] = lambda: None,
    ) -> None:
        dress()
        self._at_hand = at_hand
        self._desk = desk
        self._load = load
        self._draw = draw
        self._every = every
        self._data: T | None = None
        self._show: Any = None
        self._place = ui.element("div").classes("qf-stack")
        self._word = faint("").props('role="status"')
        self._word.set_visibility(False)

    async def begin(self) -> None:
        """Draw for the first time and keep fresh from then on; the page does not wait long for a slow first reading."""
        found = self._at_hand()
        if found is None:
            self._say("console.widgets.reading")
        else:
            self._take(found)
        first = background_tasks.create(self.refresh(), name="live part")
        if found is None:
            done, _ = await asyncio.wait({first}, timeout=PATIENCE_SECONDS)
            if done:
                first.result()
        ui.timer(self._every, self.refresh, immediate=False)

    async def refresh(self) -> None:
        """Read now, and draw if something changed. What fails is marked on the page and raised on."""
        if self._gone():
            return
        try:
            data = await self._load()
        except Exception:
            if not self._gone():
                self._say("console.widgets.stale")
            raise
        if self._gone():
            return
        self._word.set_visibility(False)
        self._take(data)

    def _take(self, data: T) -> None:
        if data == self._data and self._show is not None:
            return
        self._data = data
        if callable(self._show):
            self._show(data)
            return
        self._place.clear()
        with self._place:
            self._show = self._draw(data) or True

    def _say(self, code: str) -> None:
        self._word.text = self._desk.say(code)
        self._word.set_visibility(True)

    def _gone(self) -> bool:
        return self._place.is_deleted


class Part(Generic[T]):
    """A piece of a live part that is drawn anew only when its own data changed."""

    def __init__(self, draw: Callable[[T], Any], classes: str = "qf-stack") -> None:
        self._draw = draw
        self._data: T | None = None
        self._drawn = False
        self._place = ui.element("div").classes(classes)

    def show(self, data: T) -> None:
        """Draw, unless the data are the last ones."""
        if self._drawn and data == self._data:
            return
        self._data, self._drawn = data, True
        self._place.clear()
        with self._place:
            self._draw(data)


async def show_live(
    desk: Desk, load: Callable[[], Awaitable[T]], draw: Callable[[T], Any], every: float = EVERY_SECONDS
) -> Live[T]:
    """A part that stays fresh, drawn at once at the present place; see :class:`Live`."""
    part = Live(desk, load, draw, every)
    await part.begin()
    return part
