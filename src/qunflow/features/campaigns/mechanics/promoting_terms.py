"""What a distribution 分销 pays on which sales, and what a plan of it may not say (campaigns.md §3.1). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import BPS, share_bps
from qunflow.features.campaigns.mechanics.distribution import MAX_LEVELS
from qunflow.features.campaigns.mechanics.mechanic import Frame
from qunflow.features.campaigns.mechanics.settings import bps, choice, fen, flag, name, rows, whole

RANKS = ("junior", "mid", "senior")
FIRST, REGISTER, OVERRIDE = "first", "register", "override"
SHOP, SPECIALS = "shop", ("flash-sale", "group-buy", "bargain")


@dataclass(frozen=True, slots=True)
class Rank:
    """A higher rank: its rates, and all that it takes. What is 0 is not asked for."""

    rate1_bps: int = bps("commission of this rank on sales to own friends")
    rate2_bps: int = bps("commission of this rank on sales of their friends", 0)
    buyers: int = whole("so many friends with a confirmed sale", 0, 100_000, 0)
    sales_fen: int = fen("confirmed sales to own friends", 0)
    orders: int = whole("so many confirmed orders of own friends", 0, 1_000_000, 0)
    own_spend_fen: int = fen("own confirmed purchases", 0)
    own_orders: int = whole("so many own confirmed orders", 0, 10_000, 0)
    min_keep_fen: int = fen("with demotion: confirmed sales between two reviews that keep this rank", 0)


@dataclass(frozen=True, slots=True)
class Goods:
    """Goods with a fixed commission for each piece, whatever the rank."""

    item: str = name("the code of the goods in your shop")
    price_fen: int = fen("what one piece costs", low=1)
    fixed1_fen: int = fen("commission on a piece that an own friend buys")
    fixed2_fen: int = fen("with two levels: commission on a piece that one of their friends buys", 0)


@dataclass(frozen=True, slots=True)
class Distribution:
    """Who earns what on sales, when it is free, and how it is withdrawn."""

    sales_fen: int = fen("the sales that commissions are reckoned for in all", low=1)
    levels: int = whole("how many levels earn; two are the legal limit", 1, MAX_LEVELS, 1)
    rate1_bps: int = bps("commission of the first rank on sales to own friends", 3000)
    rate2_bps: int = bps("with two levels: commission of the first rank on sales of their friends", 500)
    ranks: tuple[Rank, ...] = rows("the second and the third rank, the higher one last", Rank, 2, ())
    cap_bps: int = bps("both levels together never take more of a sale", 5000)
    margin_bps: int = bps("the margin of your goods; commissions may take a part of it", 10_000)
    promoters: str = choice(
        "who may promote: everybody who enrols, or whom staff appoint", *("all", "appointed"), default="all"
    )
    self_buy: bool = flag("whether promoters earn on what they buy themselves", False)
    bind_days: int = whole("so many days after it was made a bond earns commissions; 0 for always", 0, 3650, 0)
    freeze_days: int = whole(
        "days from receipt until a commission is free; not shorter than the time for returns", 0, 180, 15
    )
    withdraw_min_fen: int = fen("the least that can be withdrawn", 1000, low=1)
    withdraw_fee_bps: int = bps("the fee of a withdrawal", 0)
    bind_mode: str = choice(
        "whose friend a buyer is: of the first code; of the code by which they were met; of the newest",
        *(FIRST, REGISTER, OVERRIDE),
        default=FIRST,
    )
    max_of_margin_bps: int = bps("commissions of a sale take at most so much of its margin", 8000)
    goods: tuple[Goods, ...] = rows("goods with a fixed commission instead of a rate", Goods, 50, ())
    less_coupons: bool = flag("whether coupons that the shop paid for are left out of what commissions are on", True)
    less_taxes: bool = flag("whether taxes are left out of what commissions are on", False)
    exclude_flash_group_bargain: bool = flag("whether sales of flash sales, group-buys and bargains earn nothing", True)
    after_sale_days: int = whole(
        "days from receipt in which a buyer may return goods, if more than freeze_days", 0, 180, 0
    )
    demotion: bool = flag("whether a rank is lost when too little was sold between two reviews", False)
    review_days: int = whole("with demotion: days between two reviews", 7, 365, 90)


def rate(settings: Distribution, rank: int, level: int) -> int:
    """The rate of a rank at a level, in basis points."""
    if rank == 0:
        return settings.rate1_bps if level == 1 else settings.rate2_bps
    row = settings.ranks[min(rank, len(settings.ranks)) - 1]
    return row.rate1_bps if level == 1 else row.rate2_bps


def fixed(settings: Distribution, item: str, level: int) -> int | None:
    """The fixed commission of a piece at a level; None for goods that are paid by rate."""
    row = next((row for row in settings.goods if item and row.item == item), None)
    return None if row is None else row.fixed1_fen if level == 1 else row.fixed2_fen


def allowed(settings: Distribution, base: int, margin: int | None) -> int:
    """Fen that all commissions of a sale may take: below the cap, and within its margin as far as that is known."""
    most = min(settings.cap_bps, share_bps(settings.margin_bps, settings.max_of_margin_bps))
    known = share_bps(base, most)
    return known if margin is None else min(known, share_bps(margin, settings.max_of_margin_bps))


def top_bps(settings: Distribution) -> int:
    """The most that one sale can cost at rates: the best first level and the best second one."""
    first = max([settings.rate1_bps, *(row.rate1_bps for row in settings.ranks)])
    second = max([settings.rate2_bps, *(row.rate2_bps for row in settings.ranks)]) if settings.levels > 1 else 0
    return first + second


def liability(frame: Frame) -> int:
    """The dearest commissions on all sales that are reckoned with; the budget ends it in any case."""
    settings: Distribution = frame.settings
    dearest = [-(-_together(settings, row) * BPS // row.price_fen) for row in settings.goods]
    return share_bps(settings.sales_fen, min(BPS, max([top_bps(settings), *dearest])))


def _together(settings: Distribution, row: Goods) -> int:
    return row.fixed1_fen + (row.fixed2_fen if settings.levels > 1 else 0)


def check(frame: Frame) -> None:
    """Refuse what takes more than the cap or the margin, ranks that are not harder than the one below, and reviews
    that take nothing away. Raises InvalidInput.
    """
    settings: Distribution = frame.settings
    _check_rates(settings)
    _check_ranks(settings)
    seen: set[str] = set()
    for number, row in enumerate(settings.goods):
        most = allowed(settings, row.price_fen, None)
        if _together(settings, row) > most:
            raise InvalidInput(
                "distribution_fixed",
                f"the fixed commissions of a piece are above {most} fen, the cap or the part of its margin",
                field=f"model.goods[{number}].fixed1_fen",
                way_out="Lower them.",
            )
        if row.item in seen:
            raise InvalidInput(
                "distribution_goods", "goods are named once", field=f"model.goods[{number}].item", way_out="Drop one."
            )
        seen.add(row.item)


def _check_rates(settings: Distribution) -> None:
    top = top_bps(settings)
    if top > settings.cap_bps:
        raise InvalidInput(
            "distribution_cap",
            f"both levels together take up to {top / 100:g} % of a sale, the cap is {settings.cap_bps / 100:g} %",
            field="model.cap_bps",
            way_out="Lower the rates, or raise the cap.",
        )
    if top > share_bps(settings.margin_bps, settings.max_of_margin_bps):
        raise InvalidInput(
            "distribution_margin",
            f"commissions take up to {top / 100:g} % of a sale, and {settings.max_of_margin_bps / 100:g} % of the "
            "margin are less",
            field="model.margin_bps",
            way_out="Lower the rates.",
        )


def _check_ranks(settings: Distribution) -> None:
    asked = [(row.buyers, row.sales_fen, row.orders, row.own_spend_fen, row.own_orders) for row in settings.ranks]
    keeps = [0, *(row.min_keep_fen for row in settings.ranks)]
    for number, row in enumerate(asked):
        below = asked[number - 1] if number else (0,) * len(row)
        easier = any(one < other for one, other in zip(row, below, strict=True)) or row == below
        if easier or keeps[number + 1] < keeps[number]:
            raise InvalidInput(
                "distribution_rank",
                "each rank takes at least what the one below takes, and something more",
                field=f"model.ranks[{number}]",
                way_out="Raise what it takes.",
            )
    if settings.demotion and not any(keeps):
        raise InvalidInput(
            "distribution_demotion",
            "with demotion at least one rank says what keeps it",
            field="model.demotion",
            way_out="Give a rank a min_keep_fen, or switch demotion off.",
        )
