"""All pages of a list as one CSV file, for those with the right to export."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from qunflow.domain.rights import Right
from qunflow.web.csv_file import MEDIA_TYPE, csv_bytes, file_name
from qunflow.web.desk import ConsoleFile, Operator
from qunflow.web.texts import Texts
from qunflow.web.widgets.listing_query import Cell, Column, ListPage, ListQuery, every_page, read_query

#: A file has at most so many rows; what lies beyond needs a narrower question.
MAX_ROWS = 50_000
LoadFor = Callable[[Operator, ListQuery], Awaitable[ListPage]]


def export_file(
    path: str, name: str, columns: Sequence[Column], load: LoadFor, *, sort: str = "", right: Right = Right.EXPORT
) -> ConsoleFile:
    """The download behind a list's export button: the same question, all pages, at most ``MAX_ROWS`` rows."""
    texts = Texts.load()

    async def make(operator: Operator, **parameters: str) -> tuple[str, str, bytes]:
        query = every_page(read_query(parameters, columns, sort))
        rows: list[Any] = []
        while len(rows) < MAX_ROWS:
            page = await load(operator, query)
            rows.extend(page.rows)
            if not page.rows or len(rows) >= page.total:
                break
            query = replace(query, page=query.page + 1)
        heading = [texts.say(operator.language, column.text) for column in columns]
        body = csv_bytes(
            heading, ([_cell(column, row.get(column.name)) for column in columns] for row in rows[:MAX_ROWS])
        )
        return MEDIA_TYPE, file_name(name), body

    return ConsoleFile(path, right, make)


def _cell(column: Column, value: Any) -> Any:
    """Money in yuan, a rate as its value, times with their offset; states as their codes, which stay the same."""
    if value is None:
        return None
    if column.kind is Cell.MONEY:
        return value / 100
    return value.value if column.kind is Cell.RATE else value
