"""Taking decisions back on the review page: the last one is offered for its minute, then the one before."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.features.tasks import acts
from qunflow.features.tasks.console_queue import ReviewQueue
from qunflow.features.tasks.model import UNDO_SECONDS
from qunflow.web.desk import Desk
from qunflow.web.widgets.look import steady


@dataclass(frozen=True, slots=True)
class Undoable:
    """What can still be taken back: the proofs, what is said about it, and until when (monotonic seconds)."""

    seen: tuple[acts.Seen, ...]
    words: str
    until: float


class UndoBar:
    """A line with the last decision and its undo; nothing while there is none."""

    def __init__(self, desk: Desk, queue: ReviewQueue) -> None:
        self._desk, self._queue = desk, queue
        self._known: list[Undoable] = []

    def draw(self, undo: object) -> None:
        """Draw the line at the present place; ``undo`` is called by its button."""
        assert callable(undo)
        with ui.element("div").classes("qf-row").props('role="status"').style("min-height: 32px") as self._bar:
            self._words = ui.label("")
            self._back = ui.button(on_click=steady(undo)).props("flat dense no-caps").mark("undo")
        self.count()

    def note(self, seen: Sequence[acts.Seen], words: str) -> None:
        """Offer to take these back."""
        if seen:
            self._known.append(Undoable(tuple(seen), words, time.monotonic() + UNDO_SECONDS))
        self.count()

    def count(self) -> None:
        """Show how long is left."""
        now = time.monotonic()
        self._known = [item for item in self._known if item.until > now]
        self._bar.set_visibility(bool(self._known))
        if self._known:
            last = self._known[-1]
            self._words.text = last.words
            self._back.text = f"{self._desk.say('console.widgets.undo', seconds=round(last.until - now))} · U"

    async def undo(self) -> str:
        """Take the last decision back; the name of a proof that waits again, empty when nothing could be undone."""
        if not self._known:
            return ""
        last, again = self._known.pop(), ""
        for seen in last.seen:
            if await self._undo_one(seen):
                again = seen[0]
            self._queue.forget(self._desk.workspace, seen[0])
        self.count()
        return again

    async def _undo_one(self, seen: acts.Seen) -> bool:
        desk = self._desk

        async def work() -> bool:
            await acts.undo(self._queue.door, desk.workspace, seen, desk.operator.account)
            return True

        return bool(await desk.act(Right.REVIEW, "review.undo", seen[0], work, attempt=seen[1]))
