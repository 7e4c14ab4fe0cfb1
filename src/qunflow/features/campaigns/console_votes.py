"""Entries and votes of a voting campaign 投票记录 on the console: who leads, who voted, and voiding what was fraud."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.campaigns import voiding
from qunflow.features.campaigns.model import CampaignState
from qunflow.features.campaigns.vote_rows import VoteQuestion, read_entries, read_votes
from qunflow.web.desk import ConsoleFile, ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.asking import ask_for
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.forms import Field, Kind
from qunflow.web.widgets.freshness import Fresh
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, RowAct, show_list
from qunflow.web.widgets.listing_query import Row
from qunflow.web.widgets.look import dress, faint, link

_TEXT = "console.votes"
FRESH_SECONDS, EVERY_SECONDS = 2.0, 4.0
MAX_REASON = 200
ENTRY_STATES = ("pending", "approved", "refused", "ranked", "over")
VOTE_STATES = ("valid", "void")
ENTRY_TONES = {"pending": "warning", "approved": "positive", "ranked": "info"}
ENTRIES = (
    Column("place", f"{_TEXT}.col.place", Cell.NUMBER, True),
    Column("owner", f"{_TEXT}.col.owner", sortable=True, link="/campaigns/{campaign}/votes?f.entry={key}"),
    Column("key", f"{_TEXT}.col.entry"),
    Column("votes", f"{_TEXT}.col.votes", Cell.NUMBER, True),
    Column("status", f"{_TEXT}.status", Cell.STATE, False, True, ENTRY_STATES, f"{_TEXT}.status", ENTRY_TONES),
    Column("made_at", f"{_TEXT}.col.made_at", Cell.TIME, True),
)
VOTES = (
    Column("voter_name", f"{_TEXT}.col.voter", link="/campaigns/{campaign}/votes?f.voter={person}"),
    Column("voter", f"{_TEXT}.col.voter_id", filterable=True),
    Column("owner", f"{_TEXT}.col.owner"),
    Column("entry", f"{_TEXT}.col.entry", filterable=True),
    Column("cast_at", f"{_TEXT}.col.cast_at", Cell.TIME, True),
    Column("state", f"{_TEXT}.state", Cell.STATE, False, True, VOTE_STATES, f"{_TEXT}.state", {"valid": "positive"}),
)
#: For the file: the whole id, as the command line takes it.
VOTES_EXPORTED = (Column("person", f"{_TEXT}.col.voter_id"), *(column for column in VOTES if column.name != "voter"))
_CSS = ".qf-table td.q-table--col-auto-width { white-space: nowrap }"  # both acts of a vote stand in one line


def draw_votes_link(desk: Desk, state: CampaignState) -> None:
    """The way to these pages, from a campaign that people vote in."""
    if state.plan is not None and state.plan.model is not None and state.plan.model.kind == voiding.MODEL:
        link(desk.say(f"{_TEXT}.entries"), f"/campaigns/{state.campaign}/entries")


class VoteRows:
    """Both lists of every campaign, each question answered once in some seconds for everybody who looks."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self._pages: Fresh[ListPage] = Fresh(FRESH_SECONDS)

    async def entries(self, workspace: str, name: str, query: ListQuery) -> ListPage:
        """One page of entries."""
        return await self._pages.get(
            ("entries", workspace, name, str(query)), lambda: self._entries(workspace, name, query)
        )

    async def votes(self, workspace: str, name: str, query: ListQuery) -> ListPage:
        """One page of votes."""
        return await self._pages.get(
            ("votes", workspace, name, str(query)), lambda: self._votes(workspace, name, query)
        )

    def forget(self) -> None:
        """Votes were voided."""
        self._pages = Fresh(FRESH_SECONDS)

    async def _entries(self, workspace: str, name: str, query: ListQuery) -> ListPage:
        async with self.door.database.read(workspace) as unit:
            rows, total = await read_entries(unit, name, _asked(query))
        return ListPage(
            [{**row, "campaign": name, "owner": row["owner_name"] or row["owner"][:8]} for row in rows], total
        )

    async def _votes(self, workspace: str, name: str, query: ListQuery) -> ListPage:
        async with self.door.database.read(workspace) as unit:
            rows, total = await read_votes(unit, name, _asked(query))
        return ListPage([_vote_row(name, row) for row in rows], total)


def _asked(query: ListQuery) -> VoteQuestion:
    told = query.filters
    return VoteQuestion(
        query.search,
        told.get("entry", ""),
        told.get("voter", ""),
        told.get("status", told.get("state", "")),
        query.sort,
        query.descending,
        query.per_page,
        query.offset,
    )


def _vote_row(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "campaign": name,
        "person": row["voter"],
        "voter": row["voter"][:8],
        "voter_name": row["voter_name"] or row["voter"][:8],
        "owner": row["owner_name"] or row["owner"][:8],
        "state": "void" if row["void"] else "valid",
    }


