"""Ladder rewards 阶梯 (M30, campaigns.md §5.3): three ways to read "3 invites → 5 yuan, 3–10 → 8 yuan each"."""

from __future__ import annotations

from collections.abc import Sequence

from qunflow.domain.errors import InvalidInput

Band = tuple[int, int, int]
MODES = ("marginal", "step", "whole")
MAX_INVITES = 100_000


def due(mode: str, bands: Sequence[Band], n: int) -> int:
    """Fen due for ``n`` confirmed invites; ``bands`` are (low, high, amount), both ends counted.

    ``marginal``: each invite pays its own band's amount. ``step``: each band pays once when ``low`` is reached.
    ``whole``: all invites pay the amount of the band that ``n`` lies in (the last one below it in a gap).
    Raises InvalidInput for another mode, or fewer than 0 invites.
    """
    if n < 0:
        raise InvalidInput("ladder_invites", "a number of invites from 0", field="n", way_out="Count from 0.")
    if mode == "marginal":
        return sum(amount * max(0, min(n, high) - low + 1) for low, high, amount in bands)
    if mode == "step":
        return sum(amount for low, _, amount in bands if n >= low)
    if mode == "whole":
        reached = [(low, high, amount) for low, high, amount in bands if n >= low]
        if not reached:
            return 0
        low, high, amount = max(reached)
        return amount * (n if n <= high else high)
    raise InvalidInput("ladder_mode", f"a ladder is one of {', '.join(MODES)}", field="ladder.mode")


def check_bands(mode: str, bands: Sequence[Band]) -> None:
    """Refuse bands that overlap, run backwards or pay nothing. Raises InvalidInput naming the band."""
    if mode not in MODES:
        raise InvalidInput("ladder_mode", f"a ladder is one of {', '.join(MODES)}", field="ladder.mode")
    before = 0
    for number, (low, high, amount) in enumerate(bands):
        field = f"ladder.bands[{number}]"
        if not 1 <= low <= high <= MAX_INVITES:
            raise InvalidInput("ladder_band", f"1 ≤ from ≤ to ≤ {MAX_INVITES}", field=field)
        if low <= before:
            raise InvalidInput(
                "ladder_overlap",
                "bands follow each other without overlap",
                field=field,
                way_out="Start after the last.",
            )
        if amount < 1:
            raise InvalidInput("ladder_amount", "an amount is at least 1 fen", field=f"{field}.amount_fen")
        before = high


def worst_case(mode: str, bands: Sequence[Band]) -> int:
    """The most that one person can be due, in fen."""
    if not bands:
        return 0
    tops = [due(mode, bands, point) for low, high, _ in bands for point in (low, high)]
    return max(tops)


def costly_jumps(bands: Sequence[Band]) -> list[tuple[int, int]]:
    """(n, fen) where the ``whole`` reading pays more for one more invite than that invite's own amount."""
    jumps = []
    for low, _, amount in bands:
        step = due("whole", bands, low) - due("whole", bands, low - 1)
        if step > amount:
            jumps.append((low, step))
    return jumps
