"""What the console says about deliveries: what was to be done, why it was not, and whether it can be tried again."""

from __future__ import annotations

from qunflow.storage.mending import FailedAction
from qunflow.web.desk import Desk

#: Reasons of deliveries with texts of their own; what participants read is written for them.
REASONS = (
    "not_contact",
    "welcome_expired",
    "already_welcomed",
    "quota",
    "no_capability",
    "platform_error",
    "campaign_closed",
    "expired",
    "left",
)
STATES = ("refused", "failed")
TONES = {"refused": "warning", "failed": "negative"}


def action_words(desk: Desk, kind: str) -> str:
    """What was to be done; the code itself for an action without words."""
    for code in (f"console.deliveries.kind.{kind}", f"console.channels.wish.{kind}"):
        try:
            return desk.say(code)
        except KeyError:
            continue
    return kind


def why_words(desk: Desk, action: FailedAction) -> str:
    """Why it did not happen, with what the platform said."""
    reason = desk.say(f"console.deliveries.reason.{action.reason}") if action.reason in REASONS else action.reason
    return f"{reason} {action.detail}".strip() if action.detail else reason or "—"


def target_words(action: FailedAction) -> str:
    """To whom, and where."""
    return " · ".join(part for part in (action.person, action.group) if part) or action.channel


def retry_words(desk: Desk, action: FailedAction) -> str:
    """Whether trying again is safe and of use, and why not."""
    code = "settled" if action.settled else "late" if action.late else "safe"
    return desk.say(f"console.deliveries.retry.{code}")
