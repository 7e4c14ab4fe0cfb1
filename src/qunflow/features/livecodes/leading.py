"""Where a scan leads and why: for the next one from the present counters, for past ones from the log. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from qunflow.domain.decisions import Counter
from qunflow.features.livecodes.model import PoolState


@dataclass(frozen=True, slots=True)
class PlacesKept:
    """These visitors of the scans with the same cause had a place already and got it again: no place was looked for."""

    KIND: ClassVar[str] = "places_kept"
    SCHEMA: ClassVar[int] = 1
    visitors: tuple[str, ...]


#: Visitors in one ``ScannedTogether``.
MOST_TOGETHER = 256


@dataclass(frozen=True, slots=True)
class ScannedTogether:
    """Visitors who opened a live code at the same moment, at most ``MOST_TOGETHER``, one after the other.

    Each is a scan like one of ``Scanned``: ``placed`` has the entry of each, empty for those who wait. ``kept`` are
    those among them who had a place already and got it again. The views ``scans`` and ``scan_counts`` show both kinds.
    """

    KIND: ClassVar[str] = "scanned_together"
    SCHEMA: ClassVar[int] = 1
    code: str
    visitors: tuple[str, ...]
    placed: tuple[str, ...]
    kept: tuple[str, ...] = ()


class Why(StrEnum):
    """Why a scan went where it went."""

    KEPT = "kept"  # the same visitor's place, still kept
    FIRST = "first"  # the first entry in order
    PASSED = "passed"  # the first with room behind others that were passed
    WAITING = "waiting"  # no ready entry had room


class Pass(StrEnum):
    """Why an entry was passed."""

    FULL = "full"
    NOT_READY = "not_ready"
    GONE = "gone"  # its group was dissolved


@dataclass(frozen=True, slots=True)
class Led:
    """Where a scan goes (empty: it waits), why, and which entries before it were passed for what."""

    entry: str
    why: Why
    passed: tuple[tuple[str, Pass], ...] = ()


@dataclass(frozen=True, slots=True)
class EntryMark:
    """An entry of a pool: when it was set up, when its way on the platform was there, when its group was dissolved."""

    entry: str
    set_at: datetime
    ready_at: datetime | None = None
    gone_at: datetime | None = None

    def passed_for(self, at: datetime) -> Pass:
        """Why a scan of that moment went past it."""
        if self.gone_at is not None and self.gone_at <= at:
            return Pass.GONE
        return Pass.NOT_READY if self.ready_at is None or self.ready_at > at else Pass.FULL


@dataclass(frozen=True, slots=True)
class PastScan:
    """A scan as the log has it; ``kept`` when the visitor held a place already."""

    version: int
    at: datetime
    visitor: str
    placed: str
    kept: bool = False


def lead_next(pool: PoolState, counters: Mapping[str, Counter]) -> Led:
    """Where a visitor goes who scans now and holds no place; ``counters`` are the places by entry."""
    passed: list[tuple[str, Pass]] = []
    for entry in pool.in_order():
        if entry.ready and counters.get(entry.entry, Counter()).free > 0:
            return Led(entry.entry, Why.PASSED if passed else Why.FIRST, tuple(passed))
        gone = bool(entry.chats) and all(chat in pool.gone for chat in entry.chats)
        passed.append((entry.entry, Pass.GONE if gone else Pass.FULL if entry.ready else Pass.NOT_READY))
    return Led("", Why.WAITING, tuple(passed))


def explain(scan: PastScan, marks: Sequence[EntryMark]) -> Led:
    """Why a past scan went where it went; ``marks`` are the pool's entries in the order in which they are filled.

    A place that was not kept is by rule the first ready one with room. So an entry before it was dissolved or not ready
    then, which the log tells, or else it was full: there is no other way.
    """
    if scan.kept:
        return Led(scan.placed, Why.KEPT)
    passed: list[tuple[str, Pass]] = []
    for mark in marks:
        if mark.entry == scan.placed or mark.set_at > scan.at:
            break
        passed.append((mark.entry, mark.passed_for(scan.at)))
    if not scan.placed:
        return Led("", Why.WAITING, tuple(passed))
    return Led(scan.placed, Why.PASSED if passed else Why.FIRST, tuple(passed))
