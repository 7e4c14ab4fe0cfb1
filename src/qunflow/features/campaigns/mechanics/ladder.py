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
    ``whole``: all invites pay the amount of the band that ``n`` lies in (the last one below it in a gap). Bands that
    overlap each count for themselves; plans with such are refused (:func:`check_bands`).
    Raises InvalidInput for another mode, fewer than 0 invites, and a band that is none.
    """
    if not _is_whole(n) or n < 0:
        raise InvalidInput("ladder_invites", "a number of invites from 0", field="n", way_out="Count from 0.")
    for number, band in enumerate(bands):
        _check_band(band, f"bands[{number}]")
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
    raise InvalidInput(
        "ladder_mode", f"a ladder is one of {', '.join(MODES)}", field="ladder.mode", way_out="Name one of them."
    )


def _check_band(band: object, field: str) -> None:
    """A band is three whole numbers: from 1, not backwards, and not below 0 fen."""
    parts = tuple(band) if isinstance(band, tuple | list) else ()
    if len(parts) != 3 or not all(_is_whole(part) for part in parts):
        rule, way_out = "three whole numbers: from, to and fen", "Write it like (1, 3, 500)."
        raise InvalidInput("ladder_band", rule, field=field, way_out=way_out)
    low, high, amount = parts
    if not 1 <= low <= high or amount < 0:
        way_out = "Let it begin at 1 or later, end where it begins or later, and pay 0 fen or more."
        raise InvalidInput("ladder_band", "1 ≤ from ≤ to, and no amount below 0", field=field, way_out=way_out)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


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
