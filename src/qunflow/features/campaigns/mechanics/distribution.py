"""Distribution 分销 (M23–M25, campaigns.md §3): what a sale earns those who brought the buyer. Fen."""

from __future__ import annotations

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import BPS, share_bps

#: Two levels are the legal limit; a constant on purpose, never a setting (M24, I7).
MAX_LEVELS = 2


#: Sums that these functions reckon with; a plan's own amounts are bounded far below (``domain/money.py``).
MAX_SUM = 10**15


def commission(base: int, refunded: int, rate_bps: int) -> int:
    """Fen due for a sale of ``base`` fen of which ``refunded`` went back: the floor of the rest times the rate.

    Post this less what was posted, after every refund: a full refund then ends at exactly 0, in whatever steps it
    came (§3.2). Raises InvalidInput.
    """
    _whole("base", base, 0, MAX_SUM, "Give the paid amount in fen.")
    _whole("refunded", refunded, 0, base, "No more can be refunded than was paid.")
    _whole("rate_bps", rate_bps, 0, BPS, "Give the rate in basis points: 3000 are 30 %.")
    return share_bps(base - refunded, rate_bps)


def fixed_commission(whole_sum: int, base: int, refunded: int) -> int:
    """Fen due of a fixed sum on a sale of which a part went back: the floor of the part that is left.

    Like :func:`commission` it ends at exactly 0 with the whole refund. Raises InvalidInput.
    """
    _whole("fixed_fen", whole_sum, 0, MAX_SUM, "Give the sum in fen.")
    _whole("base", base, 0, MAX_SUM, "Give the paid amount in fen.")
    _whole("refunded", refunded, 0, base, "No more can be refunded than was paid.")
    return whole_sum * (base - refunded) // base if base else 0


def _whole(field: str, value: object, low: int, high: int, way_out: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidInput("commission_number", f"a whole number from {low} to {high}", field=field, way_out=way_out)
