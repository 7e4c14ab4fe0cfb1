"""What the pay sandbox is started with, and the disturbances that can be turned on while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qunflow.domain.errors import InvalidInput

LOST, STALL, ERROR = "lost", "stall", "error"
FAULTS = (LOST, STALL, ERROR)
#: Waits between tries of a notice, in seconds: 15s/15s/30s/3m/10m/20m/30m×3/60m/3h×3/6h×2.
NOTICE_WAITS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)


@dataclass(slots=True)
class CallFault:
    """``kind`` strikes the next ``times`` calls whose path contains ``path`` (all when empty).

    ``lost``: it takes effect and the answer is HTTP 502 without a body. ``stall``: it takes effect and the answer comes
    ``seconds`` later. ``error``: nothing happens and the answer is ``status`` with ``code``.
    """

    kind: str
    path: str = ""
    times: int = 1
    seconds: float = 0.0
    status: int = 500
    code: str = "SYSTEM_ERROR"

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise InvalidInput("pay_fault", f"one of {', '.join(FAULTS)}", field="kind")
        if not 1 <= self.times <= 10_000 or not 0 <= self.seconds <= 60 or not 400 <= self.status <= 599:
            raise InvalidInput("pay_fault", "times 1 to 10000, seconds 0 to 60, status 400 to 599", field="times")

    def hits(self, path: str) -> bool:
        """Whether this call is struck; counts it when so."""
        if self.times < 1 or self.path not in path:
            return False
        self.times -= 1
        return True


@dataclass(slots=True)
class NoticeFaults:
    """``lose`` this many notices at their first try, send each ``copies`` times, ``delay`` wall seconds late."""

    lose: int = 0
    copies: int = 1
    delay: float = 0.0

    def change(self, wishes: dict[str, Any]) -> None:
        """Set what is named. Raises InvalidInput."""
        bounds = {"lose": (0, 10_000), "copies": (1, 5), "delay": (0, 60)}
        for name, value in wishes.items():
            low, high = bounds.get(name, (1, 0))
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                raise InvalidInput("pay_notice_fault", "lose 0 to 10000, copies 1 to 5, delay 0 to 60", field=name[:64])
        for name, value in wishes.items():
            setattr(self, name, value if name == "delay" else int(value))


@dataclass(frozen=True, slots=True)
class PaySandboxSettings:
    """Address, merchant, keys and clock.

    ``keys`` is the folder with the keys of both sides, made when it is not there. ``confirm_seconds`` is how long a
    transfer waits for its person, ``refund_seconds`` until a refund arrives, both of the domain clock. ``wait_scale``
    shortens the waits between tries of a notice.
    """

    keys: Path
    host: str = "127.0.0.1"
    port: int = 8795
    mchid: str = "1900000001"
    appid: str = "wwsandbox0000000001"
    balance: int = 100_000_000
    confirm_seconds: int = 86_400
    refund_seconds: int = 0
    wait_scale: float = 1.0
    clock_file: Path | None = None
    faults: NoticeFaults = field(default_factory=NoticeFaults)

    def public_url(self) -> str:
        """The address of the API."""
        return f"http://{self.host}:{self.port}"
