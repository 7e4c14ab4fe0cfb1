"""What a list is asked for: columns, the question in the address, and answering it from rows in memory. Pure.

The address keeps the whole state of a list: ``?q=winter&f.status=running&sort=-ends_at&page=2&rows=50``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

MAX_TEXT = 100
MAX_PAGE = 10_000
PAGE_SIZES = (25, 50, 100)
Row = Mapping[str, Any]


class Cell(StrEnum):
    """What a column holds: text, a whole number, fen, an aware time, a ratio (``Rate``), or a state (a choice)."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    TIME = "time"
    RATE = "rate"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``text`` is the code of its heading.

    ``choices`` are the values of a state, said by ``{choice_text}.{value}`` and coloured by ``tones``. ``link`` is the
    address behind a cell, with row values in braces: ``/campaigns/{key}``. Only ``sortable`` and ``filterable`` columns
    are taken from an address.
    """

    name: str
    text: str
    kind: Cell = Cell.TEXT
    sortable: bool = False
    filterable: bool = False
    choices: tuple[str, ...] = ()
    choice_text: str = ""
    tones: Mapping[str, str] = field(default_factory=dict)
    link: str = ""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A question: ``filters`` by column name (a choice, a part of a text, or a span ``from..to``)."""

    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False
    page: int = 1
    per_page: int = PAGE_SIZES[0]

    @property
    def offset(self) -> int:
        """How many rows lie before the page."""
        return (self.page - 1) * self.per_page

    @property
    def narrowed(self) -> bool:
        """Whether it asks for less than everything."""
        return bool(self.search or self.filters)


@dataclass(frozen=True, slots=True)
class ListPage:
    """The rows of one page, each with its ``key``, and how many there are on all pages."""

    rows: Sequence[Row]
    total: int


def read_query(parameters: Mapping[str, str], columns: Sequence[Column], sort: str = "") -> ListQuery:
    """The question in an address; what is unknown or out of bounds falls back to the default ``sort`` (``-name``)."""
    filterable = {column.name: column for column in columns if column.filterable}
    filters = {}
    for name, column in filterable.items():
        value = parameters.get(f"f.{name}", "").strip()[:MAX_TEXT]
        if value and (not column.choices or value in column.choices):
            filters[name] = value
    sortable = {column.name for column in columns if column.sortable}
    asked = parameters.get("sort", "")
    chosen = asked if asked.removeprefix("-") in sortable else sort
    return ListQuery(
        search=parameters.get("q", "").strip()[:MAX_TEXT],
        filters=filters,
        sort=chosen.removeprefix("-"),
        descending=chosen.startswith("-"),
        page=_whole(parameters.get("page", ""), 1, MAX_PAGE),
        per_page=size if (size := _whole(parameters.get("rows", ""), 1, MAX_PAGE)) in PAGE_SIZES else PAGE_SIZES[0],
    )


def write_query(query: ListQuery, sort: str = "") -> str:
    """The part of an address that asks this; empty when it is the default question."""
    asked = {"q": query.search, **{f"f.{name}": value for name, value in query.filters.items()}}
    order = f"{'-' if query.descending else ''}{query.sort}"
    asked["sort"] = order if order != sort else ""
    asked["page"] = str(query.page) if query.page > 1 else ""
    asked["rows"] = str(query.per_page) if query.per_page != PAGE_SIZES[0] else ""
    told = {name: value for name, value in asked.items() if value}
    return f"?{urlencode(told)}" if told else ""


def read_span(text: str) -> tuple[str, str]:
    """The two ends of ``from..to``; either may be empty, and a text without dots is both."""
    low, dots, high = text.partition("..")
    return (low.strip(), high.strip()) if dots else (text.strip(), text.strip())


def answer_from(rows: Iterable[Row], columns: Sequence[Column], query: ListQuery) -> ListPage:
    """Filter, sort and cut rows that are in memory: for lists that stay small (some hundred rows)."""
    known = {column.name: column for column in columns}
    kept = [row for row in rows if _matches(row, columns, known, query)]
    if query.sort in known:
        kept.sort(key=lambda row: sort_key(row.get(query.sort)), reverse=query.descending)
        kept.sort(key=lambda row: row.get(query.sort) is None)  # what is unknown stands last, whichever way
    return ListPage(kept[query.offset : query.offset + query.per_page], len(kept))


def every_page(query: ListQuery) -> ListQuery:
    """The same question for an export: from the first row on, in the largest pages."""
    return replace(query, page=1, per_page=PAGE_SIZES[-1])


def sort_key(value: Any) -> tuple[int, Any]:
    """An order over whatever a column holds."""
    if value is None:
        return (0, 0)
    if isinstance(value, str):
        return (1, value.casefold())
    if hasattr(value, "numerator") and hasattr(value, "denominator") and hasattr(value, "value"):
        return (1, value.value if value.value is not None else -1.0)
    return (1, value)


def _matches(row: Row, columns: Sequence[Column], known: Mapping[str, Column], query: ListQuery) -> bool:
    if query.search:
        texts = [str(row.get(column.name) or "") for column in columns if column.kind is Cell.TEXT]
        if not any(query.search.casefold() in text.casefold() for text in texts):
            return False
    return all(_fits(known[name], row.get(name), wanted) for name, wanted in query.filters.items() if name in known)


def _fits(column: Column, value: Any, wanted: str) -> bool:
    if column.choices:
        return bool(value == wanted)
    if column.kind in (Cell.TEXT, Cell.STATE):
        return wanted.casefold() in str(value or "").casefold()
    low, high = read_span(wanted)
    if value is None:
        return False
    if column.kind is Cell.TIME:
        return _within_days(value, low, high)
    number = value.value if column.kind is Cell.RATE else value
    bottom, top = _number(low), _number(high)
    if column.kind is Cell.MONEY:
        bottom, top = (None if end is None else end * 100 for end in (bottom, top))
    return number is not None and (bottom is None or number >= bottom) and (top is None or number <= top)


def _within_days(value: datetime, low: str, high: str) -> bool:
    day = value.astimezone(UTC).date().isoformat()
    return (not low or day >= low[:10]) and (not high or day <= high[:10])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _whole(text: str, least: int, most: int) -> int:
    return max(least, min(most, int(text))) if text.isascii() and text.isdigit() and len(text) < 9 else least
