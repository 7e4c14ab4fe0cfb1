"""Posters of campaigns: a gallery, and the editor of a draft's poster, saved as part of its plan."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from nicegui import ui
from PIL import Image

from qunflow.domain.errors import Conflict
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.campaigns import acts
from qunflow.features.campaigns.plan_file import plan_from
from qunflow.features.campaigns.plan_write import plan_data
from qunflow.features.campaigns.report import find_campaign
from qunflow.features.posters.console_editor import PosterEditor
from qunflow.features.posters.drawing import PosterDesk
from qunflow.storage.json_text import from_json
from qunflow.web.desk import ConsoleFile, ConsolePage, Desk, Operator, Pages
from qunflow.web.links import Links
from qunflow.web.widgets.look import block, dress, faint, link

PER_PAGE = 12
MAX_SEARCH = 60
THUMB_WIDTH = 270
_GALLERY = """
SELECT substr(stream, 10), state->>'status', state->'plan'->>'title', state->'plan'->'poster', count(*) OVER ()
FROM streams WHERE workspace_id = $1 AND kind = 'campaign' AND version > 0
  AND ($2 = '' OR state->'plan'->>'title' ILIKE '%' || $2 || '%' OR stream ILIKE '%' || $2 || '%')
ORDER BY state->'plan'->>'starts_at' DESC NULLS LAST, stream LIMIT $3 OFFSET $4
"""


@dataclass(frozen=True, slots=True)
class Framed:
    """A campaign in the gallery."""

    name: str
    status: str
    title: str
    texts: int  # how many of the five are there


def pages(door: Door, links: Links, posters: PosterDesk) -> Pages:
    """The gallery, the editor, and the poster as a file."""
    own = PosterPages(door, links, posters)
    return (
        ConsolePage("/posters", "console.posters.title", Right.SEE_CAMPAIGNS, own.show_all, "console.posters.title",
                    "image", 45),
        ConsolePage("/posters/{name}", "console.posters.one", Right.SEE_CAMPAIGNS, own.show_one),
        ConsoleFile("/files/posters/{name}.jpg", Right.SEE_CAMPAIGNS, own.file),
        ConsoleFile("/files/posters/{name}/small.jpg", Right.SEE_CAMPAIGNS, own.small),
    )  # fmt: skip


class PosterPages:
    """The pages over one engine and one desk that draws."""

    def __init__(self, door: Door, links: Links, posters: PosterDesk) -> None:
        self._door, self._links, self._posters = door, links, posters

    async def show_all(self, desk: Desk) -> None:
        """The gallery."""
        dress()
        asked = ui.context.client.request.query_params
        search = asked.get("q", "").strip()[:MAX_SEARCH]
        page = int(asked["page"]) if asked.get("page", "").isascii() and asked.get("page", "").isdigit() else 1
        page = min(max(1, page), 1_000)
        ui.label(desk.say("console.posters.title")).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say("console.posters.text"))
        found, total = await self._gallery(desk.workspace, search, page)
        box = ui.input(desk.say("console.widgets.list.search"), value=search).props("outlined dense clearable")
        box.style("width: 240px").props(f"maxlength={MAX_SEARCH}")
        box.on("keydown.enter", lambda: ui.navigate.to(f"/posters?q={quote(box.value or '')}"))
        if not found:
            self._nothing(desk, search)
            return
        with ui.element("div").style(
            "display: grid; gap: 16px; width: 100%; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr))"
        ):
            for one in found:
                self._frame(desk, one)
        self._pager(desk, search, page, total)

    async def show_one(self, desk: Desk, name: str) -> None:
        """The editor of a draft's poster; of any other campaign the poster as it is."""
        dress()
        state = await find_campaign(self._door, desk.workspace, name)
        if state.plan is None:
            raise Conflict("campaign_no_plan", "the campaign has no plan", field=name)
        with ui.element("div").classes("qf-row w-full"):
            heading = desk.say("console.posters.heading", title=state.plan.title)
            ui.label(heading).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            if state.code:
                with ui.element("a").classes("qf-link") as anchor:
                    anchor.props["href"] = f"/files/posters/{name}.jpg"
                    anchor.props["download"] = f"{name}.jpg"
                    ui.label(desk.say("console.posters.download"))
                link(desk.say("console.codes.one"), f"/codes/{state.code}")
            link(desk.say("console.posters.title"), "/posters")
        may = state.status == "draft" and desk.may(Right.RUN_CAMPAIGNS)
        address = self._links.code(state.code) if state.code else ""

        async def save(texts: Mapping[str, str]) -> None:
            await self._save(desk, name, texts)

        await PosterEditor(desk, self._posters, state.plan.poster, address, save if may else None).draw()

    async def file(self, operator: Operator, name: str) -> tuple[str, str, bytes]:
        """The campaign's poster as it stands in the plan. Raises NotFound, and Conflict before it has a live code."""
        state = await find_campaign(self._door, operator.workspace, name)
        if state.plan is None or not state.code:
            raise Conflict("poster_no_code", "the campaign has no live code yet", field=name, way_out="Try again soon.")
        return "image/jpeg", f"{name}.jpg", await self._posters.draw(state.plan.poster, self._links.code(state.code))

    async def small(self, operator: Operator, name: str) -> tuple[str, str, bytes]:
        """The same, small, for the gallery."""
        media_type, file_name, poster = await self.file(operator, name)
        return media_type, file_name, await asyncio.to_thread(shrunk, poster)

    async def _save(self, desk: Desk, name: str, texts: Mapping[str, str]) -> None:
        async def store() -> str:
            state = await find_campaign(self._door, desk.workspace, name)
            if state.plan is None:
                raise Conflict("campaign_no_plan", "the campaign has no plan", field=name)
            poster = {element: text for element, text in texts.items() if text.strip()}
            plan = plan_from({**plan_data(replace(state.plan, poster={})), "poster": poster})
            return await acts.draft_on_channel(self._door, desk.workspace, plan)

        if await desk.act(Right.RUN_CAMPAIGNS, "campaign.poster", name, store):
            ui.notify(desk.say("console.posters.saved"), type="positive")

    async def _gallery(self, workspace: str, search: str, page: int) -> tuple[list[Framed], int]:
        escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        async with self._door.database.read(workspace) as unit:
            rows = await unit.fetch(_GALLERY, unit.workspace, escaped, PER_PAGE, (page - 1) * PER_PAGE)
        found = [Framed(row[0], row[1], row[2] or row[0], _texts(row[3])) for row in rows]
        return found, int(rows[0][4]) if rows else 0

    def _frame(self, desk: Desk, one: Framed) -> None:
        with ui.link(target=f"/posters/{one.name}").classes("qf-link") as frame, block():
            frame.props["data-poster"] = one.name
            picture = ui.element("img").classes("w-full").props('loading="lazy"')
            picture.props["src"] = f"/files/posters/{one.name}/small.jpg"
            picture.props["alt"] = one.title
            picture.style("aspect-ratio: 9 / 16; border-radius: 6px; object-fit: cover; background: var(--qf-soft)")
            ui.label(one.title).classes("text-weight-medium").style("overflow-wrap: anywhere")
            status = desk.say(f"console.campaigns.status.{one.status}")
            faint(f"{status} · {desk.say('console.posters.count', count=one.texts)}")

    def _nothing(self, desk: Desk, search: str) -> None:
        with ui.element("div").classes("qf-empty"):
            ui.label(desk.say("console.widgets.list.none" if search else "console.posters.empty"))
            if not search and desk.may(Right.RUN_CAMPAIGNS):
                new = ui.button(desk.say("console.campaigns.new")).props("unelevated no-caps")
                new.on_click(lambda: ui.navigate.to("/campaigns/new"))

    def _pager(self, desk: Desk, search: str, page: int, total: int) -> None:
        first = (page - 1) * PER_PAGE
        with ui.element("div").classes("qf-row justify-between w-full"):
            span = {"first": first + 1, "last": min(first + PER_PAGE, total), "total": f"{total:,}"}
            faint(desk.say("console.widgets.list.count", **span))
            with ui.element("div").classes("qf-row"):
                for by, text in ((-1, "console.widgets.list.back"), (1, "console.widgets.list.forth")):
                    if page + by > 0 and (page + by - 1) * PER_PAGE < total:
                        link(desk.say(text), f"/posters?q={quote(search)}&page={page + by}")


def shrunk(poster: bytes) -> bytes:
    """A poster at a small width, as JPEG."""
    with Image.open(io.BytesIO(poster)) as opened:
        small = opened.resize((THUMB_WIDTH, THUMB_WIDTH * opened.height // opened.width))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=75)
    return out.getvalue()


def _texts(poster: Any) -> int:
    found = from_json(poster) if poster else {}
    return sum(bool(str(text).strip()) for text in found.values())
