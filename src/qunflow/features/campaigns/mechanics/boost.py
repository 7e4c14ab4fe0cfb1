"""Boost 助力: an amount over exactly K cuts, taken by friends one by one (campaigns.md §1.1, §1.2). Pure.

A bargain shows what is left of the price, a red packet what was gathered; both are this file with another
:class:`Offer`. The plan of cuts is drawn once, when the unit is opened: in which order friends come means nothing.
What a bargain sells is in ``boost_order.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import slots
from qunflow.features.campaigns.mechanics.boost_state import (
    Boost,
    BoostPlanned,
    BoostReached,
    SlotFreed,
    SlotTaken,
)
from qunflow.features.campaigns.mechanics.mechanic import (
    Command,
    Context,
    Count,
    Frame,
    Guards,
    Moves,
    Tell,
    Unit,
)
from qunflow.features.campaigns.mechanics.settings import fields_named, whole


@dataclass(frozen=True, slots=True)
class Offer:
    """What a unit is about: fen to cut, its number of helpers, and the stock that it takes from."""

    total: int
    helpers: int
    first_bps: int
    first_cuts: tuple[int, ...]
    owner_first: bool
    tail: str
    new_user_weight: int
    stock: str
    stock_total: int
    reserve_at: str  # open | reached | order
    repair_hours: int
    window: timedelta | None = None  # time to order once reached; None: it is a reward and there is no order
    floor: int = 0  # the price once reached
    pay_ttl: timedelta = timedelta(minutes=15)
    buy_early: bool = False
    ship_after_hold: bool = True
    comfort: int = 0  # fen for an owner who reached the goal when nothing was left
    comforts: int = 0  # for so many

    @property
    def slots(self) -> int:
        """K: one cut for each helper, and the owner's own."""
        return self.helpers + (1 if self.owner_first else 0)


@dataclass(frozen=True, slots=True)
class OpenTier:
    """What a person chooses on opening."""

    tier: int = whole("the size, counted from 0", 0, 9, 0)


OfferOf = Callable[[Any, int], Offer]
Decide = Callable[[Unit, Command, Context, Offer], Moves | Rejection]


def decider(
    offer_of: OfferOf, tiers: Callable[[Any], int], more: Mapping[str, Decide] = MappingProxyType({})
) -> Callable[[Unit, Command, Context], Moves | Rejection]:
    """The decisions of a boost model; ``offer_of(settings, tier)`` says what a unit is about, ``more`` goes first."""
    moves = {**_MOVES, **more}

    def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
        tier = int(command.params.get("tier", 0)) if command.move == "open" else unit.play.tier
        if not 0 <= tier < tiers(context.frame.settings):
            return Rejection(Reason.WRONG_STATE, {"tier": tier})
        rule = moves.get(command.move)
        return rule(unit, command, context, offer_of(context.frame.settings, tier)) if rule is not None else Moves()

    return decide


def guards_of(offer_of: OfferOf) -> Callable[[Unit, Command, Frame], Guards]:
    """The stock that a unit takes from; the one of its tier."""

    def name_stock(unit: Unit, command: Command, frame: Frame) -> Guards:
        tier = unit.play.tier if unit.status else int(command.params.get("tier", 0))
        try:
            return Guards(counters=(offer_of(frame.settings, tier).stock,))
        except IndexError:
            return Guards()

    return name_stock


def _open(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    reserved = offer.reserve_at == "open"
    if reserved and context.used(offer.stock) >= offer.stock_total:
        return Rejection(Reason.STOCK_OUT)
    seed = f"{unit.seed}:plan"
    plan = slots.plan(offer.total, offer.slots, offer.first_bps, seed, fixed=offer.first_cuts, tail=offer.tail)
    events: list[Any] = [BoostPlanned(int(command.params.get("tier", 0)), plan, reserved)]
    if offer.owner_first:
        events.append(SlotTaken(unit.owner, (0,)))
    counts = (Count(offer.stock, 1, offer.stock_total),) if reserved else ()
    return Moves(tuple(events), counts)


def _help(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    """The lowest free cuts; the last one reaches the goal, and with it the stock."""
    play: Boost = unit.play
    free = play.free
    if play.early:
        return Rejection(Reason.UNIT_CLOSED)
    if not free:
        return Rejection(Reason.UNIT_FULL)
    weight = offer.new_user_weight if command.actor.new_user else 1
    taken = SlotTaken(command.actor.person, free[:weight])
    if len(free) > weight or play.status in ("ordered", "paid"):
        off = ("repair",) if len(free) <= weight else ()
        return Moves((taken,), timers_off=off, answer=len(free) - len(taken.slots))
    return _reached(taken, play, command, context, offer)


def _reached(taken: SlotTaken, play: Boost, command: Command, context: Context, offer: Offer) -> Moves:
    takes = offer.reserve_at == "reached" and not play.reserved
    if takes and context.used(offer.stock) >= offer.stock_total:
        told = (Tell(command.unit, "comfort"),) if offer.comfort else ()
        return Moves((taken,), tell=told, close="sold_out", answer=0)
    counts = (Count(offer.stock, 1, offer.stock_total),) if takes else ()
    timers = (("window", command.at + offer.window),) if offer.window is not None else ()
    return Moves((taken, BoostReached(takes)), counts, timers=timers, timers_off=("expire",), answer=0)


def _revoke(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    """The help's cuts are free again. After the goal the owner gets time to find somebody else."""
    play: Boost = unit.play
    mine = tuple(place for place, who in enumerate(play.taken) if who == command.actor.person)
    freed = SlotFreed(command.actor.person, mine)
    repair = command.at + timedelta(hours=offer.repair_hours)
    if play.status in ("ordered", "paid"):
        if play.early or unit.expires_at is None:
            return Moves((freed,))
        return Moves((freed,), expires_at=max(unit.expires_at, repair), timers=(("repair", repair),))
    if play.status == "reached" and unit.expires_at is not None:
        return Moves((freed,), expires_at=max(unit.expires_at, repair), timers_off=("window",))
    return Moves((freed,))


def _confirm(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    """With the last hold the reward is earned."""
    play: Boost = unit.play
    if play.status != "reached" or play.free or not unit.settled:
        return Moves()
    return Moves(close="done", won=True)


def _expire(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    """The time is over, the owner left for good, or everything is stopped."""
    reason = str(command.params.get("reason", "expired"))
    return Moves() if reason == "expired" and unit.play.status != "open" else over(unit.play, offer, reason)


def over(play: Boost, offer: Offer, outcome: str) -> Moves:
    """An end without success: the stock goes back."""
    counts = (Count(offer.stock, -1, offer.stock_total),) if play.reserved else ()
    return Moves(counts=counts, close=outcome)


_MOVES: Mapping[str, Decide] = {
    "open": _open,
    "help": _help,
    "return": _help,
    "revoke": _revoke,
    "confirm": _confirm,
    "expire": _expire,
}


def check_offer(offer: Offer, amount: str, where: str) -> None:
    """Refuse an offer whose first cut or whose fixed cuts cannot be. Raises InvalidInput naming the plan's field."""
    with fields_named({"total": amount, "slots": f"{where}.helpers", "fixed": f"{where}.first_cuts"}):
        slots.check_first(offer.total, offer.slots, offer.first_bps, amount)
        slots.plan(offer.total, offer.slots, offer.first_bps, "check", fixed=offer.first_cuts, tail=offer.tail)
