"""A list that is filtered, sorted and paged on the server: its whole state stands in the address.

Row acts, bulk acts on chosen rows, export of all pages as CSV, and an empty state that says what to do next.
Keyboard: ``/`` goes to the search, Tab through headings, links and buttons, Enter sorts or opens.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from qunflow.domain.errors import QunflowError
from qunflow.domain.rights import Right
from qunflow.web.desk import Desk
from qunflow.web.widgets.listing_cells import SLOTS, heading_slot, table_columns, table_row
from qunflow.web.widgets.listing_filters import draw_filters
from qunflow.web.widgets.listing_query import (
    PAGE_SIZES,
    Cell,
    Column,
    ListPage,
    ListQuery,
    Row,
    answer_from,
    read_query,
    write_query,
)
from qunflow.web.widgets.look import dress, faint

__all__ = [
    "BulkAct",
    "Cell",
    "Column",
    "Empty",
    "ListPage",
    "ListQuery",
    "Listing",
    "RowAct",
    "answer_from",
    "show_list",
]

Load = Callable[[ListQuery], Awaitable[ListPage]]


@dataclass(frozen=True, slots=True)
class RowAct:
    """A button on each row for which ``when`` holds; shown to those with the right. The act refreshes the list."""

    name: str
    text: str  # code
    icon: str
    right: Right
    act: Callable[[Row], Awaitable[object]]
    when: Callable[[Row], bool] = lambda row: True


@dataclass(frozen=True, slots=True)
class BulkAct:
    """A button over the list for the rows that were chosen."""

    name: str
    text: str  # code
    icon: str
    right: Right
    act: Callable[[Sequence[Row]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Empty:
    """What stands where nothing is: a text, and a button to the next step (codes; no ``to``: no button)."""

    text: str
    button: str = ""
    to: str = ""
    right: Right | None = None


class Listing:
    """The list on one page; made by :func:`show_list`."""

    def __init__(
        self,
        desk: Desk,
        columns: Sequence[Column],
        load: Load,
        *,
        empty: Empty,
        sort: str = "",
        acts: Sequence[RowAct] = (),
        bulk: Sequence[BulkAct] = (),
        export: str = "",
        search: bool = True,
        every: float = 0.0,
    ) -> None:
        dress()
        self.desk = desk
        self.columns = tuple(columns)
        self.query = read_query(dict(ui.context.client.request.query_params), columns, sort)
        self._load = load
        self._sort = sort
        self._empty = empty
        self._acts = {act.name: act for act in acts if desk.may(act.right)}
        self._bulk = [act for act in bulk if desk.may(act.right)]
        self.export = export if desk.may(Right.EXPORT) else ""
        self._every = every
        self._rows: dict[str, Row] = {}
        self._asked = 0
        self._draw(search)

    async def begin(self) -> None:
        """Read the first page, and keep it fresh when the list was asked to."""
        await self.refresh()
        if self._every:
            ui.timer(self._every, self.refresh, immediate=False)

    async def refresh(self) -> None:
        """Read the page anew and show it; an answer that a newer question overtook is dropped."""
        self._asked += 1
        mine = self._asked
        try:
            page = await self._load(self.query)
        except QunflowError as error:
            self._say(error.sentence())
            return
        if mine != self._asked or self._table.is_deleted:
            return
        last = max(1, -(-page.total // self.query.per_page))
        if self.query.page > last:
            self.query = replace(self.query, page=last)
            await self.refresh()
            return
        self._say("")
        self._show(page, last)

    async def ask(self, **changes: Any) -> None:
        """Ask another question; the address follows. Anything but another page starts at the first one."""
        self.query = replace(self.query, **{"page": 1, **changes})
        ui.navigate.history.replace(write_query(self.query, self._sort) or ui.context.client.request.url.path)
        await self.refresh()

    def _draw(self, search: bool) -> None:
        with ui.element("div").classes("qf-stack"):
            with ui.element("div").classes("qf-row qf-noprint"):
                draw_filters(self, search)
            if self._bulk:
                self._draw_bulk()
            self._word = ui.label("").classes("text-negative").props('role="alert"')
            self._draw_table()
            self._nothing = ui.element("div").classes("qf-empty")
            self._draw_pager()

    def _draw_table(self) -> None:
        desk = self.desk
        columns = table_columns(desk, self.columns, bool(self._acts))
        self._table = ui.table(columns=columns, rows=[], row_key="key", selection="multiple" if self._bulk else None)
        self._table.on_select(self._chosen)
        self._table.classes("qf-table").props("flat bordered hide-bottom binary-state-sort wrap-cells")
        self._table.add_slot("header-cell", heading_slot())
        for column in self.columns:
            template = SLOTS["link" if column.link else str(column.kind)]
            if template:
                self._table.add_slot(f"body-cell-{column.name}", template.replace("NAME", column.name))
        self._table.add_slot("body-cell-acts", SLOTS["acts"])
        self._table.add_slot("no-data", "<span></span>")
        self._table.on("request", self._sorted, ["pagination"])
        self._table.on("act", self._acted)

    def _draw_bulk(self) -> None:
        desk = self.desk
        with ui.element("div").classes("qf-row") as self._bar:
            self._chosen_words = ui.label("")
            for act in self._bulk:
                button = ui.button(desk.say(act.text), icon=act.icon, on_click=self._bulk_act(act))
                button.props("flat dense no-caps")
        self._bar.set_visibility(False)

    def _chosen(self) -> None:
        count = len(self._table.selected)
        self._chosen_words.text = self.desk.say("console.widgets.list.chosen", count=count)
        self._bar.set_visibility(bool(count))

    def _draw_pager(self) -> None:
        desk = self.desk
        with ui.element("div").classes("qf-row justify-between w-full") as self._pager:
            self._count = faint("").props('role="status"')
            with ui.element("div").classes("qf-row qf-noprint"):
                sizes = {size: desk.say("console.widgets.list.rows", rows=size) for size in PAGE_SIZES}
                size = ui.select(sizes, value=self.query.per_page, on_change=lambda e: self.ask(per_page=e.value))
                size.props("dense borderless options-dense")
                size.props["aria-label"] = desk.say("console.widgets.list.per_page")
                self._back = self._turn("chevron_left", "console.widgets.list.back", -1)
                self._forth = self._turn("chevron_right", "console.widgets.list.forth", 1)

    def _turn(self, icon: str, text: str, by: int) -> ui.button:
        button = ui.button(icon=icon, on_click=lambda: self.ask(page=self.query.page + by))
        button.props("flat round dense")
        button.props["aria-label"] = self.desk.say(text)
        return button

    def _show(self, page: ListPage, last: int) -> None:
        self._rows = {str(row["key"]): row for row in page.rows}
        desk, query = self.desk, self.query
        shown = [table_row(desk, self.columns, row, self._offered(row)) for row in page.rows]
        if self._table.rows != shown:
            self._table.rows = shown
        pagination = {"sortBy": query.sort, "descending": query.descending, "page": 1}
        self._table.pagination = {**pagination, "rowsPerPage": 0, "rowsNumber": page.total}
        self._table.set_visibility(bool(page.rows))
        first = query.offset + 1
        span = {"first": first, "last": first + len(page.rows) - 1, "total": f"{page.total:,}"}
        self._count.text = desk.say("console.widgets.list.count", **span)
        self._back.set_enabled(query.page > 1)
        self._forth.set_enabled(query.page < last)
        self._pager.set_visibility(bool(page.rows))
        self._show_nothing(not page.rows)

    def _show_nothing(self, nothing: bool) -> None:
        self._nothing.set_visibility(nothing)
        self._nothing.clear()
        if not nothing:
            return
        desk, empty = self.desk, self._empty
        with self._nothing:
            if self.query.narrowed:
                ui.label(desk.say("console.widgets.list.none"))
                clear = ui.button(desk.say("console.widgets.list.clear"), on_click=self._clear)
                clear.props("outline no-caps")
                return
            ui.label(desk.say(empty.text)).style("max-width: 480px; white-space: pre-line")
            if empty.to and (empty.right is None or desk.may(empty.right)):
                button = ui.button(desk.say(empty.button), on_click=lambda: ui.navigate.to(empty.to))
                button.props("unelevated no-caps")

    async def _clear(self) -> None:
        ui.navigate.to(ui.context.client.request.url.path)

    def _offered(self, row: Row) -> list[dict[str, str]]:
        offered = [act for act in self._acts.values() if act.when(row)]
        return [{"name": act.name, "icon": act.icon, "text": self.desk.say(act.text)} for act in offered]

    async def _sorted(self, event: GenericEventArguments) -> None:
        asked = event.args["pagination"]
        name = str(asked.get("sortBy") or "")
        if any(column.name == name and column.sortable for column in self.columns):
            await self.ask(sort=name, descending=bool(asked.get("descending")))
            heading = f"#{self._table.html_id} th[data-column='{name}']"  # it was drawn anew and lost the focus
            ui.run_javascript(f'setTimeout(() => document.querySelector("{heading}")?.focus(), 30)')

    async def _acted(self, event: GenericEventArguments) -> None:
        row = self._rows.get(str(event.args.get("key")))
        act = self._acts.get(str(event.args.get("name")))
        if row is not None and act is not None and act.when(row):
            await act.act(row)
            await self.refresh()

    def _bulk_act(self, act: BulkAct) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            keys = [str(row["key"]) for row in self._table.selected]
            await act.act([self._rows[key] for key in keys if key in self._rows])
            self._table.selected.clear()
            self._chosen()
            await self.refresh()

        return run

    def _say(self, words: str) -> None:
        self._word.text = words
        self._word.set_visibility(bool(words))


async def show_list(desk: Desk, columns: Sequence[Column], load: Load, **options: Any) -> Listing:
    """Draw a list at the present place and read its first page; ``options`` are those of :class:`Listing`."""
    listing = Listing(desk, columns, load, **options)
    await listing.begin()
    return listing
