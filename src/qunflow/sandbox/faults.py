"""Faults of callbacks: lost, doubled, out of order. The dice are a hash, so runs repeat."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_SIDES = 10_000


@dataclass(slots=True)
class Faults:
    """``lose_bps`` and ``double_bps`` in 1/10,000 of the events; ``shuffle`` holds each back a moment."""

    lose_bps: int = 0
    double_bps: int = 0
    shuffle: bool = False
    seed: int = 0

    def _roll(self, event_number: int, what: str) -> int:
        digest = hashlib.blake2b(f"{self.seed}:{event_number}:{what}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % _SIDES

    def loses(self, event_number: int) -> bool:
        """Whether this event never leaves."""
        return self._roll(event_number, "lose") < self.lose_bps

    def doubles(self, event_number: int) -> bool:
        """Whether this event is sent twice."""
        return self._roll(event_number, "double") < self.double_bps

    def holds_back(self, event_number: int) -> float:
        """The part, 0 to 1, of the longest hold that this event is kept back; 0 without shuffle."""
        return self._roll(event_number, "shuffle") / _SIDES if self.shuffle else 0.0
