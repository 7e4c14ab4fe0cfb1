"""Load → decide → commit, once for everybody: the runner, the commands of waiting people, and the timers."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from qunflow.domain.clock import Clock
from qunflow.domain.codec import encode
from qunflow.domain.decisions import Decision
from qunflow.domain.errors import Conflict
from qunflow.domain.events import Event
from qunflow.domain.ids import uuid7
from qunflow.domain.inbound import Message
from qunflow.engine.feature import Registry
from qunflow.engine.pipeline import MAX_DEPTH, Decided, Dice, Prepared, decide_batch, follow_ups
from qunflow.engine.reading import BatchReader, MessageReader, gather_in_order
from qunflow.engine.seen import Seen
from qunflow.engine.working_set import WorkingSet, join_needs, load_for_update, load_unlocked
from qunflow.storage.accounts import write_postings
from qunflow.storage.event_log import append_events
from qunflow.storage.guards import write_claims, write_counters
from qunflow.storage.inbox import InboxRow, put_messages
from qunflow.storage.outbox import OutboxRow, put_actions
from qunflow.storage.people import add_persons
from qunflow.storage.streams import write_heads
from qunflow.storage.timers import set_timers
from qunflow.storage.unit_of_work import UnitOfWork

DEFAULT_ZONE = "Asia/Shanghai"
Resolve = Callable[[BatchReader, Sequence[Message]], Awaitable[list[Message]]]
Keep = Callable[[UnitOfWork, Sequence[Message], Sequence[Event]], Awaitable[None]]


def real_dice() -> Dice:
    """Randomness from the operating system, time-ordered event ids, wall time."""
    return Dice(
        seed=lambda: os.urandom(32),
        event_id=_event_ids().__next__,
        wall=lambda: datetime.now(UTC),
    )


def _event_ids() -> Iterator[str]:
    while True:
        many = os.urandom(10 * 400)  # asking the system for each id would cost more than the id
        for place in range(0, len(many), 10):
            yield uuid7(time.time_ns() // 1_000_000, many[place : place + 10])


@dataclass
class Engine:
    """The joined rules with their edges: clock, dice, zone, and the first named steps of the pipeline."""

    registry: Registry
    clock: Clock
    dice: Dice
    resolve: Resolve
    keep: Keep  # stores what stands beside the events: names (erasable), the directory of public codes
    zones: dict[str, str] = field(default_factory=dict)

    async def decide_and_write(
        self, unit: UnitOfWork, messages: Sequence[Message], *, patient: bool = True, seen: Seen | None = None
    ) -> Decided:
        """Decide a batch (or the front of it) inside ``unit`` and write all that follows but what goes round.

        The caller puts that into the inbox, or decides it too, and commits. Who is not ``patient`` gets LockedElsewhere
        instead of waiting for somebody else's lock; nothing is written then. ``seen`` is what this transaction knows
        from the rounds before.
        """
        seen = Seen() if seen is None else seen
        reader = BatchReader(unit, self.registry, seen)
        resolved = await self.resolve(reader, messages)
        prepared = await self.prepare(reader, resolved)
        needs = join_needs(need for item in prepared for need in item.needs)
        working = await load_for_update(unit, self.registry, needs, seen, patient=patient)
        tz = self.zones.get(unit.workspace, DEFAULT_ZONE)
        decided = decide_batch(prepared, working, self.dice, tz)
        await add_persons(unit, reader.new_persons)
        await self.keep(unit, resolved[: decided.count], working.events)
        decided.going_round = self._going_round(working, decided)
        async with unit.together():
            await write_claims(unit, list(working.taken.values()), sorted(working.released))
            await self._write(unit, working, decided)
        seen.note_held(working.changed, working.versions, working.states)
        return decided

    async def foresee(self, unit: UnitOfWork, message: Message) -> Decided:
        """What a message would lead to as things are stored; nothing is locked and nothing is written."""
        reader = BatchReader(unit, self.registry)
        prepared = await self.prepare(reader, await self.resolve(reader, [message]))
        needs = join_needs(need for item in prepared for need in item.needs)
        working = await load_unlocked(unit, self.registry, needs)
        return decide_batch(prepared, working, self.dice, self.zones.get(unit.workspace, DEFAULT_ZONE))

    async def put_round(self, unit: UnitOfWork, messages: Sequence[Message]) -> None:
        """Put what goes round into the inbox."""
        wall = self.dice.wall()
        await put_messages(unit, [inbox_row(message, wall) for message in messages])

    async def prepare(self, reader: BatchReader, messages: Sequence[Message]) -> list[Prepared]:
        """Find the handlers, let all of them read ahead together, ask each what it needs."""
        jobs = []
        for message in messages:
            if message.depth > MAX_DEPTH:
                raise Conflict("too_deep", f"{message.kind} went round more than {MAX_DEPTH} times")
            handlers = self.registry.handlers.get(message.kind, [])
            jobs.append((message, handlers, MessageReader(reader)))
        facts = await gather_in_order(
            handler.facts(own, message) for message, handlers, own in jobs for handler in handlers
        )
        prepared = []
        place = 0
        for message, handlers, noted in jobs:
            own = facts[place : place + len(handlers)]
            place += len(handlers)
            needs = [handler.needs(message, fact) for handler, fact in zip(handlers, own, strict=True)]
            prepared.append(Prepared(message, handlers, own, needs, frozenset(noted.reads)))
        return prepared

    async def _write(self, unit: UnitOfWork, working: WorkingSet, decided: Decided) -> None:
        await write_counters(unit, {name: working.counters[name] for name in sorted(working.moved)})
        await write_heads(unit, working.heads())
        await append_events(unit, working.events)
        touched = {name for posting, _ in working.postings for name in (posting.debit, posting.credit)}
        await write_postings(
            unit,
            [(posting, event.at, event.event_id) for posting, event in working.postings],
            {name: working.balances[name] for name in sorted(touched)},
        )
        await put_actions(unit, [row for message, decision in decided.wishes for row in outbox_rows(message, decision)])
        timers = [timer for timer in working.timers.values() if timer is not None]
        off = [key for key, timer in working.timers.items() if timer is None]
        await set_timers(unit, timers, off)

    def _going_round(self, working: WorkingSet, decided: Decided) -> list[Message]:
        by_cause: dict[str, list[Event]] = {}
        for event in working.events:
            by_cause.setdefault(event.cause, []).append(event)
        return [
            item
            for message, decision in decided.wishes
            for item in follow_ups(message, decision, by_cause.get(message.message_id, []), self.registry)
        ]


def inbox_row(message: Message, wall: datetime, raw: bytes | None = None) -> InboxRow:
    """A message as the inbox stores it."""
    return InboxRow(
        message_id=message.message_id,
        lane_key=message.lane_key,
        kind=message.kind,
        body=encode(message.body),
        at=message.at,
        received_at=wall,
        channel=message.channel,
        person=message.person,
        group=message.group,
        campaign=message.campaign,
        cause=message.cause,
        depth=message.depth,
        raw=raw,
    )


def outbox_rows(message: Message, decision: Decision) -> list[OutboxRow]:
    """The wishes of a decision as the outbox stores them; ids follow from the cause, so they count once."""
    return [
        OutboxRow(
            action_id=f"{message.message_id}#{number}",
            lane_key=wish.lane_key or wish.channel,
            channel=wish.channel,
            kind=str(wish.action.KIND),
            body=encode(wish.action),
            at=message.at,
            not_before=wish.not_before or message.at,
            expires_at=wish.expires_at,
            coalesce_key=wish.coalesce or None,
            priority=wish.priority,
        )
        for number, wish in enumerate(decision.wishes)
    ]
