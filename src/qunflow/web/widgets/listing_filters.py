"""The line over a list: search, a filter for each filterable column, export."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from nicegui import ui

from qunflow.web.widgets.listing_query import MAX_TEXT, Cell, Column, every_page, read_span, write_query

if TYPE_CHECKING:
    from qunflow.web.widgets.listing import Listing


def draw_filters(listing: Listing, search: bool) -> None:
    """Draw the line at the present place."""
    desk = listing.desk
    if search:
        box = ui.input(
            desk.say("console.widgets.list.search"),
            value=listing.query.search,
            on_change=lambda event: listing.ask(search=_clean(event.value)),
        )
        box.props(f"outlined dense clearable debounce=300 maxlength={MAX_TEXT}").style("width: 240px")
        box.mark("search")
        _focus_on_slash(box)
    for column in listing.columns:
        if column.filterable:
            _draw_filter(listing, column)
    ui.space()
    if listing.export:
        ui.button(desk.say("console.widgets.list.export"), icon="download", on_click=_export(listing)).props(
            "flat no-caps"
        )


def _draw_filter(listing: Listing, column: Column) -> None:
    if column.choices:
        _choices(listing, column)
    elif column.kind in (Cell.TEXT, Cell.STATE):
        _text(listing, column)
    else:
        _span(listing, column)


def _choices(listing: Listing, column: Column) -> None:
    desk = listing.desk
    said = {value: desk.say(f"{column.choice_text}.{value}") for value in column.choices}
    options = {"": desk.say("console.widgets.list.all"), **said}
    value = listing.query.filters.get(column.name, "")
    box = ui.select(options, value=value, label=desk.say(column.text), on_change=_filter(listing, column.name))
    box.props("outlined dense options-dense").style("min-width: 144px")


def _text(listing: Listing, column: Column) -> None:
    value = listing.query.filters.get(column.name, "")
    box = ui.input(listing.desk.say(column.text), value=value, on_change=_filter(listing, column.name))
    box.props(f"outlined dense clearable debounce=300 maxlength={MAX_TEXT}").style("width: 160px")


def _span(listing: Listing, column: Column) -> None:
    desk = listing.desk
    ends = list(read_span(listing.query.filters.get(column.name, "..")))
    typed = "type=date" if column.kind is Cell.TIME else "inputmode=decimal"
    for place, code in enumerate(("from", "to")):
        label = desk.say(f"console.widgets.list.{code}", name=desk.say(column.text))

        async def changed(event: Any, place: int = place) -> None:
            ends[place] = _clean(event.value)
            filters = {name: value for name, value in listing.query.filters.items() if name != column.name}
            if any(ends):
                filters[column.name] = "..".join(ends)
            await listing.ask(filters=filters)

        box = ui.input(label, value=ends[place], on_change=changed)
        box.props(f"outlined dense stack-label debounce=400 {typed}").style("width: 150px")


def _filter(listing: Listing, name: str) -> Callable[[Any], Awaitable[None]]:
    async def changed(event: Any) -> None:
        filters = {key: value for key, value in listing.query.filters.items() if key != name}
        if _clean(event.value):
            filters[name] = _clean(event.value)
        await listing.ask(filters=filters)

    return changed


def _export(listing: Listing) -> Callable[[], None]:
    def download() -> None:
        ui.download.from_url(listing.export + write_query(every_page(listing.query)))

    return download


def _clean(value: Any) -> str:
    return str(value or "").strip()[:MAX_TEXT]


def _focus_on_slash(box: ui.input) -> None:
    """``/`` goes to the search; in the browser itself, so that no key typed right after is lost."""
    ui.run_javascript(_ON_SLASH.replace("BOX", box.html_id))


_ON_SLASH = """
document.addEventListener("keydown", event => {
  const found = document.getElementById("BOX"), typing = event.target.closest?.("input, textarea, [contenteditable]");
  if (event.key !== "/" || !found || typing) return;
  event.preventDefault();
  (found.matches("input") ? found : found.querySelector("input")).focus();
});
"""
