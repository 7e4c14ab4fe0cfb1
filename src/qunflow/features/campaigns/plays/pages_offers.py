"""What a person is offered to do with a unit now: the moves of its model that make sense, as buttons. Pure.

Nothing here decides: a move that is offered may still be refused, and one that is not offered may be sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from qunflow.domain.clock import local_date
from qunflow.domain.money import yuan
from qunflow.features.campaigns.mechanics.card_terms import composes_until
from qunflow.features.campaigns.mechanics.check_in_days import PHOTO
from qunflow.features.campaigns.mechanics.group_alone import ALONE
from qunflow.features.campaigns.mechanics.mechanic import REVOKED, Frame, Mechanic, MoveRule, Unit
from qunflow.features.campaigns.mechanics.settings import schema_of

PERSONAL = ("owner", "other", "anyone")
_MOST_DAYS = 31
#: Models whose units do not end by the clock, whatever the host keeps as their time.
_ENDLESS = ("distribution",)
#: Models whose units people move as long as the campaign runs; they end later, once the holds are over.
_WITH_CAMPAIGN = ("voting", "check-in")


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a field: a text of its own, or a code of the catalogues with its parameters."""

    value: str
    text: str = ""
    code: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter that the person gives. ``kind``: choice | yuan | number (from ``low`` to ``high``) | hidden."""

    name: str
    kind: str
    choices: tuple[Choice, ...] = ()
    value: str = ""
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True)
class Button:
    """A move that is offered; ``note`` says what it is about (a card's name), ``label`` is its text's own name.

    With ``upload`` it takes a picture, and goes to that page beside the person's own.
    """

    move: str
    unit: str
    fields: tuple[Field, ...] = ()
    second: bool = False
    note: str = ""
    label: str = ""
    upload: str = ""


@dataclass(frozen=True, slots=True)
class Glance:
    """A unit as one person sees it at an instant; ``given`` are the keys of the helps and votes that they gave."""

    unit: Unit
    shown: Mapping[str, Any]
    frame: Frame
    person: str
    at: datetime
    given: tuple[str, ...] = ()
    bound_to: str = ""  # through whom the person buys, where the model keeps that

    @property
    def mine(self) -> bool:
        """Whether it is the person's own."""
        return bool(self.person) and self.unit.owner == self.person

    @property
    def ends_at(self) -> datetime | None:
        """When the unit's time is over; a promoter's never is."""
        return self.unit.expires_at if self.unit.model not in _ENDLESS else None

    @property
    def acts_until(self) -> datetime | None:
        """Until when people do something with the unit; it may outlive that."""
        if self.ends_at is None:
            return None
        if self.unit.model == "cards":
            return min(self.ends_at, composes_until(self.frame.settings, self.frame))
        return min(self.ends_at, self.frame.ends_at) if self.unit.model in _WITH_CAMPAIGN else self.ends_at

    @property
    def helped(self) -> bool:
        """Whether the person's help counts here."""
        help = self.unit.helps.get(self.person)
        return help is not None and help.state != REVOKED

    @property
    def today(self) -> date:
        """The campaign's local day."""
        return local_date(self.at, self.frame.tz)


_Buttons = Callable[[Glance], tuple[Button, ...]]


def buttons_of(model: Mechanic, glance: Glance) -> tuple[Button, ...]:
    """The moves that a unit offers to a person; for a model that says nothing of it, all that its rules allow."""
    unit = glance.unit
    if not glance.person or unit.status != "open" or (glance.ends_at is not None and glance.at >= glance.ends_at):
        return ()
    known = _BUTTONS.get(model.name)
    found = known(glance) if known is not None else _all(model, glance)
    return tuple(button for button in found if _allowed(model.moves.get(button.move), glance))


def openers_of(model: Mechanic, frame: Frame) -> tuple[Button, ...]:
    """The moves that begin a unit; where each day takes a picture, the first one begins it."""
    if getattr(frame.settings, "proof", "") == PHOTO:
        return (Button("hand_in", "", upload="photo"),)
    names = [name for name, rule in model.moves.items() if rule.opens and rule.who in PERSONAL]
    if model.name == "group-buy":
        return _group_openers(frame)
    tiers = getattr(frame.settings, "tiers", ()) if model.name == "red-packet" else ()
    choices = tuple(
        Choice(str(place), code="play.tier", parameters={"fen": tier.target_fen, "count": tier.helpers})
        for place, tier in enumerate(tiers)
    )
    if choices:
        return (Button("open", "", (Field("tier", "choice", choices),)),)
    asked = ((name, _plain_fields(model.moves[name])) for name in names)
    return tuple(Button(name, "", fields) for name, fields in asked if fields is not None)


def _group_openers(frame: Frame) -> tuple[Button, ...]:
    """A group of one's own; and where it has a price, an order without one."""
    price, pieces = frame.settings.solo_price_fen, _pieces(frame)
    alone = (Button(ALONE, "", pieces, True, f"¥{yuan(price)}"),) if price else ()
    return (Button("open", "", pieces), *alone)


def _allowed(rule: MoveRule | None, glance: Glance) -> bool:
    if rule is None or rule.opens or rule.who not in PERSONAL:
        return False
    return rule.who == "anyone" or (rule.who == "owner") == glance.mine


def is_shared(model: Mechanic) -> bool:
    """Whether friends have something to do with a unit: then its owner gets a link to send them."""
    return any(rule.who in ("other", "anyone") and not rule.opens for rule in model.moves.values())


def _all(model: Mechanic, glance: Glance) -> tuple[Button, ...]:
    """Every move whose parameters a small form can take; others need a page of their own."""
    found = []
    for name, rule in model.moves.items():
        fields = _plain_fields(rule)
        if fields is not None and not rule.opens:
            found.append(Button(name, glance.unit.unit, fields))
    return tuple(found)


def _plain_fields(rule: MoveRule) -> tuple[Field, ...] | None:
    """The move's parameters as numbers, amounts and choices; None when one of them is something else."""
    found = []
    for name, (setting, _) in (schema_of(rule.params) if rule.params is not None else {}).items():
        if setting.kind == "choice":
            found.append(Field(name, "choice", tuple(Choice(one, text=one) for one in setting.choices)))
        elif setting.kind in ("whole", "fen"):
            kind = "yuan" if setting.kind == "fen" else "number"
            found.append(Field(name, kind, low=setting.low, high=setting.high))
        else:
            return None
    return tuple(found)


def _one(glance: Glance, move: str, second: bool = False, note: str = "", **hidden: str) -> Button:
    fields = tuple(Field(name, "hidden", value=value) for name, value in hidden.items())
    return Button(move, glance.unit.unit, fields, second, note)


def _help(glance: Glance) -> tuple[Button, ...]:
    wanted = glance.shown.get("status") in ("open", "collecting") and glance.shown.get("missing", 0) > 0
    return (_one(glance, "help"),) if wanted and not glance.helped else ()


def _bargain(glance: Glance) -> tuple[Button, ...]:
    early = glance.shown["status"] == "open" and glance.frame.settings.buy_early
    orders = (_one(glance, "order", second=early),) if early or glance.shown["status"] == "reached" else ()
    return (*_help(glance), *orders)


def _share(move: str) -> _Buttons:
    def offered(glance: Glance) -> tuple[Button, ...]:
        gone = not glance.shown["left"] or glance.person in glance.unit.play.takers
        return () if gone else (_one(glance, move),)

    return offered


def _voting(glance: Glance) -> tuple[Button, ...]:
    own = glance.mine and not glance.frame.settings.self_vote
    today = [key for key in glance.given if key.split("/")[1:2] == [glance.today.isoformat()]]
    here = [key for key in today if key.startswith(f"{glance.unit.unit}/")]
    settings = glance.frame.settings
    spent = len(today) >= settings.votes_per_day or len(here) >= settings.votes_per_entry_per_day
    over = glance.at >= glance.frame.ends_at or glance.shown["status"] != "approved"
    return () if own or over or spent else (_one(glance, "vote"),)


def _group(glance: Glance) -> tuple[Button, ...]:
    group = glance.unit.play
    if group.alone is not None:
        return (_one(glance, "release", second=True),)
    if group.status != "open":
        return ()
    if group.seat_of(glance.person) is not None:
        return (_one(glance, "leave", second=True),)
    full = group.taken >= glance.frame.settings.size
    joins = group.leader and not full and group.fills_at is None
    return (Button("join", glance.unit.unit, _pieces(glance.frame)),) if joins else ()


def _flash(glance: Glance) -> tuple[Button, ...]:
    status = glance.shown["status"] if glance.mine else ""
    order = Button("reserve", glance.unit.unit, _pieces(glance.frame))
    if status == "qualified":
        waits = glance.frame.settings.waitlist and not glance.unit.play.held
        return (order, _one(glance, "wait", second=True)) if waits else (order,)
    if status == "offered":
        return (_one(glance, "reserve"), _one(glance, "stop_waiting", second=True))
    if status in ("waiting", "reserved"):
        return (_one(glance, "stop_waiting" if status == "waiting" else "release", second=True),)
    return _help(glance)


def _pieces(frame: Frame) -> tuple[Field, ...]:
    """How many pieces are ordered, where an order may hold more than one."""
    most = frame.settings.limit_per_order
    counts = tuple(Choice(str(count), text=str(count)) for count in range(1, most + 1))
    return (Field("pieces", "choice", counts),) if most > 1 else ()


def _promoter(glance: Glance) -> tuple[Button, ...]:
    if glance.shown["status"] != "active":
        return ()
    if not glance.mine:
        mode = glance.frame.settings.bind_mode
        may = mode == "override" or (mode == "first" and not glance.bound_to)
        return (_one(glance, "bind", second=True),) if may and glance.bound_to != glance.unit.owner else ()
    return (Button("withdraw", glance.unit.unit, (Field("fen", "yuan"),)),)


def _cards(glance: Glance) -> tuple[Button, ...]:
    return _own_cards(glance) if glance.mine else _friends_cards(glance)


def _own_cards(glance: Glance) -> tuple[Button, ...]:
    hand, settings = glance.unit.play.on(glance.today), glance.frame.settings
    if hand.status != "collecting":
        return ()
    found: list[Button] = []
    runs = glance.at < composes_until(settings, glance.frame)
    draws = hand.free < settings.daily_draws or hand.used < hand.earned
    if runs and draws and hand.drawn < settings.draws_per_day:
        found.append(_one(glance, "draw"))
    if runs and not glance.shown["missing"]:
        found.append(_one(glance, "compose"))
    least = 2 if settings.gift_keep_one else 1
    spare = [
        kind.card
        for kind in settings.kinds
        if settings.gifts
        and kind.giftable
        and hand.cards.get(kind.card, 0) >= least
        and hand.spare(kind.card, glance.at)
    ]
    if spare and hand.gifts < settings.gifts_per_day:
        choices = tuple(Choice(card, text=glance.shown["titles"][card]) for card in spare)
        found.append(Button("offer", glance.unit.unit, (Field("card", "choice", choices),), True))
    for number, offer in sorted(hand.offers.items()):
        called = glance.shown["titles"].get(offer.card, offer.card)
        if offer.state == "requested" and offer.card in spare:
            found.append(_one(glance, "give", True, called, offer=number))
        found.append(_one(glance, "cancel", True, called, offer=number))
    return tuple(found)


def _friends_cards(glance: Glance) -> tuple[Button, ...]:
    """A friend takes what is offered, or asks for a card that the owner has to spare."""
    hand, settings = glance.unit.play, glance.frame.settings
    offered = tuple(
        _one(glance, "accept", False, glance.shown["titles"].get(offer.card, offer.card), offer=number)
        for number, offer in sorted(hand.offers.items())
        if offer.state == "offered" and glance.at < offer.until
    )
    least = 2 if settings.gift_keep_one else 1
    spare = [kind.card for kind in settings.kinds if kind.giftable and hand.cards.get(kind.card, 0) >= least]
    asked = any(offer.to == glance.person for offer in hand.offers.values())
    if not settings.gifts or not spare or asked:
        return offered
    choices = tuple(Choice(card, text=glance.shown["titles"][card]) for card in spare)
    return (*offered, Button("request", glance.unit.unit, (Field("card", "choice", choices),), True))


def _mutual(glance: Glance) -> tuple[Button, ...]:
    taken = glance.helped or not glance.shown["left"]
    return () if taken else (_one(glance, "take"),)


def _check_in(glance: Glance) -> tuple[Button, ...]:
    days, today = set(glance.unit.play.days), glance.today
    if glance.at >= glance.frame.ends_at:
        return ()
    settings, sheet = glance.frame.settings, glance.unit.play
    photo = settings.proof == PHOTO
    if photo and sheet.tries_on(today) >= settings.photos_per_day:
        return ()
    own = Button("hand_in", glance.unit.unit, upload="photo") if photo else _one(glance, "check_in")
    found = [] if today in days else [own]
    first = local_date(glance.frame.starts_at, glance.frame.tz)
    span = min((today - first).days, _MOST_DAYS)
    missed = [day for back in range(1, span + 1) if (day := today - timedelta(days=back)) not in days]
    if missed and glance.shown["make_ups"]:
        choices = tuple(Choice(day.isoformat(), text=day.isoformat()) for day in missed)
        which = (Field("day", "choice", choices),)
        if photo:
            found.append(Button("hand_in", glance.unit.unit, which, True, label="hand_in_make_up", upload="photo"))
        else:
            found.append(Button("make_up", glance.unit.unit, which, True))
    return tuple(found)


_BUTTONS: Mapping[str, _Buttons] = {
    "bargain": _bargain,
    "red-packet": _help,
    "lucky-packet": _share("take"),
    "rain": _share("catch"),
    "voting": _voting,
    "group-buy": _group,
    "flash-sale": _flash,
    "distribution": _promoter,
    "cards": _cards,
    "mutual": _mutual,
    "check-in": _check_in,
}
