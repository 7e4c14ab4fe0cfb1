"""The door through which every feature comes in: what it accepts, what it needs, what it decides.

A feature is data and plain functions. ``bootstrap`` collects them in a :class:`Registry`; the engine knows no names.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from qunflow.domain.decisions import Chance, Claim, Counter, Decision, Needs
from qunflow.domain.events import Event
from qunflow.domain.inbound import Message


class View(Protocol):
    """What a rule may look at: what its ``needs`` named, as of this message in this batch."""

    def state(self, stream: str) -> Any:
        """The state of a needed stream (its type's initial state when it has no event yet)."""
        ...

    def claim(self, scope: str, key: str) -> Claim | None:
        """The claim on a needed key, or None when it is free."""
        ...

    def counter(self, name: str) -> Counter:
        """A needed counter."""
        ...

    def balance(self, account: str) -> int:
        """The balance of a needed account."""
        ...


class Reader(Protocol):
    """What may be read without a lock before needs are known; questions asked together travel together."""

    workspace: str

    async def state(self, stream: str, *, stale_ok: bool = False) -> Any:
        """The state of a stream, or None when it has no event.

        A message whose facts were overtaken by an earlier message of its batch is decided in the next batch, unless
        the rule said ``stale_ok``: it only uses the answer to find what to lock.
        """
        ...

    async def person(self, channel: str, external: str) -> str:
        """Our id of a platform's person."""
        ...

    async def persons(self, channel: str, externals: Sequence[str]) -> Mapping[str, str]:
        """Our ids of many persons of a platform, asked together."""
        ...

    async def externals(self, person: str) -> Mapping[str, str]:
        """channel → platform id of a person."""
        ...

    async def name(self, person: str) -> str:
        """The name of a person, empty when unknown."""
        ...

    async def expired_claims(self, scope: str, at: datetime) -> tuple[str, ...]:
        """Keys of a scope whose claim ended at or before ``at`` (at most 2,000)."""
        ...

    async def states(self, kind: str, prefix: str) -> Mapping[str, Any]:
        """Every stream of a kind whose name starts so: for rare, whole looks such as a daily digest."""
        ...

    async def ask(self, question: type[Any], key: str) -> Any:
        """A fact of ``domain/facts.py`` that another feature answers, or None."""
        ...


Facts = Any
LoadFacts = Callable[[Reader, Message], Awaitable[Facts]]


async def no_facts(reader: Reader, message: Message) -> Facts:
    """For handlers that need nothing beyond the message."""
    return None


@dataclass(frozen=True, slots=True)
class Handler:
    """One rule's entry: ``facts`` reads ahead, ``needs`` names what to lock, ``decide`` is pure."""

    name: str
    accepts: type
    needs: Callable[[Message, Facts], Needs]
    decide: Callable[[Message, Facts, View, Chance], Decision]
    facts: LoadFacts = no_facts


@dataclass(frozen=True, slots=True)
class StreamType:
    """A kind of stream: its state class, its first state and the pure fold. ``evolve`` is total, it never raises.

    ``steady``: few streams that seldom change and are looked at all the time, so what was read once is kept.
    """

    kind: str
    state: type
    initial: Any
    evolve: Callable[[Any, Event], Any]
    steady: bool = False


Answerer = Callable[[Reader, str], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Feature:
    """All that a feature brings: handlers in the order they stand in the pipeline, streams, events, bodies."""

    name: str
    handlers: Sequence[Handler] = ()
    streams: Sequence[StreamType] = ()
    events: Sequence[type] = ()
    bodies: Sequence[type] = ()  # commands and timers of its own
    answers: Mapping[type, Answerer] = field(default_factory=dict)  # facts that it answers


class Registry:
    """Every feature, joined: who handles what, which stream is which, which class an event type is."""

    def __init__(self, features: Iterable[Feature], shared_events: Iterable[type], bodies: Iterable[type]) -> None:
        self.handlers: dict[str, list[Handler]] = {}
        self.streams: dict[str, StreamType] = {}
        self.events: dict[tuple[str, int], type] = {}
        self.bodies: dict[str, type] = {}
        self.answers: dict[type, Answerer] = {}
        for event in shared_events:
            self._add_event(event)
        for body in bodies:
            self._add_body(body)
        for feature in features:
            for event in feature.events:
                self._add_event(event)
            for body in feature.bodies:
                self._add_body(body)
            for stream in feature.streams:
                self._once(stream.kind, self.streams)
                self.streams[stream.kind] = stream
            for handler in feature.handlers:
                self.handlers.setdefault(str(handler.accepts.KIND), []).append(handler)  # type: ignore[attr-defined]
            self.answers.update(feature.answers)

    def _add_event(self, event: Any) -> None:
        key = (str(event.KIND), int(event.SCHEMA))
        self._once(key, self.events)
        self.events[key] = event
        self._add_body(event)

    def _add_body(self, body: Any) -> None:
        self._once(str(body.KIND), self.bodies)
        self.bodies[str(body.KIND)] = body

    @staticmethod
    def _once(key: Any, where: Mapping[Any, Any]) -> None:
        if key in where:
            raise ValueError(f"{key} is registered twice")
