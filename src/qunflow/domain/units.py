"""What accounts count. An account's name says its unit, and no posting joins two."""

from __future__ import annotations

FEN_UNIT, POINTS_UNIT = "fen", "points"
UNITS = (FEN_UNIT, POINTS_UNIT)
_OF_POINTS = ("points:", "external:points.", "debt:points.")


def unit_of_account(account: str) -> str:
    """``fen`` or ``points``. No campaign, person or channel has a dot in its name's first part."""
    return POINTS_UNIT if account.startswith(_OF_POINTS) else FEN_UNIT
