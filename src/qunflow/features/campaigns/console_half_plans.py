"""Keeping what is written in the wizard while it is written, so that a reload loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from nicegui import ui

from qunflow.engine.door import Door
from qunflow.storage.half_plans import HalfPlan, find_half_plan, forget_half_plan, keep_half_plan
from qunflow.web.desk import Desk
from qunflow.web.widgets.look import faint

#: Seconds between what is typed and its being kept, at most.
SOON = 1.0
_ASK_BEFORE_LEAVING = "window.onbeforeunload = () => true"
_LEAVE_FREELY = "window.onbeforeunload = null"


class HalfWriting:
    """One operator's half-written plan; ``campaign`` is the draft's name, empty for a new plan."""

    def __init__(self, desk: Desk, door: Door, campaign: str) -> None:
        self._desk, self._door, self._campaign = desk, door, campaign
        self._data: Mapping[str, Any] | None = None  # typed, not kept yet
        self._over = False
        self._line: ui.label | None = None

    async def find(self) -> HalfPlan | None:
        """What was left half-written."""
        async with self._door.database.read(self._desk.workspace) as unit:
            return await find_half_plan(unit, self._desk.operator.account, self._campaign, self._door.clock.now())

    def draw(self, found: HalfPlan | None, start_over: Callable[[], object]) -> None:
        """A line that says what is kept, and the timer that keeps it."""
        desk = self._desk
        with ui.element("div").classes("qf-row w-full"):
            self._line = faint("").mark("half-plan").props("data-half-plan role=status")
            if found is not None:
                self._line.text = desk.say("console.campaigns.half.found", at=desk.local(found.at))
                again = ui.button(desk.say("console.campaigns.half.again"), on_click=start_over)
                again.props("flat dense no-caps")
        ui.timer(SOON, self.keep)

    def touch(self, data: Mapping[str, Any]) -> None:
        """Something was typed: it is kept soon."""
        if self._data is None and not self._over:
            ui.run_javascript(_ASK_BEFORE_LEAVING)
        self._data = data

    async def keep(self) -> None:
        """Keep what was typed since."""
        if self._data is None or self._over:
            return
        data, self._data = deepcopy(dict(self._data)), None
        now, account = self._door.clock.now(), self._desk.operator.account
        async with self._door.database.unit(self._desk.workspace) as unit:
            kept = await keep_half_plan(unit, account, self._campaign, data, now)
        if self._line is not None and not self._line.is_deleted:
            word = "kept" if kept else "too_large"
            self._line.text = self._desk.say(f"console.campaigns.half.{word}", at=self._desk.local(now))
        if kept and self._data is None:
            ui.run_javascript(_LEAVE_FREELY)

    async def forget(self) -> None:
        """It was saved, or thrown away."""
        self._over = True
        async with self._door.database.unit(self._desk.workspace) as unit:
            await forget_half_plan(unit, self._desk.operator.account, self._campaign)
        ui.run_javascript(_LEAVE_FREELY)
