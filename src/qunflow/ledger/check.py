"""Is the ledger whole: do the accounts show what the postings sum to, and do all of them together sum to zero (I1)."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.storage.accounts import read_balances, recomputed_balances
from qunflow.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """``total`` is the sum of all accounts in fen (0 when whole); ``wrong`` names accounts that differ."""

    total: int
    wrong: tuple[str, ...]
    overdrawn: tuple[str, ...]

    @property
    def balanced(self) -> bool:
        """Whether every invariant of the ledger holds."""
        return self.total == 0 and not self.wrong and not self.overdrawn


async def check_ledger(unit: UnitOfWork) -> LedgerCheck:
    """Compare accounts with postings."""
    shown = await read_balances(unit)
    summed = await recomputed_balances(unit)
    wrong = tuple(sorted(name for name in {*shown, *summed} if shown.get(name, 0) != summed.get(name, 0)))
    overdrawn = tuple(
        sorted(
            name
            for name, balance in shown.items()
            if balance < 0 and name.partition(":")[0] not in ("external", "debt")
        )
    )
    return LedgerCheck(sum(shown.values()), wrong, overdrawn)
