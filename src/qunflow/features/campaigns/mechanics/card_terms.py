"""What a plan says about its cards 集卡 (campaigns.md §4): the set, the wild card, pity, draws, gifts, pool. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import BPS
from qunflow.features.campaigns.mechanics.cards import MAX_KINDS, draws_but_one, expected_draws
from qunflow.features.campaigns.mechanics.mechanic import Frame
from qunflow.features.campaigns.mechanics.settings import choice, fen, flag, name, rows, text, time, whole

#: A prize by chance is at most 50,000 yuan (§4, rule for draws with prizes).
MAX_PRIZE_FEN = 5_000_000
UNCAPPED = 100_000_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One card of the set, or the wild card beside it."""

    card: str = name("the card's code")
    weight: int = whole("its odds in ten thousandths; all together make 10,000", 1, BPS)
    cap: int = whole("how many there are in all; 0 for as many as are drawn", 0, 1_000_000, 0)
    giftable: bool = flag("whether it may be given away", True)
    wild_card: bool = flag("whether it is no card of the set but stands for any one that is missing", False)
    title: str = text("what people call the card; its code when empty", 20)

    @property
    def called(self) -> str:
        """Its name on pages."""
        return self.title or self.card


@dataclass(frozen=True, slots=True)
class Tier:
    """So many prizes of one size."""

    count: int = whole("how many", 1, 100_000)
    amount_fen: int = fen("the prize", low=1)


@dataclass(frozen=True, slots=True)
class Cards:
    """The set, who may draw how often, what may be given, and what a complete set wins."""

    kinds: tuple[Kind, ...] = rows("the cards of the set, at least two", Kind, MAX_KINDS)
    pool_fen: int = fen("what complete sets share in the end; 0 when they only unlock something", 0)
    pool_method: str = choice("how it is shared", *("equal", "random", "tiers"), default="equal")
    tiers: tuple[Tier, ...] = rows("with tiers: the prizes, drawn among complete sets", Tier, 10, ())
    compose_deadline: datetime | None = time("until when sets can be composed; without it until the reveal", None)
    reveal_at: datetime | None = time(
        "when the pool is closed; it is shared once the holds after it are over; without it at the end", None
    )
    daily_draws: int = whole("free draws on each day", 0, 10, 1)
    draws_per_invite: int = whole("draws for each confirmed friend", 0, 10, 1)
    draws_per_task: int = whole("draws for the approved task of the plan, once", 0, 10, 0)
    draws_per_day: int = whole("nobody draws more often on one day", 1, 100, 10)
    pity_after: int = whole(
        "after so many draws without the rarest card the next one gives it, while there is one; 0 for never", 0, 500, 0
    )
    new_user_double: bool = flag("whether a newcomer's first draw gives two different cards", True)
    inviter_draws: int = whole("draws for who invited a newcomer, with the newcomer's first draw", 0, 5, 1)
    gifts: bool = flag("whether cards may be given", True)
    gifts_per_day: int = whole("cards that one person may give on one day", 1, 100, 3)
    gift_keep_one: bool = flag("whether the last card of a kind stays with its owner", True)
    gift_hours: int = whole("hours until a gift that nobody took comes back", 1, 72, 24)


def members(settings: Cards) -> tuple[Kind, ...]:
    """The cards of the set: all but the wild one."""
    return tuple(kind for kind in settings.kinds if not kind.wild_card)


def wild_of(settings: Cards) -> Kind | None:
    """The wild card, if there is one."""
    return next((kind for kind in settings.kinds if kind.wild_card), None)


def rarest(settings: Cards) -> Kind:
    """The card of the set with the lowest odds: the one that pity gives."""
    return min(members(settings), key=lambda kind: kind.weight)


def reveals_at(settings: Cards, frame: Frame) -> datetime:
    """When the pool is closed."""
    return min(settings.reveal_at or frame.ends_at, frame.ends_at)


def composes_until(settings: Cards, frame: Frame) -> datetime:
    """Until when sets can be composed, and cards drawn for them."""
    return min(settings.compose_deadline or frame.ends_at, reveals_at(settings, frame))


def mean_draws(settings: Cards) -> float:
    """The mean number of draws for a full set by the odds alone; a wild card makes good for one that is missing."""
    return _mean_draws(tuple(kind.weight for kind in settings.kinds), wild_of(settings) is not None)


