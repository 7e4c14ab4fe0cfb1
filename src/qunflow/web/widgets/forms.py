"""A form from declared fields: each with label, explanation, bound, and its error beside it.

A form edits plain nested data under dotted names (``pool.soft_limit``): money in fen, times as ISO 8601, lists as
lists. What was typed wrong stays on the screen with its error and is absent from the data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui import ui

from qunflow.web.desk import Desk
from qunflow.web.widgets.form_fields import (
    Data,
    Field,
    Kind,
    OnChange,
    Read,
    bound_code,
    field_of,
    put_at,
    read_field,
    shown_value,
    value_at,
)
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

    def drop(self, names: Sequence[str]) -> None:
        """Forget fields that were taken off the page."""
        for name in names:
            for kept in (self._boxes, self._notes, self._problems, self._told):
                kept.pop(name, None)

    def check(self, names: Sequence[str] | None = None) -> bool:
        """Show what is missing or wrong in some drawn fields, or in all; whether nothing is."""
        asked = [name for name in (self._boxes if names is None else names) if name in self._boxes]
        for name in asked:
            found = self._read(name, self._raw(name))
            self._problems.pop(name, None)
            if found.problem:
                self._problems[name] = self._words(found)
        self._show()
        return not any(name in self._problems for name in asked)

    def tell(self, errors: Mapping[str, str]) -> dict[str, str]:
        """Show errors by path (``ladder.bands[1].to``) beside their fields; answers those that have no field."""
        self._told, homeless = {}, {}
        for path, words in errors.items():
            name = field_of(list(self.fields), path)
            if name:
                self._told.setdefault(name, words)
            else:
                homeless[path] = words
        self._show()
        return homeless

    def problem(self, name: str) -> str:
        """What is wrong with a field, as it is shown; empty when nothing is."""
        return self._problems.get(name) or self._told.get(name, "")

    def _draw(self, item: Field) -> None:
        desk = self.desk
        with ui.element("div").classes("qf-field"):
            value = shown_value(item, value_at(self.data, item.name), self.tz)
            if item.kind is Kind.RECORDS:
                ui.label(desk.say(item.text) + (" *" if item.required else "")).classes("text-weight-medium")
                self._explain(item)
                self._boxes[item.name] = _Records(self, item)
                self._notes[item.name] = ui.label("").classes("text-negative text-caption")
                return
            label = desk.say(item.text) + (" *" if item.required else "")
            if item.kind is not Kind.SWITCH:
                ui.label(label).classes("text-weight-medium")
            self._explain(item)
            box = self._box(item, value, label)
            box.mark(item.name)
            box.props["data-field"] = item.name
            if item.name in self._locked:
                box.disable()
            self._boxes[item.name] = box
            if item.kind is Kind.SWITCH:
                self._notes[item.name] = ui.label("").classes("text-negative text-caption")
        self._show_one(item.name)

    def _explain(self, item: Field) -> None:
        desk = self.desk
        words = desk.say(f"{item.text}.why")
        bound = bound_code(item)
        if bound is not None:
            words = f"{words} {desk.say(f'console.widgets.bound.{bound[0]}', **bound[1])}"
        faint(words.strip()).classes("qf-why")

    def _box(self, item: Field, value: Any, label: str) -> Any:
        def typed(event: Any) -> None:
            self._take(item.name, event.value)

        if item.kind is Kind.SWITCH:
            return ui.switch(label, value=bool(value), on_change=typed)
        if item.kind is Kind.CHOICE:
            chosen = value if value in item.options else None
            box: Any = ui.select(dict(item.options), value=chosen, on_change=typed)
        elif item.kind in (Kind.LONG, Kind.TEXTS):
            box = ui.textarea(value=value, on_change=typed).props("autogrow debounce=300")
        else:
            box = ui.input(value=value, on_change=typed).props("debounce=300")
            _dress_input(box, item.kind)
        box.props["aria-label"] = label
        return box.props("outlined dense").classes("w-full")

    def _raw(self, name: str) -> Any:
        box = self._boxes[name]
        return box.rows if isinstance(box, _Records) else box.value

    def _read(self, name: str, raw: Any) -> Read:
        return read_field(self.fields[name], raw, self.tz)

    def _take(self, name: str, raw: Any) -> None:
        found = self._read(name, raw)
        put_at(self.data, name, found.value)
        self._told.pop(name, None)
        self._problems.pop(name, None)
        if found.problem:
            self._problems[name] = self._words(found)
        self._show_one(name)
        if self._on_change is not None:
            self._on_change()

    def _words(self, found: Read) -> str:
        return self.desk.say(f"console.widgets.problem.{found.problem}", **found.parameters)

    def _show(self) -> None:
        for name in self._boxes:
            self._show_one(name)

    def _show_one(self, name: str) -> None:
        words = self.problem(name)
        if name in self._notes:
            self._notes[name].text = words
        elif name in self._boxes:
            self._boxes[name].error = words or None


def _dress_input(box: Any, kind: Kind) -> None:
    if kind is Kind.TIME:
        box.props("type=datetime-local stack-label")
    elif kind is Kind.DAY:
        box.props("type=date stack-label")
    elif kind is Kind.CLOCK:
        box.props("type=time stack-label")
    elif kind is Kind.NUMBER:
        box.props("inputmode=numeric")
    elif kind is Kind.MONEY:
        box.props('inputmode=decimal prefix="¥"')


class _Records:
    """Rows of a list field; each cell is read by itself, a row with a wrong cell is kept without that cell."""

    def __init__(self, form: Form, item: Field) -> None:
        self.form = form
        self.item = item
        kept = value_at(form.data, item.name)
        self.rows: list[dict[str, Any]] = [dict(row) for row in kept] if isinstance(kept, list | tuple) else []
        self._place = ui.element("div").classes("qf-stack")
        self._draw()

    def _draw(self) -> None:
        desk = self.form.desk
        self._place.clear()
        with self._place:
            for number, row in enumerate(self.rows):
                with ui.row().classes("items-start no-wrap w-full").style("gap: 8px"):
                    for column in self.item.columns:
                        self._cell(number, row, column)
                    remove = ui.button(icon="delete", on_click=self._removing(number)).props("flat round dense")
                    remove.props["aria-label"] = desk.say("console.widgets.record.remove", number=number + 1)
            add = ui.button(desk.say("console.widgets.record.add"), icon="add", on_click=self._add)
            add.props("flat dense no-caps").classes("self-start")
            add.mark(f"{self.item.name}.add")
            add.props["data-field"] = f"{self.item.name}.add"

    def _cell(self, number: int, row: dict[str, Any], column: Field) -> None:
        tz = self.form.tz

        def typed(event: Any) -> None:
            found = read_field(column, event.value, tz)
            put_at(row, column.name, found.value)
            box.error = self.form._words(found) if found.problem else None
            self._changed()

        box = ui.input(self.form.desk.say(column.text), value=shown_value(column, row.get(column.name), tz))
        box.props("outlined dense debounce=300").style("min-width: 0; flex: 1")
        box.props["data-field"] = f"{self.item.name}[{number}].{column.name}"
        _dress_input(box, column.kind)
        box.on_value_change(typed)

    def _add(self) -> None:
        if len(self.rows) < (self.item.most or 100):
            self.rows.append({})
            self._draw()
            self._changed()

    def _removing(self, number: int) -> Callable[[], None]:
        def remove() -> None:
            del self.rows[number]
            self._draw()
            self._changed()

        return remove

    def _changed(self) -> None:
        self.form._take(self.item.name, self.rows)
