"""The pictures of a check-in on the console 打卡图片: a day at a glance, and striking out what is none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from qunflow.domain.clock import local_date
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.campaigns import photos
from qunflow.features.campaigns.mechanics.check_in_photos import STRIKE_REASONS
from qunflow.features.campaigns.model import CampaignState
from qunflow.features.campaigns.photo_preview import LARGE, SMALL, reduced
from qunflow.features.campaigns.photo_rows import (
    STATES,
    PhotoCounts,
    PhotoQuestion,
    PhotoRow,
    count_photos,
    read_photos,
)
from qunflow.storage.blobs import BlobStore
from qunflow.web.desk import ConsoleFile, ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.asking import ask_for
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.forms import Field, Kind
from qunflow.web.widgets.freshness import Fresh
from qunflow.web.widgets.listing import Cell, Column, ListPage, ListQuery
from qunflow.web.widgets.look import dress, faint, link, steady

_TEXT = "console.photos"
FRESH_SECONDS = 2.0
PER_PAGE = 24
MAX_SEARCH = 80
COLUMNS = (
    Column("person", f"{_TEXT}.col.person"),
    Column("name", f"{_TEXT}.col.name"),
    Column("day", f"{_TEXT}.col.day", filterable=True),
    Column("on", f"{_TEXT}.col.on"),
    Column("at", f"{_TEXT}.col.at", Cell.TIME),
    Column("photo", f"{_TEXT}.col.photo"),
    Column("alike", f"{_TEXT}.col.alike"),
    Column("reason", f"{_TEXT}.col.reason"),
)
_CSS = """
.qf-photos { display: grid; gap: 12px; width: 100%; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); }
.qf-photo { display: flex; flex-direction: column; gap: 4px; border: 1px solid var(--qf-line); border-radius: 8px;
  padding: 8px; background: var(--qf-card); min-width: 0; overflow-wrap: anywhere; }
