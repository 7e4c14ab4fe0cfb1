"""What a group-buy 拼团 is about, and when the platform completes a group (M36, M37, campaigns.md §2.2). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import BPS
from qunflow.features.campaigns.mechanics.group_state import Group, Seat
from qunflow.features.campaigns.mechanics.mechanic import Frame
from qunflow.features.campaigns.mechanics.paying import MOST_PIECES
from qunflow.features.campaigns.mechanics.settings import bps, choice, fen, flag, name, whole

FILL = ("none", "threshold", "always")
AT_HOLD, AT_PAY = "hold", "pay"


@dataclass(frozen=True, slots=True)
class GroupBuy:
    """What is sold, to how many together, and when the platform completes a group."""

    item: str = name("the code of the goods in your shop")
    price_fen: int = fen("what each buyer in a group pays", low=1)
    stock_total: int = whole("how many pieces there are in all", 1, 1_000_000)
    size: int = whole("how many buyers make a group", 2, 10, 3)
    solo_price_fen: int = fen("the price for who buys alone, without a group; 0: nobody can", 0)
    leader_discount_fen: int = fen("so much less for who opens the group", 0)
    pay_ttl_min: int = whole("minutes to pay for a seat", 5, 120, 15)
    limit_per_person: int = whole("how many pieces one person may buy", 1, 100, 2)
    new_user_join_only: bool = flag("whether only new users may join a group that somebody opened", False)
    fill_policy: str = choice("whether the platform completes a group at its deadline", *FILL, default="always")
    fill_min_paid: int = whole("with threshold: so many buyers must have paid", 1, 10, 1)
    fill_min_ratio_bps: int = bps("with threshold: such a share of the seats must be paid", 0)
    unit_cost_fen: int = fen("what one piece costs you", 0)
    variable_cost_fen: int = fen("what packing and sending one piece costs you", 0)
    fill_margin_floor_fen: int = fen("the platform completes a group only with such a margin on its paid seats", 0)
    refund_fee_fen: int = fen("kept back when a buyer leaves the group on their own", 0)
    limit_per_order: int = whole("how many pieces one order may hold", 1, MOST_PIECES, 1)
    one_open_group: bool = flag("whether one person may have a seat in only one open group at a time", True)
    auto_match: bool = flag(
        "whether who opens a group is put into an open group of somebody else that has a free seat", True
    )
    reserve_stock_at: str = choice(
        "when a piece is set aside: with the order, or only when it is paid", AT_HOLD, AT_PAY, default=AT_HOLD
    )
    fill_delay_min: int = whole("minutes after its deadline before the platform completes a group", 0, 1440, 0)


def fills(group: Group, settings: GroupBuy) -> bool:
    """Whether the platform completes the group (M37): the plan wants it, and the margin on the paid seats holds."""
    paid = group.paid
    if settings.fill_policy == "none" or not paid:
        return False
    few = len(paid) < settings.fill_min_paid or len(paid) * BPS < settings.fill_min_ratio_bps * settings.size
    if settings.fill_policy == "threshold" and few:
        return False
    return margin(paid, settings) >= settings.fill_margin_floor_fen


def margin(paid: tuple[Seat, ...], settings: GroupBuy) -> int:
    """Fen that paid seats leave after the cost of goods and sending."""
    cost = settings.unit_cost_fen + settings.variable_cost_fen
    return sum(seat.fen - cost * seat.pieces for seat in paid)


def price(settings: GroupBuy, pieces: int, opens: bool) -> int:
    """What an order of a group costs; who opens the group pays less."""
    return (settings.price_fen - (settings.leader_discount_fen if opens else 0)) * pieces


def check(frame: Frame) -> None:
    """Refuse prices that contradict each other. Raises InvalidInput."""
    settings: GroupBuy = frame.settings
    single = settings.price_fen
    for field, broken, rule, way_out in (
        ("solo_price_fen", 0 < settings.solo_price_fen < single, "alone is not cheaper than together", "Raise it."),
        ("leader_discount_fen", settings.leader_discount_fen >= single, "lies below the price", "Lower it."),
        ("refund_fee_fen", settings.refund_fee_fen * 10 > single, "is at most a tenth of the price", "Lower it."),
        ("fill_min_paid", settings.fill_min_paid > settings.size, "is not above the size of a group", "Lower it."),
        (
            "limit_per_order",
            settings.limit_per_order > settings.limit_per_person,
            "is not above what one person may buy in all",
            "Lower it, or raise limit_per_person.",
        ),
        (
            "fill_delay_min",
            settings.fill_delay_min > 0 and settings.fill_policy == "none",
            "is for groups that the platform completes",
            "Leave it 0, or choose another fill_policy.",
        ),
    ):
        if broken:
            raise InvalidInput("group_price", rule, field=f"model.{field}", way_out=way_out)
