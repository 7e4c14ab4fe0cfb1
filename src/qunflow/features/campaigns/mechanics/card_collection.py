"""Card collection 集卡 (M26, M27, campaigns.md §4): drawn by published odds, capped, given, asked for, composed.

Cards are only minted by draws and burned by composing; gifts move them. A kind at its cap is drawn no more and the odds
of the others grow in proportion. The pool is shared among complete sets after the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import BPS
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import card_gifts, cards_state, slots
from qunflow.features.campaigns.mechanics.cards import MAX_KINDS, expected_draws
from qunflow.features.campaigns.mechanics.cards_state import (
    CardDrawn,
    Composed,
    DrawsEarned,
    Hand,
    HandOpened,
    PoolSplit,
    Prized,
)
from qunflow.features.campaigns.mechanics.dice import Dice
from qunflow.features.campaigns.mechanics.mechanic import (
    Command,
    Context,
    Count,
    Frame,
    Guards,
    Mechanic,
    MoveRule,
    Moves,
    Scheduled,
    Tell,
    Unit,
)
from qunflow.features.campaigns.mechanics.settings import choice, fen, flag, name, rows, whole
from qunflow.ledger.settle import Amounts

RULE = "cards"
POOL = "pool"
#: A prize by chance is at most 50,000 yuan (§4, rule for draws with prizes).
MAX_PRIZE_FEN = 5_000_000
_UNCAPPED = 100_000_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One card of the set."""

    card: str = name("the card's code")
    weight: int = whole("its odds in ten thousandths; all together make 10,000", 1, BPS)
    cap: int = whole("how many there are in all; 0 for as many as are drawn", 0, 1_000_000, 0)
    giftable: bool = flag("whether it may be given away", True)


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
    daily_draws: int = whole("free draws on each day", 0, 10, 1)
    draws_per_invite: int = whole("draws for each confirmed friend", 0, 10, 1)
    draws_per_day: int = whole("nobody draws more often on one day", 1, 100, 10)
    new_user_double: bool = flag("whether a newcomer's first draw gives two different cards", True)
    inviter_draws: int = whole("draws for who invited a newcomer, with the newcomer's first draw", 0, 5, 1)
    gifts: bool = flag("whether cards may be given", True)
    gifts_per_day: int = whole("cards that one person may give on one day", 1, 100, 3)
    gift_keep_one: bool = flag("whether the last card of a kind stays with its owner", True)
    gift_hours: int = whole("hours until a gift that nobody took comes back", 1, 72, 24)


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Open, draw, give, compose; invites that are confirmed; the pool."""
    settings: Cards = context.frame.settings
    if command.move in card_gifts.MOVES:
        kinds = {kind.card: kind.giftable for kind in settings.kinds}
        terms = card_gifts.Terms(
            kinds if settings.gifts else {}, settings.gifts_per_day, settings.gift_keep_one, settings.gift_hours
        )
        return card_gifts.decide(unit, command, context, terms)
    match command.move:
        case "open":
            return _open(context)
        case "invited":
            return _invited(unit, command, settings)
        case "bonus":
            return Moves((DrawsEarned(int(command.params["draws"])),))
        case "draw":
            return _draw(unit, command, context, settings)
        case "compose":
            return _compose(unit, command, context, settings)
        case "reveal":
            return _reveal(unit, context, settings)
        case "award":
            return Moves((Prized(int(command.params["fen"])),), close="prized")
        case "expire":
            return _expire(unit, command)
    return Moves()


def _open(context: Context) -> Moves:
    """A hand lasts until the pool is shared out."""
    above = context.kin[1].unit if len(context.kin) > 1 else None
    last = context.frame.ends_at + timedelta(hours=context.frame.hold_hours)
    inviter = above.unit if above is not None and above.status == "open" else ""
    return Moves((HandOpened(inviter),), expires_at=last)


def _invited(unit: Unit, command: Command, settings: Cards) -> Moves:
    """A friend counts once, as long as they count; a lost one takes the draw along while it is unused."""
    invitee, confirmed = str(command.params["invitee"]), bool(command.params["confirmed"])
    if confirmed == (invitee in unit.play.invitees):
        return Moves()
    draws = settings.draws_per_invite if confirmed else -settings.draws_per_invite
    return Moves((DrawsEarned(draws, invitee, confirmed),))


def _draw(unit: Unit, command: Command, context: Context, settings: Cards) -> Moves | Rejection:
    hand: Hand = unit.play.on(command.day)
    if hand.status != "collecting" or command.at >= context.frame.ends_at:
        return Rejection(Reason.WRONG_STATE, {"status": hand.status})
    free = hand.free < settings.daily_draws
    if hand.drawn >= settings.draws_per_day or not (free or hand.used < hand.earned):
        return Rejection(Reason.QUOTA, {"drawn": hand.drawn, "most": settings.draws_per_day})
    newcomer = settings.new_user_double and command.actor.new_user and not hand.draws
    dice, left = Dice(context.seed), [kind for kind in settings.kinds if _left(kind, context)]
    found: list[str] = []
    while left and len(found) < (2 if newcomer else 1):
        kind = drawn(left, dice)
        found.append(kind.card)
        left.remove(kind)
    if not found:
        return Rejection(Reason.STOCK_OUT)
    counts = tuple(Count(_minted(kind.card), 1, kind.cap) for kind in settings.kinds if kind.cap and kind.card in found)
    event = CardDrawn(tuple(found), command.day, free, context.seed.hex())
    thanks = newcomer and hand.inviter and settings.inviter_draws
    told = (Tell(hand.inviter, "bonus", {"draws": settings.inviter_draws}),) if thanks else ()
    return Moves((event,), counts, tell=told, answer=found)


def drawn(kinds: Sequence[Kind], dice: Dice) -> Kind:
    """One of the kinds by their weights."""
    rest = dice.below(sum(kind.weight for kind in kinds))
    for kind in kinds:
        if rest < kind.weight:
            return kind
        rest -= kind.weight
    raise AssertionError("the weights sum to more than was thrown")


def _left(kind: Kind, context: Context) -> bool:
    return not kind.cap or context.used(_minted(kind.card)) < kind.cap


def _minted(card: str) -> str:
    """How many of a capped card were drawn."""
    return f"minted:{card}"


def _compose(unit: Unit, command: Command, context: Context, settings: Cards) -> Moves | Rejection:
    hand: Hand = unit.play
    names = tuple(kind.card for kind in settings.kinds)
    missing = [card for card in names if not hand.cards.get(card, 0)]
    if hand.status != "collecting" or missing or command.at >= context.frame.ends_at:
        return Rejection(Reason.WRONG_STATE, {"status": hand.status, "missing": missing})
    return Moves((Composed(names),))


def _reveal(unit: Unit, context: Context, settings: Cards) -> Moves:
    """The pool, shared among all complete sets; without one it stays in the budget."""
    ready = [other for other in context.units if other.play.status == "composed" and other.status != "closed"]
    winners = sorted(other.unit for other in ready if not other.test and not other.reversed)
    shares = shared(settings, len(winners), f"{unit.seed}:pool")
    tells = tuple(Tell(one, "award", {"fen": share}) for one, share in zip(winners, shares, strict=True))
    return Moves((PoolSplit(len(winners), sum(shares), settings.pool_method),), tell=tells, close="revealed")


def shared(settings: Cards, sets: int, seed: str) -> tuple[int, ...]:
    """What each of ``sets`` complete sets wins, in fen."""
    if not sets or (settings.pool_method != "tiers" and not settings.pool_fen):
        return (0,) * sets
    if settings.pool_method == "tiers":
        prizes = [tier.amount_fen for tier in settings.tiers for _ in range(tier.count)][:sets]
        return tuple(Dice(seed).shuffled([*prizes, *[0] * (sets - len(prizes))]))
    if settings.pool_method == "random":
        return slots.split(settings.pool_fen, sets, 1, settings.pool_fen, seed)
    return slots.equal(settings.pool_fen, sets)


def _expire(unit: Unit, command: Command) -> Moves:
    """A complete set waits for the pool whatever happens; the campaign's end ends nothing before."""
    reason = str(command.params.get("reason", "expired"))
    if reason == "expired" or (reason == "stopped" and unit.play.status == "composed"):
        return Moves()
    return Moves(close=reason)


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """The numbers of the capped cards."""
    if command.move != "draw":
        return Guards()
    return Guards(tuple(_minted(kind.card) for kind in frame.settings.kinds if kind.cap))


