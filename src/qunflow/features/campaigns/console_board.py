"""The live board of a campaign: drawn once, then its figures change in place, at most some seconds old."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from qunflow.analytics.funnel import Funnel
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.campaigns.board import BoardSheet, load_sheet, log_mark
from qunflow.features.campaigns.console_acts import CampaignActs
from qunflow.features.campaigns.console_board_parts import (
    arrival_data,
    draw_diagnosis,
    draw_groups,
    draw_leaderboard,
    draw_scripts,
    funnel_data,
    money_lines,
    rate_shown,
    spread_lines,
)
from qunflow.features.campaigns.console_list import CampaignRows
from qunflow.features.campaigns.console_notes import NotesPart
from qunflow.features.campaigns.console_photos import draw_photos_link
from qunflow.features.campaigns.console_stages import draw_stages_link
from qunflow.features.campaigns.console_votes import draw_votes_link
from qunflow.features.campaigns.console_words import TONES, status_words
from qunflow.features.campaigns.contest import RANKING
from qunflow.features.campaigns.leaderboard import Board, Boards, race_name, race_now
from qunflow.features.campaigns.model import CampaignState
from qunflow.features.campaigns.note_store import Note
from qunflow.web.desk import ConsolePage, Desk, Pages
from qunflow.web.widgets.charts import Chart
from qunflow.web.widgets.figures import Figure, named_value
from qunflow.web.widgets.formats import number_words
from qunflow.web.widgets.freshness import Fresh
from qunflow.web.widgets.live import Live, Part
from qunflow.web.widgets.look import block, dress, faint, link

FRESH_SECONDS = 1.5
AT_HAND_SECONDS = 3.0
SHOWN_PLACES = 10
_COUNTS = ("launched", "scanned", "joined", "completed")
_RATES = ("scan_yield", "join_rate", "completion_rate", "net_join_rate")


@dataclass(frozen=True, slots=True)
class BoardView:
    """A sheet with its leaderboards: the ranking, and the race that runs."""

    sheet: BoardSheet
    boards: tuple[Board, ...]


class CampaignSheets:
    """Sheets for all who look: each is read once in some seconds, and not at all while nothing is recorded."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._boards = Boards(door, FRESH_SECONDS)
        self._fresh: Fresh[BoardView] = Fresh(FRESH_SECONDS, most=64)
        self._known: Fresh[BoardView] = Fresh(120.0, most=64)

    async def view(self, workspace: str, name: str) -> BoardView:
        """The board of a campaign. Raises NotFound."""
        return await self._fresh.get((workspace, name), lambda: self._marked(workspace, name))

    def at_hand(self, workspace: str, name: str) -> BoardView | None:
        """What was read a moment ago for somebody else; its figures are renewed before they are five seconds old."""
        return self._fresh.at_hand((workspace, name), AT_HAND_SECONDS)

    def forget(self, workspace: str, name: str) -> None:
        """Something was done to the campaign."""
        self._fresh.forget((workspace, name))

    async def _marked(self, workspace: str, name: str) -> BoardView:
        mark = await log_mark(self._door, workspace)
        return await self._known.get((workspace, name, mark), lambda: self._read(workspace, name))

    async def _read(self, workspace: str, name: str) -> BoardView:
        sheet = await load_sheet(self._door, workspace, name)
        state = sheet.campaign
        names = [RANKING] if state.plan is not None and state.plan.ranked else []
        racing = race_name(race_now(state, self._door.clock.now()))
        names += [racing] if racing else []
        boards = [await self._boards.view(workspace, state, board, SHOWN_PLACES) for board in names]
        return BoardView(sheet, tuple(boards))


