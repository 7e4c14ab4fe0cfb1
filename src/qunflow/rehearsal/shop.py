"""What a shop, its payment and the staff do beside the crowd: told to the campaign as their own systems would tell it.

Orders that the campaign made are paid or let lapse, refunds arrive, purchases are received or given back; staff approve
entries, appoint promoters and put packets into the groups. Every command has an id that follows from the seed.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from qunflow.engine.commands import Answer
from qunflow.engine.door import Door
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plays.model import Play
from qunflow.features.campaigns.staging import RecordStage
from qunflow.rehearsal.dice import BPS, Dice
from qunflow.rehearsal.player import Board, Player
from qunflow.rehearsal.settings import CrowdSettings
from qunflow.storage.json_text import from_json
from qunflow.web.links import Links

_RECEIVED = timedelta(days=2)
_RETURNED = timedelta(days=4)
_SECOND_ORDER = timedelta(days=5)
_EVENING = 20
_ORDER_FEN = (3_000, 20_000)
_SEEN = """
SELECT seq, type, data FROM events WHERE workspace_id = $1 AND campaign = $2 AND seq > $3
AND type IN ('order_made', 'refund_owed') ORDER BY seq
"""


@dataclass(order=True)
class _Later:
    """Something that the shop does later."""

    at: datetime
    number: int
    body: Any = field(compare=False)
    person: str = field(compare=False, default="")


@dataclass
class Shop:
    """The shop, the payment platform and the staff of one run. ``counts`` are the acts of staff, by what they were."""

    door: Door
    links: Links
    workspace: str
    plan: Plan
    settings: CrowdSettings
    board: Board
    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _later: list[_Later] = field(default_factory=list)
    _seen: int = 0
    _sent: int = 0
    _evenings: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._dice = Dice(f"{self.settings.seed}:shop")
        self._kind = self.plan.model.kind if self.plan.model is not None else ""

    # --- what people buy ----------------------------------------------------------------------------------------------

    async def sell(self, player: Player, now: datetime) -> None:
        """A purchase in the shop, as far as the campaign has something to do with it."""
        person = self.links.open(await player.sealed()).person
        low, high = _ORDER_FEN
        fen = low + player.pick("basket", high - low)
        if self._kind == "distribution":
            await self._sale(player.number, person, fen, now)
        elif self._kind == "mutual" and player.memory.get("gift"):
            params = {"order": f"shop-{player.number}", "fen": fen}
            await self._ask(Play("used", player.memory["gift"], params, "system", person))
            if self._gives_back(player.number):
                back = Play("refunded", player.memory["gift"], {"order": f"shop-{player.number}"}, "system", person)
                self._then(now + _RETURNED, back)
        elif self.plan.stages and player.plan.inviter is not None:
            await self._stages(player, person, now)

    async def _sale(self, number: int, person: str, fen: int, now: datetime) -> None:
        order = f"shop-{number}"
        answer = await self._ask(Play("order_paid", "", {"order": order, "fen": fen}, "system", person))
        if answer.rejection is not None or not answer.value:
            return
        unit = str(answer.value)
        self._then(now + _RECEIVED, Play("received", unit, {}, "system"))
        if self._gives_back(number):
            part = fen if self._dice.happens(number, "whole", BPS // 2) else fen // 3
            refund = {"refund": f"back-{number}"}
            self._then(now + _RETURNED, Play("refund_asked", unit, refund, "system"))
            self._then(now + _RETURNED + timedelta(days=1), Play("refunded", unit, {**refund, "fen": part}, "system"))

    async def _stages(self, player: Player, person: str, now: datetime) -> None:
        """Every stage after the joining, in order; some first orders are given back, which takes the rest with it."""
        link = player.links.get(player.plan.inviter or 0, "")
        if not link:
            return
        inviter = self.links.open(link.rstrip("/").rsplit("/", 1)[-1]).person
        returned = self._gives_back(player.number)
        held = now + timedelta(hours=self.plan.hold_hours + 1)  # the first stage is having stayed
        for number, stage in enumerate(self.plan.stages[1:]):
            if number and (returned or not self._dice.happens(player.number, f"stage:{number}", BPS // 2)):
                break
            told = RecordStage(person, stage.name, fen=stage.min_order_fen)
            self._then(held + _SECOND_ORDER * number, told, inviter)
        if returned and len(self.plan.stages) > 1:
            self._then(held + _RETURNED, RecordStage(person, self.plan.stages[1].name, False), inviter)

    # --- what goes on by itself ---------------------------------------------------------------------------------------

    async def act(self) -> int:
        """Do what is to be done now; answers how many acts that were."""
        now, done = self.door.clock.now(), 0
        while self._later and self._later[0].at <= now:
            later = heapq.heappop(self._later)
            await self._ask(later.body, later.person)
            done += 1
        return done + await self._approve() + await self._put_packets(now) + await self._settle_orders()

    def next_due(self) -> datetime | None:
        """When something is to be done next; None when nothing waits."""
        wishes = [self._later[0].at] if self._later else []
        if self._kind == "lucky-packet":
            wishes.append(_next_evening(self.door.clock.now(), self.plan.tz))
        return min(wishes, default=None)

    async def _approve(self) -> int:
        board, count = self.board, 0
        for unit in board.to_approve:
            if (self.plan.model is not None and self.plan.model.settings.get("entry_review") is False) or (
                await self._ask(Play("approve", unit, {}, "staff"))
            ).rejection is None:
                board.entries.append(unit)
            count += 1
        for unit in board.to_appoint:
            if self.plan.model is not None and self.plan.model.settings.get("promoters") == "appointed":
                await self._ask(Play("appoint", unit, {}, "staff"))
                count += 1
        board.to_approve.clear()
        board.to_appoint.clear()
        self.counts["approved"] += count
        return count

    async def _put_packets(self, now: datetime) -> int:
        """Some packets each evening, as many as the plan has for its evenings."""
        if self._kind != "lucky-packet" or self.plan.model is None:
            return 0
        day = _evening(now, self.plan.tz)
        if not day or day in self._evenings or not self.plan.starts_at <= now < self.plan.ends_at:
            return 0
        self._evenings.add(day)
        evenings = max(1, (self.plan.ends_at - self.plan.starts_at).days)
        count = max(1, int(self.plan.model.settings["packets"]) // evenings)
        for _ in range(count):
            answer = await self._ask(Play("create", "", {}, "staff"))
            if answer.rejection is None:
                self.board.packets.append(str(answer.value))
        self.counts["packets"] += count
        return count

    async def _settle_orders(self) -> int:
        """Orders are paid or let lapse; refunds that are owed arrive."""
        async with self.door.database.read(self.workspace) as unit:
            rows = await unit.fetch(_SEEN, self.workspace, self.plan.campaign, self._seen)
        for seq, kind, stored in rows:
            self._seen, data = int(seq), from_json(stored)
            if kind == "refund_owed":
                await self._ask(Play("refund_done", data["unit"], {"refund": data["refund"]}, "system"))
            elif self._dice.happens(self._seen_order(data["order"]), "pays", self.settings.buys_bps):
                paid = {"order": data["order"], "fen": data["fen"]}
                await self._ask(Play("pay", data["unit"], paid, "system"))
                if self._gives_back(self._seen_order(data["order"])):
                    back = Play("refund", data["unit"], {"order": data["order"]}, "system")
                    self._then(self.door.clock.now() + _RETURNED, back)
        return len(rows)

    def _seen_order(self, order: str) -> int:
        """A number for an order's dice."""
        return int.from_bytes(order.encode()[-8:], "big")

    def _gives_back(self, number: int) -> bool:
        return self._dice.happens(number, "returns", self.settings.returns_bps)

    def _then(self, at: datetime, body: Any, person: str = "") -> None:
        heapq.heappush(self._later, _Later(at, len(self._later) + self._sent, body, person))
        self._sent += 1

    async def _ask(self, body: Any, person: str = "") -> Answer:
        self._sent += 1
        answer = await self.door.ask(
            self.workspace,
            body,
            person=person,
            campaign=self.plan.campaign,
            channel=self.plan.channel,
            command_id=f"shop:{self._sent:08d}",
        )
        if answer.rejection is not None:
            self.refused[f"{getattr(body, 'move', body.KIND)}:{answer.rejection.reason}"] += 1
        return answer


def _evening(now: datetime, tz: str) -> str:
    """The local day, from eight in the evening on; empty before."""
    local = now.astimezone(ZoneInfo(tz))
    return local.date().isoformat() if local.hour >= _EVENING else ""


def _next_evening(now: datetime, tz: str) -> datetime:
    """Eight in the evening, today or tomorrow."""
    local = now.astimezone(ZoneInfo(tz))
    today = local.replace(hour=_EVENING, minute=0, second=0, microsecond=0)
    return (today if today > local else today + timedelta(days=1)).astimezone(UTC)