def most_sets(settings: Cards) -> int:
    """How many complete sets there can be: as many as of the rarest card."""
    return min([kind.cap for kind in settings.kinds if kind.cap], default=_UNCAPPED)


def check(frame: Frame) -> None:
    """Refuse odds that are none, and a pool that could not be shared. Raises InvalidInput."""
    settings: Cards = frame.settings
    names = [kind.card for kind in settings.kinds]
    weights = sum(kind.weight for kind in settings.kinds)
    paid = settings.pool_fen if settings.pool_method != "tiers" else len(settings.tiers)
    for field, broken, rule, way_out in (
        (
            "kinds",
            len(names) < 2 or len(set(names)) < len(names),
            "two or more cards of different names",
            "Rename one.",
        ),
        ("kinds", weights != BPS, f"the weights make 10,000, not {weights}", "Change one."),
        ("tiers", (settings.pool_method == "tiers") != bool(settings.tiers), "prizes stand here with tiers", "Set it."),
        ("tiers", _top(settings) > MAX_PRIZE_FEN, "a prize is at most 50,000 yuan", "Lower it."),
        ("kinds", bool(paid) and most_sets(settings) == _UNCAPPED, "one card has a cap", "Set cap of the rare card."),
        (
            "pool_fen",
            settings.pool_method != "tiers" and 0 < settings.pool_fen < most_sets(settings),
            f"each of up to {most_sets(settings)} complete sets wins at least 1 fen",
            "Raise it, or lower the cap of the rarest card.",
        ),
    ):
        if broken:
            raise InvalidInput("cards_plan", rule, field=f"model.{field}", way_out=way_out)


