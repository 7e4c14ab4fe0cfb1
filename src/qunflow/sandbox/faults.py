"""Faults on demand, of callbacks and of calls. The dice are hashes, so runs repeat."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

_SIDES = 10_000
ALL_PATHS = "*"
_NEVER_BY_ALL = "/cgi-bin/gettoken"


def _roll(seed: int, what: str, number: int) -> int:
    digest = hashlib.blake2b(f"{seed}:{number}:{what}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _SIDES


@dataclass(slots=True)
class Faults:
    """Of callbacks: ``lose_bps`` and ``double_bps`` in 1/10,000 of the events, ``shuffle`` holds each back a
    moment, ``delay`` (wall seconds) holds all back. ``only`` names the one event they strike; empty for all.
    """

    lose_bps: int = 0
    double_bps: int = 0
    shuffle: bool = False
    delay: float = 0.0
    seed: int = 0
    only: str = ""

    def strikes(self, event: str) -> bool:
        """Whether events of this name are disturbed."""
        return not self.only or self.only == event

    def loses(self, event_number: int) -> bool:
        """Whether this event never leaves."""
        return _roll(self.seed, "lose", event_number) < self.lose_bps

    def doubles(self, event_number: int) -> bool:
        """Whether this event is sent twice."""
        return _roll(self.seed, "double", event_number) < self.double_bps

    def holds_back(self, event_number: int) -> float:
        """The part, 0 to 1, of the longest hold that this event is kept back; 0 without shuffle."""
        return _roll(self.seed, "shuffle", event_number) / _SIDES if self.shuffle else 0.0


@dataclass(slots=True)
class CallFault:
    """One disturbance of calls: ``path`` or ``*`` for all but gettoken, ``errcode`` 0 for a delay alone.

    ``share_bps`` in 1/10,000 of the calls, ``delay`` in wall seconds before the answer, ``times`` how often at most
    (0 = always).

    ``after`` true lets the call take effect first: the caller hears an error of what was done all the same.
    """

    path: str = ALL_PATHS
    errcode: int = 0
    share_bps: int = _SIDES
    delay: float = 0.0
    times: int = 0
    after: bool = False
    done: int = 0

    def hits(self, path: str, seed: int, number: int) -> bool:
        """Whether this call is disturbed; counts it when so."""
        named = self.path == path or (self.path == ALL_PATHS and path != _NEVER_BY_ALL)
        if not named or (self.times and self.done >= self.times):
            return False
        if _roll(seed, f"{path}:{self.errcode}", number) >= self.share_bps:
            return False
        self.done += 1
        return True


@dataclass(slots=True)
class CallFaults:
    """All disturbances of calls; the first that hits counts."""

    rules: list[CallFault] = field(default_factory=list)
    seed: int = 0

    def find(self, path: str, number: int) -> CallFault | None:
        """What disturbs this call, the ``number``-th of its path."""
        return next((rule for rule in self.rules if rule.hits(path, self.seed, number)), None)
