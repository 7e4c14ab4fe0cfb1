"""A form from declared fields: each with label, explanation, bound, and its error beside it.

A form edits plain nested data under dotted names (``pool.soft_limit``): money in fen, times as ISO 8601, lists as
lists. What was typed wrong stays on the screen with its error and is absent from the data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from qunflow.web.desk import Desk
from qunflow.web.widgets.form_boxes import about_of, draw_box, label_of, problem_words
from qunflow.web.widgets.form_fields import (
    Data,
    Field,
    Kind,
    OnChange,
    Read,
    cell_of,
    field_of,
    put_at,
    read_field,
    shown_value,
    value_at,
)
from qunflow.web.widgets.form_records import Records
from qunflow.web.widgets.look import dress, faint

__all__ = ["Field", "Form", "Kind"]


class Form:
    """The fields on a page over ``data``, which changes as people type; ``on_change`` is called after each change."""

    def __init__(
        self,
        desk: Desk,
        fields: Sequence[Field],
        data: Data | None = None,
        *,
        tz: str = "Asia/Shanghai",
        on_change: OnChange | None = None,
        locked: Sequence[str] = (),
    ) -> None:
        self.desk = desk
        self.fields = {item.name: item for item in fields}
        self.data: Data = {} if data is None else data
        self.tz = tz
        self._on_change = on_change
        self._locked = frozenset(locked)
        self._problems: dict[str, str] = {}  # typed wrong
        self._told: dict[str, str] = {}  # errors told from outside
        self._boxes: dict[str, Any] = {}
        self._notes: dict[str, ui.label] = {}
        for item in fields:
            if item.default is not None and value_at(self.data, item.name) is None and "." not in item.name:
                put_at(self.data, item.name, item.default)

    def draw(self, names: Sequence[str] | None = None) -> None:
        """Draw some fields, or all, into the present place."""
        dress()
        for name in self.fields if names is None else names:
            self._draw(self.fields[name])

    def drop(self, names: Sequence[str], *, undeclare: bool = False) -> None:
        """Forget fields that were taken off the page; with ``undeclare`` they are no fields of the form any more."""
        for name in names:
            if undeclare:
                self.fields.pop(name, None)
            for kept in (self._boxes, self._notes, self._problems, self._told):
                kept.pop(name, None)

    def check(self, names: Sequence[str] | None = None) -> bool:
        """Show what is missing or wrong in some drawn fields, or in all; whether nothing is."""
        asked = [name for name in (self._boxes if names is None else names) if name in self._boxes]
        for name in asked:
            found = self._read(name, self._raw(name))
            self._problems.pop(name, None)
            if found.problem:
                self._problems[name] = problem_words(self.desk, found)
        self._show()
        return not any(name in self._problems for name in asked)

    def tell(self, errors: Mapping[str, str]) -> dict[str, str]:
        """Show errors by path (``ladder.bands[1].to``) beside their fields; answers those that have no field."""
        self._told, homeless = {}, {}
        cells: dict[str, dict[tuple[int, str], str]] = {}
        for path, words in errors.items():
            name = field_of(list(self.fields), path)
            if not name:
                homeless[path] = words
            elif (cell := cell_of(name, path)) is not None:
                cells.setdefault(name, {})[cell] = words
            else:
                self._told.setdefault(name, words)
        for name, box in self._boxes.items():
            if isinstance(box, Records):
                box.tell(cells.get(name, {}))
        self._show()
        return homeless

    def declare(self, fields: Sequence[Field]) -> None:
        """Take more fields into the form; they are drawn by name like the others."""
        self.fields |= {item.name: item for item in fields}

    def move_to(self, tz: str) -> None:
        """Read what was typed anew in another zone: nine o'clock stays nine o'clock."""
        before, self.tz = self.tz, tz
        for item in self.fields.values():
            if item.kind is Kind.TIME and (kept := value_at(self.data, item.name)) is not None:
                put_at(self.data, item.name, read_field(item, shown_value(item, kept, before), tz).value)

    def problem(self, name: str) -> str:
        """What is wrong with a field, as it is shown; empty when nothing is."""
        return self._problems.get(name) or self._told.get(name, "")

    def _draw(self, item: Field) -> None:
        desk = self.desk
        with ui.element("div").classes("qf-field"):
            value = shown_value(item, value_at(self.data, item.name), self.tz)
            label = label_of(desk, item)
            if item.kind is not Kind.SWITCH:  # its label stands beside it, and what it is for below
                ui.label(label).classes("text-weight-medium")
                faint(about_of(desk, item)).classes("qf-why")
            if item.kind is Kind.RECORDS:
                self._boxes[item.name] = self._records(item)
                self._notes[item.name] = ui.label("").classes("text-negative text-caption")
                return
            box = draw_box(item, value, label, lambda event: self._take(item.name, event.value))
            if item.kind is not Kind.SWITCH:
                box.classes("w-full")
            box.mark(item.name)
            box.props["data-field"] = item.name
            if item.name in self._locked:
                box.disable()
            self._boxes[item.name] = box
            if item.kind is Kind.SWITCH:
                faint(about_of(desk, item))
                self._notes[item.name] = ui.label("").classes("text-negative text-caption")
        self._show_one(item.name)

    def _records(self, item: Field) -> Records:
        def changed() -> None:
            self._take(item.name, found.rows)

        found = Records(self.desk, item, value_at(self.data, item.name), lambda: self.tz, changed)
        return found

    def _raw(self, name: str) -> Any:
        box = self._boxes[name]
        return box.rows if isinstance(box, Records) else box.value

    def _read(self, name: str, raw: Any) -> Read:
        return read_field(self.fields[name], raw, self.tz)

    def _take(self, name: str, raw: Any) -> None:
        found = self._read(name, raw)
        put_at(self.data, name, found.value)
        self._told.pop(name, None)
        self._problems.pop(name, None)
        if found.problem:
            self._problems[name] = problem_words(self.desk, found)
        self._show_one(name)
        if self._on_change is not None:
            self._on_change()

    def _show(self) -> None:
        for name in self._boxes:
            self._show_one(name)

    def _show_one(self, name: str) -> None:
        words = self.problem(name)
        if name in self._notes:
            self._notes[name].text = words
        elif name in self._boxes:
            self._boxes[name].error = words or None
