"""The wishes that a channel may leave to a person: time allowed, and what proves them (wecom-api.md §11). Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

Data = Mapping[str, Any]
Prove = Callable[[Data], str]

#: Who does by hand what no event shows says so on the card's page.
BY_HAND = "hand:"
MAX_HOURS = 720


@dataclass(frozen=True, slots=True)
class Periods:
    """After so long the reminder goes out, the deadline passes, and the to-do is given up."""

    remind: timedelta
    due: timedelta
    give_up: timedelta


@dataclass(frozen=True, slots=True)
class Kind:
    """One wish: ``prove`` names what would prove it, ``tap`` what the client can open with one tap.

    ``tap`` is ``new_chat`` (a group with the named staff), ``chat`` (that group) or empty.
    """

    prove: Prove
    tap: str = "chat"
    periods: Periods = Periods(timedelta(hours=2), timedelta(hours=8), timedelta(days=3))


_SOON = Periods(timedelta(minutes=30), timedelta(hours=2), timedelta(days=2))
_CALM = Periods(timedelta(hours=8), timedelta(hours=24), timedelta(days=7))


def _gone(data: Data) -> str:
    return f"gone:{data.get('chat', '')}:{data.get('external', '')}"


def _of_chat(change: str) -> Prove:
    def prove(data: Data) -> str:
        return f"{change}:{data.get('chat', '')}"

    return prove


def by_hand(action: str) -> Prove:
    """The proof of a wish that no event shows: equal wishes have the same, whatever wish they end."""

    def prove(data: Data) -> str:
        told = {key: value for key, value in data.items() if key not in ("wish", "request", "hours")}
        text = json.dumps(told, sort_keys=True, ensure_ascii=False, default=str)
        return f"{BY_HAND}{action}:{hashlib.sha256(text.encode()).hexdigest()[:24]}"

    return prove


KINDS: Mapping[str, Kind] = {
    "create_group": Kind(lambda data: f"group:{data.get('name', '')}", "new_chat", _SOON),
    "remove_member": Kind(_gone, "chat", _SOON),
    "ban_member": Kind(_gone, "chat", _SOON),
    "unban_member": Kind(by_hand("unban_member")),
    "invite_member": Kind(lambda data: f"in:{data.get('chat', '')}:{data.get('external', '')}"),
    "send_text": Kind(by_hand("send_text"), "chat", _SOON),
    "send_image": Kind(by_hand("send_image"), "chat", _SOON),
    "set_topic": Kind(_of_chat("notice")),
    "rename_group": Kind(_of_chat("renamed")),
    "dissolve_group": Kind(_of_chat("dismissed"), periods=_CALM),
    "transfer_group": Kind(_of_chat("owner"), periods=_CALM),
    "mute_group": Kind(by_hand("mute_group"), "chat", _SOON),
    "set_admins": Kind(by_hand("set_admins"), periods=_CALM),
    "attach_welcome": Kind(by_hand("attach_welcome"), periods=_CALM),
    "keyword_replies": Kind(by_hand("keyword_replies"), "", _CALM),
    "redact_message": Kind(by_hand("redact_message"), "chat", _SOON),
    "pin_message": Kind(by_hand("pin_message")),
    "refill_reward": Kind(lambda data: f"stock:{data.get('item', '')}", "", _CALM),
}


def kind_of(action: str) -> Kind:
    """The kind of an action; one that is not listed is done and said by hand."""
    return KINDS.get(action) or Kind(by_hand(action))


def proof_of_wish(action: str, data: Data) -> str:
    """What proves that a wish was fulfilled; equal wishes have the same."""
    return kind_of(action).prove(data)


def is_by_hand(proof: str) -> bool:
    """Whether no event will ever show it."""
    return proof.startswith(BY_HAND)


def periods_of(action: str, data: Data) -> Periods:
    """The periods of an action; ``hours`` in its data sets the deadline, the others keep their proportion."""
    periods = kind_of(action).periods
    hours = data.get("hours")
    if not isinstance(hours, int) or isinstance(hours, bool) or not 1 <= hours <= MAX_HOURS:
        return periods
    due = timedelta(hours=hours)
    return Periods(due / 4, due, max(periods.give_up, due * 2))
