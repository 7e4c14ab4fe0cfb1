"""An entry of a contest 作品: its votes, its place; events and their fold. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.events import Event

#: So many of the newest votes are kept with an entry.
KEPT = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """One of the newest valid votes: whose, and when."""

    vote: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One work. ``status``: pending | approved | refused | ranked; ``reached_at``: when it had its score first.

    That is the time of its last valid vote; ``last`` are the newest of them, so that it is known after votes are void.
    """

    status: str = ""
    work: str = ""
    score: int = 0
    reached_at: datetime | None = None
    place: int = 0
    fen: int = 0
    last: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the frozen rank."""

    place: int
    unit: str
    score: int
    fen: int


@dataclass(frozen=True, slots=True)
class EntryMade:
    """A work was handed in; ``work`` is the address of its picture or text in the blob store."""

    KIND: ClassVar[str] = "entry_made"
    SCHEMA: ClassVar[int] = 1
    work: str
    approved: bool


@dataclass(frozen=True, slots=True)
class EntryJudged:
    """Staff looked at a work."""

    KIND: ClassVar[str] = "entry_judged"
    SCHEMA: ClassVar[int] = 1
    approved: bool


@dataclass(frozen=True, slots=True)
class Voted:
    """A vote; ``key`` is its day and number among the voter's votes for this entry."""

    KIND: ClassVar[str] = "voted"
    SCHEMA: ClassVar[int] = 1
    voter: str
    key: str


@dataclass(frozen=True, slots=True)
class VoteVoided:
    """A vote counts no more."""

    KIND: ClassVar[str] = "vote_voided"
    SCHEMA: ClassVar[int] = 1
    voter: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class EntryRanked:
    """The final place of an entry, 0 for none, and what it won."""

    KIND: ClassVar[str] = "entry_ranked"
    SCHEMA: ClassVar[int] = 1
    place: int
    fen: int


@dataclass(frozen=True, slots=True)
class RankFrozen:
    """The final rank of all entries; only those that won something, or have a place, stand in it."""

    KIND: ClassVar[str] = "rank_frozen"
    SCHEMA: ClassVar[int] = 1
    entries: int
    places: tuple[Place, ...]


EVENTS = (EntryMade, EntryJudged, Voted, VoteVoided, EntryRanked, RankFrozen)


def evolve(state: Entry, event: Event) -> Entry:
    """Fold one event of an entry."""
    body = event.body
    if isinstance(body, EntryMade):
        return Entry("approved" if body.approved else "pending", body.work)
    if isinstance(body, EntryJudged):
        return replace(state, status="approved" if body.approved else "refused")
    if isinstance(body, Voted):
        last = (*state.last, Mark(f"{body.voter}/{body.key}", event.at))[-KEPT:]
        return replace(state, score=state.score + 1, reached_at=event.at, last=last)
    if isinstance(body, VoteVoided):
        return _voided(state, f"{body.voter}/{body.key}")
    if isinstance(body, EntryRanked):
        return replace(state, status="ranked", place=body.place, fen=body.fen)
    return state


def _voided(state: Entry, vote: str) -> Entry:
    """Without one vote; the score that is left was reached with the last of the others."""
    last = tuple(mark for mark in state.last if mark.vote != vote)
    score = max(0, state.score - 1)
    reached_at = last[-1].at if last else state.last[0].at if state.last else state.reached_at
    return replace(state, score=score, reached_at=reached_at if score else None, last=last)
