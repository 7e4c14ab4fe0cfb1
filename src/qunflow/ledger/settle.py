"""``settle``: post due minus posted. One function is payout, claw-back, retry and repair, because it only looks at
the difference; it is pure and knows no campaign model.

Postings (campaigns.md §9): grant ``budget → pending``, confirm ``pending → available``, revoke ``pending → budget``,
claw back ``available (then debt) → budget``. Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qunflow.domain.decisions import Posting


@dataclass(frozen=True, slots=True)
class Amounts:
    """Fen of one rule for one person: ``available`` is earned for good, ``pending`` waits for holds."""

    available: int = 0
    pending: int = 0

    @property
    def total(self) -> int:
        """Both together: what the budget must carry."""
        return self.available + self.pending


@dataclass(frozen=True, slots=True)
class Change:
    """The difference that was posted for one rule, and what had to be held because the budget was short."""

    rule: str
    available: int
    pending: int
    held: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """What to record and what to post."""

    changes: tuple[Change, ...]
    postings: tuple[Posting, ...]


def account_names(campaign: str, person: str) -> tuple[str, ...]:
    """The accounts that a settlement may touch."""
    return (f"budget:{campaign}", f"pending:{person}", f"available:{person}", f"debt:{person}")


def settle(
    campaign: str,
    person: str,
    due: Mapping[str, Amounts],
    posted: Mapping[str, Amounts],
    balances: Mapping[str, int],
    revision: int,
    room: int | None = None,
) -> Settlement:
    """Post ``due − posted`` for every rule. A rise that the budget cannot carry whole is held whole.

    ``room`` is what may still be granted today in all; None where a day has no bound.
    """
    budget, pending, available, debt = account_names(campaign, person)
    left = dict(balances)
    changes: list[Change] = []
    postings: list[Posting] = []

    def move(rule: str, leg: str, debit: str, credit: str, amount: int) -> None:
        if amount:
            postings.append(Posting(f"{campaign}:{person}:{rule}:{revision}:{leg}", debit, credit, amount))
            left[debit] -= amount
            left[credit] += amount

    for rule in sorted({*due, *posted}):
        want, have = due.get(rule, Amounts()), posted.get(rule, Amounts())
        rise = want.total - have.total
        if rise > left[budget] or (room is not None and rise > max(room, 0)):
            changes.append(Change(rule, 0, 0, held=rise))
            continue
        if room is not None:
            room -= max(rise, 0)
        up, wait = want.available - have.available, want.pending - have.pending
        if not up and not wait:
            continue
        ripened = min(max(up, 0), max(-wait, 0))
        move(rule, "ripen", pending, available, ripened)
        move(rule, "grant", budget, available, max(up, 0) - ripened)
        move(rule, "hold", budget, pending, max(wait, 0))
        move(rule, "free", pending, budget, max(-wait, 0) - ripened)
        back = max(-up, 0)
        from_available = min(back, left[available])
        move(rule, "claw", available, budget, from_available)
        move(rule, "debt", debt, budget, back - from_available)
        repaid = min(max(up, 0), max(0, -left[debt]))
        move(rule, "repay", available, debt, repaid)
        changes.append(Change(rule, up, wait))
    return Settlement(tuple(changes), tuple(postings))
