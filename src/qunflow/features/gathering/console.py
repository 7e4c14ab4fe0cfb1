"""Gathering on the console: choose people, look at the list, one click; below how far earlier ones are."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from qunflow.domain.outcomes import Way
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.gathering import acts
from qunflow.features.gathering.acts import Preview, Spec, Ways
from qunflow.features.gathering.model import ACTIVE, WHO
from qunflow.storage.directory import list_channels
from qunflow.web.desk import ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.asking import ask_first
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.forms import Field, Form, Kind
from qunflow.web.widgets.freshness import Fresh
from qunflow.web.widgets.listing import Cell, Column, Empty, Listing, ListPage, ListQuery, answer_from, show_list
from qunflow.web.widgets.look import block, dress, faint, link, steady

FRESH_SECONDS, EVERY_SECONDS = 2.0, 4.0
MOST_LISTED = 100
SORT = "-started_at"
COLUMNS = (
    Column("name", "console.gathering.col.name", sortable=True, filterable=True),
    Column("channel", "console.gathering.col.channel", sortable=True, filterable=True),
    Column("ways", "console.gathering.col.ways"),
    Column("asked", "console.gathering.col.asked", Cell.NUMBER, True),
    Column("waiting", "console.gathering.col.waiting", Cell.NUMBER, True),
    Column("under_way", "console.gathering.col.under_way", Cell.NUMBER, True),
    Column("done", "console.gathering.col.done", Cell.NUMBER, True),
    Column("refused", "console.gathering.col.refused", Cell.NUMBER, True),
    Column("inside", "console.gathering.col.inside", Cell.NUMBER, True),
    Column("started_at", "console.gathering.col.started_at", Cell.TIME, True),
)


class GatheringRows:
    """Gatherings with their progress, read once in some seconds for everybody who looks."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self._rows: Fresh[list[dict[str, Any]]] = Fresh(FRESH_SECONDS)

    def forget(self, workspace: str) -> None:
        """One was started."""
        self._rows.forget(workspace)

    async def rows(self, workspace: str) -> list[dict[str, Any]]:
        """The newest gatherings."""
        return await self._rows.get(workspace, lambda: self._read(workspace))

    async def _read(self, workspace: str) -> list[dict[str, Any]]:
        found = await acts.list_gatherings(self.door, workspace)
        read = [await acts.read_progress(self.door, workspace, one.gathering) for one in found[:MOST_LISTED]]
        return [_row(one) for one in read]


def _row(found: acts.Progress) -> dict[str, Any]:
    asked = found.state.asked
    assert asked is not None
    automatic = Way.AUTOMATIC if asked.automatic else None
    return {
        "key": found.state.gathering,
        "name": asked.name,
        "channel": found.state.channel,
        "make": automatic or Way.TODO,
        "invite": automatic or Way.STAFF_CONFIRMS,
        "asked": found.asked,
        "waiting": found.waiting,
        "under_way": found.under_way,
        "done": found.done,
        "refused": sum(found.refused.values()),
        "inside": found.inside,
        "started_at": found.state.started_at,
    }


def pages(door: Door, ways: Ways) -> Pages:
    """``/groups/gather`` and the export of its list."""
    rows = GatheringRows(door)

    async def show(desk: Desk) -> None:
        await GatherPage(desk, rows, ways).begin()

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        found = [{**row, "ways": f"{row['make']} / {row['invite']}"} for row in await rows.rows(operator.workspace)]
        return answer_from(found, COLUMNS, query)

    return (
        ConsolePage("/groups/gather", "console.gathering.title", Right.RUN_GROUPS, show),
        export_file("/groups/gather.csv", "gatherings", COLUMNS, load_for, sort=SORT),
    )


