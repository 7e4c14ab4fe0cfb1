"""One recommended friend on the console: what is known, what is due, and what staff do next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from qunflow.domain.money import MAX_FEN, yuan
from qunflow.domain.rights import Right
from qunflow.features.referrals import acts
from qunflow.features.referrals.console_rows import TONES, LeadSheet, ReferralRows
from qunflow.features.referrals.model import ALIVE, LOST_REASONS, OPEN, WON, LeadState
from qunflow.web.desk import Desk
from qunflow.web.widgets.asking import ask_first, ask_for
from qunflow.web.widgets.forms import Field, Kind
from qunflow.web.widgets.live import Live, show_live
from qunflow.web.widgets.look import block, dress, faint, link, steady, title

_SAY = "console.referrals.act"


class LeadPage:
    """The page of one lead, at most some seconds old."""

    def __init__(self, desk: Desk, rows: ReferralRows, lead: str) -> None:
        self._desk, self._rows, self._lead = desk, rows, lead
        self._live: Live[LeadSheet] | None = None

    async def begin(self) -> None:
        """Draw, and keep fresh. Raises NotFound."""
        dress()
        await acts.find_lead(self._rows.door, self._desk.workspace, self._lead)
        link(self._desk.say("console.referrals.leads"), "/referrals/leads")
        self._live = await show_live(self._desk, self._load, self._draw)

    async def _load(self) -> LeadSheet:
        return await self._rows.lead(self._desk.workspace, self._lead)

    def _draw(self, sheet: LeadSheet) -> None:
        desk, state = self._desk, sheet.state
        with ui.element("div").classes("qf-row"):
            ui.label(sheet.friend).classes("text-h6").props('role=heading aria-level="1"')
            badge = ui.badge(desk.say(f"console.referrals.status.{state.shown}"), color=TONES[state.shown])
            badge.props("outline").props["data-status"] = state.shown
        with ui.element("div").classes("qf-two"):
            with block(desk.say("console.referrals.lead.facts")):
                self._facts(sheet)
            with block(desk.say("console.referrals.lead.money")):
                self._money(state)
        if desk.may(Right.RUN_CAMPAIGNS) or desk.may(Right.PAY_REWARDS):
            with block(desk.say(_SAY)), ui.element("div").classes("qf-row"):
                self._acts(sheet)

    def _facts(self, sheet: LeadSheet) -> None:
        desk, state = self._desk, sheet.state
        told = (
            ("col.program", state.program),
            ("col.recommender", sheet.recommender),
            ("source", desk.say(f"console.referrals.source.{state.source}")),
            ("col.opened_at", desk.local(state.opened_at)),
            ("col.protected_until", desk.local(state.protected_until)),
        )
        with ui.element("table").classes("qf-plain"):
            for name, value in told:
                with ui.element("tr"):
                    with ui.element("td"):
                        ui.label(desk.say(f"console.referrals.{name}"))
                    with ui.element("td"):
                        ui.label(value)
        if state.reason:
            reason = desk.say(f"console.referrals.lost.{state.reason}")
            faint(desk.say("console.referrals.lead.ended", reason=reason))

    def _money(self, state: LeadState) -> None:
        desk, proposal = self._desk, state.proposal
        if proposal is not None:
            told = {"by": proposal.by[:8], "order": proposal.order, "net": yuan(proposal.net_fen)}
            ui.label(desk.say("console.referrals.lead.proposal", **told))
        elif state.status != WON:
            faint(desk.say("console.referrals.lead.none"))
        else:
            back = sum(state.refunds.values())
            told = {"order": state.order, "net": yuan(state.net_fen), "back": yuan(back)}
            ui.label(desk.say("console.referrals.lead.order", **told))
            sums = {"available": yuan(state.posted.available), "pending": yuan(state.posted.pending)}
            until = desk.local(state.hold_until)
            line = ui.label(desk.say("console.referrals.lead.reward", until=until, **sums))
            line.props["data-reward"] = str(state.posted.total)
            if state.held:
                ui.label(desk.say("console.referrals.lead.held", fen=yuan(state.held))).classes("text-negative")

    def _acts(self, sheet: LeadSheet) -> None:
        state = sheet.state
        alive, proposed = state.status in ALIVE, state.proposal is not None
        run, pay = Right.RUN_CAMPAIGNS, Right.PAY_REWARDS
        if sheet.has_contact:
            self._button("reveal", run, self._reveal)
        if state.status == OPEN and not proposed:
            self._button("contacted", run, self._contacted)
        if alive and not proposed:
            self._button("win", run, self._win, primary=True)
            self._button("lose", run, self._lose)
        if proposed:
            self._button("agree", pay, lambda: self._agree(True), primary=True)
            self._button("doubt", pay, lambda: self._agree(False))
        if state.status == WON and not state.tied:
            self._button("refund", run, self._refund)
        if sheet.has_contact:
            self._button("forget", run, self._forget)

    def _button(self, name: str, right: Right, act: Callable[[], Awaitable[None]], *, primary: bool = False) -> None:
        if not self._desk.may(right):
            return
        look = "unelevated no-caps" if primary else "outline no-caps"
        button = ui.button(self._desk.say(f"{_SAY}.{name}"), color="primary" if primary else None).props(look)
        button.on_click(steady(act)).mark(name)

    async def _do(self, right: Right, name: str, work: Callable[[], Awaitable[Any]], **details: object) -> Any:
        found = await self._desk.act(right, f"referral.{name}", self._lead, work, **details)
        self._rows.forget(self._desk.workspace)
        if self._live is not None:
            await self._live.refresh()
        return found

    async def _contacted(self) -> None:
        door, desk = self._rows.door, self._desk
        by = desk.operator.account
        await self._do(
            Right.RUN_CAMPAIGNS, "contacted", lambda: acts.contact_lead(door, desk.workspace, self._lead, by)
        )

    async def _win(self) -> None:
        desk, door = self._desk, self._rows.door
        fields = [
            Field("order", f"{_SAY}.order", least=1, most=64, required=True),
            Field("net_fen", f"{_SAY}.net", Kind.MONEY, 0, MAX_FEN, default=0),
        ]
        heading = desk.say(f"{_SAY}.win")
        given = await ask_for(desk, heading, desk.say(f"{_SAY}.win.text"), heading, fields)
        if given is None:
            return
        order, net, by = str(given["order"]), int(given.get("net_fen") or 0), desk.operator.account
        await self._do(
            Right.RUN_CAMPAIGNS,
            "win",
            lambda: acts.win_lead(door, desk.workspace, self._lead, order, net, by),
            order=order,
            net_fen=net,
        )

    async def _agree(self, agree: bool) -> None:
        desk, door = self._desk, self._rows.door
        name = "agree" if agree else "doubt"
        if agree:
            said = [desk.say(f"{_SAY}.agree.{part}") for part in ("ask", "text")]
            if not await ask_first(desk, said[0], said[1], desk.say(f"{_SAY}.agree"), danger=False):
                return
        by = desk.operator.account
        await self._do(Right.PAY_REWARDS, name, lambda: acts.agree_lead(door, desk.workspace, self._lead, agree, by))

    async def _refund(self) -> None:
        desk, door = self._desk, self._rows.door
        fields = [
            Field("refund", f"{_SAY}.refund_id", least=1, most=64, required=True),
            Field("fen", f"{_SAY}.refund_fen", Kind.MONEY, 1, MAX_FEN, required=True),
        ]
        heading = desk.say(f"{_SAY}.refund")
        given = await ask_for(desk, heading, desk.say(f"{_SAY}.refund.text"), heading, fields)
        if given is None:
            return
        refund, fen, by = str(given["refund"]), int(given["fen"]), desk.operator.account
        await self._do(
            Right.RUN_CAMPAIGNS,
            "refund",
            lambda: acts.refund_lead(door, desk.workspace, self._lead, refund, fen, by),
            fen=fen,
        )

    async def _lose(self) -> None:
        desk, door = self._desk, self._rows.door
        options = {reason: desk.say(f"console.referrals.lost.{reason}") for reason in LOST_REASONS}
        field = Field("reason", f"{_SAY}.reason", Kind.CHOICE, required=True, options=options)
        heading = desk.say(f"{_SAY}.lose")
        given = await ask_for(desk, heading, desk.say(f"{_SAY}.lose.text"), heading, [field])
        if given is None:
            return
        reason, by = str(given["reason"]), desk.operator.account
        await self._do(
            Right.RUN_CAMPAIGNS,
            "lose",
            lambda: acts.lose_lead(door, desk.workspace, self._lead, reason, by),
            reason=reason,
        )

    async def _reveal(self) -> None:
        """Noted in the audit log, whoever looks."""
        desk, rows = self._desk, self._rows
        found = await desk.act(
            Right.RUN_CAMPAIGNS,
            "referral.look",
            self._lead,
            lambda: acts.reveal_contact(rows.door, rows.vault, desk.workspace, self._lead),
        )
        if found is None:
            return
        with ui.dialog() as dialog, ui.card().classes("qf-stack"):
            title(found.name)
            ui.label(found.phone).classes("text-h6").mark("phone")
        await dialog
        dialog.delete()

    async def _forget(self) -> None:
        desk, door = self._desk, self._rows.door
        said = [desk.say(f"{_SAY}.forget.{part}") for part in ("ask", "text")]
        if not await ask_first(desk, said[0], said[1], desk.say(f"{_SAY}.forget")):
            return
        by = desk.operator.account
        await self._do(Right.RUN_CAMPAIGNS, "forget", lambda: acts.forget_lead(door, desk.workspace, self._lead, by))
