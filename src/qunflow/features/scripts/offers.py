"""What is set aside for somebody for a while: how long, and that nobody hears of it afterwards. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from qunflow.domain.facts import CampaignVoice

#: Scripts that send a person to the page on which they play, and are of no use after their ``until``.
OFFERS = ("piece_offered",)


def offer_end(script: str, params: Mapping[str, object]) -> datetime | None:
    """Until when an offer can be taken; None for any other script."""
    until = str(params.get("until", "")) if script in OFFERS else ""
    return datetime.fromisoformat(until) if until else None


def offer_values(script: str, params: Mapping[str, object], voice: CampaignVoice) -> dict[str, str]:
    """The end of an offer in the campaign's zone; nothing for any other script."""
    if script not in OFFERS:
        return {}
    end = offer_end(script, params)
    return {"until": f"{end.astimezone(ZoneInfo(voice.tz)):%Y-%m-%d %H:%M}" if end is not None else ""}
