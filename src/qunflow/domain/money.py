"""Money is integer fen, rates are basis points, division floors (campaigns.md, head)."""

from __future__ import annotations

BPS = 10_000
#: No single amount in the product is larger: ten million yuan.
MAX_FEN = 1_000_000_000


def share_bps(amount: int, rate_bps: int) -> int:
    """``floor(amount · rate / 10 000)`` in fen."""
    return amount * rate_bps // BPS


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals, for people: ``1881`` → ``18.81``."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
