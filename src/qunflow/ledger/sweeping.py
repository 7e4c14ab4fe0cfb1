"""What one person's accounts hold becomes another's, because both are one human. Pure; fen, and points apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from qunflow.domain.decisions import Posting
from qunflow.domain.units import POINTS_UNIT
from qunflow.ledger.accounts import available, debt
from qunflow.ledger.points import points, points_debt

Balance = Callable[[str], int]


def purse(person: str) -> tuple[str, ...]:
    """The accounts of a person that can be emptied: what is pending stays until its hold is over."""
    return (available(person), debt(person), points(person), points_debt(person))


def sweep(
    gone: Iterable[str], kept: str, balance: Balance, key: str, *, points_too: bool = True
) -> tuple[Posting, ...]:
    """Move what the ``gone`` have and owe to ``kept``, and let what is there then repay what is owed."""
    found: list[Posting] = []
    units = [("fen", available, debt)]
    if points_too:
        units.append((POINTS_UNIT, points, points_debt))
    for unit, has, owes in units:
        there, owed = balance(has(kept)), -balance(owes(kept))
        for person in gone:
            moved, taken = balance(has(person)), -balance(owes(person))
            if moved > 0:
                found.append(Posting(f"{key}:{person}:{unit}:has", has(person), has(kept), moved, unit))
            if taken > 0:
                found.append(Posting(f"{key}:{person}:{unit}:owes", owes(kept), owes(person), taken, unit))
            there, owed = there + max(moved, 0), owed + max(taken, 0)
        repaid = min(there, owed)
        if found and repaid > 0:
            found.append(Posting(f"{key}:{unit}:repay", has(kept), owes(kept), repaid, unit))
    return tuple(found)
