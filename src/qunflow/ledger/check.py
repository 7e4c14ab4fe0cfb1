"""Is the ledger whole: do the accounts show what the postings sum to, and do all of them together sum to zero (I1)."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.domain.units import UNITS
from qunflow.storage.accounts import read_balances, recomputed_balances
from qunflow.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """``total`` is the sum of the first unit that is not whole, 0 when all are; ``wrong`` are accounts that differ."""

    total: int
    wrong: tuple[str, ...]
    overdrawn: tuple[str, ...]

    @property
    def balanced(self) -> bool:
        """Whether every invariant of the ledger holds."""
        return self.total == 0 and not self.wrong and not self.overdrawn


async def check_ledger(unit: UnitOfWork) -> LedgerCheck:
    """Compare accounts with postings, each unit for itself; ``total`` is 0 only when the sum of every unit is."""
    totals: list[int] = []
    wrong: list[str] = []
    overdrawn: list[str] = []
    for counted in UNITS:
        shown = await read_balances(unit, counted=counted)
        summed = await recomputed_balances(unit, counted)
        totals.append(sum(shown.values()))
        wrong += [name for name in {*shown, *summed} if shown.get(name, 0) != summed.get(name, 0)]
        heads = {name: name.partition(":")[0] for name in shown}
        overdrawn += [name for name, sum_ in shown.items() if sum_ < 0 and heads[name] not in ("external", "debt")]
    total = next((one for one in totals if one), 0)
    return LedgerCheck(total, tuple(sorted(wrong)), tuple(sorted(overdrawn)))