def vote_pages(door: Door) -> Pages:
    """``/campaigns/{name}/entries`` and ``/campaigns/{name}/votes``, and the export of each."""
    rows = VoteRows(door)

    async def show_entries(desk: Desk, name: str) -> None:
        await VotePage(desk, rows, name).entries()

    async def show_votes(desk: Desk, name: str) -> None:
        await VotePage(desk, rows, name).votes()

    return (
        ConsolePage("/campaigns/{name}/entries", f"{_TEXT}.entries", Right.SEE_CAMPAIGNS, show_entries),
        ConsolePage("/campaigns/{name}/votes", f"{_TEXT}.votes", Right.SEE_CAMPAIGNS, show_votes),
        _file("entries", ENTRIES, rows.entries, "place"),
        _file("votes", VOTES_EXPORTED, rows.votes, "-cast_at"),
    )


def _file(
    part: str, columns: tuple[Column, ...], page: Callable[[str, str, ListQuery], Awaitable[ListPage]], sort: str
) -> ConsoleFile:
    async def make(operator: Operator, name: str, **parameters: str) -> tuple[str, str, bytes]:
        async def load(asker: Operator, query: ListQuery) -> ListPage:
            return await page(asker.workspace, name, query)

        return await export_file("", f"{part}-{name}", columns, load, sort=sort).make(operator, **parameters)

    return ConsoleFile(f"/campaigns/{{name}}/{part}.csv", Right.EXPORT, make)


class VotePage:
    """Either list of one campaign."""

    def __init__(self, desk: Desk, rows: VoteRows, name: str) -> None:
        self._desk, self._rows, self._name = desk, rows, name

    async def entries(self) -> None:
        """Who entered, best first."""
        await self._head("entries")

        async def load(query: ListQuery) -> ListPage:
            return await self._rows.entries(self._desk.workspace, self._name, query)

        export = f"/campaigns/{self._name}/entries.csv"
        options = {"empty": Empty(f"{_TEXT}.entries.empty"), "sort": "place", "export": export, "every": EVERY_SECONDS}
        await show_list(self._desk, ENTRIES, load, **options)

    async def votes(self) -> None:
        """Every vote, the newest first, with the acts that void."""
        await self._head("votes")
        final = await voiding.is_frozen(self._rows.door, self._desk.workspace, self._name)
        if final:
            ui.label(self._desk.say(f"{_TEXT}.final")).props('role="status"')

        async def load(query: ListQuery) -> ListPage:
            return await self._rows.votes(self._desk.workspace, self._name, query)

        buttons = (self._button("one", "block", final), self._button("all", "person_off", final))
        export = f"/campaigns/{self._name}/votes.csv"
        options = {"empty": Empty(f"{_TEXT}.votes.empty"), "sort": "-cast_at", "export": export, "every": EVERY_SECONDS}
        await show_list(self._desk, VOTES, load, acts=buttons, **options)

    async def _head(self, part: str) -> None:
        desk = self._desk
        dress()
        ui.add_css(_CSS)
        state = await voiding.voting_campaign(self._rows.door, desk.workspace, self._name)
        with ui.element("div").classes("qf-row w-full"):
            link(state.plan.title if state.plan is not None else self._name, f"/campaigns/{self._name}")
            ui.space()
            other = "votes" if part == "entries" else "entries"
            link(desk.say(f"{_TEXT}.{other}"), f"/campaigns/{self._name}/{other}")
        ui.label(desk.say(f"{_TEXT}.{part}")).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say(f"{_TEXT}.{part}.text"))

    def _button(self, name: str, icon: str, final: bool) -> RowAct:
        def when(row: Row) -> bool:
            return row["state"] == "valid" and not final

        return RowAct(f"void_{name}", f"{_TEXT}.void.{name}", icon, Right.RUN_CAMPAIGNS, self._voider(name), when)

    def _voider(self, name: str) -> Callable[[Row], Awaitable[None]]:
        """Asks first, for the reason that the audit log keeps."""
        desk = self._desk

        async def void(row: Row) -> None:
            said = {"name": row["voter_name"], "entry": row["owner"]}
            field = Field("reason", f"{_TEXT}.reason", Kind.LONG, 1, MAX_REASON, required=True)
            heading, text = desk.say(f"{_TEXT}.void.{name}.ask", **said), desk.say(f"{_TEXT}.void.{name}.text")
            given = await ask_for(desk, heading, text, desk.say(f"{_TEXT}.void"), (field,), danger=True)
            if given is None:
                return
            vote = f"{row['entry']}/{row['day']}" if name == "one" else ""

            async def work() -> voiding.VoidReport:
                return await voiding.void_votes(
                    self._rows.door, desk.workspace, self._name, str(row["person"]), vote=vote
                )

            details = {"voter": row["person"], "vote": vote, "reason": str(given["reason"])[:MAX_REASON]}
            report = await desk.act(Right.RUN_CAMPAIGNS, "campaign.void_votes", self._name, work, **details)
            if report is not None:
                ui.notify(desk.say(f"{_TEXT}.voided", votes=report.votes), type="positive")
            self._rows.forget()

        return void
