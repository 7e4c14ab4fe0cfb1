"""Card collection 集卡 (M26, M27, campaigns.md §4): drawn by published odds, capped, given, asked for, composed.

Cards are only minted by draws and burned by composing; gifts move them. A kind at its cap is drawn no more and the odds
of the others grow in proportion. The pool is shared among complete sets after the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import card_drawing, card_gifts, card_terms, cards_state, slots
from qunflow.features.campaigns.mechanics.card_terms import Cards, composes_until, members, reveals_at, wild_of
from qunflow.features.campaigns.mechanics.cards_state import (
    Composed,
    DrawsEarned,
    Hand,
    HandOpened,
    PoolSplit,
    Prized,
    TaskCounted,
)
from qunflow.features.campaigns.mechanics.dice import Dice
from qunflow.features.campaigns.mechanics.mechanic import (
    Command,
    Context,
    Frame,
    Guards,
    Mechanic,
    MoveRule,
    Moves,
    Scheduled,
    Tell,
    Unit,
)
from qunflow.ledger.settle import Amounts

RULE = "cards"
POOL = "pool"


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Open, draw, give, compose; invites and tasks that are confirmed; the pool."""
    settings: Cards = context.frame.settings
    if command.move in card_gifts.MOVES:
        kinds = {kind.card: kind.giftable for kind in settings.kinds}
        terms = card_gifts.Terms(
            kinds if settings.gifts else {}, settings.gifts_per_day, settings.gift_keep_one, settings.gift_hours
        )
        return card_gifts.decide(unit, command, context, terms)
    match command.move:
        case "open":
            return _open(command, context, settings)
        case "draw":
            return card_drawing.draw(unit, command, context, settings)
        case "compose":
            return _compose(unit, command, context, settings)
        case "reveal":
            return _reveal(unit, context, settings)
        case "award":
            return Moves((Prized(int(command.params["fen"])),), close="prized")
        case "expire":
            return _expire(unit, command)
    return _earned(unit, command, settings)


def _open(command: Command, context: Context, settings: Cards) -> Moves | Rejection:
    """A hand lasts until the pool is shared out. A task that was approved before counts at once."""
    if command.at >= composes_until(settings, context.frame):
        return Rejection(Reason.OUT_OF_WINDOW)
    above = context.kin[1].unit if len(context.kin) > 1 else None
    last = context.frame.ends_at + timedelta(hours=context.frame.hold_hours)
    inviter = above.unit if above is not None and above.status == "open" else ""
    done = command.actor.task_done and settings.draws_per_task
    events = (HandOpened(inviter), TaskCounted(settings.draws_per_task)) if done else (HandOpened(inviter),)
    return Moves(events, expires_at=last)


def _earned(unit: Unit, command: Command, settings: Cards) -> Moves:
    """More draws: a confirmed friend (as long as they count), the approved task (once), what was won."""
    hand: Hand = unit.play
    match command.move:
        case "invited":
            invitee, confirmed = str(command.params["invitee"]), bool(command.params["confirmed"])
            if confirmed == (invitee in hand.invitees):
                return Moves()
            draws = settings.draws_per_invite if confirmed else -settings.draws_per_invite
            return Moves((DrawsEarned(draws, invitee, confirmed),))
        case "task":
            fresh = settings.draws_per_task and not hand.task
            return Moves((TaskCounted(settings.draws_per_task),)) if fresh else Moves()
        case "bonus":
            return Moves((DrawsEarned(int(command.params["draws"])),))
    return Moves()


def _compose(unit: Unit, command: Command, context: Context, settings: Cards) -> Moves | Rejection:
    """One of each is burned; the wild card stands for one that is missing, and stays where none is."""
    hand: Hand = unit.play
    if command.at >= composes_until(settings, context.frame):
        return Rejection(Reason.OUT_OF_WINDOW)
    burned = complete(hand, settings)
    if hand.status != "collecting" or not burned:
        return Rejection(Reason.WRONG_STATE, {"status": hand.status, "missing": lacking(hand, settings)})
    return Moves((Composed(burned),))


def lacking(hand: Hand, settings: Cards) -> list[str]:
    """The cards of the set that are not on the hand."""
    return [kind.card for kind in members(settings) if not hand.cards.get(kind.card, 0)]


def complete(hand: Hand, settings: Cards) -> tuple[str, ...]:
    """The cards that make a set of this hand; empty when they do not."""
    missing, wild = lacking(hand, settings), wild_of(settings)
    there = tuple(kind.card for kind in members(settings) if kind.card not in missing)
    if not missing:
        return there
    if len(missing) == 1 and wild is not None and hand.cards.get(wild.card, 0):
        return (*there, wild.card)
    return ()


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
    """The numbers of the capped cards, and who was new."""
    return card_drawing.guards(command, frame.settings) if command.move == "draw" else Guards()


def schedule(frame: Frame) -> tuple[Scheduled, ...]:
    """The pool is shared once the holds after its closing are over; a campaign that ends earlier has it then."""
    at_end = Scheduled(POOL, "reveal")
    if frame.settings.reveal_at is None:
        return (at_end,)
    due = reveals_at(frame.settings, frame) + timedelta(hours=frame.hold_hours)
    return (Scheduled(POOL, "reveal", due), at_end)


def show(unit: Unit, settings: Cards) -> Mapping[str, Any]:
    """The cards, the draws that are left, what is on its way, and the published odds with pity and wild card."""
    hand: Hand = unit.play
    wild, missing = wild_of(settings), lacking(hand, settings)
    pity = settings.pity_after
    return {
        "status": hand.status,
        "cards": {kind.card: hand.cards.get(kind.card, 0) for kind in settings.kinds},
        "missing": 0 if complete(hand, settings) else len(missing),
        "extra_draws": max(0, hand.earned - hand.used),
        "offers": {key: [offer.card, offer.state] for key, offer in hand.offers.items()},
        "odds_bps": {kind.card: kind.weight for kind in settings.kinds},
        "titles": {kind.card: kind.called for kind in settings.kinds},
        "caps": {kind.card: kind.cap for kind in settings.kinds if kind.cap},
        "wild_card": wild.card if wild is not None else "",
        "pity_after": pity,
        "pity_card": card_terms.rarest(settings).card if pity else "",
        "pity_left": max(0, pity - card_drawing.dry(settings, hand)) if pity else 0,
        "expected_draws": round(card_terms.mean_draws(settings), 1),
        "fen": hand.fen,
    }


MODEL = Mechanic(
    name="cards",
    settings=Cards,
    state=Hand,
    initial=Hand(),
    moves={
        "open": MoveRule(opens=True, pays=False, kin=1),
        "draw": MoveRule(who="owner", pays=False, device=True),
        "compose": MoveRule(who="owner", pays=False),
        "invited": MoveRule(who="system", pays=False),
        "task": MoveRule(who="system", pays=False),
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
    schedule=schedule,
    check=card_terms.check,
    liability=card_terms.liability,
    each=card_terms.each,
    frozen_hours=0,
    invited="invited",
    completed="task",
)
