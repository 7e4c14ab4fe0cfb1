"""Giving and asking for cards 送卡 索要 (campaigns.md §4): one move wins, nothing is lost on the way. Pure.

A card that is offered lies with its giver until somebody takes it, the giver takes it back, or its time is over. Taking
ends the offer and sends the card to the taker's hand; that is one message, carried out once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from qunflow.domain.decisions import Rejection
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics.cards_state import (
    OFFERED,
    REQUESTED,
    CardOffered,
    CardReceived,
    CardRequested,
    Hand,
    OfferEnded,
)
from qunflow.features.campaigns.mechanics.mechanic import LATE, Command, Context, MoveRule, Moves, Tell, Unit
from qunflow.features.campaigns.mechanics.settings import name

#: The rule that a refusal names: giver and taker were seen at one device.
ONE_DEVICE = "self_device"
#: A card that was given is not passed on earlier (ring trading).
KEEP = timedelta(hours=1)
MAX_OFFERS = 20


@dataclass(frozen=True, slots=True)
class Terms:
    """Which cards may be given (name → yes), how many on a day, whether the last one stays, how long an offer lasts."""

    giftable: Mapping[str, bool]
    per_day: int
    keep_one: bool
    hours: int


@dataclass(frozen=True, slots=True)
class CardNamed:
    """The card that is meant."""

    card: str = name("the card's code")


@dataclass(frozen=True, slots=True)
class OfferNamed:
    """The offer that is meant."""

    offer: str = name("the offer's number")


MOVES = {
    "offer": MoveRule(who="owner", pays=False, params=CardNamed),
    "accept": MoveRule(who="other", pays=False, params=OfferNamed, device=True),
    "cancel": MoveRule(who="owner", pays=False, params=OfferNamed, in_group=False),
    "request": MoveRule(who="other", pays=False, params=CardNamed, device=True),
    "give": MoveRule(who="owner", pays=False, params=OfferNamed),
    "receive": MoveRule(who="system", pays=False, anytime=True, closed=True),
    "sweep": MoveRule(who="system", pays=False, anytime=True),
}


def decide(unit: Unit, command: Command, context: Context, terms: Terms) -> Moves | Rejection:
    """Offer, accept, cancel; request, give; receive, and offers that are over."""
    if unit.unit == "pool" or not unit.play.status:
        return Rejection(Reason.UNIT_UNKNOWN)
    if command.actor.shares_device:
        return Rejection(Reason.RISK_DENIED, {"rule": ONE_DEVICE})
    match command.move:
        case "offer" | "request":
            return _begin(unit, command, terms)
        case "accept" | "give" | "cancel":
            return _end(unit, command, terms)
        case "receive":
            card, giver = str(command.params["card"]), str(command.params["giver"])
            return Moves((CardReceived(card, giver, command.at + KEEP),))
    return _sweep(unit, command)


def _begin(unit: Unit, command: Command, terms: Terms) -> Moves | Rejection:
    hand: Hand = unit.play
    card, until = str(command.params["card"]), command.at + timedelta(hours=terms.hours)
    if not terms.giftable.get(card, False):
        return Rejection(Reason.MOVE_UNKNOWN, {"card": card})
    if len(hand.offers) >= MAX_OFFERS:
        return Rejection(Reason.QUOTA, {"most": MAX_OFFERS})
    number = str(hand.made)
    timers = (("sweep", min([offer.until for offer in hand.offers.values()] + [until]) + LATE),)
    if command.move == "offer":
        refused = _cannot_give(hand, card, command, terms)
        return refused or Moves((CardOffered(number, card, until, command.day),), timers=timers, answer=number)
    if not command.actor.units:
        return Rejection(Reason.NOT_PARTICIPATING)
    asks = [offer for offer in hand.offers.values() if offer.to == command.actor.person and offer.card == card]
    if asks:
        return Rejection(Reason.ALREADY_DONE)
    asked = CardRequested(number, card, until, command.actor.person, command.actor.units[0])
    return Moves((asked,), timers=timers, answer=number)


def _cannot_give(hand: Hand, card: str, command: Command, terms: Terms) -> Rejection | None:
    if hand.on(command.day).gifts >= terms.per_day:
        return Rejection(Reason.HELPER_DAILY_QUOTA, {"most": terms.per_day})
    count = hand.cards.get(card, 0)
    if hand.spare(card, command.at) < 1 or (terms.keep_one and count < 2):
        return Rejection(Reason.WRONG_STATE, {"cards": count})
    return None


def _end(unit: Unit, command: Command, terms: Terms) -> Moves | Rejection:
    """One move wins: an offer that is over is nobody's any more."""
    hand: Hand = unit.play
    number = str(command.params["offer"])
    offer = hand.offers.get(number)
    if offer is None or offer.state != (REQUESTED if command.move == "give" else OFFERED):
        if command.move == "cancel" and offer is not None:
            return Moves((OfferEnded(number, "cancelled", command.day),))
        return Rejection(Reason.ALREADY_DONE)
    if command.move == "cancel":
        return Moves((OfferEnded(number, "cancelled", command.day),))
    if command.at >= offer.until:
        return Rejection(Reason.EXPIRED)
    to, place = (offer.to, offer.hand) if command.move == "give" else (command.actor.person, "")
    if command.move == "give":
        refused = _cannot_give(hand, offer.card, command, terms)
        if refused is not None:
            return refused
    elif not command.actor.units:
        return Rejection(Reason.NOT_PARTICIPATING)
    else:
        place = command.actor.units[0]
    sent = Tell(place, "receive", {"card": offer.card, "giver": unit.owner})
    return Moves((OfferEnded(number, "accepted", command.day, to),), tell=(sent,), answer=offer.card)


def _sweep(unit: Unit, command: Command) -> Moves:
    """Offers whose time is over: their cards come back."""
    hand: Hand = unit.play
    over = sorted(number for number, offer in hand.offers.items() if offer.until <= command.at)
    rest = [offer.until for offer in hand.offers.values() if offer.until > command.at]
    timers = (("sweep", min(rest) + LATE),) if rest else ()
    return Moves(tuple(OfferEnded(number, "expired", command.day) for number in over), timers=timers)
