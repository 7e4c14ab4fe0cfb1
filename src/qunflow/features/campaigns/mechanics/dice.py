"""Dice that are thrown from a stored seed: the same seed gives the same numbers on every machine (campaigns.md I10)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
Seed = bytes | str | int
_BYTES = 8
_SPAN = 1 << (8 * _BYTES)


class Dice:
    """Whole numbers drawn one after the other from a seed: BLAKE2b over a running number, keyed by the seed."""

    def __init__(self, seed: Seed) -> None:
        text = seed if isinstance(seed, bytes) else str(seed).encode()
        self._key = hashlib.blake2b(text, digest_size=32).digest()
        self._drawn = 0

    def below(self, limit: int) -> int:
        """A number from 0 to ``limit`` - 1, each equally likely: draws in the uneven rest are thrown again."""
        even = _SPAN - _SPAN % limit
        while True:
            block = hashlib.blake2b(self._drawn.to_bytes(8, "big"), key=self._key, digest_size=_BYTES).digest()
            self._drawn += 1
            number = int.from_bytes(block, "big")
            if number < even:
                return number % limit

    def between(self, low: int, high: int) -> int:
        """A number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """The items in an order of which each is equally likely (Fisher–Yates)."""
        found = list(items)
        for last in range(len(found) - 1, 0, -1):
            other = self.below(last + 1)
            found[last], found[other] = found[other], found[last]
        return found
