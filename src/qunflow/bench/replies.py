"""The smallest feature that does what a real one does: counts a group's messages and answers each in the group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from qunflow.domain.actions import SendText, Wish
from qunflow.domain.decisions import Chance, Decision, Needs, NewEvent
from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id
from qunflow.domain.inbound import Message, MessagePosted
from qunflow.engine.feature import Feature, Handler, StreamType, View


@dataclass(frozen=True, slots=True)
class Replied:
    """A message of a group was answered; ``number`` counts them."""

    KIND: ClassVar[str] = "bench_replied"
    SCHEMA: ClassVar[int] = 1
    number: int


@dataclass(frozen=True, slots=True)
class RepliesState:
    """How many messages of a group were answered."""

    answered: int = 0


def replies_stream(chat: str) -> str:
    """The stream of a group's replies."""
    return stream_id("bench_replies", chat)


def evolve(state: RepliesState, event: Event) -> RepliesState:
    """Fold one reply."""
    return RepliesState(event.body.number) if isinstance(event.body, Replied) else state


def need_group(message: Message, facts: Any) -> Needs:
    """The group's stream."""
    return Needs(streams=(replies_stream(message.body.chat),))


def decide_reply(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """Count the message, and wish a text into its group."""
    body: MessagePosted = message.body
    stream = replies_stream(body.chat)
    number = view.state(stream).answered + 1
    wish = Wish(message.channel, SendText(f"{number}: {body.text[:40]}", chat=body.chat), lane_key=message.lane_key)
    return Decision(events=(NewEvent(stream, Replied(number)),), wishes=(wish,))


REPLIES = Feature(
    name="bench_replies",
    handlers=(Handler("bench_replies.reply", MessagePosted, need_group, decide_reply),),
    streams=(StreamType("bench_replies", RepliesState, RepliesState(), evolve),),
    events=(Replied,),
)
