"""What a merge of two persons leaves in a campaign: events of participations, the command, and their fold.

Both participations stay. The **seat** is the one that the human goes on with; the other is closed: what it earned for
its own friends stays its own, and nothing new begins there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class HelpVoided:
    """The help for ``parent`` counts no more: the same human helped before, or would have helped themselves."""

    KIND: ClassVar[str] = "help_voided"
    SCHEMA: ClassVar[int] = 1
    parent: str
    reason: str
    help: str = "revoked"


@dataclass(frozen=True, slots=True)
class SeatsMerged:
    """This participation and ``others`` are one human's; ``seat`` is the one that goes on.

    ``void`` are prizes that a human gets once and that another of them has; ``old``: the human was known before.
    """

    KIND: ClassVar[str] = "seats_merged"
    SCHEMA: ClassVar[int] = 1
    seat: str
    others: tuple[str, ...] = ()
    void: tuple[str, ...] = ()
    old: bool = False


@dataclass(frozen=True, slots=True)
class MergeSeats:
    """Bring one campaign in order after persons went into ``kept``, who was met first, at ``met_at``."""

    KIND: ClassVar[str] = "merge_seats"
    campaign: str
    kept: str
    met_at: datetime | None = None


def merged_fields(person: str, new_user: bool, body: HelpVoided | SeatsMerged) -> dict[str, Any]:
    """What changes about the participation of ``person``."""
    if isinstance(body, HelpVoided):
        return {"help": body.help, "hold_until": None, "voided": True}
    seat = "" if body.seat == person else body.seat
    return {"seat": seat, "faces": body.others, "void": body.void, "new_user": new_user and not body.old}


EVENTS: tuple[type, ...] = (HelpVoided, SeatsMerged)
