"""Stages that an invited friend reaches 嵌套奖励 (campaigns.md §5.2): the event, the command, and their fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from qunflow.domain.events import Event


@dataclass(frozen=True, slots=True)
class StageReached:
    """An invitee reached a stage of a nested reward; ``holds`` false takes it back (a refund)."""

    KIND: ClassVar[str] = "stage_reached"
    SCHEMA: ClassVar[int] = 1
    invitee: str
    stage: str
    holds: bool


@dataclass(frozen=True, slots=True)
class RecordStage:
    """A stage fact about an invitee of the message's person: an order received and past its after-sale time, a refund.

    ``fen`` is what was paid, for stages that ask for a least sum.
    """

    KIND: ClassVar[str] = "record_stage"
    invitee: str
    stage: str
    holds: bool = True
    fen: int = 0


def staged_fields(
    reached: Mapping[str, tuple[str, ...]], staged: Mapping[str, datetime], event: Event
) -> Mapping[str, Any]:
    """What of a participation changes: the stages that hold, and since when an invitee has any."""
    body: StageReached = event.body
    before = reached.get(body.invitee, ())
    names = tuple(name for name in before if name != body.stage)
    if body.holds:
        names = (*names, body.stage)
    begun = staged if before or not body.holds else {**staged, body.invitee: event.at}
    return {"reached": {**reached, body.invitee: names}, "staged": begun}
