"""A hand of cards 集卡: what somebody holds, offers and may draw; events and their fold. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import ClassVar

from qunflow.domain.events import Event

OFFERED, REQUESTED = "offered", "requested"


@dataclass(frozen=True, slots=True)
class Offer:
    """A card on its way. ``state``: offered (the card lies here) | requested (it does not), until ``until``."""

    card: str
    state: str
    until: datetime
    to: str = ""
    hand: str = ""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A card that was given: it cannot be passed on before ``until`` (ring trading)."""

    card: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Hand:
    """One person's cards. ``status``: collecting | composed | prized.

    ``earned`` and ``used`` are draws by invites and extra ones; ``free``, ``drawn`` and ``gifts`` count on ``day``.
    """

    status: str = ""
    cards: Mapping[str, int] = field(default_factory=dict)
    fresh: tuple[Fresh, ...] = ()
    offers: Mapping[str, Offer] = field(default_factory=dict)
    made: int = 0
    draws: int = 0  # all that were ever made
    earned: int = 0
    used: int = 0
    invitees: tuple[str, ...] = ()
    day: date | None = None
    free: int = 0
    drawn: int = 0
    gifts: int = 0
    inviter: str = ""  # the hand of who invited them
    burned: int = 0
    fen: int = 0
    task: bool = False  # the plan's task brought its draws
    seen: Mapping[str, int] = field(default_factory=dict)  # the number of the draw that gave a card last

    def on(self, day: date) -> Hand:
        """The hand as it counts on a local day."""
        return self if self.day == day else replace(self, day=day, free=0, drawn=0, gifts=0)

    def spare(self, card: str, at: datetime) -> int:
        """How many of a card may be passed on at ``at``."""
        return self.cards.get(card, 0) - sum(item.card == card and item.until > at for item in self.fresh)


@dataclass(frozen=True, slots=True)
class HandOpened:
    """Somebody collects; ``inviter`` is the hand of who invited them, if they have one."""

    KIND: ClassVar[str] = "hand_opened"
    SCHEMA: ClassVar[int] = 1
    inviter: str = ""


@dataclass(frozen=True, slots=True)
class DrawsEarned:
    """Draws came or went: a friend was confirmed or lost, a newcomer drew the first time."""

    KIND: ClassVar[str] = "draws_earned"
    SCHEMA: ClassVar[int] = 1
    draws: int
    invitee: str = ""
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class TaskCounted:
    """The plan's task was approved: it brings draws, once."""

    KIND: ClassVar[str] = "card_task_counted"
    SCHEMA: ClassVar[int] = 1
    draws: int


@dataclass(frozen=True, slots=True)
class CardDrawn:
    """One draw: the cards that ``seed`` gave, two for a newcomer's first; ``free`` when it was one of the day's."""

    KIND: ClassVar[str] = "card_drawn"
    SCHEMA: ClassVar[int] = 1
    cards: tuple[str, ...]
    day: date
    free: bool
    seed: str


@dataclass(frozen=True, slots=True)
class CardOffered:
    """A card lies ready for whoever opens the link first."""

    KIND: ClassVar[str] = "card_offered"
    SCHEMA: ClassVar[int] = 1
    offer: str
    card: str
    until: datetime
    day: date


@dataclass(frozen=True, slots=True)
class CardRequested:
    """Somebody asks for a card 索要; ``hand`` is where it would go."""

    KIND: ClassVar[str] = "card_requested"
    SCHEMA: ClassVar[int] = 1
    offer: str
    card: str
    until: datetime
    to: str
    hand: str


@dataclass(frozen=True, slots=True)
class OfferEnded:
    """An offer is over: accepted (the card goes to ``to``), cancelled or expired (it comes back)."""

    KIND: ClassVar[str] = "card_offer_ended"
    SCHEMA: ClassVar[int] = 1
    offer: str
    outcome: str
    day: date
    to: str = ""


