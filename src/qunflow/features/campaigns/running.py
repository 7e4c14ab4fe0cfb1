"""What may change while a campaign runs, in people's favour only (campaigns.md §0.2): its end and its stock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class CampaignExtended:
    """The campaign runs longer than its plan said; never shorter (§0.2)."""

    KIND: ClassVar[str] = "campaign_extended"
    SCHEMA: ClassVar[int] = 1
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class StockRaised:
    """There are ``total`` now of what the model's setting ``field`` counts (``tiers.0.total`` for one of several)."""

    KIND: ClassVar[str] = "stock_raised"
    SCHEMA: ClassVar[int] = 1
    field: str
    total: int


@dataclass(frozen=True, slots=True)
class RaiseStock:
    """Add ``by`` pieces; ``tier`` says of which size where there are several."""

    KIND: ClassVar[str] = "raise_stock"
    by: int
    tier: int = 0


@dataclass(frozen=True, slots=True)
class DayBegins:
    """A timer: a new local day, and with it a new daily budget."""

    KIND: ClassVar[str] = "day_begins"


@dataclass(frozen=True, slots=True)
class ExtendEnd:
    """Let a campaign run longer."""

    KIND: ClassVar[str] = "extend_end"
    ends_at: datetime
