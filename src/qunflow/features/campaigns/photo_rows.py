"""Pictures of check-ins as pages and commands read them: cut in the database, with what was struck out and refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from qunflow.features.campaigns.plays.model import unit_stream
from qunflow.storage.people import find_names
from qunflow.storage.unit_of_work import UnitOfWork

COUNTS, STRUCK, ALIKE = "counts", "struck", "alike"
STATES = (COUNTS, STRUCK, ALIKE)
_STRUCK = """
(SELECT x.data->>'reason' FROM events x WHERE x.workspace_id = $1 AND x.stream = e.stream
 AND x.type = 'photo_struck' AND x.data->>'photo' = e.data->>'photo' LIMIT 1)
"""
_FROM = "FROM events e WHERE e.workspace_id = $1 AND e.campaign = $2 AND e.type = 'photo_shown'"
_STATE_WHERE = {
    COUNTS: f"{_STRUCK} IS NULL",
    STRUCK: f"{_STRUCK} IS NOT NULL",
    ALIKE: "(e.data->>'alike')::boolean",
}
_COUNTED = """
SELECT type, coalesce(data->>'reason', '') AS reason, count(*) AS many FROM events
WHERE workspace_id = $1 AND campaign = $2 AND type IN ('photo_shown', 'photo_struck', 'photo_refused')
  AND ($3 = '' OR coalesce(data->>'day', data->>'on') = $3)
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class PhotoQuestion:
    """What is asked: a local day (``2026-12-01``, empty for all), a state, a part of a name or the start of an id."""

    day: str = ""
    state: str = ""
    search: str = ""
    limit: int = 24
    offset: int = 0


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A picture for ``day``, handed in on the local day ``on``; ``reason`` is why it was struck out."""

    photo: str
    sheet: str
    person: str
    name: str
    day: str
    on: str
    at: datetime
    alike: bool
    reason: str

    def as_data(self) -> dict[str, object]:
        """The row as plain data."""
        told = {"photo": self.photo, "person": self.person, "name": self.name, "day": self.day, "on": self.on}
        return {**told, "at": self.at.isoformat(), "alike": self.alike, "struck": self.reason}


@dataclass(frozen=True, slots=True)
class PhotoCounts:
    """How many pictures were taken; how many of them were struck out, and how many not even taken, by reason."""

    shown: int = 0
    struck: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)


async def read_photos(unit: UnitOfWork, campaign: str, asked: PhotoQuestion) -> tuple[list[PhotoRow], int]:
    """One page of pictures, the newest first, and how many there are."""
    where, values = [_FROM], [asked.day, asked.search]
    if asked.day:
        where.append("e.data->>'day' = $3")
    if asked.search:
        named = "SELECT person FROM people WHERE workspace_id = $1 AND strpos(lower(name), lower($4)) > 0"
        where.append(f"(e.person IN ({named}) OR starts_with(e.person, $4))")
    if asked.state in _STATE_WHERE:
        where.append(_STATE_WHERE[asked.state])
    source, known = " AND ".join(where), (unit.workspace, campaign, *values)
    total = int(await unit.value(f"SELECT count(*) {source} AND $3::text || $4::text IS NOT NULL", *known))
    rows = await unit.fetch(
        f"SELECT substr(e.stream, length($5) + 1) AS sheet, e.person, e.at, e.data->>'photo' AS photo, "
        f"e.data->>'day' AS day, e.data->>'on' AS \"on\", coalesce((e.data->>'alike')::boolean, false) AS alike, "
        f"coalesce({_STRUCK}, '') AS reason {source} AND $3::text || $4::text IS NOT NULL "
        "ORDER BY e.seq DESC LIMIT $6 OFFSET $7",
        *(*known, unit_stream(campaign, ""), asked.limit, asked.offset),
    )
    names = await find_names(unit, sorted({row["person"] for row in rows}))
    return [PhotoRow(name=names.get(row["person"], ""), **dict(row)) for row in rows], total


async def count_photos(unit: UnitOfWork, campaign: str, day: str = "") -> PhotoCounts:
    """What became of the pictures for one local day, of all without one."""
    shown, found = 0, {"photo_struck": dict[str, int](), "photo_refused": dict[str, int]()}
    for row in await unit.fetch(_COUNTED, unit.workspace, campaign, day):
        if row["type"] == "photo_shown":
            shown += int(row["many"])
        else:
            found[row["type"]][row["reason"]] = int(row["many"])
    return PhotoCounts(shown, found["photo_struck"], found["photo_refused"])
