"""Stage records 阶段记录 on the console: who reached what, one fact by a form, many by a file, with its result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nicegui import ui
from nicegui.events import UploadEventArguments

from qunflow.domain.money import MAX_FEN
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.campaigns import stage_acts
from qunflow.features.campaigns.mechanics.stages import due
from qunflow.features.campaigns.model import CampaignState
from qunflow.features.campaigns.stage_acts import REFUSED, TAKEN, UNKNOWN, StageResult
from qunflow.features.campaigns.stage_files import MAX_BYTES, MAX_LINES, MAX_ORDER, StageLine
from qunflow.features.campaigns.stage_rows import StageQuestion, read_stage_rows
from qunflow.features.campaigns.whom import MAX_NAME
from qunflow.web.csv_file import MEDIA_TYPE
from qunflow.web.desk import ConsoleFile, ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.asking import ask_for
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.forms import Field, Kind
from qunflow.web.widgets.freshness import Fresh
from qunflow.web.widgets.listing import Cell, Column, Empty, Listing, ListPage, ListQuery, show_list
from qunflow.web.widgets.look import block, dress, faint, link, steady
from qunflow.web.widgets.progress import Progress, Report

_TEXT = "console.stages"
FRESH_SECONDS, EVERY_SECONDS = 2.0, 4.0
SORT = "-changed_at"
#: So many lines that did not count are shown; all of them stand in the file of results.
MOST_SHOWN = 50
COLUMNS = (
    Column("friend", f"{_TEXT}.col.friend", sortable=True),
    Column("inviter", f"{_TEXT}.col.inviter", sortable=True),
    Column("stages", f"{_TEXT}.col.stages", filterable=True),
    Column("reached", f"{_TEXT}.col.reached", Cell.NUMBER, True),
    Column("due", f"{_TEXT}.col.due", Cell.MONEY),
    Column("changed_at", f"{_TEXT}.col.changed_at", Cell.TIME, True),
)
EXPORTED = (Column("key", f"{_TEXT}.col.person"), *COLUMNS)


def draw_stages_link(desk: Desk, state: CampaignState) -> None:
    """The way to this page, from a campaign that pays by stages."""
    if state.plan is not None and len(state.plan.stages) > 1:
        link(desk.say(_TEXT), f"/campaigns/{state.campaign}/stages")


class StageRows:
    """The lists of every campaign, each question answered once in some seconds for everybody who looks."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self._pages: Fresh[ListPage] = Fresh(FRESH_SECONDS)

    async def page(self, workspace: str, name: str, query: ListQuery) -> ListPage:
        """One page of the list. Raises NotFound, Conflict."""
        key = (workspace, name, str(query))
        return await self._pages.get(key, lambda: self._read(workspace, name, query))

    def forget(self) -> None:
        """Something was recorded."""
        self._pages = Fresh(FRESH_SECONDS)

    async def _read(self, workspace: str, name: str, query: ListQuery) -> ListPage:
        state = await stage_acts.staged_campaign(self.door, workspace, name)
        asked = StageQuestion(
            query.search, query.filters.get("stages", ""), query.sort, query.descending, query.per_page, query.offset
        )
        async with self.door.database.read(workspace) as unit:
            rows, total = await read_stage_rows(unit, name, asked)
        return ListPage([_row(state, row) for row in rows], total)


def _row(state: CampaignState, row: dict[str, Any]) -> dict[str, Any]:
    stages = state.plan.stages if state.plan is not None else ()
    reached = [stage.name for stage in stages if stage.name in row["stages"]]
    skips = [stage.name for stage in stages if stage.skip_ok]
    return {
        "key": row["friend"],
        "friend": row["friend_name"] or row["friend"][:8],
        "inviter": row["inviter_name"] or row["inviter"][:8],
        "stages": "、".join(reached),
        "reached": len(reached),
        "due": due([(stage.name, stage.amount_fen) for stage in stages], {row["friend"]: reached}, skips=skips),
        "changed_at": row["changed_at"],
    }