.qf-photo button.qf-open { border: 0; padding: 0; background: var(--qf-soft); cursor: zoom-in; height: 180px; }
.qf-photo button.qf-open:focus-visible { outline: 2px solid var(--qf-link); outline-offset: 2px; }
.qf-photo img { width: 100%; height: 180px; object-fit: contain; display: block; }
.qf-photo[data-struck=yes] img { opacity: .35; }
"""
Shown = tuple[Sequence[PhotoRow], int, PhotoCounts]


def draw_photos_link(desk: Desk, state: CampaignState) -> None:
    """The way to this page, from a campaign whose check-ins take pictures."""
    if photos.asks_for_photos(state) and desk.may(Right.SEE_REVIEWS):
        link(desk.say(_TEXT), f"/campaigns/{state.campaign}/photos")


def photo_pages(door: Door, blobs: BlobStore) -> Pages:
    """``/campaigns/{name}/photos``, its export, and each picture."""
    fresh: Fresh[Shown] = Fresh(FRESH_SECONDS)

    async def read(workspace: str, name: str, asked: PhotoQuestion) -> Shown:
        async with door.database.read(workspace) as unit:
            rows, total = await read_photos(unit, name, asked)
            return rows, total, await count_photos(unit, name, asked.day)

    async def show(desk: Desk, name: str) -> None:
        state = await photos.photo_campaign(door, desk.workspace, name)

        async def load(asked: PhotoQuestion, anew: bool) -> Shown:
            key = (desk.workspace, name, asked)
            if anew:
                fresh.forget(key)
            return await fresh.get(key, lambda: read(desk.workspace, name, asked))

        await PhotoPage(desk, door, state, load).begin()

    async def picture(operator: Operator, name: str, photo: str, size: str = "") -> tuple[str, str, bytes]:
        content = await photos.read_photo(door, blobs, operator.workspace, name, photo)
        small = await asyncio.to_thread(reduced, content, SMALL if size == "small" else LARGE)
        return "image/jpeg", f"{photo}.jpg", small

    async def make(operator: Operator, name: str, **parameters: str) -> tuple[str, str, bytes]:
        async def rows(asker: Operator, query: ListQuery) -> ListPage:
            asked = PhotoQuestion(query.filters.get("day", ""), "", query.search, query.per_page, query.offset)
            found, total, _ = await read(asker.workspace, name, asked)
            return ListPage([_exported(row) for row in found], total)

        return await export_file("", f"photos-{name}", COLUMNS, rows).make(operator, **parameters)

    return (
        ConsolePage("/campaigns/{name}/photos", _TEXT, Right.SEE_REVIEWS, show),
        ConsoleFile("/campaigns/{name}/photo", Right.SEE_REVIEWS, picture),
        ConsoleFile("/campaigns/{name}/photos.csv", Right.EXPORT, make),
    )


def _exported(row: PhotoRow) -> dict[str, Any]:
    told = {"person": row.person, "name": row.name, "day": row.day, "on": row.on, "at": row.at, "photo": row.photo}
    return {**told, "alike": int(row.alike), "reason": row.reason, "key": row.photo}


class PhotoPage:
    """One campaign's pictures: a day, a state and a name narrow them; the newest first, 24 at a time."""

    def __init__(self, desk: Desk, door: Door, state: CampaignState, load: Any) -> None:
        self._desk, self._door, self._state, self._load = desk, door, state, load
        self._name = state.campaign
        tz = state.plan.tz if state.plan is not None else "UTC"
        self._asked = PhotoQuestion(local_date(door.clock.now(), tz).isoformat(), limit=PER_PAGE)

    async def begin(self) -> None:
        """Draw everything."""
        desk, plan = self._desk, self._state.plan
        dress()
        ui.add_css(_CSS)
        link(plan.title if plan is not None else self._name, f"/campaigns/{self._name}")
        ui.label(desk.say(_TEXT)).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say(f"{_TEXT}.text"))
        with ui.element("div").classes("qf-row w-full qf-noprint"):
            self._draw_filters()
        self._counts = faint("").props('role="status"').mark("counts")
        self._place = ui.element("div").classes("qf-stack")
        await self._show()

    def _draw_filters(self) -> None:
        desk = self._desk
        day = ui.input(
            desk.say(f"{_TEXT}.day"), value=self._asked.day, on_change=lambda e: self._ask(day=_day(e.value))
        )
        day.props("type=date outlined dense clearable stack-label").style("width: 180px").mark("day")
        states = {"": desk.say(f"{_TEXT}.state.all"), **{one: desk.say(f"{_TEXT}.state.{one}") for one in STATES}}
        state = ui.select(
            states, value="", label=desk.say(f"{_TEXT}.state"), on_change=lambda e: self._ask(state=e.value)
        )
        state.props("outlined dense options-dense").style("min-width: 144px").mark("state")
        name = ui.input(desk.say(f"{_TEXT}.search"), on_change=lambda e: self._ask(search=str(e.value or "").strip()))
        name.props(f"outlined dense clearable debounce=300 maxlength={MAX_SEARCH}").style("width: 200px").mark("search")
        ui.space()
        if desk.may(Right.EXPORT):
            ui.button(desk.say(f"{_TEXT}.export"), icon="download", on_click=self._export).props("flat no-caps")

    def _export(self) -> None:
        asked = {name: value for name, value in (("f.day", self._asked.day), ("q", self._asked.search)) if value}
        ui.navigate.to(f"/campaigns/{self._name}/photos.csv?{urlencode(asked)}")

    async def _ask(self, **changes: Any) -> None:
        self._asked = replace(self._asked, **{"offset": 0, **changes})
        await self._show()

    async def _show(self, anew: bool = False) -> None:
        desk, asked = self._desk, self._asked
        rows, total, counts = await self._load(asked, anew)
        if asked != self._asked or self._place.is_deleted:
            return  # a newer question overtook it
        struck, refused = sum(counts.struck.values()), sum(counts.refused.values())
        told = {"shown": counts.shown, "struck": struck, "refused": refused}
        self._counts.text = desk.say(f"{_TEXT}.counts", **told)
        self._place.clear()
        with self._place:
            if not rows:
                with ui.element("div").classes("qf-empty"):
                    ui.label(desk.say(f"{_TEXT}.empty"))
                return
            with ui.element("div").classes("qf-photos"):
                for row in rows:
                    self._draw(row)
            self._draw_pager(len(rows), total)

    def _draw(self, row: PhotoRow) -> None:
        desk, name = self._desk, row.name or row.person[:8]
        with ui.element("div").classes("qf-photo") as card:
            card.props["data-photo"], card.props["data-struck"] = row.photo, "yes" if row.reason else "no"
            with ui.element("button").classes("qf-open").props('type="button"') as frame:
                image = ui.element("img").props(f'src="{self._address(row, "small")}" loading="lazy"')
                image.props["alt"] = desk.say(f"{_TEXT}.of", name=name, day=row.day)
            frame.on("click", steady(lambda: _zoom(self._address(row, ""))), args=[])
            ui.label(name)
            faint(desk.local(row.at))
            if row.on != row.day:
                faint(desk.say(f"{_TEXT}.made_up", day=row.day))
            if row.alike:
                ui.badge(desk.say(f"{_TEXT}.alike"), color="warning").props("text-color=black").classes("self-start")
            if row.reason:
                ui.label(desk.say(f"{_TEXT}.struck_for", why=desk.say(f"photo.reason.{row.reason}")))
            elif desk.may(Right.REVIEW):
                button = ui.button(desk.say(f"{_TEXT}.strike"), icon="block").props("flat dense no-caps color=negative")
                button.on_click(steady(lambda: self._strike(row, name))).classes("self-start")

    def _address(self, row: PhotoRow, size: str) -> str:
        return f"/campaigns/{self._name}/photo?{urlencode({'photo': row.photo, 'size': size})}"

    def _draw_pager(self, shown: int, total: int) -> None:
        desk, asked = self._desk, self._asked
        with ui.element("div").classes("qf-row w-full qf-noprint"):
            span = {"first": asked.offset + 1, "last": asked.offset + shown, "total": f"{total:,}"}
            faint(desk.say(f"{_TEXT}.page", **span))
            ui.space()
            for text, to in (("before", asked.offset - PER_PAGE), ("next", asked.offset + PER_PAGE)):
                turn = ui.button(desk.say(f"{_TEXT}.{text}"), on_click=steady(partial(self._ask, offset=to)))
                turn.props("flat no-caps").set_enabled(0 <= to < total)

    async def _strike(self, row: PhotoRow, name: str) -> None:
        """Asks first, for the reason that the person will read."""
        desk, said = self._desk, {"name": name, "day": row.day}
        options = {one: desk.say(f"photo.reason.{one}") for one in STRIKE_REASONS}
        which = Field("reason", f"{_TEXT}.reason", Kind.CHOICE, required=True, options=options)
        heading, text = desk.say(f"{_TEXT}.strike.ask", **said), desk.say(f"{_TEXT}.strike.text")
        given = await ask_for(desk, heading, text, desk.say(f"{_TEXT}.strike"), (which,), danger=True)
        if given is None:
            return
        reason = str(given["reason"])

        async def work() -> photos.StrikeReport:
            return await photos.strike_photo(self._door, desk.workspace, self._name, row.photo, reason)

        details = {"photo": row.photo, "person": row.person, "day": row.day, "reason": reason}
        found = await desk.act(Right.REVIEW, "campaign.strike_photo", self._name, work, **details)
        if found is not None:
            told = desk.say(f"{_TEXT}.known") if found.known else desk.say(f"{_TEXT}.done", days=found.days)
            ui.notify(told, type="info" if found.known else "positive")
        await self._show(anew=True)


def _zoom(address: str) -> None:
    """The picture over the page; a click or Esc closes it."""
    with ui.dialog() as dialog, ui.element("button").props('type="button"').style("border: 0; padding: 0") as box:
        ui.element("img").props(f'src="{address}" alt=""').style("max-width: 90vw; max-height: 90vh; display: block")
    box.on("click", dialog.close, args=[])
    dialog.on("hide", dialog.delete)
    dialog.open()


def _day(text: Any) -> str:
    """A local day as it was typed; empty for none, and for what is no day yet."""
    try:
        return date.fromisoformat(str(text or "")).isoformat()
    except ValueError:
        return ""
