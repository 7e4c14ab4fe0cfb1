"""The rows of a list field: each cell is read by itself, a row with a wrong cell is kept without that cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from nicegui import ui

from qunflow.web.desk import Desk
from qunflow.web.widgets.form_boxes import draw_box, problem_words
from qunflow.web.widgets.form_fields import Field, Kind, put_at, read_field, shown_value
from qunflow.web.widgets.look import faint

Cell = tuple[int, str]
#: So many cells stand beside each other; more go on in the next line.
_BESIDE = 4


class Records:
    """Rows over ``rows``; ``changed`` is called after each change, ``tz`` answers the form's zone."""

    def __init__(
        self, desk: Desk, item: Field, rows: Any, tz: Callable[[], str], changed: Callable[[], object]
    ) -> None:
        self.rows: list[dict[str, Any]] = []
        if isinstance(rows, list | tuple):
            self.rows = [dict(row) for row in rows if isinstance(row, Mapping)]
        self._desk, self._item, self._tz, self._changed = desk, item, tz, changed
        self._boxes: dict[Cell, Any] = {}
        self._problems: dict[Cell, str] = {}  # typed wrong
        self._told: dict[Cell, str] = {}  # errors told from outside
        words = " · ".join(f"{column.label}: {column.about}" for column in item.columns if column.about)
        if words:
            faint(words).classes("qf-why")
        self._place = ui.element("div").classes("qf-stack")
        self._draw()

    def tell(self, told: Mapping[Cell, str]) -> None:
        """Show errors beside their cells."""
        self._told = dict(told)
        for cell in self._boxes:
            self._show(cell)

    def _draw(self) -> None:
        desk = self._desk
        self._boxes.clear()
        self._problems.clear()
        self._place.clear()
        with self._place:
            for number, row in enumerate(self.rows):
                with ui.row().classes("items-start no-wrap w-full").style("gap: 8px"):
                    with ui.element("div").classes("w-full").style(_columns(len(self._item.columns))):
                        for column in self._item.columns:
                            self._cell(number, row, column)
                    remove = ui.button(icon="delete", on_click=self._removing(number)).props("flat round dense")
                    remove.props["aria-label"] = desk.say("console.widgets.record.remove", number=number + 1)
            add = ui.button(desk.say("console.widgets.record.add"), icon="add", on_click=self._add)
            add.props("flat dense no-caps").classes("self-start")
            add.mark(f"{self._item.name}.add")
            add.props["data-field"] = f"{self._item.name}.add"

    def _cell(self, number: int, row: dict[str, Any], column: Field) -> None:
        cell = (number, column.name)

        def typed(event: Any) -> None:
            found = read_field(column, event.value, self._tz())
            put_at(row, column.name, found.value)
            self._told.pop(cell, None)
            self._problems.pop(cell, None)
            if found.problem:
                self._problems[cell] = problem_words(self._desk, found)
            self._show(cell)
            self._changed()

        label = column.label or self._desk.say(column.text)
        box = draw_box(column, shown_value(column, row.get(column.name), self._tz()), label, typed, inside=True)
        box.props["data-field"] = f"{self._item.name}[{number}].{column.name}"
        if column.kind is not Kind.SWITCH:
            self._boxes[cell] = box

    def _show(self, cell: Cell) -> None:
        box = self._boxes.get(cell)
        if box is not None:
            box.error = self._problems.get(cell) or self._told.get(cell)

    def _add(self) -> None:
        if len(self.rows) < (self._item.most or 100):
            started = {column.name: column.default for column in self._item.columns if column.default is not None}
            self.rows.append(deepcopy(started))
            self._draw()
            self._changed()

    def _removing(self, number: int) -> Callable[[], None]:
        def remove() -> None:
            del self.rows[number]
            self._draw()
            self._changed()

        return remove


def _columns(count: int) -> str:
    """Cells of one row in columns of the same width; many go on in the next line."""
    columns = "repeat(auto-fill, minmax(140px, 1fr))" if count > _BESIDE else f"repeat({count}, minmax(0, 1fr))"
    return f"display: grid; gap: 8px; grid-template-columns: {columns}"
