"""What a rule answers: events, guards moved, money moved, wishes, timers. Nothing here acts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qunflow.domain.actions import Wish
from qunflow.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append to ``stream``; ids only, never names, texts, phones or images (architecture.md §4)."""

    stream: str
    body: Any
    person: str = ""
    group: str = ""
    campaign: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A unique guard: whoever holds ``(scope, key)`` first keeps it until released (campaigns.md §13.1)."""

    scope: str
    key: str
    holder: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CounterMove:
    """Move a bounded counter by ``delta``; ``limit`` sets a new bound. ``used`` never leaves ``0..limit``."""

    name: str
    delta: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """Move ``amount`` (> 0) of ``unit`` (``fen``) from one account to another: two legs that sum to zero.

    ``key`` makes it count once for ever (campaigns.md §7: ``(source_event_id, leg)``).
    """

    key: str
    debit: str
    credit: str
    amount: int
    unit: str = "fen"


@dataclass(frozen=True, slots=True)
class Timer:
    """A message to oneself at ``due_at``; the same ``name`` replaces an older one of the same stream."""

    stream: str
    name: str
    due_at: datetime
    body: Any
    person: str = ""
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A clear no: the reason, and values that help a person to understand it."""

    reason: Reason
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """All that follows from one message. An empty decision is a good answer."""

    events: tuple[NewEvent, ...] = ()
    claims: tuple[Claim, ...] = ()
    releases: tuple[tuple[str, str], ...] = ()
    counters: tuple[CounterMove, ...] = ()
    postings: tuple[Posting, ...] = ()
    wishes: tuple[Wish, ...] = ()
    timers: tuple[Timer, ...] = ()
    timers_off: tuple[tuple[str, str], ...] = ()  # (stream, name)
    commands: tuple[tuple[str, Any], ...] = ()  # (lane key, body): goes round as a message of its own
    answer: Any = None
    rejection: Rejection | None = None
    stop: Reason | None = None  # ends the pipeline for this message

    def __add__(self, other: Decision) -> Decision:
        return Decision(
            self.events + other.events,
            self.claims + other.claims,
            self.releases + other.releases,
            self.counters + other.counters,
            self.postings + other.postings,
            self.wishes + other.wishes,
            self.timers + other.timers,
            self.timers_off + other.timers_off,
            self.commands + other.commands,
            self.answer if other.answer is None else other.answer,
            self.rejection or other.rejection,
            self.stop or other.stop,
        )


NOTHING = Decision()


def reject(reason: Reason, **detail: Any) -> Decision:
    """A decision that changes nothing and says why."""
    return Decision(rejection=Rejection(reason, detail))


@dataclass(frozen=True, slots=True)
class Counter:
    """A bounded counter as loaded: ``0 ≤ used ≤ limit``."""

    used: int = 0
    limit: int = 0

    @property
    def free(self) -> int:
        """How many may still be taken."""
        return self.limit - self.used


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be loaded and locked before a decision: names only, found from the message and its facts."""

    streams: tuple[str, ...] = ()
    claims: tuple[tuple[str, str], ...] = ()
    counters: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chance:
    """The dice of one message: 32 random bytes, drawn by the engine, given to the rule."""

    seed: bytes

    def token(self, label: str) -> bytes:
        """Sixteen bytes for one use; the same label gives the same bytes."""

        return hashlib.blake2b(label.encode(), key=self.seed, digest_size=16).digest()
