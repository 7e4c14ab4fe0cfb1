"""Reading the review queue: what waits in which order, the attempts before, and figures from the event log.

A proof that waits has a claim of the scope ``review``, so the queue is found by an index however many proofs there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qunflow.features.tasks.model import REVIEW
from qunflow.storage.json_text import from_json
from qunflow.storage.unit_of_work import UnitOfWork

#: Findings that bring a proof to the front, beside a last attempt.
URGENT = ("looks_alike", "like_another", "appeal", "risk")
#: More attempts than a plan may allow.
MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which proofs are wanted; an empty field wants all.

    ``campaign`` and ``search`` are parts of a text, ``exact`` the whole name of a campaign; ``finding`` is a finding's
    code without its number, ``last_chance`` or ``second``.
    """

    campaign: str = ""
    exact: str = ""
    finding: str = ""
    search: str = ""


@dataclass(frozen=True, slots=True)
class WaitingProof:
    """One proof that waits. ``holder`` has it open now, ``first`` approved it where two must."""

    submission: str
    person: str
    name: str
    campaign: str
    title: str
    attempt: int
    attempts: int
    blob: str
    findings: tuple[str, ...]
    submitted_at: datetime
    queued_at: datetime
    holder: str
    first: str
    urgent: bool

    @property
    def last_chance(self) -> bool:
        """Whether a rejection would be the last one."""
        return self.attempts > 0 and self.attempt >= self.attempts


@dataclass(frozen=True, slots=True)
class QueueCount:
    """How many proofs wait, since when the oldest does, and the median wait of late decisions in seconds."""

    waiting: int = 0
    oldest: datetime | None = None
    median_wait: float | None = None
    decided: int = 0


@dataclass(frozen=True, slots=True)
class ReviewerFigures:
    """What one reviewer did: ``overturned``: first approvals that the second reviewer rejected, and
    rejections that somebody else approved after an appeal.
    """

    by: str
    decided: int
    approved: int
    undone: int
    overturned: int
    median_wait: float | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a participant: ``outcome`` is '' while nothing was decided."""

    attempt: int
    at: datetime
    blob: str
    outcome: str = ""
    reason: str = ""
    by: str = ""
    words: str = ""


async def read_waiting(
    unit: UnitOfWork, wanted: QueueFilter, now: datetime, *, limit: int, offset: int = 0
) -> tuple[list[WaitingProof], int]:
    """Proofs that wait, those first that are a last chance or a risk, then the oldest; and how many there are."""
    rows = await unit.fetch(f"{_WAITING} ORDER BY urgent DESC, queued_at, key LIMIT $7 OFFSET $8",
                            *_values(unit, wanted, now), limit, offset)  # fmt: skip
    total = int(rows[0]["total"]) if rows else await _count(unit, wanted, now) if offset else 0
    return [_proof(row) for row in rows], total


async def read_order(unit: UnitOfWork, wanted: QueueFilter, now: datetime, limit: int) -> list[tuple[str, str, str]]:
    """(submission, holder, first) of the proofs that wait, in their order."""
    statement = f"SELECT key, holder, first FROM ({_WAITING}) AS w ORDER BY urgent DESC, queued_at, key LIMIT $7"
    rows = await unit.fetch(statement, *_values(unit, wanted, now), limit)
    return [(row[0], row[1], row[2]) for row in rows]


async def read_one(unit: UnitOfWork, submission: str, now: datetime) -> WaitingProof | None:
    """One proof, whatever its state; None when there is none of this name."""
    rows = await unit.fetch(_ONE, unit.workspace, submission, now)
    return _proof(rows[0]) if rows else None


async def count_queue(unit: UnitOfWork, since: datetime) -> QueueCount:
    """How long the queue is now, and how long decisions since ``since`` had waited."""
    row = (await unit.fetch(_COUNT, unit.workspace))[0]
    done = (await unit.fetch(_WAITED, unit.workspace, since))[0]
    return QueueCount(int(row[0]), row[1], done[0], int(done[1]))


async def read_reviewers(unit: UnitOfWork, since: datetime) -> list[ReviewerFigures]:
    """What each reviewer did since ``since``, the busiest first (at most 200)."""
    rows = await unit.fetch(_REVIEWERS, unit.workspace, since)
    return [ReviewerFigures(row[0], int(row[1]), int(row[2]), int(row[3]), int(row[4]), row[5]) for row in rows]


async def read_attempts(unit: UnitOfWork, submission: str) -> list[Attempt]:
    """Every attempt of a proof, the first one first."""
    rows = await unit.fetch(_HISTORY, unit.workspace, submission, MOST_EVENTS)
    found: dict[int, Attempt] = {}
    for kind, at, text in rows:
        data = from_json(text)
        number = int(data["attempt"])
        if kind == "submitted":
            found[number] = Attempt(number, at, data["blob"])
        elif number in found:
            found[number] = _ended(found[number], kind, data)
    return list(found.values())


def _ended(attempt: Attempt, kind: str, data: dict[str, Any]) -> Attempt:
    words = str(data.get("words", "")) or attempt.words
    if kind == "review_decided":
        return Attempt(attempt.attempt, attempt.at, attempt.blob, "", "", "", words)
    outcome = "approved" if kind == "approved" else "rejected"
    reason, by = str(data.get("reason", "")), str(data["by"])
    return Attempt(attempt.attempt, attempt.at, attempt.blob, outcome, reason, by, words)


def _values(unit: UnitOfWork, wanted: QueueFilter, now: datetime) -> tuple[Any, ...]:
    return unit.workspace, now, wanted.campaign.casefold(), wanted.exact, wanted.finding, wanted.search.casefold()


async def _count(unit: UnitOfWork, wanted: QueueFilter, now: datetime) -> int:
    return int(await unit.value(f"SELECT count(*) FROM ({_WAITING}) AS w", *_values(unit, wanted, now)))


def _proof(row: Any) -> WaitingProof:
    found: Sequence[str] = row["findings"] or ()
    return WaitingProof(
        row["key"],
        row["person"],
        row["name"],
        row["campaign"],
        row["title"],
        row["attempt"],
        row["attempts"],
        row["blob"],
        tuple(found),
        row["submitted_at"],
        row["queued_at"] or row["submitted_at"],
        row["holder"],
        row["first"],
        row["urgent"],
    )


_FIELDS = f"""
  s.stream AS key, s.state->>'person' AS person, coalesce(p.name, '') AS name, s.state->>'campaign' AS campaign,
  coalesce(k.title, '') AS title, (s.state->>'attempt')::int AS attempt, coalesce(k.attempts, 0) AS attempts,
  s.state->>'blob' AS blob, ARRAY(SELECT jsonb_array_elements_text(s.state->'findings')) AS findings,
  (s.state->>'submitted_at')::timestamptz AS submitted_at, (s.state->>'queued_at')::timestamptz AS queued_at,
  CASE WHEN c.until > {{now}} THEN c.holder ELSE '' END AS holder, coalesce(s.state->>'first', '') AS first,
  (coalesce((s.state->>'attempt')::int >= k.attempts, false) OR s.state->'findings' ?| array{list(URGENT)}) AS urgent
