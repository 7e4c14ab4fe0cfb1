"""Red packet by help 领红包 (M19, M20, campaigns.md §1.1): friends fill a packet whose size the owner chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qunflow.features.campaigns.mechanics import boost, boost_comfort, boost_state
from qunflow.features.campaigns.mechanics.bargain import MODEL as BARGAIN
from qunflow.features.campaigns.mechanics.boost import Offer, OpenTier
from qunflow.features.campaigns.mechanics.boost_state import Boost
from qunflow.features.campaigns.mechanics.mechanic import Command, Frame, Guards, Mechanic, MoveRule, Unit
from qunflow.features.campaigns.mechanics.settings import amounts, bps, choice, fen, flag, rows, whole
from qunflow.features.campaigns.mechanics.slots import TAILS
from qunflow.ledger.settle import Amounts

RULE = "red-packet"


@dataclass(frozen=True, slots=True)
class Tier:
    """One size to choose from; the small ones show that payouts are real (M20)."""

    target_fen: int = fen("the size of the packet", low=1)
    helpers: int = whole("how many friends fill it", 1, 200)
    total: int = whole("how many of this size may be won", 1, 1_000_000)
    first_cuts: tuple[int, ...] = amounts("what friends give after the first one, set one by one", 20, ())


@dataclass(frozen=True, slots=True)
class RedPacket:
    """The sizes, and how a packet fills."""

    tiers: tuple[Tier, ...] = rows("the sizes to choose from, smallest first", Tier, 10)
    first_bps: int = bps("the share that the first pull gathers", 9000, low=9000)
    owner_first: bool = flag("whether the owner makes the first pull", True)
    tail: str = choice("the order of what friends give", *TAILS, default="flat")
    new_user_weight: int = whole("how many pulls a new user makes at once", 1, 3, 1)
    reserve_at: str = choice("when one packet of the size is set aside", "open", "target", default="open")
    repair_hours: int = whole("hours to find another friend when a help is revoked late", 1, 240, 24)
    sold_out_fen: int = fen("what an owner gets instead who reaches the target when nothing is left", 0)
    sold_out_limit: int = whole("how many owners can get that", 0, 1_000_000, 0)


def offer_of(settings: RedPacket, tier: int) -> Offer:
    """The packet of one size."""
    chosen = settings.tiers[tier]
    return Offer(
        total=chosen.target_fen,
        helpers=chosen.helpers,
        first_bps=settings.first_bps,
        first_cuts=chosen.first_cuts,
        owner_first=settings.owner_first,
        tail=settings.tail,
        new_user_weight=settings.new_user_weight,
        stock=f"tier-{tier}",
        stock_total=chosen.total,
        reserve_at="reached" if settings.reserve_at == "target" else "open",
        repair_hours=settings.repair_hours,
        comfort=settings.sold_out_fen,
        comforts=settings.sold_out_limit,
    )


def due(unit: Unit, settings: RedPacket) -> Mapping[tuple[str, str], Amounts]:
    """The whole target once every pull is made: pending while a hold runs, earned when all are over."""
    play: Boost = unit.play
    if play.status != "reached" or unit.outcome not in ("", "done"):
        return boost_comfort.due(unit)
    target = sum(play.plan)
    return {(unit.owner, RULE): Amounts(target) if unit.settled else Amounts(0, target)}


def check(frame: Frame) -> None:
    """Refuse a size too small for its friends. Raises InvalidInput."""
    for place in range(len(frame.settings.tiers)):
        where = f"model.tiers[{place}]"
        boost.check_offer(offer_of(frame.settings, place), f"{where}.target_fen", where)
    boost_comfort.check(offer_of(frame.settings, 0))


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """The packets of the size; for who came too late, what is given instead."""
    if command.move == boost_comfort.MOVE:
        return boost_comfort.guards(unit, command)
    return boost.guards_of(offer_of)(unit, command, frame)


def liability(frame: Frame) -> int:
    """Every packet of every size, and what is given instead of one."""
    settings: RedPacket = frame.settings
    packets = sum(tier.target_fen * tier.total for tier in settings.tiers)
    return packets + settings.sold_out_fen * settings.sold_out_limit


def each(frame: Frame) -> int:
    """The largest size, as often as one person may win, and once what is given instead."""
    settings: RedPacket = frame.settings
    return max(tier.target_fen for tier in settings.tiers) * frame.rules.wins_per_person + settings.sold_out_fen


def show(unit: Unit, settings: RedPacket) -> Mapping[str, Any]:
    """What is gathered, and how many friends are missing."""
    play: Boost = unit.play
    return {
        "status": play.status if unit.status != "closed" else unit.outcome,
        "target_fen": sum(play.plan),
        "gathered_fen": play.gathered,
        "helped": unit.friends,
        "missing": len(play.free),
        "comfort_fen": play.comfort,
    }


MODEL = Mechanic(
    name="red-packet",
    stock="tiers.*.total",
    settings=RedPacket,
    state=Boost,
    initial=Boost(),
    moves={
        "open": MoveRule(opens=True, params=OpenTier),
        "help": MoveRule(who="other", helps="listed", grace=True),
        **boost_comfort.MOVES,
    },
    decide=boost.decider(offer_of, lambda settings: len(settings.tiers), {boost_comfort.MOVE: boost_comfort.comfort}),
    evolve=boost_state.evolve,
    events=boost_state.EVENTS,
    due=due,
    guards=guards,
    show=show,
    rules=BARGAIN.rules,
    check=check,
    liability=liability,
    each=each,
)
