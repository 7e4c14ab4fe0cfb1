"""One group: members page by page, joins and leaves over time, limits, sets, acts with what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from nicegui import ui

from qunflow.community.roster import MemberQuestion, MemberRow
from qunflow.console.group_acts import GroupActs
from qunflow.console.group_book import GroupBook, GroupSheet, group_path
from qunflow.console.group_parts import draw_acts_log, draw_facts
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.web.csv_file import MEDIA_TYPE, csv_bytes, file_name
from qunflow.web.desk import ConsoleFile, ConsolePage, Desk, Operator, Pages
from qunflow.web.texts import Texts
from qunflow.web.widgets.charts import Chart, ChartData
from qunflow.web.widgets.figures import Figure
from qunflow.web.widgets.formats import number_words
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, RowAct, show_list
from qunflow.web.widgets.listing_query import Row
from qunflow.web.widgets.live import Part, show_live
from qunflow.web.widgets.look import block, dress, link, title

CHART_SECONDS = 2.5
MEMBERS_SECONDS = 2.5
MOST_EXPORTED = 5_000
STAFF, MEMBER = "staff", "member"
SORT = "-joined"
COLUMNS = (
    Column("name", "console.groups.member.name", sortable=True),
    Column("external", "console.groups.member.external", sortable=True),
    Column("role", "console.groups.role", Cell.STATE, False, True, (STAFF, MEMBER), "console.groups.role",
           {STAFF: "primary", MEMBER: "grey-8"}),
    Column("joined", "console.groups.member.joined", Cell.TIME, sortable=True),
    Column("campaign", "console.groups.member.campaign"),
)  # fmt: skip


def group_pages(door: Door, book: GroupBook) -> Pages:
    """The page of a group and the file of its members."""
    texts = Texts.load()

    async def show(desk: Desk, channel: str, chat: str) -> None:
        dress()
        sheet = await book.sheet(desk.workspace, channel, chat)
        await GroupPage(desk, door, book, channel, chat).draw(sheet)

    async def export(operator: Operator, channel: str, chat: str) -> tuple[str, str, bytes]:
        asked = MemberQuestion(sort="joined", limit=MOST_EXPORTED)
        rows, _, parts = await book.members(operator.workspace, channel, chat, asked)
        heading = [texts.say(operator.language, column.text) for column in COLUMNS]
        shown = [member_row(row, parts.get(row.person, "")) for row in rows]
        body = csv_bytes(heading, ([row[column.name] for column in COLUMNS] for row in shown))
        return MEDIA_TYPE, file_name("members", channel, chat), body

    return (
        ConsolePage("/groups/{channel}/{chat}", "console.groups.one", Right.SEE_GROUPS, show),
        ConsoleFile("/files/groups/{channel}/{chat}/members.csv", Right.RUN_GROUPS, export),
    )


def member_row(row: MemberRow, campaign: str) -> dict[str, Any]:
    """A member as a row of the list. Pure."""
    return {
        "key": row.external,
        "name": row.name,
        "external": row.external,
        "role": STAFF if row.staff else MEMBER,
        "joined": row.joined_at,
        "campaign": campaign,
    }


def read_question(query: ListQuery) -> MemberQuestion:
    """The question of a list as one for the database. Pure."""
    role = query.filters.get("role", "")
    return MemberQuestion(
        search=query.search,
        staff=None if not role else role == STAFF,
        sort=query.sort,
        descending=query.descending,
        limit=query.per_page,
        offset=query.offset,
    )


class GroupPage:
    """The parts of the page."""

    def __init__(self, desk: Desk, door: Door, book: GroupBook, channel: str, chat: str) -> None:
        self._desk, self._book, self._channel, self._chat = desk, book, channel, chat
        self._acts = GroupActs(desk, door, book, channel, chat)
        self._slot = "hour"

    async def draw(self, sheet: GroupSheet) -> None:
        """Everything."""
        desk = self._desk
        with ui.element("div").classes("qf-row w-full"):
            ui.label(sheet.row.name or self._chat).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            if sheet.pool is not None:
                link(desk.say("console.groups.to_notes"), f"/campaigns/{sheet.pool.pool}")
            link(desk.say("console.groups.title"), "/groups")
        with ui.element("div").classes("qf-two"):
            with ui.element("div").classes("qf-stack"):
                await show_live(desk, self._load, self._start)
            with block(desk.say("console.groups.over_time")):
                await self._draw_chart()
        with block():
            title(desk.say("console.groups.members"))
            await self._draw_members(sheet)
        with block(desk.say("console.groups.log")):
            await show_live(desk, self._load, self._start_log)

    async def _load(self) -> GroupSheet:
        return await self._book.sheet(self._desk.workspace, self._channel, self._chat)

    def _start(self, sheet: GroupSheet) -> object:
        desk = self._desk
        with ui.element("div").classes("qf-grid").style("grid-template-columns: repeat(3, minmax(0, 1fr))"):
            members = Figure(desk, "console.groups.figure.members")
            room = Figure(desk, "console.groups.figure.room")
            banned = Figure(desk, "console.groups.figure.banned")
        with block(desk.say("console.groups.facts")):
            facts: Part[GroupSheet] = Part(lambda now: draw_facts(desk, now))
            acts: Part[GroupSheet] = Part(self._acts.draw)

        def show(now: GroupSheet) -> None:
            settings = now.pool.settings if now.pool is not None else None
            limit = f" / {settings.hard_limit}" if settings is not None else ""
            members.show(f"{number_words(now.row.members)}{limit}")
            room.show(number_words(max(0, settings.soft_limit - now.row.members) if settings is not None else None))
            banned.show(number_words(now.row.banned))
            facts.show(now)
            acts.show(now)

        show(sheet)
        return show

    def _start_log(self, sheet: GroupSheet) -> object:
        part: Part[GroupSheet] = Part(lambda now: draw_acts_log(self._desk, now))

        def show(now: GroupSheet) -> None:
            part.show(replace(now, row=sheet.row))  # the log does not change with the members

        show(sheet)
        return show

    async def _draw_members(self, sheet: GroupSheet) -> None:
        desk = self._desk

        async def load(query: ListQuery) -> ListPage:
            asked = read_question(query)
            rows, total, parts = await self._book.members(desk.workspace, self._channel, self._chat, asked)
            return ListPage([member_row(row, parts.get(row.person, "")) for row in rows], total)

        def no_staff(row: Row) -> bool:
            return bool(row["role"] == MEMBER)

        async def open_member(row: Row) -> None:
            ui.navigate.to(f"/members/{quote(str(row['external']), safe='')}")

        acts = [
            RowAct("member", "console.members.open", "person", Right.SEE_GROUPS, open_member),
            RowAct("remove", "console.groups.kick", "person_remove", Right.RUN_GROUPS, self._acts.remove, no_staff),
        ]
        export = f"/files{group_path(self._channel, self._chat)}/members.csv" if desk.may(Right.RUN_GROUPS) else ""
        empty = Empty("console.groups.members.empty")
        options = {"sort": SORT, "export": export, "every": MEMBERS_SECONDS}
        await show_list(desk, COLUMNS, load, empty=empty, acts=acts, **options)

    async def _draw_chart(self) -> None:
        desk = self._desk
        name = desk.say("console.groups.over_time")

        async def data() -> tuple[ChartData, ChartData]:
            curve = await self._book.curve(desk.workspace, self._channel, self._chat, self._slot)
            moves = {desk.say("console.groups.joined"): curve.joined, desk.say("console.groups.left"): curve.left}
            return ChartData(curve.labels, moves), ChartData(
                curve.labels, {desk.say("console.groups.size"): curve.size}
            )

        kinds = {slot: desk.say(f"console.codes.slot.{slot}") for slot in ("hour", "day")}
        toggle = ui.toggle(kinds, value=self._slot).props("no-caps unelevated")
        toggle.props["aria-label"] = name
        moves, size = await data()
        charts = (Chart(desk, name, "bar", moves, 180), Chart(desk, desk.say("console.groups.size"), "line", size, 140))

        async def refresh() -> None:
            self._slot = str(toggle.value)
            for chart, shown in zip(charts, await data(), strict=True):
                chart.show(shown)

        toggle.on_value_change(refresh)
        ui.timer(CHART_SECONDS, refresh, immediate=False)