"""
_CAMPAIGNS = """
WITH plans AS MATERIALIZED (SELECT substr(stream, 10) AS campaign, state->'plan'->>'title' AS title,
  (state->'plan'->'task'->>'attempts')::int AS attempts FROM streams
  WHERE workspace_id = $1 AND kind = 'campaign' AND version > 0)
"""
_JOINS = """
  LEFT JOIN plans k ON k.campaign = s.state->>'campaign'
  LEFT JOIN people p ON p.workspace_id = $1 AND p.person = s.state->>'person'
"""
_WAITING = f"""
{_CAMPAIGNS} SELECT w.*, count(*) OVER () AS total FROM (SELECT {_FIELDS.format(now="$2")}
  FROM claims c JOIN streams s ON s.workspace_id = $1 AND s.stream = c.key {_JOINS}
  WHERE c.workspace_id = $1 AND c.scope = '{REVIEW}' AND s.state->>'status' = 'queued') AS w
WHERE ($3 = '' OR strpos(lower(campaign), $3) > 0 OR strpos(lower(title), $3) > 0) AND ($4 = '' OR campaign = $4)
  AND ($5 = '' OR ($5 = 'last_chance' AND attempts > 0 AND attempt >= attempts) OR ($5 = 'second' AND first <> '')
    OR EXISTS (SELECT FROM unnest(findings) AS f WHERE f = $5 OR starts_with(f, $5 || ':')))
  AND ($6 = '' OR strpos(lower(name), $6) > 0 OR strpos(lower(title), $6) > 0 OR strpos(person, $6) > 0)
"""
_ONE = f"""
{_CAMPAIGNS} SELECT {_FIELDS.format(now="$3")} FROM streams s
  LEFT JOIN claims c ON c.workspace_id = $1 AND c.scope = '{REVIEW}' AND c.key = s.stream {_JOINS}
WHERE s.workspace_id = $1 AND s.stream = $2 AND s.kind = 'submission' AND s.version > 0
"""
_COUNT = f"""
SELECT count(*), min(coalesce(s.state->>'queued_at', s.state->>'submitted_at')::timestamptz)
FROM claims c JOIN streams s ON s.workspace_id = $1 AND s.stream = c.key
WHERE c.workspace_id = $1 AND c.scope = '{REVIEW}' AND s.state->>'status' = 'queued'
"""
_OWN = "(SELECT substr(stream, 10) FROM streams WHERE workspace_id = $1 AND kind = 'campaign')"
_WAITED = f"""
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY (data->>'waited')::float8), count(*) FROM events
WHERE workspace_id = $1 AND campaign IN {_OWN} AND type = 'review_decided' AND at >= $2
"""
_REVIEWERS = f"""
WITH acts AS (SELECT type, data->>'by' AS who, data->>'verdict' AS verdict, data->>'first' AS first,
    (data->>'waited')::float8 AS waited FROM events WHERE workspace_id = $1 AND campaign IN {_OWN}
    AND type IN ('review_decided', 'review_undone', 'first_approved') AND at >= $2),
  appeals AS (SELECT a.data->>'judge' AS who FROM events a WHERE a.workspace_id = $1 AND a.campaign IN {_OWN}
    AND a.type = 'proof_appealed' AND a.at >= $2 AND EXISTS (SELECT FROM events d WHERE d.workspace_id = $1
      AND d.stream = a.stream AND d.version > a.version AND d.type = 'approved'
      AND d.data->>'attempt' = a.data->>'attempt')),
  lost AS (SELECT who, count(*) AS count FROM (SELECT first AS who FROM acts WHERE verdict = 'reject' AND first <> ''
    UNION ALL SELECT who FROM appeals) AS l GROUP BY 1)
SELECT a.who, count(*) FILTER (WHERE type <> 'review_undone'),
  count(*) FILTER (WHERE verdict = 'approve' OR type = 'first_approved'),
  count(*) FILTER (WHERE type = 'review_undone'), coalesce(max(lost.count), 0),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY waited)
FROM acts a LEFT JOIN lost ON lost.who = a.who GROUP BY a.who ORDER BY 2 DESC, 1 LIMIT 200
"""
_HISTORY = """
SELECT type, at, data FROM events WHERE workspace_id = $1 AND stream = $2
AND type IN ('submitted', 'review_decided', 'approved', 'refused') ORDER BY version LIMIT $3
"""
