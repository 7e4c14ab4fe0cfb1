"""Nested rewards 嵌套奖励 (M29, campaigns.md §5.2): stages that a false friend never reaches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from qunflow.domain.errors import InvalidInput

Stage = tuple[str, int]


def due(
    stages: Sequence[Stage],
    reached: Mapping[str, Sequence[str]],
    skip_ok: bool = False,
    skips: Collection[str] = (),
) -> int:
    """Fen due over all invitees; ``reached`` names the stages of each that hold now.

    A stage counts only when all before it hold, unless ``skip_ok`` or it is one of ``skips``; a reversed one blocks
    those after it.
    """
    total = 0
    for names in reached.values():
        whole = True
        for name, amount in stages:
            if name not in names:
                whole = False
            elif whole or skip_ok or name in skips:
                total += amount
    return total


def is_late(ttl_days: int, since: datetime | None, at: datetime) -> bool:
    """Whether the time for a stage is over at ``at``; ``since`` is when the friend reached the first one."""
    return bool(ttl_days) and since is not None and at >= since + timedelta(days=ttl_days)


def next_stage(stages: Sequence[Stage], names: Sequence[str]) -> str | None:
    """The stage that an invitee can reach next, None when all are reached."""
    return next((name for name, _ in stages if name not in names), None)


def check_terms(terms: Sequence[tuple[int, int, bool]]) -> None:
    """Refuse terms that cannot be kept; each is (days, least order in fen, may be reached out of order).

    The first stage is reached by staying, so it has none; a later one has no less time than those before it.
    Raises InvalidInput naming the stage.
    """
    longest = 0
    for number, (days, least, skips) in enumerate(terms):
        field = f"stages[{number}]"
        if not number and (days or least or skips):
            name = "ttl_days" if days else "min_order_fen" if least else "skip_ok"
            raise InvalidInput(
                "stage_first",
                "the first stage is reached by staying: it has no time, no order and nothing before it",
                field=f"{field}.{name}",
                way_out="Leave it out, or put it on a later stage.",
            )
        if days and days < longest:
            raise InvalidInput(
                "stage_days",
                f"one before it has {longest} days, counted from the same moment",
                field=f"{field}.ttl_days",
                way_out="Give it as many days or more, or 0 for any time.",
            )
        longest = max(longest, days)


def check_stages(stages: Sequence[Stage], headline: int) -> None:
    """Refuse stages that repeat a name, pay nothing, or do not sum to the headline. Raises InvalidInput."""
    names = [name for name, _ in stages]
    if len(set(names)) != len(names):
        raise InvalidInput("stage_twice", "each stage has a name of its own", field="stages")
    if any(amount < 1 for _, amount in stages):
        raise InvalidInput("stage_amount", "a stage pays at least 1 fen", field="stages")
    total = sum(amount for _, amount in stages)
    if stages and total != headline:
        raise InvalidInput(
            "stage_headline",
            f"the stages sum to {total} fen, the headline says {headline}",
            field="headline_fen",
            way_out="Make the headline the sum of the stages.",
        )
