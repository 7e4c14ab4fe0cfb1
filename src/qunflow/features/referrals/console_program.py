"""One referral program: its terms and budget, changing and closing it, and a customer's link; the form of a new one."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from nicegui import ui

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import BPS, MAX_FEN, yuan
from qunflow.domain.rights import Right
from qunflow.features.referrals import acts, store
from qunflow.features.referrals.console_rows import ProgramSheet, ReferralRows
from qunflow.features.referrals.model import STATUSES
from qunflow.features.referrals.program import MAX_RULES, Terms
from qunflow.web.desk import Desk
from qunflow.web.links import Links
from qunflow.web.widgets.asking import ask_first
from qunflow.web.widgets.forms import Field, Form, Kind
from qunflow.web.widgets.live import Live, show_live
from qunflow.web.widgets.look import block, dress, faint, link, steady

_MOST_STAFF = 600


def term_fields(new: bool) -> list[Field]:
    """The fields of a program's terms, its name first when it is a new one."""
    say = "console.referrals.field"
    named = [Field("name", f"{say}.name", least=2, most=40, required=True)] if new else []
    return [
        *named,
        Field("title", f"{say}.title", least=1, most=60, required=True),
        Field("product", f"{say}.product", least=1, most=60, required=True),
        Field("reward_fen", f"{say}.reward_fen", Kind.MONEY, 0, MAX_FEN, default=0),
        Field("reward_bps", f"{say}.reward_bps", Kind.PERCENT, 0, BPS, default=0),
        Field("cap_fen", f"{say}.cap_fen", Kind.MONEY, 0, MAX_FEN, default=0),
        Field("least_order_fen", f"{say}.least_order_fen", Kind.MONEY, 1, MAX_FEN, default=1),
        Field("budget_total_fen", f"{say}.budget_total_fen", Kind.MONEY, 1, MAX_FEN, required=True),
        Field("budget_daily_fen", f"{say}.budget_daily_fen", Kind.MONEY, 1, MAX_FEN, required=True),
        Field("hold_days", f"{say}.hold_days", Kind.NUMBER, 0, 180, default=15),
        Field("protect_days", f"{say}.protect_days", Kind.NUMBER, 1, 730, default=90),
        Field("four_eyes_fen", f"{say}.four_eyes_fen", Kind.MONEY, 1, MAX_FEN, default=500_000),
        Field("leads_per_day", f"{say}.leads_per_day", Kind.NUMBER, 1, 1_000, default=20),
        Field("channel", f"{say}.channel", most=64),
        Field("staff", f"{say}.staff", most=_MOST_STAFF),
        Field("rules", f"{say}.rules", Kind.LONG, most=MAX_RULES),
    ]


def terms_of(data: dict[str, Any]) -> Terms:
    """The terms that a form holds."""
    told = {name: value for name, value in data.items() if value is not None and name not in ("name", "staff")}
    listed = str(data.get("staff") or "").replace("，", ",").split(",")
    return Terms(**told, staff=tuple(one.strip() for one in listed if one.strip()))


class TermsForm:
    """The form of a new program's terms, or of an old one's."""

    def __init__(self, desk: Desk, rows: ReferralRows, name: str = "", terms: Terms | None = None) -> None:
        self._desk, self._rows, self._name = desk, rows, name
        data: dict[str, Any] = {}
        if terms is not None:
            data = {**asdict(terms), "staff": ", ".join(terms.staff)}
            data.pop("tz")
        self._form = Form(desk, term_fields(terms is None), data)

    def draw(self, button: str) -> None:
        """The fields with their button."""
        with block(self._desk.say("console.referrals.field")):
            self._form.draw()
            send = ui.button(self._desk.say(button), on_click=self._send)
            send.props("unelevated no-caps").mark("send-terms")

    async def _send(self) -> None:
        if not self._form.check():
            return
        desk = self._desk
        name = self._name or str(self._form.data["name"])
        if await desk.act(Right.RUN_CAMPAIGNS, "referral.set", name, lambda: self._store(name)) is not None:
            self._rows.forget(desk.workspace)
            ui.navigate.to(f"/referrals/program/{name}")

    async def _store(self, name: str) -> str:
        desk, terms = self._desk, terms_of(dict(self._form.data))
        try:
            if not self._name:
                await self._check_new(name)
            return await acts.set_program(self._rows.door, desk.workspace, name, terms, desk.operator.account)
        except InvalidInput as error:
            self._form.tell({error.field: error.rule})
            raise

    async def _check_new(self, name: str) -> None:
        known = await acts.list_programs(self._rows.door, self._desk.workspace)
        if any(one.name == name for one in known):
            raise InvalidInput("referral_name", "there is a program of this name", field="name")


class NewProgram:
    """The page of a new program."""

    def __init__(self, desk: Desk, rows: ReferralRows) -> None:
        self._desk, self._rows = desk, rows

    def draw(self) -> None:
        """The form."""
        dress()
        link(self._desk.say("console.referrals.title"), "/referrals")
        ui.label(self._desk.say("console.referrals.new")).classes("text-h6").props('role=heading aria-level="1"')
        faint(self._desk.say("console.referrals.text"))
        TermsForm(self._desk, self._rows).draw("console.referrals.add")


