"""Bargain 砍价 (M17, M18, campaigns.md §1.2): friends cut a price to its floor; the first cut takes nine tenths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics import boost, boost_comfort, boost_order, boost_state
from qunflow.features.campaigns.mechanics.boost import Offer
from qunflow.features.campaigns.mechanics.boost_state import Boost
from qunflow.features.campaigns.mechanics.mechanic import Frame, Mechanic, MoveRule, Unit
from qunflow.features.campaigns.mechanics.settings import amounts, bps, choice, fen, flag, name, whole
from qunflow.features.campaigns.mechanics.slots import TAILS

STOCK_AT = ("open", "floor", "order")


@dataclass(frozen=True, slots=True)
class Bargain:
    """What is bargained for, how many friends it takes, and what happens at the floor."""

    item: str = name("the code of the goods in your shop")
    original_fen: int = fen("the price before any cut", low=1)
    stock_total: int = whole("how many are there in all", 1, 1_000_000)
    floor_fen: int = fen("the price that is reached with every cut; 0 gives it away", 0)
    helpers: int = whole("how many friends it takes", 1, 200, 10)
    first_bps: int = bps("the share of the whole cut that the first one takes", 9000, low=9000)
    first_cuts: tuple[int, ...] = amounts("the cuts after the first one, set one by one", 20, ())
    owner_first: bool = flag("whether the owner makes the first cut", True)
    tail: str = choice("the order of the cuts that chance splits", *TAILS, default="decreasing")
    new_user_weight: int = whole("how many cuts a new user takes at once", 1, 3, 1)
    reserve_stock_at: str = choice("when one piece is set aside", *STOCK_AT, default="floor")
    order_window_min: int = whole("minutes to order once the floor is reached", 5, 1440, 60)
    pay_ttl_min: int = whole("minutes to pay an order", 5, 120, 15)
    buy_early: bool = flag("whether the owner may order above the floor", False)
    ship_after_hold: bool = flag("whether shipping waits until every help is confirmed", True)
    repair_hours: int = whole("hours to find another friend when a help is revoked late", 1, 240, 24)
    sold_out_fen: int = fen("what an owner gets instead who reaches the floor when nothing is left", 0)
    sold_out_limit: int = whole("how many owners can get that", 0, 1_000_000, 0)


def offer_of(settings: Bargain, tier: int) -> Offer:
    """The one offer of a bargain."""
    return Offer(
        total=settings.original_fen - settings.floor_fen,
        helpers=settings.helpers,
        first_bps=settings.first_bps,
        first_cuts=settings.first_cuts,
        owner_first=settings.owner_first,
        tail=settings.tail,
        new_user_weight=settings.new_user_weight,
        stock="stock",
        stock_total=settings.stock_total,
        reserve_at={"floor": "reached"}.get(settings.reserve_stock_at, settings.reserve_stock_at),
        repair_hours=settings.repair_hours,
        window=timedelta(minutes=settings.order_window_min),
        buy_early=settings.buy_early,
        ship_after_hold=settings.ship_after_hold,
        floor=settings.floor_fen,
        pay_ttl=timedelta(minutes=settings.pay_ttl_min),
        comfort=settings.sold_out_fen,
        comforts=settings.sold_out_limit,
    )


def check(frame: Frame) -> None:
    """Refuse a floor that is no floor, or a price too small for its cuts. Raises InvalidInput."""
    settings: Bargain = frame.settings
    if settings.floor_fen >= settings.original_fen:
        raise InvalidInput(
            "bargain_floor",
            "the floor lies below the original price",
            field="model.floor_fen",
            way_out="Lower floor_fen, or raise original_fen.",
        )
    boost.check_offer(offer_of(settings, 0), "model.original_fen", "model")
    boost_comfort.check(offer_of(settings, 0))


def show(unit: Unit, settings: Bargain) -> Mapping[str, Any]:
    """The price now, to the fen, and how many friends are missing (never rounded up to done)."""
    play: Boost = unit.play
    return {
        "status": play.status if unit.status != "closed" else unit.outcome,
        "original_fen": settings.original_fen,
        "price_fen": settings.original_fen - play.gathered,
        "floor_fen": settings.floor_fen,
        "cut_fen": play.gathered,
        "helped": unit.friends,
        "missing": len(play.free),
        "order": play.order if play.status == "ordered" else "",
        "order_fen": play.fen,
        "comfort_fen": play.comfort,
    }


MODEL = Mechanic(
    name="bargain",
    stock="stock_total",
    settings=Bargain,
    state=Boost,
    initial=Boost(),
    moves={
        "open": MoveRule(opens=True, pays=False),
        "help": MoveRule(who="other", helps="listed", grace=True, pays=False),
        **boost_order.MOVES,
    },
    decide=boost.decider(offer_of, lambda settings: 1, boost_order.DECISIONS),
    evolve=boost_state.evolve,
    events=boost_state.EVENTS,
    due=lambda unit, settings: boost_comfort.due(unit),
    guards=boost_order.guards_of(offer_of),
    show=show,
    in_escrow=boost_order.in_escrow,
    rules=(
        "unit_ttl_hours",
        "grace_hours",
        "open_units",
        "wins_per_person",
        "helps_per_helper",
        "helps_per_day",
    ),
    check=check,
    liability=lambda frame: frame.settings.sold_out_fen * frame.settings.sold_out_limit,
    each=lambda frame: frame.settings.sold_out_fen,
)
