"""What a crowd did and what came back to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_EXAMPLES_MOST = 50


@dataclass(slots=True)
class CrowdReport:
    """Counts of a run. ``outcomes`` depend on the seed alone; the rest depends on how fast the machine was.

    ``errors`` count reasons for which a step was given up, ``examples`` name some of them. ``welcomes`` and ``mass``
    hold the number of such messages by phone, only of phones that got any. Seconds are of this process. ``moves`` and
    ``refused`` (as ``move:reason``) are those of a campaign's model; ``repeated`` ones were sent a second time with
    the same nonce, ``unequal`` ones were then answered differently.
    """

    expected: dict[str, int] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    staff: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    moves: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    unequal: int = 0
    retries: dict[str, int] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    welcomes: dict[str, int] = field(default_factory=dict)
    mass: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    codes_read: int = 0
    ticks: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0

    def outcomes(self) -> dict[str, int]:
        """How often each step was done, in the words of ``Crowd.expected``."""
        return dict(sorted(self.done.items()))

    def missed(self) -> dict[str, tuple[int, int]]:
        """(expected, done) of the steps where the two differ."""
        names = sorted((self.expected.keys() | self.done.keys()) - {"heard", "called"})
        pairs = {name: (self.expected.get(name, 0), self.done[name]) for name in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def welcomed_twice(self) -> list[str]:
        """Phones that got more than one welcome."""
        return sorted(phone for phone, count in self.welcomes.items() if count > 1)

    def fail(self, reason: str, example: str) -> None:
        """A step was given up."""
        self.errors[reason] += 1
        if len(self.examples) < _EXAMPLES_MOST:
            self.examples.append(f"{reason} ({example})")

    def as_data(self) -> dict[str, Any]:
        """The report as JSON data, messages summed up."""
        return {
            "expected": self.expected,
            "done": self.outcomes(),
            "missed": {name: list(pair) for name, pair in self.missed().items()},
            "staff": dict(self.staff),
            "waiting": dict(self.waiting),
            "moves": dict(sorted(self.moves.items())),
            "refused": dict(sorted(self.refused.items())),
            "retries": dict(self.retries),
            "errors": dict(self.errors),
            "examples": list(self.examples),
            "welcomes": sum(self.welcomes.values()),
            "welcomed_twice": self.welcomed_twice(),
            "mass_messages": sum(self.mass.values()),
            "most_mass_messages_of_one": max(self.mass.values(), default=0),
            "requests": self.requests,
            "codes_read": self.codes_read,
            "ticks": self.ticks,
            "cpu_seconds": round(self.cpu_seconds, 3),
            "wall_seconds": round(self.wall_seconds, 3),
        }
