"""What a connector answers to an action, and the shape that every connector has for delivery."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from qunflow.domain.outcomes import OnUnknown, Way
from qunflow.domain.reasons import Reason


class Result(StrEnum):
    """How a call ended: done, refused for good, worth another try, or nobody knows whether it happened."""

    DONE = "done"
    REFUSED = "refused"
    RETRY = "retry"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's answer to one action. ``answers`` are inbound bodies that go to the inbox with the receipt."""

    result: Result
    reference: str = ""
    answers: tuple[Any, ...] = ()
    reason: Reason | None = None
    detail: str = ""
    retry_after: float = 0.0  # wall seconds


ReadBlob = Callable[[str], Awaitable[bytes]]


class Connector(Protocol):
    """One account on one platform, as delivery sees it."""

    name: str

    @property
    def ways(self) -> Mapping[str, Way]:
        """Action kind → how this channel carries it out; a kind that is absent is unavailable (N4)."""
        ...

    @property
    def on_unknown(self) -> Mapping[str, OnUnknown]:
        """Action kind → what may be done when a result was never seen."""
        ...

    async def perform(self, action: Any, key: str) -> Receipt:
        """Carry the action out. ``key`` is the same on every try of the same action."""
        ...

    async def detect(self, action: Any, key: str, since: datetime) -> Receipt | None:
        """For DETECTABLE kinds: the receipt of an action that did happen at or after ``since``, else None."""
        ...

    async def close(self) -> None:
        """Give up connections."""
        ...
