"""Drawing a card 抽卡 (campaigns.md §4): by the published odds, capped, pity, and two for a newcomer. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from qunflow.domain.decisions import Rejection
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics.card_terms import Cards, Kind, composes_until, rarest
from qunflow.features.campaigns.mechanics.cards_state import CardDrawn, Hand
from qunflow.features.campaigns.mechanics.dice import Dice
from qunflow.features.campaigns.mechanics.mechanic import Command, Context, Count, Guards, Moves, Tell, Unit


def draw(unit: Unit, command: Command, context: Context, settings: Cards) -> Moves | Rejection:
    """One draw of the day: a card, or two different ones for a newcomer's first."""
    hand: Hand = unit.play.on(command.day)
    if hand.status != "collecting":
        return Rejection(Reason.WRONG_STATE, {"status": hand.status})
    if command.at >= composes_until(settings, context.frame):
        return Rejection(Reason.OUT_OF_WINDOW)
    free = hand.free < settings.daily_draws
    if hand.drawn >= settings.draws_per_day or not (free or hand.used < hand.earned):
        return Rejection(Reason.QUOTA, {"drawn": hand.drawn, "most": settings.draws_per_day})
    claims = _newcomer(unit, command, context, settings)
    found = chosen(settings, hand, context, 2 if claims else 1)
    if not found:
        return Rejection(Reason.STOCK_OUT)
    counts = tuple(Count(minted(kind.card), 1, kind.cap) for kind in found if kind.cap)
    cards = tuple(kind.card for kind in found)
    event = CardDrawn(cards, command.day, free, context.seed.hex())
    thanks = claims and hand.inviter and settings.inviter_draws
    told = (Tell(hand.inviter, "bonus", {"draws": settings.inviter_draws}),) if thanks else ()
    kept = () if unit.test else claims
    return Moves((event,), counts, claims=kept, tell=told, answer=list(cards))


def chosen(settings: Cards, hand: Hand, context: Context, count: int) -> tuple[Kind, ...]:
    """Up to ``count`` different cards: the one that pity owes first, the others by their weights."""
    dice, left = Dice(context.seed), [kind for kind in settings.kinds if _is_left(kind, context)]
    found = [kind for kind in left if owed(settings, hand) and kind == rarest(settings)]
    left = [kind for kind in left if kind not in found]
    while left and len(found) < count:
        kind = drawn(left, dice)
        found.append(kind)
        left.remove(kind)
    return tuple(found)


def owed(settings: Cards, hand: Hand) -> bool:
    """Whether so many draws went by without the rarest card that the next one gives it."""
    return bool(settings.pity_after) and dry(settings, hand) >= settings.pity_after


def dry(settings: Cards, hand: Hand) -> int:
    """How many draws of this hand went by since the rarest card was drawn."""
    return hand.draws - hand.seen.get(rarest(settings).card, 0)


def drawn(kinds: Sequence[Kind], dice: Dice) -> Kind:
    """One of the kinds by their weights."""
    rest = dice.below(sum(kind.weight for kind in kinds))
    for kind in kinds:
        if rest < kind.weight:
            return kind
        rest -= kind.weight
    raise AssertionError("the weights sum to more than was thrown")


def guards(command: Command, settings: Cards) -> Guards:
    """The numbers of the capped cards, and that somebody is new only once."""
    counters = tuple(minted(kind.card) for kind in settings.kinds if kind.cap)
    return Guards(counters, _claims(command) if settings.new_user_double else ())


def minted(card: str) -> str:
    """How many of a capped card were drawn."""
    return f"minted:{card}"


def _newcomer(unit: Unit, command: Command, context: Context, settings: Cards) -> tuple[tuple[str, str], ...]:
    """What a newcomer's double draw takes, once for each person and each device; empty when this is none."""
    claims = _claims(command)
    fresh = settings.new_user_double and command.actor.new_user and not unit.play.draws
    return claims if fresh and not any(context.taken(*claim) for claim in claims) else ()


def _claims(command: Command) -> tuple[tuple[str, str], ...]:
    device = (("newcomer-device", command.actor.device),) if command.actor.device else ()
    return (("newcomer", command.actor.person), *device)


def _is_left(kind: Kind, context: Context) -> bool:
    return not kind.cap or context.used(minted(kind.card)) < kind.cap