def stage_pages(door: Door) -> Pages:
    """``/campaigns/{name}/stages`` and its export."""
    rows = StageRows(door)

    async def show(desk: Desk, name: str) -> None:
        dress()
        state = await stage_acts.staged_campaign(door, desk.workspace, name)
        await StagePage(desk, rows, state).begin()

    async def make(operator: Operator, name: str, **parameters: str) -> tuple[str, str, bytes]:
        async def load(asker: Operator, query: ListQuery) -> ListPage:
            return await rows.page(asker.workspace, name, query)

        return await export_file("", f"stages-{name}", EXPORTED, load, sort=SORT).make(operator, **parameters)

    return (
        ConsolePage("/campaigns/{name}/stages", _TEXT, Right.SEE_CAMPAIGNS, show),
        ConsoleFile("/campaigns/{name}/stages.csv", Right.EXPORT, make),
    )


class StagePage:
    """The page of one campaign."""

    def __init__(self, desk: Desk, rows: StageRows, state: CampaignState) -> None:
        self._desk, self._rows, self._state, self._name = desk, rows, state, state.campaign
        self._list: Listing | None = None

    async def begin(self) -> None:
        """Draw everything."""
        desk, plan = self._desk, self._state.plan
        link(plan.title if plan is not None else self._name, f"/campaigns/{self._name}")
        ui.label(desk.say(_TEXT)).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say(f"{_TEXT}.text"))
        if desk.may(Right.RUN_CAMPAIGNS):
            self._draw_acts()

        async def load(query: ListQuery) -> ListPage:
            return await self._rows.page(desk.workspace, self._name, query)

        export = f"/campaigns/{self._name}/stages.csv"
        options = {"empty": Empty(f"{_TEXT}.empty"), "sort": SORT, "export": export, "every": EVERY_SECONDS}
        self._list = await show_list(desk, COLUMNS, load, **options)

    def _draw_acts(self) -> None:
        desk = self._desk
        with ui.element("div").classes("qf-two"):
            with block(desk.say(f"{_TEXT}.one")):
                faint(desk.say(f"{_TEXT}.one.text"))
                add = ui.button(desk.say(f"{_TEXT}.record"), icon="add").props("unelevated no-caps")
                add.on_click(steady(self._record)).classes("self-start").mark("record-stage")
            with block(desk.say(f"{_TEXT}.file")):
                faint(desk.say(f"{_TEXT}.file.text", most=f"{MAX_LINES:,}"))
                upload = ui.upload(on_upload=self._uploaded, auto_upload=True, max_file_size=MAX_BYTES, max_files=20)
                upload.props('accept=".csv" flat bordered').classes("w-full")
                upload.props["label"] = desk.say(f"{_TEXT}.import")
                self._upload = upload
        self._place = ui.element("div").classes("qf-stack")

    async def _record(self) -> None:
        desk = self._desk
        given = await ask_for(desk, desk.say(f"{_TEXT}.record"), "", desk.say(f"{_TEXT}.save"), self._fields())
        if given is None:
            return
        told = StageLine(
            0,
            str(given["person"]),
            str(given["stage"]),
            int(given.get("fen") or 0),
            str(given.get("order") or ""),
            bool(given.get("reverse")),
        )

        async def work() -> StageResult:
            return await stage_acts.record_stage(self._rows.door, desk.workspace, self._name, told)

        act = "campaign.stage_back" if told.reverse else "campaign.stage"
        details = {"person": told.person, "stage": told.stage, "fen": told.fen, "order": told.order}
        found = await desk.act(Right.RUN_CAMPAIGNS, act, self._name, work, **details)
        if found is not None:
            ui.notify(
                desk.say(f"{_TEXT}.outcome.{found.outcome}"), type="positive" if found.outcome == TAKEN else "info"
            )
        await self._changed()

    def _fields(self) -> tuple[Field, ...]:
        stages = self._state.plan.stages[1:] if self._state.plan is not None else ()
        options = {stage.name: stage.name for stage in stages}
        first = stages[0].name if stages else None
        return (
            Field("person", f"{_TEXT}.field.person", Kind.TEXT, 1, MAX_NAME, required=True),
            Field("stage", f"{_TEXT}.field.stage", Kind.CHOICE, required=True, options=options, default=first),
            Field("fen", f"{_TEXT}.field.fen", Kind.MONEY, 0, MAX_FEN),
            Field("order", f"{_TEXT}.field.order", Kind.TEXT, 1, MAX_ORDER),
            Field("reverse", f"{_TEXT}.field.reverse", Kind.SWITCH),
        )

    async def _uploaded(self, event: UploadEventArguments) -> None:
        desk, content = self._desk, await event.file.read()
        self._upload.reset()
        self._place.clear()

        async def work(report: Report) -> str:
            def told(done: int, of: int) -> None:
                report(done, of, desk.say(f"{_TEXT}.progress", done=f"{done:,}", of=f"{of:,}"))

            async def take() -> tuple[StageResult, ...]:
                return await stage_acts.import_stages(self._rows.door, desk.workspace, self._name, content, told)

            found = await desk.act(Right.RUN_CAMPAIGNS, "campaign.stage_import", self._name, take, bytes=len(content))
            await self._changed()
            if found is None:
                return desk.say(f"{_TEXT}.not_read")
            self._show_results(found)
            return desk.say(f"{_TEXT}.done", **stage_acts.count_outcomes(found))

        with self._place:
            Progress(desk, desk.say(f"{_TEXT}.importing", file=event.file.name[:80]), work).start()

    def _show_results(self, results: Sequence[StageResult]) -> None:
        if self._place.is_deleted:
            return
        desk, body = self._desk, stage_acts.results_file(results)
        bad = [result for result in results if result.outcome in (REFUSED, UNKNOWN)]
        with self._place, block(desk.say(f"{_TEXT}.results")):
            save = ui.button(desk.say(f"{_TEXT}.results.save"), icon="download").props("flat no-caps")
            name = f"stages-{self._name}-results.csv"
            save.on_click(lambda: ui.download.content(body, name, MEDIA_TYPE)).classes("self-start")
            if not bad:
                ui.label(desk.say(f"{_TEXT}.results.none"))
                return
            if len(bad) > MOST_SHOWN:
                faint(desk.say(f"{_TEXT}.results.more", shown=MOST_SHOWN, of=f"{len(bad):,}"))
            with ui.element("table").classes("qf-plain"):
                with ui.element("tr"):
                    for column in ("line", "person", "stage", "order", "why"):
                        with ui.element("th").props('scope="col"'):
                            ui.label(desk.say(f"{_TEXT}.results.{column}"))
                for result in bad[:MOST_SHOWN]:
                    self._result_row(result)

    def _result_row(self, result: StageResult) -> None:
        told = result.told
        with ui.element("tr") as row:
            row.props["data-outcome"] = result.outcome
            for text in (
                f"{told.line:,}",
                told.person[:80],
                told.stage[:80],
                told.order,
                why_words(self._desk, result),
            ):
                with ui.element("td"):
                    ui.label(text)

    async def _changed(self) -> None:
        self._rows.forget()
        if self._list is not None:
            await self._list.refresh()


#: Why a line was refused, where it is said in words.
WHY = (
    "line_person", "line_stage", "line_fen", "line_order", "line_reverse", "stage_first", "no_inviter",
    "stage_order", "stage_unknown", "expired", "below_minimum", "not_running", "not_participating",
)  # fmt: skip


def why_words(desk: Desk, result: StageResult) -> str:
    """What became of a line that did not count."""
    if result.outcome == UNKNOWN:
        return desk.say(f"{_TEXT}.why.unknown")
    if result.reason not in WHY:
        return result.reason
    words = desk.say(f"{_TEXT}.why.{result.reason}")
    return f"{words} ({result.detail})" if result.detail else words
