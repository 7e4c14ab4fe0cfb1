"""Lucky packet 拼手气红包 (campaigns.md §1.3): staff put a packet into the campaign, participants take its shares."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.domain.decisions import Rejection
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import packet
from qunflow.features.campaigns.mechanics.mechanic import (
    Command,
    Context,
    Count,
    Frame,
    Guards,
    Mechanic,
    MoveRule,
    Moves,
    Unit,
)
from qunflow.features.campaigns.mechanics.packet import MAX_SHARES, Filling, Packet
from qunflow.features.campaigns.mechanics.settings import choice, fen, whole

RULE = "lucky-packet"


@dataclass(frozen=True, slots=True)
class LuckyPacket:
    """One packet, and how many of it staff may make."""

    total_fen: int = fen("what one packet holds", low=1)
    shares: int = whole("how many people share it", 1, MAX_SHARES)
    packets: int = whole("how many packets may be made in all", 1, 10_000, 1)
    mode: str = choice("how it is shared", "random", "equal", default="random")
    low_fen: int = fen("the smallest share when chance shares it", 1, low=1)
    high_fen: int = fen("the largest share when chance shares it; 0 for no bound", 0)
    takes_per_person: int = whole("how many shares one person may take in this campaign", 1, 10_000, 1000)


def filling_of(settings: LuckyPacket) -> Filling:
    """How each packet is filled."""
    return Filling(
        settings.total_fen,
        settings.shares,
        settings.mode,
        settings.low_fen,
        settings.high_fen,
        settings.takes_per_person,
    )


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Create by staff, take by participants, return by the clock."""
    settings: LuckyPacket = context.frame.settings
    if command.move == "create":
        if context.used("packets") >= settings.packets:
            return Rejection(Reason.STOCK_OUT, {"packets": settings.packets})
        made = packet.create(unit, filling_of(settings))
        return Moves(made.events, (Count("packets", 1, settings.packets),))
    if command.move == "take":
        return packet.take(unit, command, context, filling_of(settings))
    return packet.expire(unit, command) if command.move == "expire" else Moves()


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """The number of packets on creating; the taker's guards on taking."""
    return Guards(("packets",)) if command.move == "create" else packet.guards(unit, command, frame)


def check(frame: Frame) -> None:
    """Refuse shares that cannot be. Raises InvalidInput."""
    packet.check(filling_of(frame.settings))


def liability(frame: Frame) -> int:
    """Every packet, whole."""
    settings: LuckyPacket = frame.settings
    return settings.total_fen * settings.packets


def each(frame: Frame) -> int:
    """The largest share of as many packets as one person may take from."""
    settings: LuckyPacket = frame.settings
    return filling_of(settings).top * min(settings.packets, settings.takes_per_person)


MODEL = Mechanic(
    name="lucky-packet",
    settings=LuckyPacket,
    state=Packet,
    initial=Packet(),
    moves={"create": MoveRule(who="staff", opens=True), "take": MoveRule(grace=True)},
    decide=decide,
    evolve=packet.evolve,
    events=packet.EVENTS,
    due=lambda unit, settings: packet.due_of(unit, RULE),
    guards=guards,
    show=packet.show,
    rules=("unit_ttl_hours", "grace_hours"),
    check=check,
    liability=liability,
    each=each,
)
