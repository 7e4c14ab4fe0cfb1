"""The universal invariants I1–I12 (campaigns.md §0.5), each looked up in what a run has really stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from qunflow.domain.codec import encode
from qunflow.engine.door import Door
from qunflow.engine.feature import Registry
from qunflow.engine.replay import check_replay
from qunflow.features.campaigns.board import BoardSheet
from qunflow.features.campaigns.mechanics.distribution import MAX_LEVELS
from qunflow.features.campaigns.mechanics.mechanic import REVOKED, Unit
from qunflow.features.campaigns.model import ParticipationState
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plays.facts import MAX_KIN
from qunflow.features.campaigns.plays.model import thawed
from qunflow.ledger.check import check_ledger
from qunflow.rehearsal.report import CrowdReport
from qunflow.storage import inbox
from qunflow.storage.unit_of_work import UnitOfWork

#: What may still be written on a unit that is over: money that comes or goes back, and what staff take back (I9).
COMPENSATING = (
    "refund_owed", "refund_done", "payment_moved", "seat_freed", "sale_refunded", "unit_refunded", "unit_reversed",
    "unit_reserved", "card_received", "card_offer_ended", "gift_returned", "commission_adjusted", "commission_released",
    "alone_over",
)  # fmt: skip

#: What is checked, by id; an id of two or more parts is one promise looked at from several sides.
NAMES: Mapping[str, str] = {
    "I1": "ledger sums to zero",
    "I2": "issued and reserved within the budget",
    "I3": "counters within their bounds",
    "I4": "one help each",
    "I5": "nobody helps himself",
    "I6": "invitations are a forest",
    "I7": "commissions of two levels at most",
    "I8": "due is what was posted",
    "I9": "what is over does not change",
    "I10": "replay gives the same",
    "I11": "a repeated command has no second effect",
    "I12": "no event is dated by a client",
    "scripts": "every script once",
    "groups": "no group is overfull",
    "letters": "no dead letters",
    "escrow": "no money left between two places",
    "crowd": "the crowd got through every door",
    "closed": "the campaign could be closed",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """Which invariants held, and what broke each of the others."""

    held: tuple[str, ...]
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """What a run left behind: the plan, the board's sheet, the crowd's report, and the clock's first and last hour."""

    plan: Plan
    sheet: BoardSheet
    crowd: CrowdReport
    begun_at: datetime
    ended_at: datetime
    status: str


async def check_all(door: Door, registry: Registry, workspace: str, run: Run) -> Checked:
    """Look at everything. ``broken`` entries say what was found, as ``I4 one help each: unit:… b``."""
    name = run.plan.campaign
    people = list(await door.look.all_of(workspace, "participation", f"participation:{name}:"))
    units = [thawed(unit) for unit in await door.look.all_of(workspace, "unit", f"unit:{name}:")]
    replayed = await check_replay(door.database, registry, workspace)
    async with door.database.unit(workspace) as unit:
        found = {
            "I1": await _ledger(unit),
            "I2": await _budget(unit, name),
            "I3": await _counters(unit),
            "I4": [*await _helps(unit, name), *quota(run.plan, units)],
            "I5": selves(units),
            "I6": [*await _edges(unit, name), *cycles(people)],
            "I7": levels(units),
            "I8": _posted(run.sheet),
            "I9": await _ended(unit, name),
            "I10": list(replayed.differing[:5]),
            "I11": [f"{run.crowd.unequal} answers differ"] if run.crowd.unequal else [],
            "I12": await _dated(unit, run),
            "escrow": await _escrow(unit, name),
            "letters": [letter[-1] for letter in await inbox.dead_letters(unit)][:5],
        }
    found["scripts"] = _scripts(run)
    found["groups"] = [f"{run.sheet.overfull} groups"] if run.sheet.overfull else []
    found["crowd"] = [*run.crowd.errors, *run.crowd.missed()][:5]
    found["closed"] = [] if run.status == "closed" else [run.status]
    if not run.crowd.repeated:
        del found["I11"]  # nothing was sent twice: nothing to say
    return judged(found)


def judged(found: Mapping[str, Iterable[str]]) -> Checked:
    """The findings by invariant as two lists."""
    faults = {key: list(found[key]) for key in NAMES if key in found}
    held = tuple(f"{key} {NAMES[key]}" for key, wrong in faults.items() if not wrong)
    broken = tuple(f"{key} {NAMES[key]}: {', '.join(wrong[:5])}" for key, wrong in faults.items() if wrong)
    return Checked(held, broken)


# --- pure -------------------------------------------------------------------------------------------------------------


def selves(units: Iterable[Unit]) -> list[str]:
    """Units whose owner helped."""
    return [unit.unit for unit in units if unit.owner and unit.owner in unit.helps]


def quota(plan: Plan, units: Iterable[Unit]) -> list[str]:
    """Helpers whose helps that count are more than the plan gives each of them."""
    if plan.model is None:
        return []
    given: dict[str, int] = {}
    for unit in units:
        for helper, one in unit.helps.items():
            given[helper] = given.get(helper, 0) + (one.state != REVOKED)
    return [helper for helper, count in given.items() if count > plan.model.rules.helps_per_helper]


def cycles(people: Iterable[ParticipationState]) -> list[str]:
    """People who are their own ancestors."""
    parents = {state.person: state.parent for state in people}
    wrong = []
    for person in parents:
        seen, above = {person}, parents[person]
        while above and above not in seen:
            seen.add(above)
            above = parents.get(above, "")
        if above:
            wrong.append(person)
    return wrong


