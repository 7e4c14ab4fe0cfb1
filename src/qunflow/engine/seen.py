"""What one transaction knows already: states that it read, and heads that it has locked.

What follows from a message is decided in the same transaction; without this each round would read and lock again what
the one before it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Held:
    """A head under our lock: its version (0: no event yet) and its state."""

    version: int
    state: Any


@dataclass
class Seen:
    """States by stream. What is held is certain until the commit; what was only read may be older, as facts may be."""

    held: dict[str, Held] = field(default_factory=dict)
    read: dict[str, Any] = field(default_factory=dict)  # None: the stream has no event

    def knows(self, stream: str) -> bool:
        """Whether nothing needs to be read for this stream."""
        return stream in self.held or stream in self.read

    def state(self, stream: str) -> Any:
        """The state of a known stream, None when it has no event."""
        held = self.held.get(stream)
        if held is not None:
            return held.state if held.version else None
        return self.read[stream]

    def note_read(self, streams: Iterable[str], found: Mapping[str, Any]) -> None:
        """These streams were read; those that are not found have no event."""
        for stream in streams:
            self.read[stream] = found.get(stream)

    def note_held(self, streams: Iterable[str], versions: Mapping[str, int], states: Mapping[str, Any]) -> None:
        """These streams are under our lock, or were changed under it."""
        for stream in streams:
            self.held[stream] = Held(versions[stream], states[stream])
