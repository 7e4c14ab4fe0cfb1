"""Breakthrough bonus 突破奖 (M31, campaigns.md §5.3): fen that come once when the number of valid invites reaches t."""

from __future__ import annotations

from collections.abc import Sequence

from qunflow.domain.errors import InvalidInput

#: (number of valid invites, fen once).
Step = tuple[int, int]


def due(steps: Sequence[Step], n: int) -> int:
    """Fen due for ``n`` valid invites: every step that is reached, on top of what each invite pays."""
    return sum(amount for at, amount in steps if n >= at)


def next_step(steps: Sequence[Step], n: int) -> Step | None:
    """The step that comes next after ``n`` valid invites, None when all are reached."""
    return next((step for step in steps if step[0] > n), None)


def check_steps(steps: Sequence[Step], max_invitees: int) -> None:
    """Refuse steps that do not rise, pay nothing or can never be reached. Raises InvalidInput naming the step."""
    before = 0
    for number, (at, amount) in enumerate(steps):
        field = f"breakthrough[{number}]"
        if at <= before:
            raise InvalidInput("breakthrough_order", "each step lies above the one before it", field=f"{field}.at")
        if at > max_invitees:
            raise InvalidInput(
                "breakthrough_reach",
                f"at most {max_invitees} friends of one person count",
                field=f"{field}.at",
                way_out="Raise max_invitees, or lower the step.",
            )
        if amount < 1:
            raise InvalidInput("breakthrough_amount", "a step pays at least 1 fen", field=f"{field}.amount_fen")
        before = at