def _top(settings: Cards) -> int:
    return max((tier.amount_fen for tier in settings.tiers), default=0)


def liability(frame: Frame) -> int:
    """The whole pool, or every prize that a complete set can win."""
    settings: Cards = frame.settings
    if settings.pool_method != "tiers":
        return settings.pool_fen
    return sum(tier.count * tier.amount_fen for tier in settings.tiers)


def each(frame: Frame) -> int:
    """The dearest prize; with one complete set alone the whole pool."""
    settings: Cards = frame.settings
    return _top(settings) if settings.pool_method == "tiers" else settings.pool_fen


def show(unit: Unit, settings: Cards) -> Mapping[str, Any]:
    """The cards, the draws that are left, what is on its way, and the published odds."""
    hand: Hand = unit.play
    return {
        "status": hand.status,
        "cards": {kind.card: hand.cards.get(kind.card, 0) for kind in settings.kinds},
        "missing": sum(not hand.cards.get(kind.card, 0) for kind in settings.kinds),
        "extra_draws": max(0, hand.earned - hand.used),
        "offers": {key: [offer.card, offer.state] for key, offer in hand.offers.items()},
        "odds_bps": {kind.card: kind.weight for kind in settings.kinds},
        "expected_draws": round(expected_draws([kind.weight for kind in settings.kinds]), 1),
        "fen": hand.fen,
    }


MODEL = Mechanic(
    name="cards",
    settings=Cards,
    state=Hand,
    initial=Hand(),
    moves={
        "open": MoveRule(opens=True, pays=False, kin=1),
        "draw": MoveRule(who="owner", pays=False),
        "compose": MoveRule(who="owner", pays=False),
        "invited": MoveRule(who="system", pays=False),
        "bonus": MoveRule(who="system", pays=False),
        "reveal": MoveRule(who="system", opens=True, pays=False, surveys=True),
        "award": MoveRule(who="system"),
        **card_gifts.MOVES,
    },
    decide=decide,
    evolve=cards_state.evolve,
    events=cards_state.EVENTS,
    due=lambda unit, settings: {(unit.owner, RULE): Amounts(unit.play.fen)} if unit.play.fen else {},
    guards=guards,
    show=show,
    schedule=lambda frame: (Scheduled(POOL, "reveal"),),
    check=check,
    liability=liability,
    each=each,
    freezes=False,
    invited="invited",
)
