"""What a campaign tells of prizes that are things, and what the reward inventory tells back: read by both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PrizeDue:
    """Where a campaign stands with one prize of one person: ``state`` is ``held``, ``due``, or ``gone`` (taken back).

    ``revision`` counts up when it becomes due anew. ``limit`` is how many of this prize there are, 0 for no limit of
    its own; ``freeze_hours`` is how long it waits after it is due, ``review`` that somebody has to agree.
    """

    KIND: ClassVar[str] = "prize_due"
    SCHEMA: ClassVar[int] = 1
    rule: str
    milestone: str
    revision: int
    state: str
    item: str
    limit: int = 0
    freeze_hours: int = 0
    review: bool = False


@dataclass(frozen=True, slots=True)
class DrawsGranted:
    """A prize of so many draws goes to a unit of the campaign's model."""

    KIND: ClassVar[str] = "draws_granted"
    SCHEMA: ClassVar[int] = 1
    unit: str
    draws: int


@dataclass(frozen=True, slots=True)
class PrizeNews:
    """The holder is to hear something of a prize, once: ``script`` says which words, ``prize`` is its rule, milestone
    and revision. ``amount`` counts points or draws, money is in fen; ``until`` is when it runs out.
    """

    KIND: ClassVar[str] = "prize_news"
    SCHEMA: ClassVar[int] = 1
    script: str
    prize: str
    item: str
    amount: int = 0
    until: datetime | None = None
    carrier: str = ""
    tracking: str = ""


@dataclass(frozen=True, slots=True)
class RefillEnded:
    """Of an item that staff were asked to refill more came, or no more is wanted."""

    KIND: ClassVar[str] = "refill_ended"
    SCHEMA: ClassVar[int] = 1
    item: str


PRIZE_EVENTS: tuple[type, ...] = (PrizeDue, DrawsGranted, PrizeNews, RefillEnded)
