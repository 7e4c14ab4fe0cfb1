"""Deciding a batch in memory: for each message its handlers in the named order, until one stops it."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qunflow.domain.clock import local_date
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, Rejection
from qunflow.domain.events import Event
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Handler, Registry
from qunflow.engine.working_set import WorkingSet

#: Events and commands go round at most so often; deeper is a loop and becomes a dead letter.
MAX_DEPTH = 24


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message with its handlers, the facts each has read and what each needs."""

    message: Message
    handlers: Sequence[Handler]
    facts: Sequence[Any]
    needs: Sequence[Needs]
    reads: frozenset[str] = frozenset()


@dataclass
class Decided:
    """What a batch decided: wishes and follow-up messages by cause, answers by message, and counted reasons.

    ``count`` messages from the front were decided; the next one's facts were overtaken by them. ``going_round`` are
    the events and commands that other handlers wait for.
    """

    count: int = 0
    wishes: list[tuple[Message, Decision]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    rejections: dict[str, Rejection] = field(default_factory=dict)
    going_round: list[Message] = field(default_factory=list)
    reasons: Tally[tuple[str, str]] = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class Dice:
    """Where randomness and ids come from; a test or a replay passes its own."""

    seed: Callable[[], bytes]
    event_id: Callable[[], str]
    wall: Callable[[], datetime]


def decide_batch(prepared: Sequence[Prepared], working: WorkingSet, dice: Dice, tz: str) -> Decided:
    """Decide message after message on the same working set; each sees what the ones before it did."""
    decided = Decided()
    for item in prepared:
        if decided.count and not item.reads.isdisjoint(working.changed):
            break
        decided.count += 1
        total = NOTHING
        chance = Chance(dice.seed())
        for handler, facts in zip(item.handlers, item.facts, strict=True):
            decision = handler.decide(item.message, facts, working, chance)
            if decision.rejection is not None:
                decided.reasons[(handler.name, decision.rejection.reason)] += 1
                decided.rejections[item.message.message_id] = decision.rejection
            events = record(item.message, decision, working, dice, tz)
            working.apply(item.message, decision, events)
            total += decision
            if decision.stop is not None:
                decided.reasons[(handler.name, decision.stop)] += 1
                break
        if not item.handlers:
            decided.reasons[(item.message.kind, Reason.UNKNOWN_KIND)] += 1
        decided.answers[item.message.message_id] = total.answer
        decided.wishes.append((item.message, total))
    return decided


def record(message: Message, decision: Decision, working: WorkingSet, dice: Dice, tz: str) -> list[Event]:
    """The decision's events in their envelopes, versions counted on from the loaded heads."""
    events: list[Event] = []
    versions: dict[str, int] = {}
    wall, day = dice.wall(), local_date(message.at, tz)
    for new in decision.events:
        version = (versions.get(new.stream) or working.version(new.stream)) + 1
        versions[new.stream] = version
        events.append(
            Event(
                event_id=dice.event_id(),
                workspace=message.workspace,
                stream=new.stream,
                version=version,
                body=new.body,
                at=message.at,
                local_date=day,
                tz=tz,
                recorded_at=wall,
                actor=message.person,
                person=new.person or message.person,
                group=new.group or message.group,
                campaign=new.campaign or message.campaign,
                channel=new.channel or message.channel,
                cause=message.message_id,
                command_id=message.cause or message.message_id,
            )
        )
    return events


def follow_ups(message: Message, decision: Decision, events: Sequence[Event], registry: Registry) -> list[Message]:
    """Messages that go round: each recorded event that somebody handles, each command of the decision."""
    found = [
        Message(
            workspace=event.workspace,
            message_id=event.event_id,
            at=event.at,
            body=event.body,
            channel=event.channel,
            lane_key=event.stream,
            depth=message.depth + 1,
            person=event.person,
            group=event.group,
            campaign=event.campaign,
            cause=event.command_id,
        )
        for event in events
        if event.body.KIND in registry.handlers
    ]
    for number, (lane_key, body) in enumerate(decision.commands):
        found.append(
            Message(
                workspace=message.workspace,
                message_id=f"{message.message_id}/{number}",
                at=message.at,
                body=body,
                channel=message.channel,
                lane_key=lane_key,
                depth=message.depth + 1,
                person=message.person,
                group=message.group,
                campaign=message.campaign,
                cause=message.cause or message.message_id,
            )
        )
    return found
