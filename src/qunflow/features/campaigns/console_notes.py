"""Notes from the groups on the board: written in a line, to mend now or next time, ticked off when dealt with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.campaigns import acts
from qunflow.features.campaigns.note_store import Note
from qunflow.features.campaigns.notes import DUES, MAX_WORDS, NEXT_TIME, NOW
from qunflow.web.desk import Desk
from qunflow.web.widgets.asking import offer_undo
from qunflow.web.widgets.look import faint, steady


class NotesPart:
    """The notes of one campaign; ``changed`` is told after each act."""

    def __init__(self, desk: Desk, door: Door, name: str, changed: Callable[[], Awaitable[object]]) -> None:
        self._desk, self._door, self._name, self._changed = desk, door, name, changed

    def draw_line(self, groups: Mapping[str, str]) -> None:
        """The line in which a note is written; ``groups`` are chat → name."""
        desk = self._desk
        if not desk.may(Right.RUN_CAMPAIGNS):
            return
        with ui.element("div").classes("qf-row w-full").style("align-items: flex-start"):
            box = ui.textarea(desk.say("console.campaigns.notes.words"))
            box.props(f"outlined dense autogrow maxlength={MAX_WORDS}")
            box.style("flex: 1; min-width: 240px").props["data-field"] = "note"
            dues = {due: desk.say(f"console.campaigns.notes.{due}") for due in DUES}
            due = ui.select(dues, value=NOW, label=desk.say("console.campaigns.notes.due")).props("outlined dense")
            due.style("width: 140px")
            chats = {"": desk.say("console.campaigns.notes.no_group"), **groups}
            chat = ui.select(chats, value="", label=desk.say("console.campaigns.notes.group")).props("outlined dense")
            chat.style("width: 160px")
            take = ui.button(desk.say("console.campaigns.notes.take")).props("outline no-caps")

        async def write() -> None:
            words = str(box.value or "")

            async def store() -> str:
                told = (str(due.value), words, desk.operator.name, str(chat.value))
                return await acts.take_note(self._door, desk.workspace, self._name, *told)

            if await desk.act(Right.RUN_CAMPAIGNS, "campaign.note", self._name, store, due=str(due.value)):
                box.value = ""
                await self._changed()

        take.on_click(write)
        take.mark("take-note")

    def draw_list(self, notes: tuple[Note, ...], groups: Mapping[str, str]) -> None:
        """The notes, what is to be mended now first."""
        desk = self._desk
        if not notes:
            faint(desk.say("console.campaigns.notes.none"))
        for note in sorted(notes, key=lambda note: (note.done_at is not None, note.due == NEXT_TIME)):
            with ui.element("div").style("display: flex; gap: 12px; align-items: flex-start; width: 100%"):
                if desk.may(Right.RUN_CAMPAIGNS):
                    box = ui.checkbox(value=note.done_at is not None, on_change=steady(self._marking(note))).props(
                        "dense"
                    )
                    box.props["aria-label"] = desk.say("console.campaigns.notes.done")
                with ui.element("div").style("min-width: 0; flex: 1"):
                    words = ui.label(note.words).style("white-space: pre-line; overflow-wrap: anywhere")
                    if note.done_at is not None:
                        words.style("text-decoration: line-through; opacity: .7")
                    where = groups.get(note.chat, note.chat)
                    parts = (desk.local(note.at), note.author, where, desk.say(f"console.campaigns.notes.{note.due}"))
                    faint(" · ".join(part for part in parts if part))

    def _marking(self, note: Note) -> Callable[[], Awaitable[None]]:
        async def mark() -> None:
            done = note.done_at is None
            if await self._mark(note.note, done) and done:
                words = self._desk.say("console.campaigns.notes.marked")
                offer_undo(self._desk, words, lambda: self._mark(note.note, False), 10)

        return mark

    async def _mark(self, note: str, done: bool) -> bool:
        desk = self._desk

        async def store() -> bool:
            await acts.mark_note(self._door, desk.workspace, self._name, note, done)
            return True

        told = await desk.act(Right.RUN_CAMPAIGNS, "campaign.note_done", self._name, store, note=note, done=done)
        await self._changed()
        return bool(told)
