"""Units as the templates show them: numbers of the model, words for its state, names masked, what can be done. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from qunflow.domain.masking import masked
from qunflow.features.campaigns.mechanics.group_alone import is_alone
from qunflow.features.campaigns.mechanics.mechanic import Frame, Mechanic, Unit
from qunflow.features.campaigns.mechanics.voting import hidden
from qunflow.features.campaigns.plays.bonds import bond_of
from qunflow.features.campaigns.plays.pages_offers import Button, Glance, buttons_of, is_shared
from qunflow.features.campaigns.plays.pages_units import Scene
from qunflow.web.texts import Texts

#: Names of one unit that are looked up: a group has at most ten seats.
MOST_NAMES = 12
#: States in which no friend and no more time help a unit any more: what follows stands with its state or its order.
_DECIDED = (
    *("reached", "ordered", "paid", "reserved", "offered", "sold", "fulfilled", "filling", "success", "composed"),
    *("refused", "ranked", "counting", "expired"),
)
#: States in which its owner waits, or has what friends can give.
_ALONE = (*_DECIDED, "pending", "qualified", "waiting")


@dataclass(frozen=True, slots=True)
class OrderShown:
    """An order that is to be paid, or was. ``status``: due | opening | open | paid | closed | by_hand.

    ``values`` are what the phone hands to WeChat once the payment can be opened.
    """

    order: str
    fen: int
    status: str
    until: datetime | None = None
    values: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class UnitShown:
    """One unit on a page. ``shown`` is what its model tells; ``seats`` are (kind, masked name, own)."""

    unit: str
    model: str
    mine: bool
    owner: str
    over: bool
    frozen: bool
    status: str
    left: timedelta | None
    shown: Mapping[str, Any]
    settings: Any
    buttons: tuple[Button, ...]
    shared: bool = False
    helped: bool = False
    own_fen: int = 0
    hidden: bool = False
    seats: tuple[tuple[str, str, bool], ...] = ()
    matched: bool = False
    until: datetime | None = None
    order: OrderShown | None = None


def glance_at(scene: Scene, unit: Unit, at: datetime) -> Glance:
    """A unit as the scene's person sees it."""
    shown = scene.model.show(unit, scene.frame.settings)
    bond, _ = bond_of(scene.player, scene.state)
    return Glance(unit, shown, scene.frame, scene.state.person, at, tuple(scene.player.helps), bond)


def show_unit(scene: Scene, glance: Glance, names: Mapping[str, str], texts: Texts) -> UnitShown:
    """A unit for the templates."""
    unit, model, shown = glance.unit, scene.model, glance.shown
    over, until = unit.status == "closed", glance.acts_until
    status = _status_of(glance)
    runs = not over and until is not None and glance.at < until and status not in _DECIDED
    return UnitShown(
        unit=unit.unit,
        model=model.name,
        mine=glance.mine,
        owner=masked(names.get(unit.owner, "")),
        over=over,
        frozen=unit.status == "frozen",
        status=status_code(texts, model.name, status),
        left=until - glance.at if until is not None and runs else None,
        shown=shown,
        settings=scene.frame.settings,
        buttons=buttons_of(model, glance),
        shared=_is_shared(model, unit, status) and shown.get("left", 1) != 0,
        helped=glance.helped,
        own_fen=_share_of(unit, scene.state.person),
        hidden=model.name == "voting" and hidden(scene.frame.settings, scene.frame, glance.at),
        seats=tuple(
            (str(seat["kind"]), masked(names.get(seat["person"], "")), seat["person"] == scene.state.person)
            for seat in shown.get("seats", ())
        ),
        matched=any(seat["matched"] and seat["person"] == scene.state.person for seat in shown.get("seats", ())),
        until=unit.play.until if shown.get("status") == "offered" else None,
    )


def _is_shared(model: Mechanic, unit: Unit, status: str) -> bool:
    """Whether friends have something to do with a unit now; with an order that somebody made alone they never have."""
    return is_shared(model) and not is_alone(unit) and unit.status == "open" and status not in _ALONE


