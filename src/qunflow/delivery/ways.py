"""The honest way for each action: automatic, staff confirms, or a to-do for a named person (N4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qunflow.domain.codec import encode
from qunflow.domain.inbound import ActionEnded, TodoNeeded
from qunflow.domain.outcomes import Outcome, Way
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import Receipt, Result
from qunflow.storage.outbox import OutboxRow


def answer_without_call(action: Any, way: Way, action_id: str) -> Receipt | None:
    """The receipt of an action that is not sent: it becomes a to-do, or is refused because nothing can do it."""
    if way in (Way.AUTOMATIC, Way.STAFF_CONFIRMS):
        return None
    if way is Way.TODO:
        todo = TodoNeeded(todo=action_id, action=str(action.KIND), data=encode(action))
        return Receipt(Result.DONE, reference="todo", answers=(todo,))
    return Receipt(Result.REFUSED, reason=Reason.NO_CAPABILITY, detail=f"{action.KIND} is not possible here")


def expired(row: OutboxRow, now: datetime) -> bool:
    """Whether an action came too late to be of use."""
    return row.expires_at is not None and now > row.expires_at


def outcome_of(action: Any, receipt: Receipt) -> list[Any]:
    """The terminal outcome of an action that carries a wish, when its connector named none."""
    wish = getattr(action, "wish", "")
    if not wish:
        return []
    if receipt.result is Result.DONE:
        return [ActionEnded(wish, Outcome.DELIVERED)]
    reason = receipt.reason or Reason.PLATFORM_ERROR
    return [ActionEnded(wish, Outcome.REFUSED_BY_PLATFORM, reason)]