def levels(units: Iterable[Unit]) -> list[str]:
    """Sales that pay somebody further up than the law allows."""
    wrong = ["the code itself reads further"] if MAX_LEVELS > 2 or MAX_KIN > 2 else []
    for unit in units:
        lines = encode(getattr(unit.play, "lines", ()))
        wrong += [unit.unit for line in lines if isinstance(line, dict) and int(line["level"]) > 2]
    return wrong


def _posted(sheet: BoardSheet) -> list[str]:
    """Due and posted differ only by what is held for want of money, and nothing is pending at the end."""
    money = sheet.money
    if money.due - money.posted != money.held:
        return [f"due {money.due}, posted {money.posted}, held {money.held}"]
    return [f"{money.pending} fen still on hold"] if money.pending else []


def _scripts(run: Run) -> list[str]:
    wrong = [f"{run.sheet.scripts.missing} missing"] if run.sheet.scripts.missing else []
    doubled = run.sheet.scripts.duplicate + len(run.crowd.welcomed_twice())
    return [*wrong, f"{doubled} twice"] if doubled else wrong


# --- from the tables --------------------------------------------------------------------------------------------------


async def _ledger(unit: UnitOfWork) -> list[str]:
    found = await check_ledger(unit)
    wrong = [] if found.total == 0 else [f"sum {found.total}"]
    return [*wrong, *found.wrong, *found.overdrawn]


async def _budget(unit: UnitOfWork, name: str) -> list[str]:
    lowest = await unit.value(_LOWEST, unit.workspace, f"budget:{name}")
    return [f"the budget was at {lowest} fen"] if lowest is not None and int(lowest) < 0 else []


async def _counters(unit: UnitOfWork) -> list[str]:
    return [str(row[0]) for row in await unit.fetch(_BOUNDS, unit.workspace)]


async def _helps(unit: UnitOfWork, name: str) -> list[str]:
    return [f"{row[0]} {row[1]}" for row in await unit.fetch(_TWICE, unit.workspace, name)]


async def _edges(unit: UnitOfWork, name: str) -> list[str]:
    return [str(row[0]) for row in await unit.fetch(_BACKWARDS, unit.workspace, name)]


async def _ended(unit: UnitOfWork, name: str) -> list[str]:
    rows = await unit.fetch(_AFTER, unit.workspace, name, list(COMPENSATING))
    return [f"{row[0]} {row[1]}" for row in rows]


async def _dated(unit: UnitOfWork, run: Run) -> list[str]:
    rows = await unit.fetch(_DATES, unit.workspace, run.begun_at, run.ended_at)
    return [f"{row[0]} at {row[1].isoformat()}" for row in rows]


async def _escrow(unit: UnitOfWork, name: str) -> list[str]:
    rows = await unit.fetch(_ESCROW, unit.workspace, f"escrow:{name}:")
    return [f"{row[0]} {row[1]} fen" for row in rows]


#: Postings of one event count together: in which order they stand in it means nothing.
_LOWEST = """
SELECT min(balance) FROM (
  SELECT sum(CASE WHEN p.credit = $2 THEN p.amount ELSE -p.amount END) OVER (ORDER BY e.seq) AS balance
  FROM postings p JOIN events e ON e.workspace_id = p.workspace_id AND e.event_id = p.event_id
  WHERE p.workspace_id = $1 AND p.unit = 'fen' AND (p.credit = $2 OR p.debit = $2)) AS course
"""

_BOUNDS = """
SELECT name FROM counters WHERE workspace_id = $1 AND (used < 0 OR ("limit" > 0 AND used > "limit"))
AND (name LIKE 'play:%' OR name LIKE 'success:%' OR name LIKE 'helper%') LIMIT 5
"""

_TWICE = """
SELECT stream, who FROM (
  SELECT stream, data->>'helper' AS who, count(*) FILTER (WHERE type = 'unit_helped')
    - count(*) FILTER (WHERE type = 'unit_help_revoked') AS helps
  FROM events WHERE workspace_id = $1 AND campaign = $2 AND type IN ('unit_helped', 'unit_help_revoked') GROUP BY 1, 2
  UNION ALL SELECT stream, (data->>'voter') || ' ' || (data->>'key'), count(*) FROM events
  WHERE workspace_id = $1 AND campaign = $2 AND type = 'voted' GROUP BY 1, 2) AS given
WHERE helps > 1 LIMIT 5
"""

_BACKWARDS = """
WITH came AS (SELECT person, data->>'parent' AS parent, min(seq) AS seq, count(*) AS times FROM events
  WHERE workspace_id = $1 AND campaign = $2 AND type = 'participating' GROUP BY 1, 2)
SELECT c.person FROM came c LEFT JOIN came p ON p.person = c.parent
WHERE c.times > 1 OR (c.parent <> '' AND (p.seq IS NULL OR p.seq >= c.seq)) LIMIT 5
"""

_AFTER = """
WITH over AS (SELECT stream, min(version) AS version FROM events
  WHERE workspace_id = $1 AND campaign = $2 AND type = 'unit_closed' GROUP BY 1)
SELECT e.stream, e.type FROM events e JOIN over o ON o.stream = e.stream AND e.version > o.version
WHERE e.workspace_id = $1 AND NOT e.type = ANY($3) LIMIT 5
"""

_DATES = """
SELECT type, at FROM events WHERE workspace_id = $1 AND (at < $2 OR at > $3) LIMIT 5
"""

_ESCROW = """
SELECT account, balance FROM accounts WHERE workspace_id = $1 AND starts_with(account, $2) AND balance <> 0 LIMIT 5
"""
