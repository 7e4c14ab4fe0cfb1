"""The numbers of a live campaign from the database's own counting: the same as ``report.py``, for 20,000 people too.

The report loads every participation; here each question reads the campaign's part of the event log by its index and
answers with a few rows. Rewards that are due but not posted are looked up only for those for whom something is held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from qunflow.analytics.funnel import Funnel
from qunflow.analytics.ratio import Ratio, ratio
from qunflow.analytics.scripts import ScriptCounts
from qunflow.domain.codec import decode
from qunflow.engine.door import Door
from qunflow.features.campaigns.model import CampaignState, ParticipationState, participation_stream
from qunflow.features.campaigns.owing import owed
from qunflow.storage.streams import read_heads
from qunflow.storage.unit_of_work import UnitOfWork

#: A friend counts for K_realised when confirmed within so long of the inviter's joining (campaigns.md §11).
COHORT = timedelta(days=7)
#: Points of the chart of arrivals; the step follows from the time that passed.
MOST_POINTS = 72
STEPS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 720, 1440, 10080))
PEOPLE_TYPES = (
    "participating", "spreading", "joined", "departed", "completed", "submitted", "refused", "confirmed", "rewarded",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Money:
    """Fen: due by the rules and posted (``report.rewards``), on hold, held back for want of budget, and the budget.

    ``left`` is the balance of the campaign's budget account; ``held_people`` wait for money.
    """

    due: int = 0
    posted: int = 0
    pending: int = 0
    held: int = 0
    held_people: int = 0
    budget: int = 0
    left: int = 0

    @property
    def used(self) -> int:
        """What was taken out of the budget, holds included."""
        return self.budget - self.left


@dataclass(frozen=True, slots=True)
class Spread:
    """K = i × c as it stands, and K realised by those who joined at least seven days ago (None before that).

    ``invited_each`` is i (people who came through somebody's code ÷ participants), ``confirmed_share`` c; ``k`` their
    product. ``cycle_seconds`` is the median from the inviter's joining to the friend's confirmation.
    """

    invited_each: Ratio
    confirmed_share: Ratio
    k: Ratio
    k_realised: Ratio
    cycle_seconds: float | None


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """How often one script had one outcome."""

    script: str
    outcome: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Counts by time: ``at`` are the beginnings of steps, scans are visits, joins and completions first ones."""

    step: timedelta
    at: tuple[datetime, ...]
    scans: tuple[int, ...]
    joins: tuple[int, ...]
    completions: tuple[int, ...]


async def count_acts(unit: UnitOfWork, campaign: str, now: datetime) -> Any:
    """What people did, each counted once, in one pass: the larger part of the funnel, the spread, and fen."""
    return (await unit.fetch(_PEOPLE, unit.workspace, campaign, list(PEOPLE_TYPES), now - COHORT, COHORT))[0]


async def count_visits(unit: UnitOfWork, campaign: str) -> tuple[Any, Any]:
    """Scans by visitor, and what became of proofs."""
    scans = (await unit.fetch(_SCANS, unit.workspace, campaign))[0]
    return scans, (await unit.fetch(_PROOFS, unit.workspace, campaign))[0]


def funnel_of(people: Any, scans: Any, proofs: Any) -> Funnel:
    """The funnel as ``analytics.funnel.load_funnel`` counts it."""
    return Funnel(
        launched=people["launched"],
        scanned=scans["scanned"],
        joined=people["joined"],
        completed=people["completed"],
        scans=scans["scans"],
        turned_away=scans["scanned"] - scans["placed"],
        entered=people["entered"],
        left_1h=people["left_1h"],
        left_24h=people["left_24h"],
        still_in=people["still_in"],
        submitted=people["submitted"],
        proofs=people["proofs"],
        rejected=people["rejected"],
        review_wait_median=proofs["wait"],
        early_rewards=proofs["early"],
        invited=people["invited"],
        confirmed=people["confirmed"],
    )


def spread_of(people: Any) -> Spread:
    """K and its factors."""
    return Spread(
        ratio(people["invited"], people["entered"]),
        ratio(people["brought"], people["invited"]),
        ratio(people["brought"], people["entered"]),
        ratio(people["cohort_brought"], people["cohort"]),
        people["cycle"],
    )


async def load_money(door: Door, unit: UnitOfWork, campaign: CampaignState, posted: int, pending: int) -> Money:
    """Due and posted; the two differ only by what is held, so only those with something held are looked at."""
    name = campaign.campaign
    rows = await unit.fetch(_HELD, unit.workspace, name)
    heads = await read_heads(unit, [participation_stream(name, row[0]) for row in rows])
    due = posted
    for head in heads.values():
        state = decode(ParticipationState, head.data)
        if not state.test:
            due += sum(amount.available for amount in owed(campaign, state).values())
            due -= sum(amount.available for amount in state.posted.values())
    left = await unit.value(
        "SELECT balance FROM accounts WHERE workspace_id = $1 AND account = $2 AND unit = 'fen'",
        unit.workspace,
        f"budget:{name}",
    )
    held = sum(int(row[1]) for row in rows)
    return Money(due, posted, pending, held, len(rows), campaign.budget, int(left or 0))


async def load_scripts(unit: UnitOfWork, campaign: str) -> tuple[ScriptCounts, tuple[ScriptLine, ...]]:
    """What became of every script, in all (as ``analytics.scripts.count_scripts``) and by script."""
    found = (await unit.fetch(_WISHES, unit.workspace, campaign))[0]
    rows = await unit.fetch(_ENDS, unit.workspace, campaign)
    outcomes: dict[str, int] = {}
    for _, outcome, reason, count in rows:
        name = f"{outcome}({reason})" if reason else outcome
        outcomes[name] = outcomes.get(name, 0) + int(count)
    missing = found["keys"] - found["ended_keys"]
    doubled = (found["wished"] - found["keys"]) + (found["ended"] - found["ended_keys"])
    lines = tuple(ScriptLine(row[0], row[1], row[2], int(row[3])) for row in rows)
    return ScriptCounts(found["wished"], dict(sorted(outcomes.items())), missing, doubled), lines


async def load_arrivals(unit: UnitOfWork, campaign: str, since: datetime, until: datetime) -> Arrivals:
    """Scans, first joins and completions by time, in steps so wide that at most ``MOST_POINTS`` are needed."""
    step = step_for(until - since)
    rows = await unit.fetch(_ARRIVALS, unit.workspace, campaign, since, step)
    counts = {(row[0], row[1]): int(row[2]) for row in rows}
    at = tuple(since + step * number for number in range(int((until - since) / step) + 1))
    found = {kind: tuple(counts.get((kind, number), 0) for number in range(len(at))) for kind in _ARRIVAL_TYPES}
    return Arrivals(step, at, *(found[kind] for kind in _ARRIVAL_TYPES))


def step_for(span: timedelta) -> timedelta:
    """The finest step with which a span has at most ``MOST_POINTS`` points."""
    return next((step for step in STEPS if span <= step * (MOST_POINTS - 1)), STEPS[-1])


async def count_people(unit: UnitOfWork, campaigns: Sequence[str]) -> dict[str, tuple[int, int, int, int]]:
    """campaign → (launched, scanned, joined, completed), for the campaigns of one page of a list."""
    rows = await unit.fetch(_MANY, unit.workspace, list(campaigns))
    found: dict[str, dict[str, int]] = {}
    for campaign, kind, count in rows:
        found.setdefault(campaign, {})[kind] = int(count)
    order = ("spreading", "scanned", "joined", "completed")
    return {name: tuple(counts.get(kind, 0) for kind in order) for name, counts in found.items()}  # type: ignore[misc]


_ARRIVAL_TYPES = ("scanned", "joined", "completed")

_PEOPLE = """
WITH did AS (
  SELECT person,
    bool_or(type = 'participating' AND coalesce((data->>'test')::boolean, false)) AS test,
    bool_or(type = 'participating') AS entered,
    max(data->>'parent') FILTER (WHERE type = 'participating') AS parent,
    bool_or(type = 'spreading') AS launched,
    min(at) FILTER (WHERE type = 'joined') AS first_join, max(seq) FILTER (WHERE type = 'joined') AS last_join,
    min(at) FILTER (WHERE type = 'departed') AS first_leave, max(seq) FILTER (WHERE type = 'departed') AS last_leave,
    bool_or(type = 'completed') AS completed, count(*) FILTER (WHERE type = 'submitted') AS proofs,
    count(*) FILTER (WHERE type = 'refused') AS rejected, max(at) FILTER (WHERE type = 'confirmed') AS confirmed_at,
    sum((data->>'amount')::bigint) FILTER (WHERE type = 'rewarded') AS posted,
    sum((data->>'pending')::bigint) FILTER (WHERE type = 'rewarded') AS pending
  FROM events WHERE workspace_id = $1 AND campaign = $2 AND type = ANY($3) GROUP BY person),
people AS (SELECT * FROM did WHERE NOT test),
brought AS (SELECT c.confirmed_at, p.first_join FROM people c JOIN people p ON p.person = c.parent
  WHERE c.confirmed_at IS NOT NULL AND c.parent <> '')
SELECT count(*) FILTER (WHERE launched) AS launched, count(*) FILTER (WHERE first_join IS NOT NULL) AS joined,
  count(*) FILTER (WHERE completed) AS completed, count(*) FILTER (WHERE entered) AS entered,
  count(*) FILTER (WHERE proofs > 0) AS submitted, coalesce(sum(proofs), 0)::bigint AS proofs,
  coalesce(sum(rejected), 0)::bigint AS rejected, count(*) FILTER (WHERE parent <> '') AS invited,
  count(*) FILTER (WHERE confirmed_at IS NOT NULL) AS confirmed,
  count(*) FILTER (WHERE confirmed_at IS NOT NULL AND parent <> '') AS brought,
  count(*) FILTER (WHERE first_leave - first_join <= interval '1 hour') AS left_1h,
  count(*) FILTER (WHERE first_leave - first_join <= interval '24 hours') AS left_24h,
  count(*) FILTER (WHERE last_join > coalesce(last_leave, 0)) AS still_in,
  coalesce(sum(posted), 0)::bigint AS posted, coalesce(sum(pending), 0)::bigint AS pending,
  count(*) FILTER (WHERE first_join <= $4) AS cohort,
  (SELECT count(*) FROM brought b WHERE b.first_join <= $4 AND b.confirmed_at <= b.first_join + $5) AS cohort_brought,
  (SELECT extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY b.confirmed_at - b.first_join))::float8
   FROM brought b) AS cycle
FROM people
"""

_SCANS = """
SELECT coalesce(sum(times), 0)::bigint AS scans, count(*) AS scanned, count(*) FILTER (WHERE placed) AS placed FROM (
  SELECT visitor, count(*) AS times, bool_or(placed <> '') AS placed FROM scans
  WHERE workspace_id = $1 AND campaign = $2 AND at >= (SELECT min(at) FROM events
    WHERE workspace_id = $1 AND campaign = $2 AND type = 'campaign_launched')
  GROUP BY 1) AS visitors
"""

_TEST_RUNS = """(SELECT person FROM events WHERE workspace_id = $1 AND campaign = $2 AND type = 'participating'
  AND (data->>'test')::boolean)"""

_PROOFS = f"""
WITH steps AS (SELECT stream, person, type, data->>'attempt' AS attempt, at FROM events WHERE workspace_id = $1
  AND campaign = $2 AND type IN ('submitted', 'approved', 'refused') AND person NOT IN {_TEST_RUNS}),
paid AS (SELECT person, seq FROM events WHERE workspace_id = $1 AND campaign = $2 AND type = 'rewarded'
  AND data->>'rule' = 'task' AND person NOT IN {_TEST_RUNS}),
done AS (SELECT person, min(seq) AS seq FROM events WHERE workspace_id = $1 AND campaign = $2 AND type = 'completed'
  GROUP BY person)
SELECT (SELECT extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY d.at - s.at))::float8 FROM steps d
   JOIN steps s ON s.stream = d.stream AND s.attempt = d.attempt AND s.type = 'submitted'
   WHERE d.type IN ('approved', 'refused')) AS wait,
  (SELECT count(*) FROM paid p LEFT JOIN done a USING (person) WHERE a.seq IS NULL OR a.seq > p.seq) AS early
"""

#: Who waits for money now: of each person and rule the last word, unless it was posted after it.
_HELD = """
WITH last AS (SELECT DISTINCT ON (person, data->>'rule') person, type, data FROM events WHERE workspace_id = $1
  AND campaign = $2 AND type IN ('reward_held', 'rewarded') AND person IN (SELECT person FROM events
    WHERE workspace_id = $1 AND campaign = $2 AND type = 'reward_held')
  ORDER BY person, data->>'rule', seq DESC)
SELECT person, sum((data->>'amount')::bigint) FROM last WHERE type = 'reward_held' AND (data->>'amount')::bigint > 0
GROUP BY person
"""

#: A script of one person is told apart by 64 bits of its stream and key: numbers sort ten times as fast as texts.
_WISHES = """
SELECT count(*) FILTER (WHERE type = 'script_wished') AS wished,
  count(DISTINCT own) FILTER (WHERE type = 'script_wished') AS keys,
  count(*) FILTER (WHERE type = 'script_ended') AS ended,
  count(DISTINCT own) FILTER (WHERE type = 'script_ended') AS ended_keys
FROM (SELECT type, hashtextextended(stream || ' ' || coalesce(data->>'key', ''), 0) AS own FROM events
  WHERE workspace_id = $1 AND campaign = $2 AND type IN ('script_wished', 'script_ended')) AS scripts
"""

_ENDS = """
SELECT regexp_replace(data->>'key', '[:@].*', ''), data->>'outcome', coalesce(data->>'reason', ''), count(*)
FROM events WHERE workspace_id = $1 AND campaign = $2 AND type = 'script_ended'
GROUP BY 1, 2, 3 ORDER BY 1, 4 DESC, 2, 3
"""

_ARRIVALS = f"""
SELECT type, floor(extract(epoch FROM at - $3::timestamptz) / extract(epoch FROM $4::interval))::int,
  sum(times)::bigint
FROM (
  SELECT 'scanned' AS type, at, scans AS times FROM scan_counts WHERE workspace_id = $1 AND campaign = $2
  UNION ALL SELECT type, min(at), 1 FROM events WHERE workspace_id = $1 AND campaign = $2
    AND type IN ('joined', 'completed') AND person NOT IN {_TEST_RUNS} GROUP BY type, person) AS arrived
WHERE at >= $3 GROUP BY 1, 2
"""

_MANY = """
WITH tests AS MATERIALIZED (SELECT campaign, person FROM events WHERE workspace_id = $1 AND campaign = ANY($2)
  AND type = 'participating' AND (data->>'test')::boolean)
SELECT campaign, type, count(*) FROM (
  SELECT DISTINCT campaign, type, person FROM events WHERE workspace_id = $1 AND campaign = ANY($2)
    AND type IN ('spreading', 'joined', 'completed')) AS did
WHERE NOT EXISTS (SELECT FROM tests t WHERE t.campaign = did.campaign AND t.person = did.person) GROUP BY 1, 2
UNION ALL
SELECT campaign, 'scanned', count(*) FROM (
  SELECT DISTINCT s.campaign, s.visitor FROM scans s JOIN events l ON l.workspace_id = $1
    AND l.campaign = s.campaign AND l.type = 'campaign_launched' AND s.at >= l.at
  WHERE s.workspace_id = $1 AND s.campaign = ANY($2)) AS visitors GROUP BY 1
"""
