"""What may change while a campaign runs, in the participants' favour only (campaigns.md §0.2): its end."""

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
class ExtendEnd:
    """Let a campaign run longer."""

    KIND: ClassVar[str] = "extend_end"
    ends_at: datetime
