"""Mutual benefit 互惠 (M28, campaigns.md §5.1): a packet of gifts in the sharer's name; both sides are rewarded.

Each friend takes one gift by joining a group, and uses it with an order. What a friend got is kept once the hold is
over; who leaves inside the hold without using the gift gives it back, and with it the sharer's hope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from qunflow.domain.decisions import Rejection
from qunflow.domain.events import Event
from qunflow.domain.money import MAX_FEN
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics.mechanic import (
    CONFIRMED,
    LATE,
    PENDING,
    REVOKED,
    Command,
    Context,
    Count,
    Frame,
    Guards,
    Mechanic,
    MoveRule,
    Moves,
    Unit,
)
from qunflow.features.campaigns.mechanics.settings import choice, fen, flag, name, text, whole
from qunflow.ledger.settle import Amounts

HELPER, SHARER = "gift-helper", "gift-sharer"
AT = ("join", "order")
PACKETS = "packets"
#: A line of a phone's page, and of the text that goes round with it.
MOST_WORDS = 60


@dataclass(frozen=True, slots=True)
class Mutual:
    """What each side gets, and when."""

    helper_reward_fen: int = fen("what a friend gets", low=1)
    sharer_reward_fen: int = fen("what the sharer gets for that friend", low=1)
    packets: int = whole("how many packets there are in all", 1, 1_000_000)
    gifts: int = whole("gifts in one packet, one for each friend", 1, 100, 5)
    helper_reward_at: str = choice("when the friend is rewarded", *AT, default="join")
    sharer_reward_at: str = choice("when the sharer is rewarded", *AT, default="order")
    min_order_fen: int = fen("an order uses a gift only from this sum on", 0)
    use_days: int = whole("days to use a gift", 1, 60, 7)
    both_or_none: bool = flag("whether the friend is rewarded only when the sharer is, too", False)
    gifts_per_device: int = whole("gifts that people at one device may take; 0 for no bound", 0, 10, 1)
    gift_from_sharer_name: bool = flag("whether a gift comes in the sharer's name, else in the campaign's", True)
    gift_message: str = text("your words that go with a gift, on the page on which a friend opens it", MOST_WORDS)


@dataclass(frozen=True, slots=True)
class Gift:
    """``state``: taken | used | over (not used in time) | returned (the order was refunded)."""

    state: str
    until: datetime
    order: str = ""


@dataclass(frozen=True, slots=True)
class Packet:
    """Gifts by the friend who took them."""

    gifts: Mapping[str, Gift] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GiftTaken:
    """A friend took a gift, or came back to it."""

    KIND: ClassVar[str] = "gift_taken"
    SCHEMA: ClassVar[int] = 1
    friend: str
    until: datetime


@dataclass(frozen=True, slots=True)
class GiftUsed:
    """The friend's order used the gift."""

    KIND: ClassVar[str] = "gift_used"
    SCHEMA: ClassVar[int] = 1
    friend: str
    order: str


@dataclass(frozen=True, slots=True)
class GiftReturned:
    """The gift counts no more: not used in time, or its order was refunded."""

    KIND: ClassVar[str] = "gift_returned"
    SCHEMA: ClassVar[int] = 1
    friend: str
    outcome: str


EVENTS = (GiftTaken, GiftUsed, GiftReturned)


@dataclass(frozen=True, slots=True)
class Used:
    """An order of the friend."""

    order: str = name("the order's id")
    fen: int = whole("what was paid for it, in fen", 1, MAX_FEN)


@dataclass(frozen=True, slots=True)
class Refunded:
    """The order that was refunded."""

    order: str = name("the order's id")


