"""Access tokens and the frequency limits of calls (wecom-api.md §0, §1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from qunflow.sandbox.codes import PlatformError

_REMEMBERED = 1_000


@dataclass(slots=True)
class Tokens:
    """The app's tokens: the same one is given until it ends; ended ones are told from unknown ones."""

    current: str = ""
    ends: dict[str, float] = field(default_factory=dict)

    def issue(self, now: float, ttl: int, mint: Callable[[str], str]) -> tuple[str, int]:
        """The valid token and the seconds left; a new one when there is none."""
        if self.current and self.ends[self.current] > now:
            return self.current, int(self.ends[self.current] - now)
        self.current = mint("token") + mint("token-tail")
        self.ends[self.current] = now + ttl
        if len(self.ends) > _REMEMBERED:
            del self.ends[next(iter(self.ends))]
        return self.current, ttl

    def check(self, token: str, now: float) -> None:
        """41001 without a token, 40014 for an unknown one, 42001 for one that has ended."""
        if not token:
            raise PlatformError(41001)
        ends = self.ends.get(token)
        if ends is None:
            raise PlatformError(40014)
        if ends <= now:
            raise PlatformError(42001)

    def expire_all(self, now: float) -> None:
        """End every token at once, as the platform may."""
        for token in self.ends:
            self.ends[token] = now
        self.current = ""

    def forget_all(self) -> None:
        """Drop every token: the secret or the corp has changed, so they are unknown from now on."""
        self.ends.clear()
        self.current = ""


@dataclass(slots=True)
class Window:
    """Calls counted in one window; going over blocks for a whole window."""

    seconds: int
    started: float = float("-inf")
    count: int = 0
    blocked_until: float = float("-inf")

    def admits(self, now: float, limit: int) -> bool:
        """Count a call and say whether it passes; a limit of 0 lets all pass."""
        if limit == 0:
            return True
        if now < self.blocked_until:
            return False
        if now - self.started >= self.seconds:
            self.started, self.count = now, 0
        self.count += 1
        if self.count > limit:
            self.blocked_until = now + self.seconds
            return False
        return True


@dataclass(slots=True)
class Meter:
    """The two windows of one API."""

    minute: Window = field(default_factory=lambda: Window(60))
    hour: Window = field(default_factory=lambda: Window(3_600))
    calls: int = 0

    def count(self, now: float, per_minute: int, per_hour: int) -> None:
        """Count a call; 45009 when it is over a limit."""
        if not self.minute.admits(now, per_minute) or not self.hour.admits(now, per_hour):
            raise PlatformError(45009)