@dataclass(frozen=True, slots=True)
class CardReceived:
    """A card came from somebody; it stays at least until ``until``."""

    KIND: ClassVar[str] = "card_received"
    SCHEMA: ClassVar[int] = 1
    card: str
    giver: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Composed:
    """One of each was burned: the set is complete."""

    KIND: ClassVar[str] = "cards_composed"
    SCHEMA: ClassVar[int] = 1
    cards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PoolSplit:
    """The pool was shared out among ``sets`` complete sets."""

    KIND: ClassVar[str] = "card_pool_split"
    SCHEMA: ClassVar[int] = 1
    sets: int
    fen: int
    method: str


@dataclass(frozen=True, slots=True)
class Prized:
    """What a complete set won."""

    KIND: ClassVar[str] = "cards_prized"
    SCHEMA: ClassVar[int] = 1
    fen: int


EVENTS = (
    HandOpened,
    DrawsEarned,
    TaskCounted,
    CardDrawn,
    CardOffered,
    CardRequested,
    OfferEnded,
    CardReceived,
    Composed,
    PoolSplit,
    Prized,
)


def evolve(state: Hand, event: Event) -> Hand:
    """Fold one event of a hand."""
    body = event.body
    if isinstance(body, HandOpened):
        return Hand("collecting", inviter=body.inviter)
    if isinstance(body, DrawsEarned):
        return _earned(state, body)
    if isinstance(body, TaskCounted):
        return replace(state, earned=state.earned + body.draws, task=True)
    if isinstance(body, CardDrawn):
        return _drawn(state, body)
    if isinstance(body, CardOffered | CardRequested | OfferEnded):
        return _evolve_offers(state, body)
    if isinstance(body, CardReceived):
        fresh = tuple(item for item in state.fresh if item.until > event.at)
        cards = moved(state.cards, (body.card,), 1)
        return replace(state, cards=cards, fresh=(*fresh, Fresh(body.card, body.until)))
    if isinstance(body, Composed):
        burned = state.burned + len(body.cards)
        return replace(state, status="composed", cards=moved(state.cards, body.cards, -1), burned=burned)
    return replace(state, status="prized", fen=body.fen) if isinstance(body, Prized) else state


def _drawn(state: Hand, body: CardDrawn) -> Hand:
    known = state.on(body.day)
    free, used = (known.free + 1, known.used) if body.free else (known.free, known.used + 1)
    draws = known.draws + 1
    return replace(
        known,
        cards=moved(state.cards, body.cards, 1),
        drawn=known.drawn + 1,
        draws=draws,
        free=free,
        used=used,
        seen={**state.seen, **dict.fromkeys(body.cards, draws)},
    )


def _earned(state: Hand, body: DrawsEarned) -> Hand:
    rest = tuple(who for who in state.invitees if who != body.invitee)
    invitees = (*rest, body.invitee) if body.invitee and body.confirmed else rest
    return replace(state, earned=state.earned + body.draws, invitees=invitees)


def _evolve_offers(state: Hand, body: CardOffered | CardRequested | OfferEnded) -> Hand:
    if isinstance(body, CardRequested):
        asked = Offer(body.card, REQUESTED, body.until, body.to, body.hand)
        return replace(state, offers={**state.offers, body.offer: asked}, made=state.made + 1)
    known = state.on(body.day)
    if isinstance(body, CardOffered):
        offers = {**state.offers, body.offer: Offer(body.card, OFFERED, body.until)}
        cards = moved(state.cards, (body.card,), -1)
        return replace(known, cards=cards, offers=offers, made=state.made + 1, gifts=known.gifts + 1)
    offer = state.offers.get(body.offer)
    if offer is None:
        return state
    offers = {key: other for key, other in state.offers.items() if key != body.offer}
    if offer.state == REQUESTED and body.outcome == "accepted":
        return replace(known, offers=offers, cards=moved(state.cards, (offer.card,), -1), gifts=known.gifts + 1)
    back = offer.state == OFFERED and body.outcome != "accepted"
    return replace(state, offers=offers, cards=moved(state.cards, (offer.card,), 1) if back else state.cards)


def moved(cards: Mapping[str, int], names: tuple[str, ...], by: int) -> Mapping[str, int]:
    """The counts with one more or less of each name."""
    found = dict(cards)
    for name in names:
        found[name] = found.get(name, 0) + by
    return {name: count for name, count in found.items() if count}
