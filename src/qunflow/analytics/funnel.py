"""The fission funnel of one campaign: launched → scanned → joined → completed (M39, M40, campaigns.md §11).

People count once however often they act; test runs count nowhere; scans count visitors (a person has no name yet).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qunflow.analytics.ratio import Ratio, ratio
from qunflow.storage.unit_of_work import UnitOfWork

_REAL = (
    "AND e.person NOT IN (SELECT t.person FROM events t WHERE t.workspace_id = $1 AND t.campaign = $2 "
    "AND t.type = 'participating' AND (t.data->>'test')::boolean)"
)


@dataclass(frozen=True, slots=True)
class Funnel:
    """The four counts, and what diagnosis looks at beside them. All of people, but ``scans`` and ``proofs``."""

    launched: int
    scanned: int
    joined: int
    completed: int
    scans: int
    turned_away: int  # visitors who only ever saw the waiting page
    entered: int  # added the contact
    left_1h: int
    left_24h: int
    still_in: int
    submitted: int
    proofs: int
    rejected: int
    review_wait_median: float | None  # seconds
    early_rewards: int  # task rewards without an approval
    invited: int  # entered through somebody's personal code
    confirmed: int

    @property
    def rates(self) -> dict[str, Ratio]:
        """Every rate with numerator and denominator."""
        return {
            "scan_yield": ratio(self.scanned, self.launched),
            "join_rate": ratio(self.joined, self.scanned),
            "completion_rate": ratio(self.completed, self.joined),
            "net_join_rate": ratio(self.still_in, self.scanned),
            "left_1h_rate": ratio(self.left_1h, self.joined),
            "left_24h_rate": ratio(self.left_24h, self.joined),
            "middle_page_drop": ratio(max(0, self.scanned - self.entered), self.scanned),
            "waiting_rate": ratio(self.turned_away, self.scanned),
            "submit_rate": ratio(self.submitted, self.joined),
            "reject_rate": ratio(self.rejected, self.proofs),
            "confirm_rate": ratio(self.confirmed, self.invited),
        }


async def load_funnel(unit: UnitOfWork, campaign: str) -> Funnel:
    """Count one campaign from its events."""
    row = await _row(unit, campaign, _PEOPLE)
    scans = await _row(unit, campaign, _SCANS)
    times = await _row(unit, campaign, _TIMES)
    return Funnel(
        launched=row["launched"],
        scanned=scans["scanned"],
        joined=row["joined"],
        completed=row["completed"],
        scans=scans["scans"],
        turned_away=scans["scanned"] - scans["placed"],
        entered=row["entered"],
        left_1h=times["left_1h"],
        left_24h=times["left_24h"],
        still_in=times["still_in"],
        submitted=row["submitted"],
        proofs=row["proofs"],
        rejected=row["rejected"],
        review_wait_median=times["wait"],
        early_rewards=times["early"],
        invited=row["invited"],
        confirmed=row["confirmed"],
    )


async def _row(unit: UnitOfWork, campaign: str, statement: str) -> Any:
    return (await unit.fetch(statement, unit.workspace, campaign))[0]


_PEOPLE = f"""
SELECT count(DISTINCT person) FILTER (WHERE type = 'spreading') AS launched,
       count(DISTINCT person) FILTER (WHERE type = 'joined') AS joined,
       count(DISTINCT person) FILTER (WHERE type = 'completed') AS completed,
       count(DISTINCT person) FILTER (WHERE type = 'participating') AS entered,
       count(DISTINCT person) FILTER (WHERE type = 'submitted') AS submitted,
       count(*) FILTER (WHERE type = 'submitted') AS proofs,
       count(*) FILTER (WHERE type = 'refused') AS rejected,
       count(DISTINCT person) FILTER (WHERE type = 'participating' AND coalesce(data->>'parent', '') <> '') AS invited,
       count(DISTINCT person) FILTER (WHERE type = 'confirmed') AS confirmed
FROM events e WHERE e.workspace_id = $1 AND e.campaign = $2 {_REAL}
"""

_SCANS = """
SELECT count(*) AS scans, count(DISTINCT visitor) AS scanned,
       count(DISTINCT visitor) FILTER (WHERE placed <> '') AS placed
FROM scans e WHERE e.workspace_id = $1 AND e.campaign = $2
  AND e.at >= (SELECT min(l.at) FROM events l WHERE l.workspace_id = $1 AND l.campaign = $2
               AND l.type = 'campaign_launched')
"""

_TIMES = f"""
WITH real AS (SELECT * FROM events e WHERE e.workspace_id = $1 AND e.campaign = $2 {_REAL}),
first_join AS (SELECT person, min(at) AS at FROM real WHERE type = 'joined' GROUP BY person),
first_leave AS (SELECT person, min(at) AS at FROM real WHERE type = 'departed' GROUP BY person),
last_move AS (SELECT DISTINCT ON (person) person, type FROM real WHERE type IN ('joined', 'departed')
              ORDER BY person, seq DESC),
decided AS (SELECT d.stream, d.at - s.at AS wait FROM real d JOIN real s ON s.stream = d.stream
            AND s.type = 'submitted' AND s.data->>'attempt' = d.data->>'attempt'
            WHERE d.type IN ('approved', 'refused')),
approved AS (SELECT person, min(seq) AS seq FROM real WHERE type = 'completed' GROUP BY person)
SELECT (SELECT count(*) FROM first_join j JOIN first_leave l USING (person) WHERE l.at - j.at <= interval '1 hour')
           AS left_1h,
       (SELECT count(*) FROM first_join j JOIN first_leave l USING (person) WHERE l.at - j.at <= interval '24 hours')
           AS left_24h,
       (SELECT count(*) FROM last_move WHERE type = 'joined') AS still_in,
       (SELECT extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY wait))::float8 FROM decided) AS wait,
       (SELECT count(*) FROM real r LEFT JOIN approved a USING (person) WHERE r.type = 'rewarded'
        AND r.data->>'rule' = 'task' AND (a.seq IS NULL OR a.seq > r.seq)) AS early
"""
