"""Two persons who turned out to be one human: what the merge tells everybody (docs/decisions/0022)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

#: How it became known.
OPERATOR, UNION_ID = "operator", "union_id"


@dataclass(frozen=True, slots=True)
class PersonMerged:
    """``gone`` is the same human as ``kept``, who was met first, at ``met_at``; ``by`` is an account or empty."""

    KIND: ClassVar[str] = "person_merged"
    SCHEMA: ClassVar[int] = 1
    gone: str
    kept: str
    how: str
    by: str = ""
    met_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PersonTookIn:
    """The other side of :class:`PersonMerged`, on the stream of who goes on."""

    KIND: ClassVar[str] = "person_took_in"
    SCHEMA: ClassVar[int] = 1
    gone: str


MERGE_EVENTS: tuple[type, ...] = (PersonMerged, PersonTookIn)
