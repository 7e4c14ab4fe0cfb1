"""A leaderboard as people see it: masked names, the own place, how far the next one is. Few reads at any size."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from qunflow.domain.masking import masked
from qunflow.engine.door import Door
from qunflow.features.campaigns.contest import RANKING, BoardState, board_stream, race_board
from qunflow.features.campaigns.mechanics import race
from qunflow.features.campaigns.mechanics.ranking import Entrant, Place
from qunflow.features.campaigns.model import CampaignState
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.store import Key, find_lines, find_own, names_of

MOST_BOARDS = 16


@dataclass(frozen=True, slots=True)
class Line:
    """One line; ``fen`` is what the place wins (on a frozen board: has won), ``own`` marks the reader's."""

    place: int
    name: str
    count: int
    fen: int
    own: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """A board with the reader's own place (0 without one) and the invites missing to the next place (0 at the top)."""

    board: str
    frozen: bool
    lines: tuple[Line, ...]
    place: int = 0
    count: int = 0
    to_next: int = 0
    next_place: int = 0


class Boards:
    """The boards of one process, each read at most every ``fresh_seconds``: however many look, the load is the same.

    A place is found in that order by halving, so a page asks for one line and the names of the first ones.
    """

    def __init__(self, door: Door, fresh_seconds: float = 5.0) -> None:
        self._door = door
        self._fresh_seconds = fresh_seconds
        self._known: OrderedDict[tuple[str, str, str], tuple[float, list[Key]]] = OrderedDict()
        self._reading = asyncio.Lock()

    async def view(self, workspace: str, campaign: CampaignState, board: str, limit: int, person: str = "") -> Board:
        """One board: the frozen table once there is one, else the standings as they are now."""
        name = campaign.campaign
        state: BoardState | None = await self._door.look.state(workspace, board_stream(name, board))
        if state is not None and state.frozen_at is not None:
            names = await self._names(workspace, [place.person for place in state.places[:limit]])
            return _frozen(board, state.places, names, limit, person)
        keys = await self._keys(workspace, name, board)
        async with self._door.database.unit(workspace) as unit:
            own = await find_own(unit, name, board, person) if person else None
            names = await names_of(unit, [who for _, _, who in keys[:limit]])
        places = [Place(number, who, -less, at) for number, (less, at, who) in enumerate(keys[:limit], 1)]
        lines = tuple(
            Line(place.place, masked(names.get(place.person, "")), place.count, fen, place.person == person)
            for place in places
            for fen in (_prize(campaign.plan, board, place),)
        )
        return _live(board, lines, keys, own, _least(campaign.plan, board))

    async def _names(self, workspace: str, people: Sequence[str]) -> dict[str, str]:
        async with self._door.database.unit(workspace) as unit:
            return await names_of(unit, people)

    async def _keys(self, workspace: str, campaign: str, board: str) -> list[Key]:
        key = (workspace, campaign, board)
        async with self._reading:  # those who come together wait for one reading
            known = self._known.get(key)
            if known is None or time.monotonic() - known[0] >= self._fresh_seconds:
                async with self._door.database.unit(workspace) as unit:
                    known = self._known[key] = (time.monotonic(), await find_lines(unit, campaign, board))
            self._known.move_to_end(key)
            while len(self._known) > MOST_BOARDS:
                self._known.popitem(last=False)
        return known[1]


def _frozen(board: str, places: Sequence[Place], names: dict[str, str], limit: int, person: str) -> Board:
    lines = tuple(
        Line(place.place, masked(names.get(place.person, "")), place.count, place.fen, place.person == person)
        for place in places[:limit]
    )
    own = next((place for place in places if place.person == person), None)
    return Board(board, True, lines, own.place if own else 0, own.count if own else 0)


def _live(board: str, lines: tuple[Line, ...], keys: Sequence[Key], own: Entrant | None, least: int) -> Board:
    if own is None:  # the first invite that ranks puts a newcomer behind everybody who has as many
        return Board(board, False, lines, to_next=least)
    before = bisect_left(keys, (-own.count, own.reached_at, own.person))
    if before and keys[before - 1][2] == own.person:  # the order is some seconds old, and so is this line
        before -= 1
    missing = -keys[before - 1][0] - own.count + 1 if before else max(0, least - own.count)
    return Board(board, False, lines, before + 1, own.count, missing, max(1, before) if missing else 0)


def _least(plan: Plan | None, board: str) -> int:
    if plan is None or board != RANKING or plan.ranking is None:
        return 1
    return plan.ranking.min_count


def _prize(plan: Plan | None, board: str, place: Place) -> int:
    """What a place would win now."""
    if plan is None:
        return 0
    least, prizes = 1, tuple[int, ...]()
    if board == RANKING and plan.ranking is not None:
        least, prizes = plan.ranking.min_count, plan.ranking.prizes
    elif board != RANKING and plan.race is not None:
        least, prizes = plan.race.min_count, plan.race.prizes
    return prizes[place.place - 1] if place.place <= len(prizes) and place.count >= least else 0


@dataclass(frozen=True, slots=True)
class RaceNow:
    """The race that runs, with its time left, or when the next one begins."""

    number: int = 0
    minutes_left: int = 0
    next_at: datetime | None = None


def race_now(campaign: CampaignState, at: datetime) -> RaceNow | None:
    """Where the races stand at an instant; None when there is none any more."""
    plan = campaign.plan
    if plan is None or plan.race is None or campaign.status not in ("running", "paused"):
        return None
    found = race.window_at(plan.windows, at, campaign.launched_at)
    if found is not None:
        left = -(-(found.end - at).total_seconds() // 60)
        return RaceNow(found.number, int(left))
    coming = race.next_window(plan.windows, at)
    return RaceNow(next_at=coming.start) if coming is not None else None


def race_name(now: RaceNow | None) -> str:
    """The board of the race that runs, empty when none does."""
    return race_board(now.number) if now is not None and now.number else ""