def evolve(state: Packet, event: Event) -> Packet:
    """Fold one event of a packet."""
    body = event.body
    if isinstance(body, GiftTaken):
        return replace(state, gifts={**state.gifts, body.friend: Gift("taken", body.until)})
    if not isinstance(body, GiftUsed | GiftReturned) or body.friend not in state.gifts:
        return state
    gift = state.gifts[body.friend]
    if isinstance(body, GiftUsed):
        changed = replace(gift, state="used", order=body.order)
    else:
        changed = replace(gift, state=body.outcome)
    return replace(state, gifts={**state.gifts, body.friend: changed})


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Open a packet, take and use its gifts; what lapses, and the end."""
    settings: Mutual = context.frame.settings
    match command.move:
        case "open":
            if context.used(PACKETS) >= settings.packets:
                return Rejection(Reason.STOCK_OUT)
            return Moves(counts=(Count(PACKETS, 1, settings.packets),))
        case "take":
            return _take(unit, command, settings, context)
        case "return":
            return _take(unit, command, settings)
        case "used":
            return _used(unit, command, settings)
        case "refunded":
            return _refunded(unit, command)
        case "sweep":
            return _sweep(unit, command, settings)
        case "confirm" | "revoke":
            return _ended(unit, command, settings)
        case "expire":
            return _ended(unit, command, settings)  # a stop takes nothing back: holds and gifts run on
    return Moves()


def _take(unit: Unit, command: Command, settings: Mutual, context: Context | None = None) -> Moves | Rejection:
    """A gift for a friend; one that was used, or is over, stays as it is for who comes back.

    One device takes so many: what somebody at it took and lost by leaving stays counted.
    """
    if unit.friends > settings.gifts:
        return Rejection(Reason.UNIT_FULL)
    device = _device(command, settings) if context is not None and not unit.test else ()
    if context is not None and any(context.used(name) >= settings.gifts_per_device for name in device):
        return Rejection(Reason.HELPER_QUOTA, {"most": settings.gifts_per_device})
    counts = tuple(Count(name, 1, settings.gifts_per_device) for name in device)
    known = unit.play.gifts.get(command.actor.person)
    if known is not None and known.state != "taken":
        return Moves()
    until = command.at + timedelta(days=settings.use_days)
    first = min([gift.until for gift in unit.play.gifts.values() if gift.state == "taken"] + [until])
    timers = (("sweep", first + LATE),) if needs_order(settings) else ()
    taken, left = GiftTaken(command.actor.person, until), settings.gifts - unit.friends
    return Moves((taken,), counts, timers=timers, answer=left)


def _device(command: Command, settings: Mutual) -> tuple[str, ...]:
    """The counter of the friend's device, where it is known and matters."""
    device = command.actor.device
    return (f"device:{device}",) if device and settings.gifts_per_device else ()


def _used(unit: Unit, command: Command, settings: Mutual) -> Moves | Rejection:
    friend = command.actor.person
    gift, help = unit.play.gifts.get(friend), unit.helps.get(friend)
    if gift is None or help is None or gift.state != "taken" or help.state == REVOKED:
        return Rejection(Reason.WRONG_STATE, {"status": gift.state if gift is not None else ""})
    if command.at >= gift.until:
        return Rejection(Reason.EXPIRED)
    if int(command.params["fen"]) < settings.min_order_fen:
        return Rejection(Reason.BELOW_MINIMUM, {"least": settings.min_order_fen})
    used = GiftUsed(friend, str(command.params["order"]))
    return _ended(unit, command, settings, used)


def _refunded(unit: Unit, command: Command) -> Moves | Rejection:
    """What both got by the order is taken back; also after the packet is over."""
    friend = command.actor.person
    gift = unit.play.gifts.get(friend)
    if gift is None or gift.state != "used" or gift.order != command.params["order"]:
        return Rejection(Reason.WRONG_STATE, {"status": gift.state if gift is not None else ""})
    return Moves((GiftReturned(friend, "returned"),))


def _sweep(unit: Unit, command: Command, settings: Mutual) -> Moves:
    taken = {friend: gift for friend, gift in unit.play.gifts.items() if gift.state == "taken"}
    over = sorted(friend for friend, gift in taken.items() if gift.until <= command.at)
    rest = [gift.until for gift in taken.values() if gift.until > command.at]
    ended = _ended(unit, command, settings, *(GiftReturned(friend, "over") for friend in over))
    return ended if ended.close or not rest else replace(ended, timers=(("sweep", min(rest) + LATE),))


