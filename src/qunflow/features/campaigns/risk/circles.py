"""People who help one another: what share of an owner's helps comes from inside such a circle (§6, ring). Pure.

A help is inside when its helper was helped by somebody else of the owner's circle, which is the owner and the owner's
helpers. Looked at are at most the 30 newest helpers of one campaign within seven days, and fewer than four say nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from qunflow.features.campaigns.risk.model import WEEK, WatchState

LEAST_HELPERS, MOST_HELPERS = 4, 30


def circle_of(state: WatchState, campaign: str, at: datetime) -> tuple[str, ...]:
    """Who helped a person in a campaign within seven days, each once, the newest last, at most 30."""
    found = dict.fromkeys(
        item.helper for item in reversed(state.helpers) if item.campaign == campaign and item.at > at - WEEK
    )
    return tuple(found)[:MOST_HELPERS][::-1]


def circle_share(owner: str, helpers: Sequence[str], helped: Mapping[str, Collection[str]]) -> int:
    """Percent of ``helpers`` that were helped inside the circle, rounded up; 0 for fewer than four.

    ``helped`` is who helped each of them.
    """
    if len(helpers) < LEAST_HELPERS:
        return 0
    circle = {owner, *helpers}
    inside = sum(bool(circle.intersection(helped.get(helper, ())) - {helper}) for helper in helpers)
    return -(-100 * inside // len(helpers))
