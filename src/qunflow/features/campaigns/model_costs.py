"""What a model is expected to cost: its own formula for the people whom the assumptions make of the joins. Pure; fen.

A model without a formula here is expected to cost its dearest unit for everybody who brings friends. Nothing is ever
expected above the worst case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import comb

from qunflow.domain.money import BPS, share_bps
from qunflow.features.campaigns.assumed import Crowd, shared_out
from qunflow.features.campaigns.mechanics.mechanic import Frame
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_model import frame_of, model_of

Formula = Callable[[Frame, Crowd], int]


def expected_model(plan: Plan, crowd: Crowd) -> int:
    """The expected fen of a plan's model; 0 without one."""
    model = model_of(plan)
    if model is None:
        return 0
    frame = frame_of(plan)
    formula = FORMULAS.get(model.name)
    found = formula(frame, crowd) if formula is not None else model.each(frame) * crowd.inviters
    return max(0, min(found, model.liability(frame)))


def _part(amount: int, share: int, whole: int) -> int:
    """``amount`` · share ÷ whole, at most all of it."""
    return amount * min(share, whole) // whole if whole > 0 else 0


def _red_packet(frame: Frame, crowd: Crowd) -> int:
    """Who brings friends opens the sizes in equal parts; a size is won as often as its friends suffice."""
    tiers = frame.settings.tiers
    people = dict(enumerate(_even(crowd.inviters, len(tiers))))
    friends = dict(enumerate(_even(crowd.friends, len(tiers))))
    wins = (
        (tier.target_fen, min(tier.total, people[number], friends[number] // tier.helpers))
        for number, tier in enumerate(tiers)
    )
    return sum(fen * count for fen, count in wins)


def _even(total: int, parts: int) -> list[int]:
    return [each for each, count in shared_out(total, parts) for _ in range(count)]


def _lucky_packet(frame: Frame, crowd: Crowd) -> int:
    """Every player takes one share of each packet, as far as there are shares."""
    settings = frame.settings
    taken = crowd.players * min(settings.packets, settings.takes_per_person)
    return _part(settings.total_fen * settings.packets, taken, settings.shares * settings.packets)


def _rain(frame: Frame, crowd: Crowd) -> int:
    """At each rain those stand in it who play on that day: all players on the first, then those who come back."""
    settings, found = frame.settings, 0
    catches = crowd.players * settings.takes_per_person
    for rain in range(settings.times):
        people = min(crowd.players if rain == 0 else share_bps(crowd.players, crowd.assumed.returns_bps), catches)
        catches -= people
        found += _part(settings.total_fen, people, settings.shares)
    return found


def _voting(frame: Frame, crowd: Crowd) -> int:
    """Who brings friends enters; every player votes on one day, and the votes are spread evenly over the entries."""
    settings = frame.settings
    entries = min(crowd.inviters, settings.max_entries)
    found = 0
    for votes, count in shared_out(crowd.players * settings.votes_per_day, entries):
        found += count * sum(step.amount_fen for step in settings.thresholds if votes >= step.votes)
    return found + int(sum(settings.prizes[:entries]))


def _distribution(frame: Frame, crowd: Crowd) -> int:
    """All sales that are reckoned with, at the commission of the first rank; friends of friends buy as much."""
    settings = frame.settings
    rate = settings.rate1_bps + (settings.rate2_bps if settings.levels > 1 else 0)
    return share_bps(settings.sales_fen, min(rate, settings.cap_bps))


def _cards(frame: Frame, crowd: Crowd) -> int:
    """The pool is shared out whatever its winners are; of graded prizes as many are won as people finish."""
    settings = frame.settings
    if settings.pool_method != "tiers":
        return int(settings.pool_fen) if crowd.finishers else 0
    prizes = sum(tier.count for tier in settings.tiers)
    worth = sum(tier.count * tier.amount_fen for tier in settings.tiers)
    return _part(worth, min(crowd.finishers, crowd.players), prizes)


def _mutual(frame: Frame, crowd: Crowd) -> int:
    """One gift for each friend, as far as they go; rewards that wait for an order come for those who buy."""
    settings = frame.settings
    taken = min(crowd.friends, settings.packets * settings.gifts)
    bought = share_bps(taken, crowd.assumed.buys_bps)
    sides = (
        (settings.helper_reward_fen, settings.helper_reward_at),
        (settings.sharer_reward_fen, settings.sharer_reward_at),
    )
    return sum(fen * (bought if when == "order" else taken) for fen, when in sides)


def _check_in(frame: Frame, crowd: Crowd) -> int:
    """Whoever starts comes back on each further day with the same chance: in a row, or so many days of all."""
    settings = frame.settings
    people = min(crowd.players, settings.people)
    days = min(366, max(1, -(-int((frame.ends_at - frame.starts_at).total_seconds()) // 86_400)))
    chance = crowd.assumed.returns_bps / BPS
    found = 0
    for step in settings.ladder:
        if step.days > days:
            continue
        in_a_row = settings.count == "consecutive"
        share = chance ** (step.days - 1) if in_a_row else at_least(step.days - 1, days - 1, chance)
        found += int(people * share * step.amount_fen)
    return found


def at_least(wanted: int, days: int, chance: float) -> float:
    """The chance that of so many days, each with the same chance, at least ``wanted`` are hit."""
    found = sum(comb(days, hit) * chance**hit * (1 - chance) ** (days - hit) for hit in range(wanted, days + 1))
    return min(1.0, found)


FORMULAS: Mapping[str, Formula] = {
    "red-packet": _red_packet,
    "lucky-packet": _lucky_packet,
    "rain": _rain,
    "voting": _voting,
    "distribution": _distribution,
    "cards": _cards,
    "mutual": _mutual,
    "check-in": _check_in,
}
