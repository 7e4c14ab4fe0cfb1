"""A feature of a few lines that can be told to count, to fail, to look at old facts, to go round for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from qunflow.domain.decisions import Chance, Claim, CounterMove, Decision, Needs, NewEvent, Posting, Timer, reject
from qunflow.domain.events import Event
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Feature, Handler, Reader, Registry, StreamType, View


@dataclass(frozen=True, slots=True)
class Added:
    KIND: ClassVar[str] = "added"
    SCHEMA: ClassVar[int] = 1
    number: int
    seen: int = -1


@dataclass(frozen=True, slots=True)
class Tally:
    """What was added to a stream: the sum, and each number in order."""

    total: int = 0
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Add:
    """Add a number to a stream; answers the sum."""

    KIND: ClassVar[str] = "add"
    number: int
    stream: str = "tally:a"


@dataclass(frozen=True, slots=True)
class AddSeen:
    """Add a number, and write down the sum of ``looks_at`` as it was read before anything was locked."""

    KIND: ClassVar[str] = "add_seen"
    number: int
    looks_at: str = "tally:a"
    stream: str = "tally:b"
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Fail:
    """A message that no rule can decide."""

    KIND: ClassVar[str] = "fail"
    why: str = "it is poison"


@dataclass(frozen=True, slots=True)
class Round:
    """A message that makes itself again."""

    KIND: ClassVar[str] = "round"


@dataclass(frozen=True, slots=True)
class Then:
    """Add a number, and have the same done to ``tally:b``, or let what follows fail."""

    KIND: ClassVar[str] = "then"
    number: int
    fails: bool = False
    stream: str = "tally:a"


@dataclass(frozen=True, slots=True)
class TakeSeat:
    """Take the seat with this name, if a seat is left; answers whether."""

    KIND: ClassVar[str] = "take_seat"
    who: str
    seats: int = 1


@dataclass(frozen=True, slots=True)
class Later:
    """Add a number at another time."""

    KIND: ClassVar[str] = "later"
    number: int
    seconds: float


def evolve(state: Tally, event: Event) -> Tally:
    return Tally(state.total + event.body.number, (*state.numbers, event.body.number))


def own_stream(message: Message, facts: Any) -> Needs:
    return Needs(streams=(message.body.stream,))


def nothing(message: Message, facts: Any) -> Needs:
    return Needs()


async def look(reader: Reader, message: Message) -> int:
    state: Tally | None = await reader.state(message.body.looks_at)
    return state.total if state is not None else 0


def add(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    body: Add = message.body
    if body.number < 0:
        return reject(Reason.WRONG_STATE, number=body.number)
    event = NewEvent(body.stream, Added(body.number))
    return Decision(events=(event,), answer=view.state(body.stream).total + body.number)


def add_seen(message: Message, facts: int, view: View, chance: Chance) -> Decision:
    body: AddSeen = message.body
    if body.fails:
        raise ValueError("it fails after looking")
    return Decision(events=(NewEvent(body.stream, Added(body.number, facts)),), answer=facts)


def fail(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    raise ValueError(message.body.why)


def go_round(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    return Decision(commands=(("round", Round()),))


def add_then(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    body: Then = message.body
    follows = Fail("what follows fails") if body.fails else Add(body.number, "tally:b")
    return Decision(events=(NewEvent(body.stream, Added(body.number)),), commands=(("lane", follows),))


def seat_needs(message: Message, facts: Any) -> Needs:
    return Needs(("tally:seats",), (("seat", message.body.who),), ("seats",), ("external:x", "budget:x"))


def take_seat(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    body: TakeSeat = message.body
    counter = view.counter("seats")
    if view.claim("seat", body.who) is not None or counter.used >= body.seats:
        return Decision(answer=False)
    return Decision(
        events=(NewEvent("tally:seats", Added(1)),),
        claims=(Claim("seat", body.who, body.who),),
        counters=(CounterMove("seats", 1, body.seats),),
        postings=(Posting(f"seat:{body.who}", "external:x", "budget:x", 5),),
        answer=True,
    )


def later(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    from datetime import timedelta

    body: Later = message.body
    due = message.at + timedelta(seconds=body.seconds)
    return Decision(timers=(Timer("tally:a", f"t{body.number}", due, Add(body.number)),))


TOY = Feature(
    name="toy",
    handlers=(
        Handler("toy.add", Add, own_stream, add),
        Handler("toy.add_seen", AddSeen, own_stream, add_seen, look),
        Handler("toy.fail", Fail, nothing, fail),
        Handler("toy.round", Round, nothing, go_round),
        Handler("toy.then", Then, own_stream, add_then),
        Handler("toy.seat", TakeSeat, seat_needs, take_seat),
        Handler("toy.later", Later, nothing, later),
    ),
    streams=(StreamType("tally", Tally, Tally(), evolve),),
    events=(Added,),
    bodies=(Add, AddSeen, Fail, Round, Then, TakeSeat, Later),
)


def toy_registry() -> Registry:
    """Only the toy."""
    return Registry((TOY,), (), ())