class GatherPage:
    """The page: the form with its preview, and the list."""

    def __init__(self, desk: Desk, rows: GatheringRows, ways: Ways) -> None:
        self._desk, self._rows, self._ways = desk, rows, ways
        self._list: Listing | None = None

    async def begin(self) -> None:
        """Draw everything."""
        desk = self._desk
        dress()
        ui.add_css(".q-table td.qf-wide { min-width: 64px }")  # ten columns stand on 1280 pixels
        link(desk.say("console.groups.title"), "/groups")
        ui.label(desk.say("console.gathering.title")).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say("console.gathering.text"))
        asked = ui.context.client.request.query_params
        with ui.element("div").classes("qf-two"):
            with block(desk.say("console.gathering.field")):
                self._form = Form(desk, await self._fields(), {"campaign": asked.get("campaign", "")[:64] or None})
                self._form.draw()
                look = ui.button(desk.say("console.gathering.preview"), icon="visibility").props("outline no-caps")
                look.on_click(steady(self._look)).mark("preview")
            self._place = ui.element("div").classes("qf-stack")
        ui.label(desk.say("console.gathering.list")).classes("qf-title").props('role=heading aria-level="2"')
        empty = Empty("console.gathering.empty")
        shown = {"empty": empty, "sort": SORT, "export": "/groups/gather.csv"}
        self._list = await show_list(desk, COLUMNS, self._load, every=EVERY_SECONDS, **shown)

    async def _fields(self) -> list[Field]:
        desk, say = self._desk, "console.gathering.field"
        async with self._rows.door.database.directory() as connection:
            channels = await list_channels(connection)
        own = (one for one in channels if one.workspace == desk.workspace and one.kind in self._ways)
        names = {one.name: one.name for one in own}
        first = next(iter(names), None)
        who = {one: desk.say(f"console.gathering.who.{one}") for one in WHO}
        return [
            Field("who", f"{say}.who", Kind.CHOICE, required=True, options=who, default=ACTIVE),
            Field("days", f"{say}.days", Kind.NUMBER, 1, acts.MAX_DAYS, default=30),
            Field("campaign", f"{say}.campaign", most=64),
            Field("channel", f"{say}.channel", Kind.CHOICE, required=True, options=names, default=first),
            Field("name", f"{say}.name", least=1, most=acts.MAX_NAME, required=True),
            Field("staff", f"{say}.staff", least=1, most=600, required=True),
            Field("text", f"{say}.text", Kind.LONG, most=acts.MAX_TEXT),
        ]

    async def _load(self, query: ListQuery) -> ListPage:
        rows = [{**row, "ways": self._ways_words(row)} for row in await self._rows.rows(self._desk.workspace)]
        return answer_from(rows, COLUMNS, query)

    def _ways_words(self, row: dict[str, Any]) -> str:
        return " / ".join(self._desk.say(f"console.gathering.way.{row[part]}") for part in ("make", "invite"))

    def _spec(self) -> Spec:
        data = self._form.data
        staff = str(data.get("staff") or "").replace("，", ",").split(",")
        return Spec(
            str(data.get("channel") or ""),
            str(data.get("name") or ""),
            str(data.get("who") or ""),
            int(data.get("days") or 30),
            str(data.get("campaign") or ""),
            tuple(one.strip() for one in staff if one.strip()),
            str(data.get("text") or ""),
        )

    async def _look(self) -> None:
        """The list of who would be asked; nothing happens yet."""
        desk, door = self._desk, self._rows.door
        if not self._form.check():
            return
        spec = self._spec()

        async def work() -> Preview:
            return await acts.preview(door, desk.workspace, spec, self._ways)

        found = await desk.act(Right.RUN_GROUPS, "gather.preview", spec.name, work, who=spec.who, days=spec.days)
        self._place.clear()
        if found is not None:
            with self._place:
                self._draw(spec, found)

    def _draw(self, spec: Spec, found: Preview) -> None:
        desk = self._desk
        with block(desk.say("console.gathering.preview.title")):
            told = {"found": f"{found.found:,}", "people": f"{len(found.people):,}", "groups": found.groups}
            line = ui.label(desk.say("console.gathering.preview.line", **told))
            line.props["data-people"] = str(len(found.people))
            for reason, count in found.left_out.items():
                if count:
                    faint(desk.say(f"console.gathering.left.{reason}", count=f"{count:,}")).props[f"data-{reason}"] = (
                        str(count)
                    )
            for part, way in (("make", found.make), ("invite", found.invite)):
                with ui.element("div").classes("qf-row"):
                    ui.label(desk.say(f"console.gathering.{part}"))
                    ui.badge(desk.say(f"console.gathering.way.{way}"), color="primary").props("outline").props[
                        f"data-{part}"
                    ] = str(way)
            if not found.people:
                faint(desk.say("console.gathering.preview.none"))
                return
            ui.label(" · ".join(found.names[:50])).style("overflow-wrap: anywhere")
            if len(found.people) > 50:
                faint(desk.say("console.gathering.preview.more", count=50))
            go = ui.button(desk.say("console.gathering.go"), icon="group_add").props("unelevated no-caps")
            go.on_click(steady(lambda: self._go(spec, len(found.people)))).mark("gather")

    async def _go(self, spec: Spec, people: int) -> None:
        desk, door = self._desk, self._rows.door
        heading = desk.say("console.gathering.go.ask", people=f"{people:,}")
        text, act = desk.say("console.gathering.go.text"), desk.say("console.gathering.go")
        if not await ask_first(desk, heading, text, act, danger=False):
            return

        async def work() -> Any:
            return await acts.gather(door, desk.workspace, spec, self._ways, desk.operator.account)

        told = {"who": spec.who, "days": spec.days, "campaign": spec.campaign, "people": people}
        done = await desk.act(Right.RUN_GROUPS, "gather.start", spec.name, work, **told)
        if done is None:
            return
        self._place.clear()
        self._rows.forget(desk.workspace)
        if self._list is not None:
            await self._list.refresh()
