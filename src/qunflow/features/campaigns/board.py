"""A live campaign on one sheet: everything that board, report page and closing show, read together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from qunflow.analytics.funnel import Funnel
from qunflow.analytics.scripts import ScriptCounts, count_bypass
from qunflow.analytics.todos import TodoCounts, count_todos
from qunflow.community.model import group_stream
from qunflow.domain.facts import PoolRoom
from qunflow.engine.door import Door
from qunflow.features.campaigns.board_numbers import (
    Arrivals,
    Money,
    ScriptLine,
    Spread,
    count_acts,
    count_visits,
    funnel_of,
    load_arrivals,
    load_money,
    load_scripts,
    spread_of,
)
from qunflow.features.campaigns.contest import board_stream
from qunflow.features.campaigns.model import CampaignState
from qunflow.features.campaigns.note_store import Note, list_notes
from qunflow.features.campaigns.report import find_campaign
from qunflow.storage.people import find_names
from qunflow.storage.unit_of_work import UnitOfWork

#: Enough to count 100,000 people without a file; given for one reading only.
WORK_MEMORY = "48MB"
#: More rows than transactions that run at the same time can write.
LATE_ROWS = 5_000
_MARK = """
SELECT m.seq, (SELECT count(*) FROM events WHERE workspace_id = $1 AND seq > m.seq - $2)
FROM (SELECT coalesce(max(seq), 0) AS seq FROM events WHERE workspace_id = $1) AS m
"""


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group of the campaign: its id on the platform, its name where it was read, its members."""

    chat: str
    name: str
    members: int


@dataclass(frozen=True, slots=True)
class OpenItem:
    """What keeps a campaign from being closed: ``what`` is scripts | on_hold | held | boards | ranking | proofs;
    ``count`` people, fen or things.
    """

    what: str
    count: int


@dataclass(frozen=True, slots=True)
class BoardSheet:
    """The whole sheet. Equal sheets show the same, so a page draws only when one differs from the last."""

    campaign: CampaignState
    funnel: Funnel
    spread: Spread
    money: Money
    arrivals: Arrivals | None
    groups: tuple[GroupLine, ...]
    free: int
    refills: bool
    overfull: int
    scripts: ScriptCounts
    script_lines: tuple[ScriptLine, ...]
    bypass: int
    todos: TodoCounts
    notes: tuple[Note, ...]
    unfrozen: tuple[str, ...] = field(default=())

    @property
    def open_proofs(self) -> int:
        """Proofs that nobody has decided."""
        return self.funnel.proofs - self.funnel.rejected - self.funnel.completed


async def load_sheet(door: Door, workspace: str, name: str) -> BoardSheet:
    """Read the sheet of a campaign. Raises NotFound.

    One question after the other: the campaign itself and the pages that wait need the other cores.
    """
    state = await find_campaign(door, workspace, name)
    room: PoolRoom | None = await door.look.ask(workspace, PoolRoom, state.pool)
    now = door.clock.now()
    async with _reading(door, workspace) as unit:
        people = await count_acts(unit, name, now)
        money = await load_money(door, unit, state, int(people["posted"]), int(people["pending"]))
        notes, groups = await list_notes(unit, name), await _groups(unit, state, room)
        scans, proofs = await count_visits(unit, name)
        arrivals = await _arrivals(unit, state, now)
        scripts = await load_scripts(unit, name)
        bypass, todos = await count_bypass(unit, name), await count_todos(unit, name)
    return BoardSheet(
        campaign=state,
        funnel=funnel_of(people, scans, proofs),
        spread=spread_of(people),
        money=money,
        arrivals=arrivals,
        groups=groups,
        free=room.free if room is not None else 0,
        refills=room is not None and room.refills,
        overfull=room.overfull if room is not None else 0,
        scripts=scripts[0],
        script_lines=scripts[1],
        bypass=bypass,
        todos=todos,
        notes=notes,
        unfrozen=await _unfrozen(door, workspace, state),
    )


@asynccontextmanager
async def _reading(door: Door, workspace: str) -> AsyncIterator[UnitOfWork]:
    """A transaction that counts in memory, on one core: the campaign that it looks at needs the others."""
    async with door.database.unit(workspace) as unit:
        await unit.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'; SET LOCAL max_parallel_workers_per_gather = 0")
        yield unit


async def log_mark(door: Door, workspace: str) -> tuple[int, int, int]:
    """Changes when anything was recorded, and once a minute: while it stays, a sheet stays as it is.

    A transaction that began earlier may commit behind the newest row, so the rows near the end are counted too.
    """
    async with door.database.read(workspace) as unit:
        (row,) = await unit.fetch(_MARK, unit.workspace, LATE_ROWS)
    return int(row[0]), int(row[1]), int(door.clock.now().timestamp() // 60)


def open_items(sheet: BoardSheet) -> tuple[OpenItem, ...]:
    """What has to end before the campaign can be closed."""
    state, money = sheet.campaign, sheet.money
    ranked = state.plan is not None and state.plan.ranked and state.frozen_at is None
    found = (
        OpenItem("scripts", sheet.scripts.missing),
        OpenItem("on_hold", money.pending),
        OpenItem("held", money.due - money.posted),
        OpenItem("boards", len(sheet.unfrozen)),
        OpenItem("ranking", int(ranked)),
        OpenItem("proofs", sheet.open_proofs),
    )
    return tuple(item for item in found if item.count)


async def _arrivals(unit: UnitOfWork, state: CampaignState, now: datetime) -> Arrivals | None:
    if state.launched_at is None:
        return None
    until = min(now, state.ended_at) if state.ended_at is not None else now
    return await load_arrivals(unit, state.campaign, state.launched_at, max(until, state.launched_at))


async def _groups(unit: UnitOfWork, state: CampaignState, room: PoolRoom | None) -> tuple[GroupLine, ...]:
    if room is None or state.plan is None:
        return ()
    streams = {chat: group_stream(state.plan.channel, chat) for chat, _ in room.sizes}
    names = await find_names(unit, list(streams.values()))
    return tuple(GroupLine(chat, names.get(streams[chat], ""), members) for chat, members in room.sizes)


async def _unfrozen(door: Door, workspace: str, state: CampaignState) -> tuple[str, ...]:
    if state.plan is None or not (state.plan.ranked or state.plan.race is not None):
        return ()
    boards = await door.look.all_of(workspace, "board", board_stream(state.campaign, ""))
    return tuple(board.board for board in boards if board.opened_at and not board.frozen_at)