def _status_of(glance: Glance) -> str:
    """A unit's state or ending; of one whose time is over though nobody closed it yet, that."""
    unit, until = glance.unit, glance.acts_until
    status = unit.outcome if unit.status == "closed" else str(glance.shown.get("status", unit.status))
    if unit.status == "closed" or until is None or glance.at < until:
        return status
    if unit.model in ("voting", "check-in"):
        return "counting" if status in ("open", "approved") else status
    return "expired" if status in ("open", "collecting") else status


def with_order(shown: UnitShown, order: OrderShown | None) -> UnitShown:
    """The unit with what is to be paid for it."""
    return replace(shown, order=order)


def people_in(glance: Glance) -> list[str]:
    """Whose names a unit shows."""
    seats = [str(seat["person"]) for seat in glance.shown.get("seats", ())]
    luckiest = [str(glance.shown["luckiest"])] if glance.shown.get("luckiest") else []
    return [person for person in (glance.unit.owner, *seats, *luckiest) if person][:MOST_NAMES]


def order_of(glance: Glance, model: Mechanic) -> OrderShown | None:
    """The order of the unit that this person has to pay, or paid: its id, what it costs, and until when."""
    play = glance.unit.play
    if model.name == "group-buy" and play.alone is not None:
        if not glance.mine or play.alone.state not in ("held", "paid"):
            return None
        status = "paid" if play.alone.state == "paid" else "due"
        return OrderShown(play.alone.order, play.alone.fen, status, play.alone.until)
    if model.name == "group-buy":
        seat = play.seat_of(glance.person)
        return OrderShown(seat.order, seat.fen, "paid" if seat.state == "paid" else "due", seat.until) if seat else None
    if not glance.mine or not getattr(play, "order", ""):
        return None
    if model.name == "flash-sale" and play.status in ("reserved", "sold", "fulfilled"):
        status = "due" if play.status == "reserved" else "paid"
        return OrderShown(play.order, int(glance.shown["order_fen"]), status, play.until)
    if model.name == "bargain" and play.status in ("ordered", "paid"):
        fen = int(glance.shown.get("order_fen", glance.shown["price_fen"]))
        return OrderShown(play.order, fen, "paid" if play.status == "paid" else "due", getattr(play, "until", None))
    return None


def status_code(texts: Texts, model: str, status: str) -> str:
    """The text that tells a state or an ending of a unit."""
    for code in (f"play.status.{model}.{status}", f"play.status.{status}"):
        if texts.knows(code):
            return code
    return "play.status.other"


def move_code(texts: Texts, kind: str, model: str, move: str) -> str:
    """The text of a move: its button (``move``), or what is said once it was made (``did``); of a ``field`` of one."""
    for code in (f"play.{kind}.{model}.{move}", f"play.{kind}.{move}"):
        if texts.knows(code):
            return code
    return f"play.{kind}.other"


def did_code(texts: Texts, model: str, move: str, answer: str) -> str:
    """What is said once a move was made: the text of this very answer where there is one, else that of the move."""
    exact = f"play.did.{model}.{move}.{answer}"
    return exact if answer and texts.knows(exact) else move_code(texts, "did", model, move)


def left_words(texts: Texts, language: str, left: timedelta) -> str:
    """How long a unit still runs, floored: never more than there is."""
    minutes = int(left.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return texts.say(language, "play.left.days" if hours else "play.left.whole_days", days=days, hours=hours)
    if not hours:
        return texts.say(language, "play.left.minutes", minutes=minutes)
    return texts.say(language, "play.left.hours", hours=hours, minutes=minutes % 60)


def _share_of(unit: Unit, person: str) -> int:
    """What the person took out of a packet."""
    takers = getattr(unit.play, "takers", ())
    return int(unit.play.shares[takers.index(person)]) if person and person in takers else 0


def headline_of(model: Mechanic, frame: Frame) -> str:
    """The text that leads where a unit is shared: what the friend gets (campaigns.md §5.1); empty for the plan's title.

    A phone that forwards the page shows its title.
    """
    if model.name != "mutual":
        return ""
    return "play.share.mutual.order" if frame.settings.helper_reward_at == "order" else "play.share.mutual"


def is_ranked(scene: Scene, frame: Frame, at: datetime) -> bool:
    """Whether a list may be in the order of its numbers."""
    return scene.model.name != "voting" or not hidden(frame.settings, frame, at)
