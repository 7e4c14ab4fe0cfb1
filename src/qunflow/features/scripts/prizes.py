"""What the places in braces of a prize's scripts say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from qunflow.domain.facts import CampaignVoice, RewardItemFact
from qunflow.domain.money import yuan

_NO_END = {"zh": "长期", "en": "further notice"}
_MONEY = ("reward_money", "reward_paid")


def prize_values(
    script: str, params: Mapping[str, object], item: RewardItemFact | None, voice: CampaignVoice
) -> dict[str, str]:
    """The item's title, an amount (money in yuan), an end in the campaign's zone, and a parcel's number."""
    if not script.startswith("reward_"):
        return {}
    amount, until = int(str(params.get("amount", 0))), str(params.get("until", ""))
    end = datetime.fromisoformat(until).astimezone(ZoneInfo(voice.tz)) if until else None
    return {
        "item": (item.title if item is not None else "") or str(params.get("item", "")),
        "amount": yuan(amount) if script in _MONEY else str(amount),
        "until": f"{end:%Y-%m-%d %H:%M}" if end is not None else _NO_END[voice.language],
        "carrier": str(params.get("carrier", "")),
        "tracking": str(params.get("tracking", "")),
    }
