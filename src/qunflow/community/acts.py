"""An operator's act on a group: asked once, carried out by the channel, ended with an outcome that can be looked up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id

#: Bounds of what an act may carry, in characters.
MAX_NOTE = 500
MAX_TOPIC = 1_000
MAX_ID = 255
JOIN_RULES = ("invite", "knock")


class Act(StrEnum):
    """What can be done to a group or to somebody in it."""

    KICK = "kick"
    BAN = "ban"
    UNBAN = "unban"
    APPROVE = "approve"
    REFUSE = "refuse"
    REDACT = "redact"
    PIN = "pin"
    UNPIN = "unpin"
    TOPIC = "topic"
    JOIN_RULE = "join_rule"


@dataclass(frozen=True, slots=True)
class ActOnGroup:
    """A command: ``act`` on ``chat``, under the id ``name``, which counts once.

    ``external`` is the person, ``message`` the platform's id of a message, ``value`` the topic or the join rule.
    ``reason`` is a code of the closed list, ``note`` what the person reads. ``by`` is who decided.
    """

    KIND: ClassVar[str] = "act_on_group"
    name: str
    act: str
    chat: str
    external: str = ""
    message: str = ""
    value: str = ""
    reason: str = ""
    note: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class ActAsked:
    """An operator asked for an act; the texts that go with it stand in no event."""

    KIND: ClassVar[str] = "act_asked"
    SCHEMA: ClassVar[int] = 1
    name: str
    act: str
    chat: str
    external: str = ""
    message: str = ""
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class ActEnded:
    """What became of an act: an outcome of the closed list, ``reason`` when it was refused."""

    KIND: ClassVar[str] = "act_ended"
    SCHEMA: ClassVar[int] = 1
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ActState:
    """One act. ``outcome`` is empty while it waits; ``refused_for`` says why the platform did not do it."""

    name: str = ""
    act: str = ""
    channel: str = ""
    chat: str = ""
    external: str = ""
    message: str = ""
    reason: str = ""
    by: str = ""
    asked_at: datetime | None = None
    outcome: str = ""
    refused_for: str = ""
    ended_at: datetime | None = None


def act_stream(name: str) -> str:
    """The stream of one act."""
    return stream_id("act", name)


def evolve_act(state: ActState, event: Event) -> ActState:
    """Fold one event of an act."""
    body = event.body
    if isinstance(body, ActAsked):
        return ActState(
            name=body.name,
            act=body.act,
            channel=event.channel,
            chat=body.chat,
            external=body.external,
            message=body.message,
            reason=body.reason,
            by=body.by,
            asked_at=event.at,
        )
    if isinstance(body, ActEnded):
        return replace(state, outcome=body.outcome, refused_for=body.reason, ended_at=event.at)
    return state