class BoardPage:
    """One page that shows a board."""

    def __init__(self, desk: Desk, door: Door, sheets: CampaignSheets, rows: CampaignRows, name: str) -> None:
        self._desk, self._sheets, self._rows, self._name = desk, sheets, rows, name
        self._acts = CampaignActs(desk, door, name, self._changed)
        self._notes = NotesPart(desk, door, name, self._changed)
        self._live: Live[BoardView] | None = None
        self._line_groups: tuple[tuple[str, str], ...] | None = None

    async def begin(self) -> None:
        """Draw, and keep fresh."""
        self._live = Live(self._desk, self._load, self._draw, at_hand=self._at_hand)
        await self._live.begin()

    def _at_hand(self) -> BoardView | None:
        return self._sheets.at_hand(self._desk.workspace, self._name)

    async def _load(self) -> BoardView:
        return await self._sheets.view(self._desk.workspace, self._name)

    async def _changed(self) -> None:
        self._sheets.forget(self._desk.workspace, self._name)
        self._rows.forget(self._desk.workspace)
        if self._live is not None:
            await self._live.refresh()

    def _draw(self, view: BoardView) -> Callable[[BoardView], None]:
        """Build every part once; the function that is answered brings later views in place."""
        head = Part(self._head)
        if view.sheet.campaign.launched_at is None:
            wait = Part(self._before)
            notes = self._note_part(view)
            return _together(lambda v: head.show(v.sheet.campaign), lambda v: wait.show(v.sheet.campaign), notes)(view)
        shows = [lambda v: head.show(v.sheet.campaign), self._figures(), self._charts(view)]
        with ui.element("div").classes("qf-pages"):
            shows += [
                self._diagnosis(),
                self._money(),
                self._groups(),
                self._scripts(),
                self._spread(),
                self._ranks(view),
            ]
        shows.append(self._note_part(view))
        return _together(*shows)(view)

    def _head(self, state: CampaignState) -> None:
        desk, plan = self._desk, state.plan
        with ui.element("div").classes("qf-row w-full"):
            ui.label(plan.title if plan is not None else self._name).classes("text-h6").props(
                'role=heading aria-level="1"'
            )
            tone = TONES.get(state.status, "grey-8")
            badge = ui.badge(status_words(desk, state.status), color=tone)
            badge.props(f"text-color={'black' if tone == 'warning' else 'white'}").mark("status")
            badge.props["data-status"] = state.status
            ui.space()
            self._acts.draw(state)
            if state.launched_at is not None:
                link(desk.say("console.campaigns.report"), f"/campaigns/{self._name}/report")
                draw_stages_link(desk, state)
                draw_votes_link(desk, state)
                draw_photos_link(desk, state)
        if plan is not None:
            span = {"starts": desk.local(plan.starts_at), "ends": desk.local(plan.ends_at), "channel": plan.channel}
            faint(desk.say("console.campaigns.board.when", **span))

    def _before(self, state: CampaignState) -> None:
        desk = self._desk
        if state.launched_at is not None:  # somebody launched it while this page was open
            ui.navigate.reload()
            return
        code = "cancelled" if state.status == "cancelled" else "draft"
        with ui.element("div").classes("qf-empty"):
            ui.label(desk.say(f"console.campaigns.board.{code}")).style("max-width: 520px")

    def _figures(self) -> Callable[[BoardView], None]:
        desk = self._desk
        with ui.element("div").classes("qf-four"):
            counts = {name: Figure(desk, f"console.campaigns.figure.{name}") for name in _COUNTS}
            rates = {name: Figure(desk, f"console.campaigns.figure.{name}") for name in _RATES}

        def show(view: BoardView) -> None:
            funnel = view.sheet.funnel
            for name, figure in counts.items():
                figure.show(number_words(getattr(funnel, name)))
            for name, figure in rates.items():
                figure.show(*rate_shown(desk, name, funnel.rates[name]))

        return show

    def _charts(self, view: BoardView) -> Callable[[BoardView], None]:
        desk = self._desk
        names = [desk.say(f"console.campaigns.board.{part}") for part in ("funnel", "arrivals")]
        with ui.element("div").classes("qf-two"):
            with block(names[0]):
                funnel = Chart(desk, names[0], "funnel", funnel_data(desk, view.sheet.funnel), 220)
            with block(names[1]):
                arrivals = Chart(desk, names[1], "line", arrival_data(desk, view.sheet.arrivals), 220)

        def show(view: BoardView) -> None:
            funnel.show(funnel_data(desk, view.sheet.funnel))
            arrivals.show(arrival_data(desk, view.sheet.arrivals))

        return show

    def _diagnosis(self) -> Callable[[BoardView], None]:
        with block(self._desk.say("console.campaigns.board.diagnosis")):
            part: Part[Funnel] = Part(lambda funnel: draw_diagnosis(self._desk, funnel))
        return lambda view: part.show(view.sheet.funnel)

    def _money(self) -> Callable[[BoardView], None]:
        return self._named("rewards", lambda view: money_lines(view.sheet.money))

    def _spread(self) -> Callable[[BoardView], None]:
        return self._named("spread", lambda view: spread_lines(self._desk, view.sheet.spread))

    def _named(self, part: str, lines: Callable[[BoardView], dict[str, str]]) -> Callable[[BoardView], None]:
        """A block of named values that change in place."""
        labels: dict[str, TextElement] = {}
        with block(self._desk.say(f"console.campaigns.board.{part}")):
            table = ui.element("table").classes("qf-plain")

        def show(view: BoardView) -> None:
            for name, value in lines(view).items():
                if name not in labels:
                    with table:
                        labels[name] = named_value(self._desk, f"console.campaigns.figure.{name}", value)
                        labels[name].props["data-figure"] = name
                labels[name].text = value

        return show

    def _groups(self) -> Callable[[BoardView], None]:
        with block(self._desk.say("console.campaigns.board.groups")):
            part: Part[BoardSheet] = Part(lambda sheet: draw_groups(self._desk, sheet))
        return lambda view: part.show(view.sheet)

    def _scripts(self) -> Callable[[BoardView], None]:
        with block(self._desk.say("console.campaigns.board.scripts")):
            part: Part[BoardSheet] = Part(lambda sheet: draw_scripts(self._desk, sheet))
        return lambda view: part.show(view.sheet)

    def _ranks(self, view: BoardView) -> Callable[[BoardView], None]:
        if not view.boards:
            return lambda later: None
        with block(self._desk.say("console.campaigns.board.ranking")):
            part: Part[tuple[Board, ...]] = Part(lambda boards: draw_leaderboard(self._desk, boards))
        return lambda later: part.show(later.boards)

    def _note_part(self, view: BoardView) -> Callable[[BoardView], None]:
        groups = {group.chat: group.name or group.chat for group in view.sheet.groups}
        with block(self._desk.say("console.campaigns.board.notes")):
            faint(self._desk.say("console.campaigns.notes.why"))
            self._notes.draw_line(groups)
            part: Part[tuple[Note, ...]] = Part(lambda notes: self._notes.draw_list(notes, groups))
        return lambda later: part.show(later.sheet.notes)


def _together(*shows: Callable[[BoardView], None]) -> Callable[[BoardView], Callable[[BoardView], None]]:
    def show(view: BoardView) -> None:
        for one in shows:
            one(view)

    def first(view: BoardView) -> Callable[[BoardView], None]:
        show(view)
        return show

    return first


def board_pages(door: Door, sheets: CampaignSheets, rows: CampaignRows) -> Pages:
    """The page of the live board."""

    async def show(desk: Desk, name: str) -> None:
        dress()
        await BoardPage(desk, door, sheets, rows, name).begin()

    return (ConsolePage("/campaigns/{name}", "console.campaigns.board", Right.SEE_CAMPAIGNS, show),)
