"""An engine on paper: takes decisions of the pure rules in and folds them, without a database, a clock or dice."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from qunflow.domain.clock import local_date
from qunflow.domain.decisions import Chance, Claim, Counter, Decision, Timer
from qunflow.domain.events import Event
from qunflow.domain.ids import stream_kind
from qunflow.domain.inbound import Message
from qunflow.engine.feature import StreamType

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
CHANCE = Chance(b"paper")


def message(body: Any, at: datetime = NOW, **fields: Any) -> Message:
    """A message to decide about."""
    return Message(**{"workspace": "main", "message_id": "m", "at": at, "body": body, "channel": "wx", **fields})


@dataclass
class Paper:
    """A :class:`qunflow.engine.feature.View` that takes decisions in; everything not written yet is empty."""

    kinds: Mapping[str, StreamType]
    states: dict[str, Any] = field(default_factory=dict)
    claims: dict[tuple[str, str], Claim] = field(default_factory=dict)
    counters: dict[str, Counter] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    log: list[Event] = field(default_factory=list)
    timers: dict[tuple[str, str], Timer] = field(default_factory=dict)
    posted: set[str] = field(default_factory=set)
    lanes: dict[str, deque[Event]] = field(default_factory=dict)  # events on their way round, by stream

    @classmethod
    def of(cls, streams: Iterable[StreamType]) -> Paper:
        return cls({kind.kind: kind for kind in streams})

    def state(self, stream: str) -> Any:
        return self.states.get(stream, self.kinds[stream_kind(stream)].initial)

    def claim(self, scope: str, key: str) -> Claim | None:
        return self.claims.get((scope, key))

    def counter(self, name: str) -> Counter:
        return self.counters.get(name, Counter())

    def balance(self, account: str) -> int:
        return self.balances.get(account, 0)

    def take(self, cause: Message, decision: Decision) -> list[Event]:
        """Fold a decision, check its guards, and answer its events."""
        for key in decision.releases:
            self.claims.pop(key, None)
        for claim in decision.claims:
            assert (claim.scope, claim.key) not in self.claims, "a claim was taken twice"
            self.claims[(claim.scope, claim.key)] = claim
        for move in decision.counters:
            before = self.counter(move.name)
            after = Counter(before.used + move.delta, before.limit if move.limit is None else move.limit)
            assert after.used >= 0 and (move.delta <= 0 or after.used <= after.limit), "a counter left its bounds"
            self.counters[move.name] = after
        for posting in decision.postings:
            assert posting.key not in self.posted, "a posting's key was used before"
            self.posted.add(posting.key)
            self.balances[posting.debit] = self.balance(posting.debit) - posting.amount
            self.balances[posting.credit] = self.balance(posting.credit) + posting.amount
        for name in decision.timers_off:
            self.timers.pop(name, None)
        self.timers.update({(timer.stream, timer.name): timer for timer in decision.timers})
        return [self._fold(cause, new) for new in decision.events]

    def _fold(self, cause: Message, new: Any) -> Event:
        version = sum(event.stream == new.stream for event in self.log) + 1
        event = Event(
            event_id=str(len(self.log)),
            workspace="main",
            stream=new.stream,
            version=version,
            body=new.body,
            at=cause.at,
            local_date=local_date(cause.at, "Asia/Shanghai"),
            tz="Asia/Shanghai",
            recorded_at=cause.at,
            person=new.person or cause.person,
            group=new.group or cause.group,
            campaign=new.campaign or cause.campaign,
            channel=new.channel or cause.channel,
        )
        self.log.append(event)
        self.lanes.setdefault(event.stream, deque()).append(event)
        self.states[new.stream] = self.kinds[stream_kind(new.stream)].evolve(self.state(new.stream), event)
        return event

    def replayed(self) -> dict[str, Any]:
        """Every state folded anew from the log."""
        fresh: dict[str, Any] = {}
        for event in self.log:
            kind = self.kinds[stream_kind(event.stream)]
            fresh[event.stream] = kind.evolve(fresh.get(event.stream, kind.initial), event)
        return fresh


def as_message(event: Event) -> Message:
    """An event on its way round, as the engine hands it to other rules."""
    return Message(
        workspace=event.workspace,
        message_id=event.event_id,
        at=event.at,
        body=event.body,
        channel=event.channel,
        lane_key=event.stream,
        person=event.person,
        group=event.group,
        campaign=event.campaign,
    )