class ProgramPage:
    """The page of one program, at most some seconds old."""

    def __init__(self, desk: Desk, rows: ReferralRows, links: Links, name: str) -> None:
        self._desk, self._rows, self._links, self._name = desk, rows, links, name
        self._live: Live[ProgramSheet] | None = None

    async def begin(self) -> None:
        """Draw, and keep fresh. Raises NotFound."""
        desk = self._desk
        sheet = await self._rows.program(desk.workspace, self._name)
        terms = sheet.state.terms
        assert terms is not None
        dress()
        link(desk.say("console.referrals.title"), "/referrals")
        with ui.element("div").classes("qf-row w-full"):
            ui.label(terms.title).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            link(desk.say("console.referrals.leads"), f"/referrals/leads?f.program={self._name}")
        self._live = await show_live(desk, self._load, self._draw)
        if desk.may(Right.RUN_CAMPAIGNS):
            LinkMaker(desk, self._rows, self._links, self._name).draw()
            with ui.expansion(desk.say("console.referrals.change")).classes("w-full"):
                faint(desk.say("console.referrals.change.text"))
                TermsForm(desk, self._rows, self._name, terms).draw("console.referrals.change")

    async def _load(self) -> ProgramSheet:
        return await self._rows.program(self._desk.workspace, self._name)

    def _draw(self, sheet: ProgramSheet) -> None:
        desk, terms = self._desk, sheet.state.terms
        assert terms is not None
        with block(desk.say("console.referrals.field")):
            if terms.reward_fen:
                ui.label(desk.say("console.referrals.reward.fixed", yuan=yuan(terms.reward_fen)))
            else:
                percent = f"{terms.reward_bps * 100 / BPS:g}"
                ui.label(desk.say("console.referrals.reward.share", percent=percent, yuan=yuan(terms.cap_fen)))
            told = {"hold": terms.hold_days, "protect": terms.protect_days}
            sums = {"eyes": yuan(terms.four_eyes_fen), "daily": yuan(terms.budget_daily_fen)}
            ui.label(desk.say("console.referrals.terms.line", **told, **sums))
            if terms.rules:
                faint(terms.rules).style("white-space: pre-line")
        with block(desk.say("console.referrals.money")):
            left = {"total": yuan(terms.budget_total_fen), "left": yuan(sheet.left_fen)}
            ui.label(desk.say("console.referrals.money.line", **left)).props["data-left"] = str(sheet.left_fen)
            with ui.element("div").classes("qf-row"):
                for status in STATUSES:
                    words = f"{desk.say(f'console.referrals.status.{status}')} {sheet.counts.get(status, 0)}"
                    ui.badge(words, color="grey-8").props("outline")
            if desk.may(Right.RUN_CAMPAIGNS):
                with ui.element("div").classes("qf-row"):
                    code = "reopen" if sheet.state.closed else "close"
                    button = ui.button(desk.say(f"console.referrals.{code}"), color=None).props("outline no-caps")
                    button.on_click(steady(lambda: self._close(not sheet.state.closed))).mark("close-program")

    async def _close(self, closed: bool) -> None:
        desk = self._desk
        if closed:
            heading, text = desk.say("console.referrals.close.ask"), desk.say("console.referrals.close.text")
            if not await ask_first(desk, heading, text, desk.say("console.referrals.close")):
                return

        async def work() -> str:
            by = desk.operator.account
            return await acts.close_program(self._rows.door, desk.workspace, self._name, closed, by)

        await desk.act(Right.RUN_CAMPAIGNS, "referral.close" if closed else "referral.reopen", self._name, work)
        self._rows.forget(desk.workspace)
        if self._live is not None:
            await self._live.refresh()


class LinkMaker:
    """Finds a customer and shows the personal link to send."""

    def __init__(self, desk: Desk, rows: ReferralRows, links: Links, name: str) -> None:
        self._desk, self._rows, self._links, self._name = desk, rows, links, name

    def draw(self) -> None:
        """A field, a button, and what was found."""
        desk = self._desk
        with block(desk.say("console.referrals.link")):
            faint(desk.say("console.referrals.link.text"))
            with ui.element("div").classes("qf-row"):
                self._words = ui.input(desk.say("console.referrals.link.find")).props("outlined dense maxlength=100")
                self._words.mark("customer")
                find = ui.button(desk.say("console.referrals.link.make")).props("unelevated no-caps").mark("make-link")
                find.on_click(steady(self._find))
            self._place = ui.element("div").classes("qf-stack")

    async def _find(self) -> None:
        desk, words = self._desk, str(self._words.value or "").strip()
        self._place.clear()
        if not words:
            return
        async with self._rows.door.database.read(desk.workspace) as unit:
            found = await store.find_people(unit, words)
        if len(found) == 1:
            await self._show(found[0][0])
            return
        with self._place:
            ui.label(desk.say("console.referrals.link.many" if found else "console.referrals.link.none"))
            for person, name in found:
                choose = ui.button(f"{name} ({person[:8]})", color=None).props("outline no-caps")
                choose.on_click(steady(partial(self._show, person)))

    async def _show(self, person: str) -> None:
        desk = self._desk

        async def work() -> str:
            await acts.open_recommender(self._rows.door, desk.workspace, self._name, person)
            return acts.own_link(self._links, desk.workspace, self._name, person)

        address = await desk.act(Right.RUN_CAMPAIGNS, "referral.link", self._name, work, person=person)
        if address is None:
            return
        self._place.clear()
        with self._place, ui.element("div").classes("qf-row"):
            ui.link(address, address, new_tab=True).style("overflow-wrap: anywhere").mark("own-link")
            copy = ui.button(desk.say("console.referrals.link.copy"), icon="content_copy").props("flat no-caps")
            copy.on_click(lambda: ui.clipboard.write(address))
