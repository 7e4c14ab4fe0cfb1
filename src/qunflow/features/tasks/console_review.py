"""The page ``/reviews``: one proof after the other by keyboard, and the list of all that wait."""

from __future__ import annotations

import time
from collections.abc import Sequence

from nicegui import background_tasks, ui
from nicegui.events import KeyEventArguments

from qunflow.domain.errors import QunflowError
from qunflow.domain.reasons import Reason
from qunflow.domain.rights import Right
from qunflow.features.tasks import acts
from qunflow.features.tasks.console_keys import ReviewActs, draw_acts, show_keys
from qunflow.features.tasks.console_proof import CSS, Watch, draw_facts, draw_picture, load_proof
from qunflow.features.tasks.console_queue import COLUMNS, ReviewQueue, filter_of
from qunflow.features.tasks.console_undo import UndoBar
from qunflow.features.tasks.console_words import KEYS, wait_words
from qunflow.features.tasks.model import UNDO_SECONDS
from qunflow.features.tasks.store import QueueFilter
from qunflow.storage.blobs import BlobStore
from qunflow.web.desk import Desk
from qunflow.web.widgets.asking import ask_first, ask_for
from qunflow.web.widgets.figures import Figure
from qunflow.web.widgets.formats import number_words, span_words
from qunflow.web.widgets.forms import Field, Kind
from qunflow.web.widgets.listing import BulkAct, Empty, Listing, ListPage, ListQuery, RowAct
from qunflow.web.widgets.listing_query import Row
from qunflow.web.widgets.look import block, dress

TICK_SECONDS = 2.0
RENEW_SECONDS = 120.0


