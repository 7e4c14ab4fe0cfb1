"""A participant's hands in a campaign that plays a model: moves over ``POST /p/{sealed}/move``, one after the other.

Some moves are sent twice, as a thumb on a slow phone does: the second one must be answered as the first (I11).
"""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from qunflow.rehearsal.browser import Browser
from qunflow.rehearsal.crowd import PersonPlan
from qunflow.rehearsal.dice import Dice
from qunflow.rehearsal.settings import CrowdSettings
from qunflow.rehearsal.street import StepFailed, Street
from qunflow.rehearsal.waves import grid_up

TWICE_BPS = 500
_MINUTE = timedelta(minutes=1)
#: Reasons by which the risk rules say no.
RISKY = ("risk_hold", "risk_challenge", "risk_denied", "fraud")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the answered value, or the reason of a refusal."""

    value: Any = None
    reason: str = ""
    unit: str = ""

    @property
    def done(self) -> bool:
        """Whether the move was made."""
        return not self.reason


@dataclass(slots=True)
class Board:
    """What everybody in the groups can see or was told: units by owner, who helped whom, what staff put there."""

    units: dict[int, str] = field(default_factory=dict)
    owners: dict[str, int] = field(default_factory=dict)
    helpers: dict[str, list[int]] = field(default_factory=dict)
    ready: set[str] = field(default_factory=set)
    packets: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    to_approve: list[str] = field(default_factory=list)
    to_appoint: list[str] = field(default_factory=list)
    offers: dict[int, list[tuple[str, str, str]]] = field(default_factory=dict)
    denied: set[int] = field(default_factory=set)


class ShopCounter(Protocol):
    """Where people buy what the campaign itself does not sell."""

    async def sell(self, player: Player, now: datetime) -> None:
        """A purchase of a participant, told to the campaign as the shop's own system would."""
        ...


class Game(Protocol):
    """How people play one model."""

    async def visit(self, player: Player, now: datetime) -> None:
        """Somebody opens the play page."""
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """What a game of a run shares: the crowd's settings, its dice, what is on the board, the shop."""

    settings: CrowdSettings
    dice: Dice
    board: Board
    shop: ShopCounter
    game: Game

    def seat(
        self, plan: PersonPlan, street: Street, browser: Browser, own_link: Callable[[], Awaitable[str]]
    ) -> Player:
        """A participant's hands."""
        return Player(plan, self, street, browser, own_link)


