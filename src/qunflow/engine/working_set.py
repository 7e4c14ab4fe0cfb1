"""What a batch has loaded and what it has changed so far, in memory: the one place where decisions take effect.

``load_for_update`` serves runner, commands and timers alike: stream heads, then counters, claims and accounts, each
locked in sorted order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from qunflow.domain.codec import decode, encode
from qunflow.domain.decisions import Claim, Counter, Decision, Needs, Posting, Timer
from qunflow.domain.errors import Conflict
from qunflow.domain.events import Event
from qunflow.domain.ids import stream_kind
from qunflow.domain.inbound import Message
from qunflow.engine.feature import Registry
from qunflow.engine.seen import Seen
from qunflow.storage.accounts import load_balances, look_at_balances
from qunflow.storage.guards import load_claims, read_claims, read_counters
from qunflow.storage.heads_and_counters import lock_heads_and_counters
from qunflow.storage.streams import Head, read_heads
from qunflow.storage.unit_of_work import UnitOfWork

T = TypeVar("T")


class StaleFacts(Exception):
    """A rule looked at something that its needs, found from older facts, did not name: load afresh and try again."""


@dataclass
class WorkingSet:
    """A :class:`qunflow.engine.feature.View` that also takes decisions in."""

    registry: Registry
    states: dict[str, Any]
    versions: dict[str, int]
    claims: dict[tuple[str, str], Claim]
    counters: dict[str, Counter]
    balances: dict[str, int]
    loaded_claims: frozenset[tuple[str, str]] = frozenset()
    changed: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    postings: list[tuple[Posting, Event]] = field(default_factory=list)
    timers: dict[tuple[str, str], Timer | None] = field(default_factory=dict)
    taken: dict[tuple[str, str], Claim] = field(default_factory=dict)
    released: set[tuple[str, str]] = field(default_factory=set)

    def state(self, stream: str) -> Any:
        """The state of a needed stream."""
        return _loaded(self.states, stream)

    def claim(self, scope: str, key: str) -> Claim | None:
        """The claim on a needed key, or None."""
        if (scope, key) not in self.loaded_claims:
            raise StaleFacts(f"claim {scope}/{key}")
        return self.claims.get((scope, key))

    def counter(self, name: str) -> Counter:
        """A needed counter."""
        return _loaded(self.counters, name)

    def balance(self, account: str) -> int:
        """The balance of a needed account."""
        return _loaded(self.balances, account)

    def version(self, stream: str) -> int:
        """The version of a needed stream."""
        return _loaded(self.versions, stream)

    def apply(self, message: Message, decision: Decision, events: Iterable[Event]) -> None:
        """Fold the events and move the guards. Raises Conflict when a guard does not hold; nothing is kept then."""
        events = list(events)
        counters = self._moved_counters(decision)
        balances = self._moved_balances(decision)
        for scope, key in decision.releases:
            self._release((scope, key))
        for claim in decision.claims:
            self._take(claim)
        for event in events:
            kind = self.registry.streams[stream_kind(event.stream)]
            self.states[event.stream] = kind.evolve(self.states[event.stream], event)
            self.versions[event.stream] = event.version
            self.changed.add(event.stream)
        self.events.extend(events)
        self.counters.update(counters)
        self.moved.update(counters)
        self.balances.update(balances)
        if decision.postings and not events:
            raise Conflict("posting_without_event", "a posting needs an event that tells why", field=message.kind)
        self.postings.extend((posting, events[0]) for posting in decision.postings)
        for stream, name in decision.timers_off:
            self.timers[(stream, name)] = None
        for timer in decision.timers:
            self.timers[(timer.stream, timer.name)] = timer

    def _moved_counters(self, decision: Decision) -> dict[str, Counter]:
        moved: dict[str, Counter] = {}
        for move in decision.counters:
            before = moved.get(move.name) or self.counter(move.name)
            limit = before.limit if move.limit is None else move.limit
            after = Counter(before.used + move.delta, limit)
            if after.used < 0 or (move.delta > 0 and after.used > after.limit):
                raise Conflict("counter_bound", f"{move.name} would be {after.used} of {after.limit}", field=move.name)
            moved[move.name] = after
        return moved

    def _moved_balances(self, decision: Decision) -> dict[str, int]:
        moved: dict[str, int] = {}
        for posting in decision.postings:
            if posting.amount <= 0:
                raise Conflict("posting_amount", "a posting moves more than zero", field=posting.key)
            for account, amount in ((posting.debit, -posting.amount), (posting.credit, posting.amount)):
                moved[account] = moved.get(account, self.balance(account)) + amount
        for account, balance in moved.items():
            if balance < 0 and account.partition(":")[0] not in ("external", "debt"):
                raise Conflict("overdrawn", f"{account} would fall to {balance}", field=account)
        return moved

    def _release(self, key: tuple[str, str]) -> None:
        if self.claims.pop(key, None) is None:
            return
        if key in self.taken:
            del self.taken[key]
        else:
            self.released.add(key)

    def _take(self, claim: Claim) -> None:
        key = (claim.scope, claim.key)
        if key in self.claims:
            raise Conflict("claim_taken", f"{claim.scope}/{claim.key} is taken", field=claim.scope)
        self.claims[key] = self.taken[key] = claim

    def heads(self) -> dict[str, Head]:
        """The changed streams as they are to be stored."""
        return {name: Head(self.versions[name], encode(self.states[name])) for name in sorted(self.changed)}


def _loaded(where: Mapping[str, T], name: str) -> T:
    if name not in where:
        raise StaleFacts(name)
    return where[name]


def join_needs(needs: Iterable[Needs]) -> Needs:
    """All that a batch needs."""
    streams: set[str] = set()
    claims: set[tuple[str, str]] = set()
    counters: set[str] = set()
    accounts: set[str] = set()
    for need in needs:
        streams.update(need.streams)
        claims.update(need.claims)
        counters.update(need.counters)
        accounts.update(need.accounts)
    return Needs(tuple(streams), tuple(claims), tuple(counters), tuple(accounts))


async def load_for_update(
    unit: UnitOfWork, registry: Registry, needs: Needs, seen: Seen, *, patient: bool = True
) -> WorkingSet:
    """Lock and load everything that ``needs`` names and ``seen`` does not hold yet.

    Raises LockedElsewhere for who is not ``patient``.
    """
    unheld = [name for name in needs.streams if name not in seen.held]
    heads, counters = await lock_heads_and_counters(unit, unheld, needs.counters, patient=patient)
    claims = await load_claims(unit, needs.claims, patient=patient)
    balances = await load_balances(unit, needs.accounts, patient=patient)
    states = {name: _state_in(registry, name, head) for name, head in heads.items()}
    versions = {name: head.version for name, head in heads.items()}
    seen.note_held(heads, versions, states)
    for name in needs.streams:
        states[name], versions[name] = seen.held[name].state, seen.held[name].version
    return WorkingSet(registry, states, versions, claims, counters, balances, frozenset(needs.claims))


async def load_unlocked(unit: UnitOfWork, registry: Registry, needs: Needs) -> WorkingSet:
    """Everything that ``needs`` names as it is stored now, for a look ahead: what is decided on it is never written."""
    heads = await read_heads(unit, needs.streams)
    stored = {name: heads.get(name, Head(0, None)) for name in needs.streams}
    counters = {name: Counter(0, 0) for name in needs.counters} | await read_counters(unit, needs.counters)
    balances = dict.fromkeys(needs.accounts, 0) | await look_at_balances(unit, needs.accounts)
    return WorkingSet(
        registry,
        {name: _state_in(registry, name, head) for name, head in stored.items()},
        {name: head.version for name, head in stored.items()},
        await read_claims(unit, needs.claims),
        counters,
        balances,
        frozenset(needs.claims),
    )


def _state_in(registry: Registry, stream: str, head: Head) -> Any:
    kind = registry.streams[stream_kind(stream)]
    return kind.initial if head.data is None else decode(kind.state, head.data)