def _ended(unit: Unit, command: Command, settings: Mutual, *events: Any) -> Moves:
    """Once its time is over a packet ends when nothing about its gifts is open any more."""
    after: Packet = unit.play
    for body in events:
        after = replace(after, gifts=_folded(after, body))
    waits = needs_order(settings) and any(
        gift.state == "taken" and unit.helps[friend].state != REVOKED for friend, gift in after.gifts.items()
    )
    late = unit.expires_at is not None and command.at >= unit.expires_at
    holds = any(help.state == PENDING for help in unit.helps.values())
    if not late or waits or holds:
        return Moves(events)
    return Moves(events, close="done", won=True)


def _folded(packet: Packet, body: Any) -> Mapping[str, Gift]:
    changed = "used" if isinstance(body, GiftUsed) else str(body.outcome)
    return {**packet.gifts, body.friend: replace(packet.gifts[body.friend], state=changed)}


def needs_order(settings: Mutual) -> bool:
    """Whether a gift has to be used at all."""
    return "order" in (settings.helper_reward_at, settings.sharer_reward_at)


def due(unit: Unit, settings: Mutual) -> Mapping[tuple[str, str], Amounts]:
    """What each friend and the sharer are due now: pending while the friend's hold runs."""
    found: dict[tuple[str, str], Amounts] = {}
    free = wait = 0
    for friend, gift in unit.play.gifts.items():
        help = unit.helps[friend]
        stays, used = help.state != REVOKED, gift.state == "used"
        sharer = stays and (used or settings.sharer_reward_at == "join")
        kept = used or (stays and settings.helper_reward_at == "join")
        if kept and (sharer or not settings.both_or_none):
            sure = help.state == CONFIRMED or not stays
            fen = settings.helper_reward_fen
            found[(friend, HELPER)] = Amounts(fen) if sure else Amounts(0, fen)
        if sharer and help.state == CONFIRMED:
            free += settings.sharer_reward_fen
        elif sharer:
            wait += settings.sharer_reward_fen
    if free or wait:
        found[(unit.owner, SHARER)] = Amounts(free, wait)
    return found


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """The number of packets on opening, of the device's gifts on taking one."""
    if command.move == "take":
        return Guards(_device(command, frame.settings))
    return Guards((PACKETS,)) if command.move == "open" else Guards()


def liability(frame: Frame) -> int:
    """Both rewards for every gift of every packet."""
    settings: Mutual = frame.settings
    return settings.packets * settings.gifts * (settings.helper_reward_fen + settings.sharer_reward_fen)


def each(frame: Frame) -> int:
    """A sharer's packets, and the gifts that one person may take."""
    settings, rules = frame.settings, frame.rules
    shared: int = min(rules.wins_per_person, settings.packets) * settings.gifts * settings.sharer_reward_fen
    taken: int = rules.helps_per_helper * settings.helper_reward_fen
    return shared + taken


def show(unit: Unit, settings: Mutual) -> Mapping[str, Any]:
    """How many gifts were taken, used and are left; what each side gets."""
    gifts = unit.play.gifts
    return {
        "status": unit.outcome or unit.status,
        "gifts": settings.gifts,
        "left": max(0, settings.gifts - unit.friends),
        "taken": unit.friends,
        "used": sum(gift.state == "used" for gift in gifts.values()),
        "helper_reward_fen": settings.helper_reward_fen,
        "sharer_reward_fen": settings.sharer_reward_fen,
    }


MODEL = Mechanic(
    name="mutual",
    stock="packets",
    settings=Mutual,
    state=Packet,
    initial=Packet(),
    moves={
        "open": MoveRule(opens=True, pays=False),
        "take": MoveRule(who="other", helps="listed", grace=True, device=True),
        "used": MoveRule(who="system", params=Used, anytime=True),
        "refunded": MoveRule(who="system", params=Refunded, anytime=True, closed=True),
        "sweep": MoveRule(who="system"),
    },
    decide=decide,
    evolve=evolve,
    events=EVENTS,
    due=due,
    guards=guards,
    show=show,
    rules=("unit_ttl_hours", "grace_hours", "open_units", "wins_per_person", "helps_per_helper", "helps_per_day"),
    liability=liability,
    each=each,
    freezes=False,
)
