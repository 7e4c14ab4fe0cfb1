"""How a list's rows look: values said on the server, and the templates of the cells that are more than a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qunflow.web.desk import Desk
from qunflow.web.widgets.figures import rate_note
from qunflow.web.widgets.formats import DASH, money_words, number_words, rate_words
from qunflow.web.widgets.listing_query import Cell, Column, Row

_RIGHT = (Cell.NUMBER, Cell.MONEY, Cell.RATE)

#: Templates by what a column is; ``NAME`` becomes the column's name, an empty one leaves Quasar's own cell.
SLOTS = {
    "link": (
        '<q-td :props="props" style="min-width: 120px">'
        '<a class="qf-link" :href="props.row.NAME_to">{{ props.value }}</a></q-td>'
    ),
    "state": (
        '<q-td :props="props"><q-badge :color="props.row.NAME_tone" '
        ":text-color=\"props.row.NAME_tone === 'warning' ? 'black' : 'white'\">{{ props.value }}</q-badge></q-td>"
    ),
    "text": '<q-td :props="props" class="qf-wide">{{ props.value }}</q-td>',
    "number": "",
    "money": '<q-td :props="props" class="qf-whole">{{ props.value }}</q-td>',
    "time": '<q-td :props="props" class="qf-whole">{{ props.value }}</q-td>',
    "rate": '<q-td :props="props">{{ props.value }} <span class="qf-faint">{{ props.row.NAME_note }}</span></q-td>',
    "acts": (
        '<q-td :props="props" auto-width><q-btn v-for="act in props.row.acts_offered" :key="act.name" flat dense round '
        ':icon="act.icon" :aria-label="act.text" '
        "@click=\"() => $parent.$emit('act', {name: act.name, key: props.row.key})\">"
        "<q-tooltip>{{ act.text }}</q-tooltip></q-btn></q-td>"
    ),
}


def heading_slot() -> str:
    """A heading that sorts at a click, at Enter and at the space bar."""
    return (
        '<q-th :props="props" :tabindex="props.col.sortable ? 0 : -1" :data-column="props.col.name" '
        '@keydown.enter.prevent="$event.target.click()" @keydown.space.prevent="$event.target.click()">'
        "{{ props.col.label }}</q-th>"
    )


def table_columns(desk: Desk, columns: Sequence[Column], acts: bool) -> list[dict[str, Any]]:
    """The columns as Quasar's table wants them."""
    found: list[dict[str, Any]] = [
        {
            "name": column.name,
            "label": desk.say(column.text),
            "field": column.name,
            "sortable": column.sortable,
            "align": "right" if column.kind in _RIGHT else "left",
        }
        for column in columns
    ]
    if acts:
        found.append({"name": "acts", "label": "", "field": "acts", "align": "right"})
    return found


def table_row(desk: Desk, columns: Sequence[Column], row: Row, acts: Sequence[dict[str, str]]) -> dict[str, Any]:
    """One row, every value said in the operator's language."""
    shown: dict[str, Any] = {"key": str(row["key"]), "acts_offered": list(acts)}
    for column in columns:
        value = row.get(column.name)
        shown[column.name] = cell_words(desk, column, value)
        if column.link:
            shown[f"{column.name}_to"] = column.link.format_map(dict(row))
        if column.kind is Cell.STATE:
            shown[f"{column.name}_tone"] = column.tones.get(str(value), "grey-8")
        if column.kind is Cell.RATE:
            shown[f"{column.name}_note"] = rate_note(desk, value) if value is not None else ""
    return shown


def cell_words(desk: Desk, column: Column, value: Any) -> str:
    """One value as people read it."""
    if value is None or value == "":
        return DASH
    if column.kind is Cell.STATE or column.choices:
        return desk.say(f"{column.choice_text}.{value}") if column.choice_text else str(value)
    if column.kind is Cell.MONEY:
        return money_words(value)
    if column.kind is Cell.NUMBER:
        return number_words(value)
    if column.kind is Cell.TIME:
        return desk.local(value)
    return rate_words(value) if column.kind is Cell.RATE else str(value)
