"""Nested rewards 嵌套奖励 (M29, campaigns.md §5.2): stages that a false friend never reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qunflow.domain.errors import InvalidInput

Stage = tuple[str, int]


def due(stages: Sequence[Stage], reached: Mapping[str, Sequence[str]], skip_ok: bool = False) -> int:
    """Fen due over all invitees; ``reached`` names the stages of each that hold now.

    A stage counts only when all before it hold, unless ``skip_ok``; a reversed one blocks those after it.
    """
    total = 0
    for names in reached.values():
        for name, amount in stages:
            if name in names:
                total += amount
            elif not skip_ok:
                break
    return total


def next_stage(stages: Sequence[Stage], names: Sequence[str]) -> str | None:
    """The stage that an invitee can reach next, None when all are reached."""
    return next((name for name, _ in stages if name not in names), None)


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
