"""What a campaign tells of prizes that are things, and what the reward inventory tells back: read by both."""

from __future__ import annotations

from dataclasses import dataclass
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


PRIZE_EVENTS: tuple[type, ...] = (PrizeDue, DrawsGranted)
