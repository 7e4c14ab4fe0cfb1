"""An order of the goods of a group-buy 拼团 by somebody alone: its state, its events and their fold. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Alone:
    """``state``: held | paid, and over: released (not paid, or given up) | stock | refunded (afterwards)."""

    order: str
    person: str
    fen: int
    state: str
    until: datetime
    pieces: int = 1


@dataclass(frozen=True, slots=True)
class AloneOrdered:
    """Somebody ordered alone, to be paid until ``until``."""

    KIND: ClassVar[str] = "alone_ordered"
    SCHEMA: ClassVar[int] = 1
    order: str
    buyer: str
    fen: int
    pieces: int
    until: datetime


@dataclass(frozen=True, slots=True)
class AlonePaid:
    """It was paid, and is the shop's."""

    KIND: ClassVar[str] = "alone_paid"
    SCHEMA: ClassVar[int] = 1
    order: str


@dataclass(frozen=True, slots=True)
class AloneOver:
    """It came to nothing, or was refunded afterwards (which frees nothing)."""

    KIND: ClassVar[str] = "alone_over"
    SCHEMA: ClassVar[int] = 1
    order: str
    outcome: str


ALONE_EVENTS = (AloneOrdered, AlonePaid, AloneOver)


def alone_after(state: Alone | None, body: object) -> Alone | None:
    """Fold."""
    if isinstance(body, AloneOrdered):
        return Alone(body.order, body.buyer, body.fen, "held", body.until, body.pieces)
    if state is None:
        return None
    if isinstance(body, AlonePaid):
        return replace(state, state="paid")
    return replace(state, state=body.outcome) if isinstance(body, AloneOver) else state