class Player:
    """One person; ``memory`` is what they remember of their own, such as the cards on their hand."""

    def __init__(
        self,
        plan: PersonPlan,
        table: Table,
        street: Street,
        browser: Browser,
        own_link: Callable[[], Awaitable[str]],
    ) -> None:
        self.plan = plan
        self.table = table
        self.memory: dict[str, Any] = {}
        self.visits = 0
        self._street = street
        self._browser = browser
        self._own_link = own_link
        self._made = 0

    @property
    def number(self) -> int:
        """The person's number in the crowd."""
        return self.plan.number

    @property
    def links(self) -> Mapping[int, str]:
        """The personal links that are known, by person."""
        return self._street.doors.links

    @property
    def board(self) -> Board:
        """What everybody sees."""
        return self.table.board

    @property
    def unit(self) -> str:
        """The own unit, empty before one was opened."""
        return self.board.units.get(self.number, "")

    @property
    def friends_unit(self) -> str:
        """The unit of whoever brought this person."""
        return self.board.units.get(self.plan.inviter, "") if self.plan.inviter is not None else ""

    def chance(self, what: str, bps: int) -> bool:
        """Whether something happens; each time something else."""
        return self.table.dice.happens(self.number, f"{what}:{self._made}:{self.visits}", bps)

    def pick(self, what: str, below: int) -> int:
        """A number below ``below``."""
        return self.table.dice.draw(self.number, f"{what}:{self._made}:{self.visits}", below)

    def call(self, owner: int) -> None:
        """Tell a friend that there is something to do."""
        self._street.called.append(owner)

    def look_again(self, at: datetime) -> bool:
        """Mean to look at the page once more, at a full minute; nobody does after the campaign's end."""
        if at >= self.table.settings.ends_at:
            return False
        heapq.heappush(self._street.looks, (grid_up(at, _MINUTE), self.number))
        return True

    async def read_page(self) -> str:
        """The play page as it is now. Raises StepFailed when there is none."""
        answer = await self._browser.get(f"{(await self._own_link()).rstrip('/')}/play")
        if answer.status != 200:
            raise StepFailed(f"play_page_{answer.status}")
        return answer.text

    async def visit(self, now: datetime) -> None:
        """Open the play page and do what there is to do."""
        self.visits += 1
        await self.table.game.visit(self, now)

    async def buy(self, now: datetime) -> None:
        """Buy something in the shop."""
        await self.table.shop.sell(self, now)

    async def sealed(self) -> str:
        """The signed part of the personal link."""
        return (await self._own_link()).rstrip("/").rsplit("/", 1)[-1]

    async def open(self, move: str, **params: Any) -> Reply:
        """A move that opens a unit; friends are told about it."""
        reply = await self.move(move, **params)
        if reply.done and reply.unit:
            self.board.units[self.number] = reply.unit
            self.board.owners[reply.unit] = self.number
        return reply

    async def move(self, move: str, unit: str = "", **params: Any) -> Reply:
        """One move. Raises StepFailed for what a page would never send, or a server that fails."""
        self._made += 1
        nonce = f"r{self.number:06d}x{self._made:05d}"
        asked = {"move": move, "unit": unit, "params": params, "nonce": nonce}
        report = self._street.report
        status, found = await self._send(asked)
        if self.table.dice.happens(self.number, f"twice:{self._made}", TWICE_BPS):
            report.repeated += 1
            again = await self._send(asked)
            report.unequal += again != (status, found)
        report.moves[move] += 1
        if status == 200:
            return Reply(found.get("answer"), unit=str(found.get("unit", "")))
        return self._refused(move, status, found)

    def _refused(self, move: str, status: int, found: Mapping[str, Any]) -> Reply:
        """The reason of a refusal, counted. Raises StepFailed for what a page would never send."""
        reason, report = str(found.get("code", status)), self._street.report
        if status not in (403, 404, 409) or reason == "link_unknown":
            raise StepFailed(f"move_{move}_{reason}")
        report.refused[f"{move}:{reason}"] += 1
        if reason in RISKY:
            self.board.denied.add(self.number)
        return Reply(reason=reason)

    async def hand_in(self, page: str, picture: bytes) -> Reply:
        """A picture for today, to a page beside the own one; what it opens is known by its owner from then on."""
        self._made += 1
        values = {"nonce": f"r{self.number:06d}x{self._made:05d}"}
        link, report = (await self._own_link()).rstrip("/"), self._street.report
        status, found = await self._browser.post_picture(f"{link}/{page}", values, picture)
        if self.table.dice.happens(self.number, f"twice:{self._made}", TWICE_BPS):
            report.repeated += 1
            report.unequal += await self._browser.post_picture(f"{link}/{page}", values, picture) != (status, found)
        report.moves["hand_in"] += 1
        if status == 200:
            unit = str(found.get("unit", ""))
            self.board.units[self.number] = unit
            self.board.owners[unit] = self.number
            return Reply(found.get("answer"), unit=unit)
        return self._refused("hand_in", status, found)

    async def help(self, unit: str, move: str = "help", **params: Any) -> Reply:
        """Help on a unit of somebody else; who did is seen by its owner."""
        reply = await self.move(move, unit, **params)
        if reply.done:
            self.board.helpers.setdefault(unit, []).append(self.number)
        return reply

    async def _send(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        link = (await self._own_link()).rstrip("/")
        return await self._browser.post_json(f"{link}/move", asked)
