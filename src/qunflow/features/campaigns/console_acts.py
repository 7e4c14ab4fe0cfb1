"""What an operator does to a running campaign: pause, resume, money, a later end, stop, end; never against people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from nicegui import ui

from qunflow.domain.money import MAX_FEN
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.campaigns import acts
from qunflow.features.campaigns.console_words import status_words
from qunflow.features.campaigns.life import MAX_STOCK, NEXT
from qunflow.features.campaigns.model import LIVE, CampaignState
from qunflow.features.campaigns.notes import MAX_WORDS, NEXT_TIME
from qunflow.features.campaigns.plan_model import stock_of
from qunflow.web.desk import Desk
from qunflow.web.widgets.asking import ask_first, ask_for, offer_undo
from qunflow.web.widgets.forms import Field, Kind
from qunflow.web.widgets.look import steady

_SAY = "console.campaigns.act."
Changed = Callable[[], Awaitable[object]]


class CampaignActs:
    """The buttons over a board, as far as status and rights allow; ``changed`` is told after each act."""

    def __init__(self, desk: Desk, door: Door, name: str, changed: Changed) -> None:
        self._desk, self._door, self._name, self._changed = desk, door, name, changed

    def draw(self, state: CampaignState) -> None:
        """The buttons that the status offers."""
        desk = self._desk
        if not desk.may(Right.RUN_CAMPAIGNS):
            return
        following = NEXT.get(state.status, ())
        if state.status == "draft":
            self._button("gate", "fact_check", self._to("gate"), "unelevated")
            self._button("edit", "edit", self._to("edit"))
        if "paused" in following:
            self._button("pause", "pause", lambda: self._pause(state))
        if state.status == "paused":
            self._button("resume", "play_arrow", lambda: self._set("running"), "unelevated")
        if state.status in ("running", "paused"):
            self._button("extend", "event", lambda: self._extend(state))
        if state.status in ("running", "paused", "ended", "stopped", "settling"):
            self._button("raise", "add_card", lambda: self._raise(state))
        if state.status in LIVE and state.plan is not None and stock_of(state.plan, 0) is not None:
            self._button("raise_stock", "add_box", lambda: self._raise_stock(state))
        if "ended" in following:
            self._button("end", "flag", lambda: self._end(state))
        if "stopped" in following:
            self._button("stop", "dangerous", lambda: self._stop(state), "flat color=negative")
        if "cancelled" in following:
            self._button("discard", "delete", lambda: self._discard(state), "flat color=negative")

    def _button(self, name: str, icon: str, act: Callable[[], object], look: str = "flat") -> None:
        button = ui.button(self._desk.say(_SAY + name), icon=icon, on_click=steady(act))
        button.props(f"{look} no-caps dense padding='4px 10px'").mark(f"act-{name}")
        button.props["data-act"] = name

    def _to(self, page: str) -> Callable[[], None]:
        return lambda: ui.navigate.to(f"/campaigns/{self._name}/{page}")

    async def _set(self, status: str) -> bool:
        desk, name = self._desk, self._name

        async def move() -> str:
            return await acts.set_status(self._door, desk.workspace, name, status)

        done = await desk.act(Right.RUN_CAMPAIGNS, f"campaign.{status}", name, move) is not None
        await self._changed()
        return done

    async def _pause(self, state: CampaignState) -> None:
        if await self._set("paused"):
            words = self._desk.say("console.campaigns.act.paused", status=status_words(self._desk, "paused"))
            offer_undo(self._desk, words, lambda: self._set("running"), 10)

    async def _end(self, state: CampaignState) -> None:
        if await self._ask("end"):
            await self._set("ended")

    async def _discard(self, state: CampaignState) -> None:
        if await self._ask("discard", typed=self._name):
            await self._set("cancelled")

    async def _ask(self, name: str, typed: str = "") -> bool:
        desk = self._desk
        heading, why = desk.say(f"{_SAY}{name}.ask"), desk.say(f"{_SAY}{name}.why")
        return await ask_first(desk, heading, why, desk.say(_SAY + name), typed=typed)

    async def _stop(self, state: CampaignState) -> None:
        """An emergency: the reason is kept as a note for next time."""
        desk, name = self._desk, self._name
        reason = Field("reason", "console.campaigns.act.reason", Kind.LONG, 1, MAX_WORDS, required=True)
        heading, why = desk.say(f"{_SAY}stop.ask"), desk.say(f"{_SAY}stop.why")
        given = await ask_for(desk, heading, why, desk.say(f"{_SAY}stop"), [reason], danger=True)
        if given is None:
            return

        async def stop() -> str:
            status = await acts.set_status(self._door, desk.workspace, name, "stopped")
            words = desk.say("console.campaigns.act.stopped", reason=given["reason"])[:MAX_WORDS]
            await acts.take_note(self._door, desk.workspace, name, NEXT_TIME, words, desk.operator.name)
            return status

        await desk.act(Right.RUN_CAMPAIGNS, "campaign.stopped", name, stop)
        await self._changed()

    async def _raise(self, state: CampaignState) -> None:
        desk, name = self._desk, self._name
        amount = Field("amount", "console.campaigns.act.amount", Kind.MONEY, 1, MAX_FEN, required=True)
        heading, why = desk.say(f"{_SAY}raise.ask"), desk.say(f"{_SAY}raise.why")
        given = await ask_for(desk, heading, why, desk.say(f"{_SAY}raise"), [amount])
        if given is None:
            return
        fen = int(str(given["amount"]))

        async def add() -> int:
            return await acts.raise_budget(self._door, desk.workspace, name, fen)

        await desk.act(Right.RUN_CAMPAIGNS, "campaign.raise_budget", name, add, fen=fen)
        await self._changed()

    async def _raise_stock(self, state: CampaignState) -> None:
        desk, name = self._desk, self._name
        if state.plan is None:
            return
        fields = [Field("pieces", "console.campaigns.act.pieces", Kind.NUMBER, 1, MAX_STOCK, required=True)]
        if stock_of(state.plan, 1) is not None:
            fields.append(Field("tier", "console.campaigns.act.tier", Kind.NUMBER, 0, 9, default=0))
        heading, why = desk.say(f"{_SAY}raise_stock.ask"), desk.say(f"{_SAY}raise_stock.why")
        given = await ask_for(desk, heading, why, desk.say(f"{_SAY}raise_stock"), fields)
        if given is None:
            return
        pieces, tier = int(str(given["pieces"])), int(str(given.get("tier") or 0))

        async def add() -> int:
            return await acts.raise_stock(self._door, desk.workspace, name, pieces, tier)

        await desk.act(Right.RUN_CAMPAIGNS, "campaign.raise_stock", name, add, pieces=pieces, tier=tier)
        await self._changed()

    async def _extend(self, state: CampaignState) -> None:
        desk, name, plan = self._desk, self._name, state.plan
        if plan is None:
            return
        field = Field("ends_at", "console.campaigns.act.ends_at", Kind.TIME, required=True)
        words = desk.say(f"{_SAY}extend.why", ends=desk.local(plan.ends_at))
        later = (plan.ends_at + timedelta(days=1)).astimezone(ZoneInfo(plan.tz))
        heading, act = desk.say(f"{_SAY}extend.ask"), desk.say(f"{_SAY}extend")
        data = {"ends_at": later.isoformat()}
        given = await ask_for(desk, heading, words, act, [field], data=data, tz=plan.tz)
        if given is None:
            return
        ends_at = datetime.fromisoformat(str(given["ends_at"]))

        async def extend() -> str:
            return await acts.extend_end(self._door, desk.workspace, name, ends_at)

        await desk.act(Right.RUN_CAMPAIGNS, "campaign.extend", name, extend, ends_at=ends_at.isoformat())
        await self._changed()
