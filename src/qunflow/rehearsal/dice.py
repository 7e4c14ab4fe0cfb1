"""Dice without a memory: what is drawn depends on seed, person and step, never on who drew before."""

from __future__ import annotations

import hashlib

BPS = 10_000


class Dice:
    """Draws that are the same in every run of one seed, in whatever order they are made."""

    def __init__(self, seed: str) -> None:
        self._key = hashlib.blake2b(seed.encode(), digest_size=32).digest()

    def draw(self, person: int, step: str, below: int) -> int:
        """A number from 0 to ``below`` - 1."""
        digest = hashlib.blake2b(f"{person}:{step}".encode(), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, "big") % below

    def happens(self, person: int, step: str, bps: int) -> bool:
        """Whether something with a chance of ``bps`` in 10,000 happens."""
        return self.draw(person, step, BPS) < bps

    def weighted(self, person: int, step: str, weights: tuple[int, ...]) -> int:
        """An index, each as often as its weight says; the weights sum to 10,000."""
        rest = self.draw(person, step, BPS)
        for index, weight in enumerate(weights):
            rest -= weight
            if rest < 0:
                return index
        return len(weights) - 1