class ReviewPage:
    """One reviewer's page. Nothing is decided about a picture that the browser has not shown yet."""

    def __init__(self, desk: Desk, queue: ReviewQueue, blobs: BlobStore) -> None:
        self._desk, self._queue, self._blobs = desk, queue, blobs
        self._me = desk.operator.account
        self._may = desk.may(Right.REVIEW)
        self._open: acts.Seen | None = None
        self._name = ""
        self._ready = self._busy = self._asking = False
        self._undo_bar = UndoBar(desk, queue)
        self._renewed = 0.0
        self._list: Listing | None = None
        self._reasons: ui.element | None = None

    async def begin(self) -> None:
        """Draw, open the first proof, and keep fresh."""
        dress()
        ui.add_css(CSS)
        self._draw_figures()
        self._undo_bar.draw(self._undo)
        with block() as self._pane:
            self._pane.props["aria-label"] = self._desk.say("console.reviews.open")
        await self._draw_list()
        await self._step()
        await self._tick()
        ui.timer(TICK_SECONDS, self._tick, immediate=False)
        ui.keyboard(self._key, repeating=False, ignore=["input", "select", "textarea"])
        ui.context.client.on_delete(self._leave_later)

    # --- figures and list -----------------------------------------------------------------------------------------

    def _draw_figures(self) -> None:
        names = ("waiting", "oldest", "median", "decided")
        with ui.element("div").classes("qf-four"):
            self._figures = {name: Figure(self._desk, f"console.reviews.figure.{name}") for name in names}

    async def _draw_list(self) -> None:
        desk = self._desk
        with block(desk.say("console.reviews.list")):
            rows = [RowAct("open", "console.reviews.open_one", "visibility", Right.SEE_REVIEWS, self._open_row)]
            bulk = [BulkAct("approve", "console.reviews.bulk", "done_all", Right.REVIEW, self._bulk)]
            empty = Empty("console.reviews.empty", "console.reviews.empty.to", "/campaigns", Right.SEE_CAMPAIGNS)
            self._list = Listing(
                desk, COLUMNS, self._load, empty=empty, acts=rows, bulk=bulk, export="/reviews.csv", every=TICK_SECONDS
            )
            await self._list.begin()

    async def _load(self, query: ListQuery) -> ListPage:
        page = await self._queue.list_page(self._desk.workspace, query)
        return ListPage([{**row, "more": self._more(row)} for row in page.rows], page.total)

    def _more(self, row: Row) -> str:
        """Other findings, the attempt, and who has it open."""
        say = self._desk.say
        told = [say(f"console.reviews.finding.{code}") for code in row["more_codes"]]
        told.append(say("console.reviews.more.attempt", attempt=row["attempt"]))
        if row["holder"]:
            told.append(say("console.reviews.more.holder", name=row["holder"]))
        return " · ".join(told)

    def _wanted(self) -> QueueFilter:
        return filter_of(self._list.query) if self._list is not None else QueueFilter()

    async def _tick(self) -> None:
        desk, now = self._desk, self._queue.door.clock.now()
        count = await self._queue.count(desk.workspace)
        self._figures["waiting"].show(number_words(count.waiting))
        self._figures["oldest"].show(wait_words(desk, count.oldest, now))
        self._figures["median"].show(span_words(desk.say, count.median_wait))
        self._figures["decided"].show(number_words(count.decided))
        self._undo_bar.count()
        if self._busy:
            return
        if self._open is None:
            if count.waiting:
                await self._step()
            return
        _, status = await self._queue.one(desk.workspace, self._open[0])
        if status != "queued":
            await self._lost()
        elif self._may and time.monotonic() - self._renewed > RENEW_SECONDS:
            await self._renew()

    async def _renew(self) -> None:
        assert self._open is not None
        self._renewed = time.monotonic()
        try:
            await acts.open_proof(self._queue.door, self._desk.workspace, self._open, self._me)
        except QunflowError:
            await self._lost()

    async def _lost(self) -> None:
        """Somebody else decided or has it open now: say so, and go on."""
        ui.notify(self._desk.say("console.reviews.lost", name=self._name), type="warning")
        self._open = None
        await self._step()

    # --- one proof ------------------------------------------------------------------------------------------------

    async def _step(self, after: str = "", back: bool = False) -> None:
        """Open the next proof, or the one before; at an end the present one stays."""
        door, workspace = self._queue.door, self._desk.workspace
        if self._may:
            name = await acts.step(door, workspace, self._wanted(), self._me, after, back)
        else:
            found, _ = await self._queue.page(workspace, ListQuery())
            name = next((proof.submission for proof in found if proof.submission != after), "")
        if name:
            await self._show(name)
        elif self._open is None:
            self._show_nothing()
        else:
            ui.notify(self._desk.say("console.reviews.end"), type="info", timeout=1500)

    async def _show(self, name: str) -> None:
        before = self._open
        sheet = await load_proof(self._queue, self._blobs, self._desk.workspace, name)
        self._open, self._name, self._ready = (name, sheet.proof.attempt), sheet.proof.name, False
        self._renewed = time.monotonic()
        if before is not None and before[0] != name:
            await acts.leave_proof(self._queue.door, self._desk.workspace, before[0], self._me)
        seen = self._open
        self._pane.clear()
        with self._pane, ui.element("div").classes("qf-review"):
            self._pane.props["data-open"] = name
            with ui.element("div").classes("qf-stack"):
                draw_picture(self._desk, sheet, Watch(lambda: self._shown(seen), self._gone, self._zoomed))
            with ui.element("div").classes("qf-stack"):
                if self._may:
                    self._reasons = draw_acts(self._desk, self._acts())
                draw_facts(self._desk, self._queue, sheet)

    def _shown(self, seen: acts.Seen) -> None:
        if seen == self._open:
            self._ready = True
            self._pane.props["data-ready"] = name_of(seen)
            self._pane.update()

    def _zoomed(self, zoomed: bool) -> None:
        self._asking = zoomed

    def _gone(self) -> None:
        with self._pane:
            ui.notify(self._desk.say("console.reviews.gone"), type="warning")

    def _show_nothing(self) -> None:
        self._pane.clear()
        self._pane.props["data-open"] = ""
        with self._pane, ui.element("div").classes("qf-empty"):
            narrowed = self._list is not None and self._list.query.narrowed
            code = "none_here" if narrowed else "all_done"
            ui.label(self._desk.say(f"console.reviews.{code}")).style("max-width: 480px")

    def _acts(self) -> ReviewActs:
        return ReviewActs(
            lambda: self._decide(True),
            self._ask_reason,
            self._reject,
            lambda: self._go(True),
            lambda: self._go(False),
        )

    # --- deciding -------------------------------------------------------------------------------------------------

    async def _decide(self, approve: bool, reason: str = "", words: str = "") -> None:
        if self._open is None or self._busy or not self._ready:
            return
        seen, name = self._open, self._name
        self._busy = True
        try:
            status = await self._write(seen, approve, reason, words)
            if status:
                code = "needs_second" if status == "needs_second" else "approved" if approve else "rejected"
                said = self._desk.say(f"console.reviews.done.{code}", name=name)
                self._undo_bar.note((seen,), said)
            await self._after(seen, decided=bool(status))
        finally:
            self._busy = False

    async def _write(self, seen: acts.Seen, approve: bool, reason: str, words: str) -> str:
        door, workspace = self._queue.door, self._desk.workspace

        async def work() -> str:
            digest = await acts.keep_words(door, self._blobs, workspace, seen[0], words) if words else ""
            found = await acts.decide(door, workspace, seen, approve, self._me, reason, digest, hold=UNDO_SECONDS)
            return str(found["status"])

        act = "review.approve" if approve else "review.reject"
        details = {"attempt": seen[1], **({"reason": reason} if reason else {})}
        return await self._desk.act(Right.REVIEW, act, seen[0], work, **details) or ""

    async def _after(self, seen: acts.Seen, decided: bool) -> None:
        """The next proof; after a refusal too, unless this one still waits for us."""
        self._queue.forget(self._desk.workspace, seen[0])
        if not decided and (await self._queue.one(self._desk.workspace, seen[0]))[1] == "queued":
            return
        self._open = None
        await self._step()
        if self._list is not None:
            await self._list.refresh()

    def _ask_reason(self) -> None:
        if self._open is not None and self._ready and self._reasons is not None:
            self._reasons.set_visibility(not self._reasons.visible)

    async def _reject(self, reason: Reason) -> None:
        if self._open is None or self._busy or not self._ready:
            return
        words = ""
        if reason is Reason.OTHER:
            field = Field("words", "console.reviews.words", Kind.LONG, required=True, most=acts.MAX_WORDS)
            self._asking = True
            heading, act = self._desk.say("console.reviews.words.ask"), self._desk.say("console.reviews.reject")
            data = await ask_for(self._desk, heading, "", act, [field])
            self._asking = False
            if data is None:
                return
            words = str(data["words"])
        await self._decide(False, str(reason), words)

    async def _go(self, back: bool) -> None:
        if not self._busy:
            await self._step(self._open[0] if self._open is not None else "", back)

    async def _open_row(self, row: Row) -> None:
        if self._may:
            seen = (str(row["key"]), int(row["number"]))
            await acts.open_proof(self._queue.door, self._desk.workspace, seen, self._me)
        await self._show(str(row["key"]))
        ui.run_javascript("window.scrollTo({top: 0})")

    async def _bulk(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        desk, door = self._desk, self._queue.door
        seen = [(str(row["key"]), int(row["number"])) for row in rows]
        heading = desk.say("console.reviews.bulk.ask", count=len(seen))
        self._asking = True
        sure = await ask_first(
            desk, heading, desk.say("console.reviews.bulk.text"), desk.say("console.reviews.approve"), danger=False
        )
        self._asking = False
        if not sure:
            return

        async def work() -> acts.BulkDone:
            return await acts.approve_many(door, desk.workspace, seen, self._me, hold=UNDO_SECONDS)

        done = await desk.act(Right.REVIEW, "review.bulk", f"{len(seen)} proofs", work, first=seen[0][0])
        if done is None:
            return
        said = desk.say("console.reviews.done.bulk", done=len(done.done), refused=len(done.refused))
        self._undo_bar.note(done.done, said)
        if self._open is not None and self._open[0] in {name for name, _ in done.done}:
            self._open = None
        self._queue.forget(desk.workspace)
        if self._open is None:
            await self._step()

    async def _undo(self) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            again = await self._undo_bar.undo()
            if again:
                await self._show(again)
            if self._list is not None:
                await self._list.refresh()
        finally:
            self._busy = False

    # --- keys -----------------------------------------------------------------------------------------------------

    async def _key(self, event: KeyEventArguments) -> None:
        held = event.modifiers
        if not event.action.keydown or self._asking or held.ctrl or held.alt or held.meta:
            return
        key = event.key.name.lower() if len(event.key.name) == 1 else event.key.name
        if key == "?":
            show_keys(self._desk)
        elif not self._may:
            return
        elif key in KEYS and self._reasons_open():
            await self._reject(KEYS[key])
        elif key == "Escape" and self._reasons_open():
            self._ask_reason()
        elif key == "u":
            await self._undo()
        elif self._open is not None:
            await self._key_of_proof(key)

    async def _key_of_proof(self, key: str) -> None:
        if key == "a" and not self._reasons_open():
            await self._decide(True)
        elif key == "r":
            self._ask_reason()
        elif key in ("j", "k"):
            await self._go(key == "k")

    def _reasons_open(self) -> bool:
        return self._reasons is not None and not self._reasons.is_deleted and self._reasons.visible

    def _leave_later(self) -> None:
        """The page was closed: others may have the proof at once."""
        if self._open is not None and self._may:
            leave = acts.leave_proof(self._queue.door, self._desk.workspace, self._open[0], self._me)
            background_tasks.create(leave, name="leave proof")


def name_of(seen: acts.Seen) -> str:
    """One attempt in one word."""
    return f"{seen[0]}#{seen[1]}"
