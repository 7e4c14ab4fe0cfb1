"""Groups: the list with its sets, and the page of the sets."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from nicegui import ui

from qunflow.community import set_desk
from qunflow.community.sets import MAX_TITLE, GroupSet
from qunflow.console.channel_desk import ChannelDesk
from qunflow.console.group_book import COLD, HOT, GroupBook
from qunflow.console.group_page import group_pages
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.web.desk import ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.asking import ask_for, offer_undo
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.forms import Field, Kind
from qunflow.web.widgets.listing import (
    BulkAct,
    Cell,
    Column,
    Empty,
    ListPage,
    ListQuery,
    RowAct,
    answer_from,
    show_list,
)
from qunflow.web.widgets.listing_query import Row
from qunflow.web.widgets.look import dress, faint, link

EVERY_SECONDS = 2.5
SORT = "name"
NEW = "+"
TONES = {HOT: "deep-orange-8", COLD: "grey-8"}
COLUMNS = (
    Column("name", "console.groups.col.name", sortable=True, link="{to}"),
    Column("channel", "console.groups.col.channel", sortable=True, filterable=True),
    Column("members", "console.groups.col.members", Cell.NUMBER, sortable=True),
    Column("soft", "console.groups.col.soft", Cell.NUMBER, sortable=True),
    Column("pool", "console.groups.col.pool", sortable=True),
    Column("owner", "console.groups.col.owner", sortable=True),
    Column("read_at", "console.groups.col.read_at", Cell.TIME, sortable=True),
    Column("heat", "console.groups.heat", Cell.STATE, True, True, (HOT, COLD), "console.groups.heat", TONES),
    Column("sets", "console.groups.col.sets", sortable=True, filterable=True),
)
SET_COLUMNS = (
    Column("title", "console.groups.set.title", sortable=True, link="/groups?{question}"),
    Column("groups", "console.groups.set.groups", Cell.NUMBER, sortable=True),
    Column("members", "console.groups.set.members", Cell.NUMBER, sortable=True),
)


def pages(door: Door, channels: ChannelDesk) -> Pages:
    """The list, its export, the sets, and the page of a group."""
    book = GroupBook(door, channels)

    async def show(desk: Desk) -> None:
        dress()
        ui.add_css(".q-table td.qf-wide { min-width: 64px }")  # nine columns stand on 1280 pixels
        await GroupsPage(desk, book).draw()

    async def show_sets(desk: Desk) -> None:
        dress()
        await SetsPage(desk, book).draw()

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        return answer_from(await book.rows(operator.workspace), COLUMNS, query)

    return (
        ConsolePage("/groups", "console.groups.title", Right.SEE_GROUPS, show, "console.groups.title", "groups", 50),
        ConsolePage("/groups/sets", "console.groups.sets", Right.SEE_GROUPS, show_sets),
        export_file("/groups.csv", "groups", COLUMNS, load_for, sort=SORT),
        *group_pages(door, book),
    )


class GroupsPage:
    """The list, with the sets over it; chosen groups go into a set or out of one."""

    def __init__(self, desk: Desk, book: GroupBook) -> None:
        self._desk, self._book = desk, book

    async def draw(self) -> None:
        """Everything."""
        desk = self._desk
        with ui.element("div").classes("qf-row w-full"):
            ui.label(desk.say("console.groups.title")).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            if desk.may(Right.RUN_GROUPS):
                link(desk.say("console.gathering.title"), "/groups/gather")
            link(desk.say("console.groups.sets"), "/groups/sets")
        faint(desk.say("console.groups.text"))
        await self._chips()

        async def load(query: ListQuery) -> ListPage:
            return answer_from(await self._book.rows(desk.workspace), COLUMNS, query)

        bulk = [
            BulkAct("put", "console.groups.put", "create_new_folder", Right.RUN_GROUPS, self._put),
            BulkAct("take", "console.groups.take", "folder_off", Right.RUN_GROUPS, self._take),
        ]
        empty = Empty("console.groups.empty", "console.codes.new", "/codes/new", Right.RUN_GROUPS)
        every = {"every": EVERY_SECONDS, "export": "/groups.csv"}
        await show_list(desk, COLUMNS, load, empty=empty, sort=SORT, bulk=bulk, **every)

    async def _chips(self) -> None:
        desk = self._desk
        sets = await set_desk.list_sets(self._book.door, desk.workspace)
        if not sets:
            return
        with ui.element("nav").classes("qf-row") as chips:
            chips.props["aria-label"] = desk.say("console.groups.sets")
            faint(desk.say("console.groups.sets"))
            link(desk.say("console.widgets.list.all"), "/groups")
            for one in sets[:30]:
                link(f"{one.title} ({len(one.groups)})", f"/groups?{question(one)}")

    async def _put(self, rows: Sequence[Row]) -> None:
        desk, door = self._desk, self._book.door
        sets = await set_desk.list_sets(door, desk.workspace)
        options = {**{one.name: one.title for one in sets}, NEW: desk.say("console.groups.set.new")}
        fields = [
            Field("set", "console.groups.field.set", Kind.CHOICE, required=True, options=options),
            Field("title", "console.groups.field.title", most=MAX_TITLE, least=1),
        ]
        title = desk.say("console.groups.put")
        data = {"set": next(iter(options))}
        found = await ask_for(
            desk, title, desk.say("console.groups.put.why", count=len(rows)), title, fields, data=data
        )
        if found is None:
            return

        async def put() -> int:
            name = str(found["set"])
            if name == NEW:
                name = await set_desk.make_set(door, desk.workspace, str(found.get("title") or ""))
            return await set_desk.change_set(door, desk.workspace, name, [str(row["key"]) for row in rows])

        done = await desk.act(Right.RUN_GROUPS, "group_set.put", str(found["set"]), put, groups=len(rows))
        self._book.forget(desk.workspace)
        if done is not None:
            ui.navigate.reload()

    async def _take(self, rows: Sequence[Row]) -> None:
        desk, door = self._desk, self._book.door
        streams = [str(row["key"]) for row in rows]
        sets = [
            one for one in await set_desk.list_sets(door, desk.workspace) if any(name in one.groups for name in streams)
        ]
        if not sets:
            ui.notify(desk.say("console.groups.take.none"), type="warning")
            return
        options = {one.name: one.title for one in sets}
        field = Field("set", "console.groups.field.set", Kind.CHOICE, required=True, options=options)
        title = desk.say("console.groups.take")
        found = await ask_for(desk, title, "", title, [field], data={"set": sets[0].name})
        if found is None:
            return

        async def take() -> int:
            return await set_desk.change_set(door, desk.workspace, str(found["set"]), take=streams)

        done = await desk.act(Right.RUN_GROUPS, "group_set.take", str(found["set"]), take, groups=len(rows))
        self._book.forget(desk.workspace)
        if done is not None:
            ui.navigate.reload()


class SetsPage:
    """The sets with their sizes; making, renaming and removing, which can be taken back."""

    def __init__(self, desk: Desk, book: GroupBook) -> None:
        self._desk, self._book = desk, book

    async def draw(self) -> None:
        """Everything."""
        desk = self._desk
        with ui.element("div").classes("qf-row w-full"):
            ui.label(desk.say("console.groups.sets")).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            link(desk.say("console.groups.title"), "/groups")
            if desk.may(Right.RUN_GROUPS):
                new = ui.button(desk.say("console.groups.set.new"), icon="add", on_click=self._make)
                new.props("unelevated no-caps")
        faint(desk.say("console.groups.sets.text"))
        acts = [
            RowAct("rename", "console.groups.set.rename", "edit", Right.RUN_GROUPS, self._rename),
            RowAct("remove", "console.groups.set.remove", "delete", Right.RUN_GROUPS, self._remove),
        ]
        empty = Empty("console.groups.sets.empty", "console.groups.title", "/groups")
        self._list = await show_list(desk, SET_COLUMNS, self._load, empty=empty, sort="title", acts=acts)

    async def _load(self, query: ListQuery) -> ListPage:
        workspace = self._desk.workspace
        sizes = {row["key"]: row["members"] for row in await self._book.rows(workspace)}
        rows = [
            {
                "key": one.name,
                "title": one.title,
                "question": question(one),
                "groups": len(one.groups),
                "members": sum(sizes.get(stream, 0) for stream in one.groups),
            }
            for one in await set_desk.list_sets(self._book.door, workspace)
        ]
        return answer_from(rows, SET_COLUMNS, query)

    async def _make(self) -> None:
        await self._name("", "")

    async def _rename(self, row: Row) -> None:
        await self._name(str(row["key"]), str(row["title"]))

    async def _name(self, name: str, title: str) -> None:
        desk = self._desk
        heading = desk.say("console.groups.set.rename" if name else "console.groups.set.new")
        field = Field("title", "console.groups.field.title", most=MAX_TITLE, least=1, required=True)
        found = await ask_for(desk, heading, "", heading, [field], data={"title": title})
        if found is None:
            return

        async def make() -> str:
            return await set_desk.make_set(self._book.door, desk.workspace, str(found["title"]), name)

        await desk.act(Right.RUN_GROUPS, "group_set.make", name, make)
        self._book.forget(desk.workspace)
        await self._list.refresh()

    async def _remove(self, row: Row) -> None:
        desk, name, door = self._desk, str(row["key"]), self._book.door

        async def remove() -> bool:
            await set_desk.remove_set(door, desk.workspace, name)
            return True

        async def back() -> None:
            async def make() -> str:
                return await set_desk.make_set(door, desk.workspace, str(row["title"]), name)

            await desk.act(Right.RUN_GROUPS, "group_set.make", name, make)
            await self._list.refresh()

        if await desk.act(Right.RUN_GROUPS, "group_set.remove", name, remove):
            self._book.forget(desk.workspace)
            offer_undo(desk, desk.say("console.groups.set.removed", title=row["title"]), back)


def question(one: GroupSet) -> str:
    """The part of the list's address that shows one set."""
    return urlencode({"f.sets": one.title})
