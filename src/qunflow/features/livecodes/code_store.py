"""Live codes as pages show them: public codes, scans over time, the last scans, the entries of a pool. SQL by index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from qunflow.domain.codec import decode
from qunflow.domain.decisions import Counter
from qunflow.features.livecodes.leading import EntryMark, PastScan, ScannedTogether
from qunflow.features.livecodes.model import CodeState, PoolState, code_stream, place_counter, pool_stream
from qunflow.storage.json_text import from_json
from qunflow.storage.unit_of_work import UnitOfWork

#: More public codes than anybody prints.
MOST_CODES = 2_000

_PUBLIC = """
SELECT s.state FROM events e JOIN streams s ON s.workspace_id = $1 AND s.stream = e.stream
WHERE e.workspace_id = $1 AND e.type = 'code_made' AND e.data->>'owner' = '' ORDER BY e.stream LIMIT $2
"""
_POOLS = "SELECT state FROM streams WHERE workspace_id = $1 AND kind = 'pool' AND version > 0 ORDER BY stream"
_COUNTERS = 'SELECT name, used, "limit" FROM counters WHERE workspace_id = $1 AND name = ANY($2)'
_COUNTS = """
SELECT stream, coalesce(sum(scans) FILTER (WHERE at >= $3), 0)::bigint, sum(scans)::bigint FROM scan_counts
WHERE workspace_id = $1 AND stream = ANY($2) GROUP BY stream
"""
#: Counted by quarters of an hour first, which every zone's hours and days are made of: a zone costs time per row.
_SLOTS = """
SELECT to_char(date_trunc($3, quarter AT TIME ZONE $4), 'YYYY-MM-DD HH24:MI') AS slot, sum(scans)::bigint FROM (
  SELECT date_bin('15 minutes', at, 'epoch') AS quarter, sum(scans) AS scans FROM scan_counts
  WHERE workspace_id = $1 AND stream = $2 AND at >= $5 GROUP BY 1) AS quarters
GROUP BY 1 ORDER BY 1
"""
_LAST = """
SELECT type, version, at, cause, data FROM events
WHERE workspace_id = $1 AND stream = $2 AND type IN ('scanned', 'places_kept', 'scanned_together')
ORDER BY version DESC LIMIT $3
"""
_MARKS = """
SELECT coalesce(data->>'entry', data->>'chat'), min(at) FILTER (WHERE type <> 'pool_group_gone'),
  min(at) FILTER (WHERE type = 'entry_ready'), max(at) FILTER (WHERE type = 'pool_group_gone')
FROM events WHERE workspace_id = $1 AND stream = $2 AND type IN ('entry_set', 'entry_ready', 'pool_group_gone')
GROUP BY 1 HAVING bool_or(type <> 'pool_group_gone') ORDER BY min(version)
"""
_TITLES = """
SELECT substr(stream, 10), state->'plan'->>'title' FROM streams WHERE workspace_id = $1 AND stream = ANY($2)
"""


@dataclass(frozen=True, slots=True)
class ScanCount:
    """Scans of a code since a moment (today's midnight), and in all."""

    today: int = 0
    total: int = 0


async def public_codes(unit: UnitOfWork) -> list[CodeState]:
    """The codes that belong to nobody: of campaigns, and those made by hand."""
    rows = await unit.fetch(_PUBLIC, unit.workspace, MOST_CODES)
    return [decode(CodeState, from_json(row[0])) for row in rows]


async def all_pools(unit: UnitOfWork) -> dict[str, PoolState]:
    """name → pool."""
    pools = [decode(PoolState, from_json(row[0])) for row in await unit.fetch(_POOLS, unit.workspace)]
    return {pool.pool: pool for pool in pools}


async def read_places(unit: UnitOfWork, pools: Sequence[PoolState]) -> dict[str, dict[str, Counter]]:
    """pool → entry → its places, without a lock."""
    names = {place_counter(pool.pool, entry): (pool.pool, entry) for pool in pools for entry in pool.entries}
    found: dict[str, dict[str, Counter]] = {pool.pool: {} for pool in pools}
    for name, used, limit in await unit.fetch(_COUNTERS, unit.workspace, list(names)) if names else []:
        pool, entry = names[name]
        found[pool][entry] = Counter(used, limit)
    return found


async def count_scans(unit: UnitOfWork, codes: Sequence[str], since: datetime) -> Mapping[str, ScanCount]:
    """code → its scans; a code that nobody scanned is absent."""
    streams = [code_stream(code) for code in codes]
    rows = await unit.fetch(_COUNTS, unit.workspace, streams, since) if streams else []
    return {row[0].partition(":")[2]: ScanCount(row[1], row[2]) for row in rows}


async def scan_slots(unit: UnitOfWork, code: str, slot: str, tz: str, since: datetime) -> dict[str, int]:
    """Scans of every hour or day (``slot``) of a zone in which there was one, by its beginning."""
    rows = await unit.fetch(_SLOTS, unit.workspace, code_stream(code), slot, tz, since)
    return {row[0]: row[1] for row in rows}


async def last_scans(unit: UnitOfWork, code: str, most: int) -> list[PastScan]:
    """The last scans, newest first, each with whether its visitor held a place already."""
    found: list[PastScan] = []
    kept: dict[str, frozenset[str]] = {}
    rows = await unit.fetch(_LAST, unit.workspace, code_stream(code), 2 * most)
    for kind, version, at, cause, text in rows:
        data = from_json(text)
        if kind == "places_kept":
            kept[cause] = frozenset(data["visitors"])
        elif kind == "scanned":
            visitor = data["visitor"]
            found.append(PastScan(version, at, visitor, data.get("placed", ""), visitor in kept.get(cause, ())))
        else:
            together = decode(ScannedTogether, data)
            again = frozenset(together.kept)
            pairs = list(zip(together.visitors, together.placed, strict=True))
            found.extend(PastScan(version, at, who, placed, who in again) for who, placed in reversed(pairs))
        if len(found) >= most:
            break
    return found[:most]


async def entry_marks(unit: UnitOfWork, pool: str) -> tuple[EntryMark, ...]:
    """The entries of a pool in the order in which they are filled, with when they were set up and ready."""
    rows = await unit.fetch(_MARKS, unit.workspace, pool_stream(pool))
    return tuple(EntryMark(*row) for row in rows)


async def campaign_titles(unit: UnitOfWork, campaigns: Sequence[str]) -> dict[str, str]:
    """campaign → its title."""
    names = sorted({name for name in campaigns if name})
    rows = await unit.fetch(_TITLES, unit.workspace, [f"campaign:{name}" for name in names]) if names else []
    return {row[0]: row[1] or row[0] for row in rows}