@lru_cache(maxsize=64)
def _mean_draws(weights: tuple[int, ...], wild: bool) -> float:
    return draws_but_one(weights) if wild else expected_draws(weights)


def most_sets(settings: Cards) -> int:
    """How many complete sets there can be: as many as of the rarest card, and one more for each wild card."""
    wild = wild_of(settings)
    fewest = min([kind.cap for kind in members(settings) if kind.cap], default=UNCAPPED)
    return min(UNCAPPED, fewest + (wild.cap if wild is not None else 0))


def top_prize(settings: Cards) -> int:
    """The dearest prize of the tiers."""
    return max((tier.amount_fen for tier in settings.tiers), default=0)


def check(frame: Frame) -> None:
    """Refuse odds that are none, and a pool that could not be shared. Raises InvalidInput."""
    settings: Cards = frame.settings
    for field, broken, rule, way_out in (*_kind_rules(settings), *_pool_rules(settings), *_time_rules(frame)):
        if broken:
            raise InvalidInput("cards_plan", rule, field=f"model.{field}", way_out=way_out)
    if settings.draws_per_task and not frame.has_task:
        raise InvalidInput(
            "cards_task",
            "draws for a task need one",
            field="model.draws_per_task",
            way_out="Give the plan a task, or set draws_per_task to 0.",
        )


_Rules = tuple[tuple[str, bool, str, str], ...]


def _kind_rules(settings: Cards) -> _Rules:
    names = [kind.card for kind in settings.kinds]
    wilds = [kind for kind in settings.kinds if kind.wild_card]
    own = [kind.weight for kind in members(settings)]
    weights = sum(kind.weight for kind in settings.kinds)
    few = len(own) < 2 or len(set(names)) < len(names)
    tied = bool(own) and own.count(min(own)) > 1
    return (
        ("kinds", few, "two or more cards of different names beside the wild one", "Rename one, or add one."),
        ("kinds", weights != BPS, f"the weights make 10,000, not {weights}", "Change one."),
        ("kinds", len(wilds) > 1, "at most one wild card", "Make the others cards of the set."),
        ("kinds", any(not kind.cap for kind in wilds), "a wild card has a cap", "Set cap of the wild card."),
        ("pity_after", bool(settings.pity_after) and tied, "one card is rarer than all others", "Lower its weight."),
    )


def _pool_rules(settings: Cards) -> _Rules:
    tiers = settings.pool_method == "tiers"
    paid = len(settings.tiers) if tiers else settings.pool_fen
    most = most_sets(settings)
    return (
        ("tiers", tiers != bool(settings.tiers), "prizes stand here with tiers", "Set it."),
        ("tiers", top_prize(settings) > MAX_PRIZE_FEN, "a prize is at most 50,000 yuan", "Lower it."),
        ("kinds", bool(paid) and most == UNCAPPED, "one card has a cap", "Set cap of the rare card."),
        (
            "pool_fen",
            not tiers and 0 < settings.pool_fen < most,
            f"each of up to {most} complete sets wins at least 1 fen",
            "Raise it, or lower the cap of the rarest card.",
        ),
    )


def _time_rules(frame: Frame) -> _Rules:
    settings: Cards = frame.settings
    last = settings.reveal_at or frame.ends_at
    reveal, compose = settings.reveal_at, settings.compose_deadline
    return (
        (
            "reveal_at",
            reveal is not None and not frame.starts_at < reveal <= frame.ends_at,
            "the pool is closed while the campaign runs, at the latest with its end",
            "Move it, or leave it out: then it is the end.",
        ),
        (
            "compose_deadline",
            compose is not None and not frame.starts_at < compose <= last,
            "sets are composed after the start, and not after the pool is closed",
            "Move it before reveal_at, or leave it out.",
        ),
    )


def liability(frame: Frame) -> int:
    """The whole pool, or every prize that a complete set can win."""
    settings: Cards = frame.settings
    if settings.pool_method != "tiers":
        return settings.pool_fen
    return sum(tier.count * tier.amount_fen for tier in settings.tiers)


def each(frame: Frame) -> int:
    """The dearest prize; with one complete set alone the whole pool."""
    settings: Cards = frame.settings
    return top_prize(settings) if settings.pool_method == "tiers" else settings.pool_fen
