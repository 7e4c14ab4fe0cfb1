"""What the risk rules say about an invited person's help, on the participation itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

HELD, CLEARED, DENIED = "held", "cleared", "denied"


@dataclass(frozen=True, slots=True)
class Screened:
    """The help for ``parent`` is held, cleared or denied by a flag; ``help`` is what it is now, empty: as it was."""

    KIND: ClassVar[str] = "help_screened"
    SCHEMA: ClassVar[int] = 1
    parent: str
    verdict: str
    flag: str
    help: str = ""  # revoked when it is denied, pending when it counts again
    hold_until: datetime | None = None


def screened_fields(body: Screened) -> dict[str, Any]:
    """What changes about a participation."""
    changed = {"help": body.help, "hold_until": body.hold_until} if body.help else {}
    return {"screened": body.verdict, **changed}
