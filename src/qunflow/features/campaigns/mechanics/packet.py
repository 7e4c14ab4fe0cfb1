"""A packet of shares that are split when it is made, so that nothing is reckoned when people take them (§1.3). Pure.

Lucky packets 拼手气 and red-packet rain 红包雨 are this file with another way to be made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from qunflow.domain.decisions import Rejection
from qunflow.domain.events import Event
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import slots
from qunflow.features.campaigns.mechanics.mechanic import RESERVE, Command, Context, Count, Frame, Guards, Moves, Unit
from qunflow.features.campaigns.mechanics.settings import fields_named
from qunflow.ledger.settle import Amounts

MAX_SHARES = 2000


@dataclass(frozen=True, slots=True)
class Packet:
    """Shares in the order in which they are taken; ``takers`` has one name for each that is gone."""

    shares: tuple[int, ...] = ()
    takers: tuple[str, ...] = ()
    over: bool = False

    @property
    def left(self) -> int:
        """Fen that nobody has taken."""
        return sum(self.shares[len(self.takers) :])


@dataclass(frozen=True, slots=True)
class Filling:
    """How a packet is filled: fen, number of shares, bounds of one share, and how often one person may take."""

    total: int
    count: int
    mode: str
    low: int
    high: int
    takes: int

    @property
    def top(self) -> int:
        """The largest share that there may be."""
        if self.mode == "equal":
            return -(-self.total // self.count)
        return self.high or max(self.low, self.total - (self.count - 1) * self.low)


@dataclass(frozen=True, slots=True)
class PacketCreated:
    """A packet with its shares; who takes first gets the first."""

    KIND: ClassVar[str] = "packet_created"
    SCHEMA: ClassVar[int] = 1
    shares: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShareTaken:
    """Somebody took the next share."""

    KIND: ClassVar[str] = "share_taken"
    SCHEMA: ClassVar[int] = 1
    person: str
    fen: int


@dataclass(frozen=True, slots=True)
class PacketReturned:
    """What nobody took is free in the budget again."""

    KIND: ClassVar[str] = "packet_returned"
    SCHEMA: ClassVar[int] = 1
    fen: int


EVENTS = (PacketCreated, ShareTaken, PacketReturned)


def evolve(state: Packet, event: Event) -> Packet:
    """Fold one event of a packet."""
    body = event.body
    if isinstance(body, PacketCreated):
        return Packet(tuple(body.shares))
    if isinstance(body, ShareTaken):
        return replace(state, takers=(*state.takers, body.person))
    return replace(state, over=True) if isinstance(body, PacketReturned) else state


def fill(filling: Filling, seed: str) -> tuple[int, ...]:
    """The shares of a packet. Raises InvalidInput when the bounds cannot hold."""
    if filling.mode == "equal":
        return slots.equal(filling.total, filling.count)
    return slots.split(filling.total, filling.count, filling.low, filling.top, seed)


FIELDS = {"total": "model.total_fen", "n": "model.shares", "low": "model.low_fen", "high": "model.high_fen"}


def check(filling: Filling) -> None:
    """Refuse shares that cannot be. Raises InvalidInput naming the plan's field."""
    with fields_named(FIELDS):
        fill(filling, "check")


def create(unit: Unit, filling: Filling) -> Moves:
    """A new packet; the ledger sets its whole amount aside."""
    return Moves((PacketCreated(fill(filling, f"{unit.seed}:shares")),))


def take(unit: Unit, command: Command, context: Context, filling: Filling) -> Moves | Rejection:
    """The next share, once for each person."""
    packet: Packet = unit.play
    person = command.actor.person
    if person in packet.takers:
        return Rejection(Reason.ALREADY_DONE)
    if len(packet.takers) == len(packet.shares):
        return Rejection(Reason.UNIT_FULL)
    counter = takes_counter(person)
    if context.used(counter) >= filling.takes:
        return Rejection(Reason.QUOTA, {"most": filling.takes})
    fen = packet.shares[len(packet.takers)]
    last = len(packet.takers) + 1 == len(packet.shares)
    return Moves(
        (ShareTaken(person, fen),),
        (Count(counter, 1, filling.takes),),
        claims=(share_claim(unit, person),),
        close="emptied" if last else "",
        answer=fen,
    )


def too_late() -> Rejection:
    """The packet is over though nobody cleared it away yet."""
    return Rejection(Reason.EXPIRED)


def expire(unit: Unit, command: Command) -> Moves:
    """The time is over: what is left returns to the budget."""
    packet: Packet = unit.play
    return Moves((PacketReturned(packet.left),), close=str(command.params.get("reason", "expired")))


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """One share of a packet for a person, and how often they took one."""
    person = command.actor.person
    if command.move not in ("take", "catch") or not person:
        return Guards()
    return Guards((takes_counter(person),), (share_claim(unit, person),))


def takes_counter(person: str) -> str:
    """How often a person took a share in this campaign."""
    return f"takes:{person}"


def share_claim(unit: Unit, person: str) -> tuple[str, str]:
    """One share of a packet for one person."""
    return ("share", f"{unit.unit}:{person}")


def due_of(unit: Unit, rule: str) -> Mapping[tuple[str, str], Amounts]:
    """Each taker's share; what is not taken yet is kept for the packet itself."""
    packet: Packet = unit.play
    found = {(person, rule): Amounts(fen) for person, fen in zip(packet.takers, packet.shares, strict=False)}
    if packet.left and not packet.over:
        found[(RESERVE, "reserve")] = Amounts(0, packet.left)
    return found


def show(unit: Unit, settings: Any) -> Mapping[str, Any]:
    """How many shares there were and are left; the luckiest one once the packet is empty."""
    packet: Packet = unit.play
    empty = len(packet.takers) == len(packet.shares)
    best = max(range(len(packet.shares)), key=lambda place: (packet.shares[place], -place)) if empty else -1
    return {
        "status": unit.outcome or unit.status,
        "total_fen": sum(packet.shares),
        "shares": len(packet.shares),
        "left": len(packet.shares) - len(packet.takers),
        "luckiest": packet.takers[best] if best >= 0 else "",
    }
