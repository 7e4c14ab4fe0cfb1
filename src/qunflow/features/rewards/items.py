"""Items of the inventory: kinds, costs, stock. Frozen; money in fen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.errors import InvalidInput
from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id
from qunflow.domain.money import MAX_FEN

CASH, RED_PACKET, POINTS, CODE, TEMPLATE = "cash", "red_packet", "points", "coupon_code", "coupon_template"
PHYSICAL, DRAW, CARD, PRIVILEGE = "physical", "draw", "card", "privilege"
KINDS = (CASH, RED_PACKET, POINTS, CODE, TEMPLATE, PHYSICAL, DRAW, CARD, PRIVILEGE)
#: Paid in fen through the ledger.
MONEY = (CASH, RED_PACKET)
#: Held by a code that is shown to the holder and redeemed once.
CODED = (CODE, TEMPLATE)
MAX_TOTAL = 10_000_000
MAX_VALID_DAYS = 3_660
#: An item stands in for another, that for a third: no chain is longer.
MAX_SUBSTITUTES = 3
_NAMED = ("name", "title", "sponsor", "substitute")


@dataclass(frozen=True, slots=True)
class RewardItem:
    """One thing that can be given.

    ``unit_cost`` is what one costs whoever pays for it, ``face_value`` what it is worth to its holder (money: what is
    paid). ``amount`` counts points or draws. ``sponsor`` names who pays for it instead of the campaign. ``substitute``
    is given when it runs out. ``valid_days`` after it is issued it expires, at ``expires_at`` at the latest.
    ``asked`` is the channel on which staff were asked for more.
    """

    name: str = ""
    kind: str = ""
    title: str = ""
    unit_cost: int = 0
    face_value: int = 0
    amount: int = 0
    total: int = 0
    expires_at: datetime | None = None
    valid_days: int = 0
    sponsor: str = ""
    substitute: str = ""
    blocked_regions: tuple[str, ...] = ()
    low: bool = False  # a tenth or less is left
    closed: bool = False
    empty: bool = False  # nothing is left
    asked: str = ""

    @property
    def cost(self) -> int:
        """Fen that one costs: for money what is paid."""
        return self.face_value if self.kind in MONEY else self.unit_cost


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """An item is in the inventory, with ``total`` of it in stock."""

    KIND: ClassVar[str] = "reward_item_added"
    SCHEMA: ClassVar[int] = 1
    item: RewardItem


@dataclass(frozen=True, slots=True)
class StockAdded:
    """More of an item; ``batch`` is the file of codes that came in, ``total`` the stock after it."""

    KIND: ClassVar[str] = "reward_stock_added"
    SCHEMA: ClassVar[int] = 1
    item: str
    count: int
    total: int
    batch: str = ""


@dataclass(frozen=True, slots=True)
class StockLow:
    """A tenth or less of an item is left, or nothing; each is told once until more comes."""

    KIND: ClassVar[str] = "reward_stock_low"
    SCHEMA: ClassVar[int] = 1
    item: str
    free: int
    total: int


@dataclass(frozen=True, slots=True)
class ItemClosed:
    """Nothing of an item is promised any more; what is promised is given."""

    KIND: ClassVar[str] = "reward_item_closed"
    SCHEMA: ClassVar[int] = 1
    item: str


@dataclass(frozen=True, slots=True)
class RefillAsked:
    """Staff of the event's channel are asked for more of an item."""

    KIND: ClassVar[str] = "reward_refill_asked"
    SCHEMA: ClassVar[int] = 1
    item: str
    free: int
    total: int


ITEM_EVENTS = (ItemAdded, StockAdded, StockLow, RefillAsked, ItemClosed)


@dataclass(frozen=True, slots=True)
class AddItem:
    """Take an item into the inventory; the same again changes nothing."""

    KIND: ClassVar[str] = "add_reward_item"
    item: RewardItem


@dataclass(frozen=True, slots=True)
class AddStock:
    """More of an item; with a ``batch`` (codes) the same batch counts once."""

    KIND: ClassVar[str] = "add_reward_stock"
    item: str
    count: int
    batch: str = ""


@dataclass(frozen=True, slots=True)
class CloseItem:
    """Promise nothing of an item any more."""

    KIND: ClassVar[str] = "close_reward_item"
    item: str


@dataclass(frozen=True, slots=True)
class PumpQueue:
    """Look again at those who wait for an item."""

    KIND: ClassVar[str] = "pump_reward_queue"
    item: str


ITEM_COMMANDS = (AddItem, AddStock, CloseItem, PumpQueue)


def item_stream(name: str) -> str:
    """The stream of an item."""
    return stream_id("reward_item", name)


def stock_counter(name: str) -> str:
    """The counter of an item: promised and given, of all there are."""
    return f"stock:{name}"


def queue_scope(name: str) -> str:
    """The claims of those who wait for an item, the longest first."""
    return f"reward_wait:{name}"


def evolve_item(state: RewardItem, event: Event) -> RewardItem:
    """Fold one event of an item."""
    body = event.body
    if isinstance(body, ItemAdded):
        return body.item
    if isinstance(body, StockAdded):
        return replace(state, total=body.total, low=False, empty=False, asked="")
    if isinstance(body, StockLow):
        return replace(state, low=True, empty=body.free <= 0)
    if isinstance(body, RefillAsked):
        return replace(state, asked=event.channel)
    if isinstance(body, ItemClosed):
        return replace(state, closed=True, asked="")
    return state


def check_item(item: RewardItem) -> None:
    """Refuse an item that contradicts itself. Raises InvalidInput naming field, rule and way out."""
    if item.kind not in KINDS:
        raise InvalidInput("reward_kind", f"one of {', '.join(KINDS)}", field="kind")
    _check_names(item)
    for field, least, most in (
        ("unit_cost", 0, MAX_FEN),
        ("face_value", 0, MAX_FEN),
        ("total", 0, MAX_TOTAL),
        ("amount", 0, 1_000_000),
        ("valid_days", 0, MAX_VALID_DAYS),
    ):
        if not least <= getattr(item, field) <= most:
            raise InvalidInput("reward_number", f"a whole number from {least} to {most}", field=field)
    if item.expires_at is not None and item.expires_at.tzinfo is None:
        raise InvalidInput("reward_expires", "a time with its offset", field="expires_at")
    _check_kind(item)


def _check_names(item: RewardItem) -> None:
    for field in _NAMED:
        value = getattr(item, field)
        plain = value.isascii() and value.replace("-", "").isalnum() and value == value.lower()
        if field in ("name", "substitute") and value and not (plain and 2 <= len(value) <= 40):
            raise InvalidInput("reward_name", "2 to 40 small letters, digits and hyphens", field=field)
        if len(value) > 60 or any(not letter.isprintable() for letter in value):
            raise InvalidInput("reward_text", "at most 60 printable characters", field=field)
    if not item.name or not item.title.strip():
        field = "title" if item.name else "name"
        raise InvalidInput("reward_missing", "an item needs a name and a title", field=field)
    if item.substitute == item.name:
        raise InvalidInput("reward_substitute", "an item does not stand in for itself", field="substitute")
    if len(item.blocked_regions) > 50 or any(not 1 <= len(one) <= 30 for one in item.blocked_regions):
        raise InvalidInput("reward_regions", "at most 50 regions of 1 to 30 characters", field="blocked_regions")


def _check_kind(item: RewardItem) -> None:
    """What belongs to one kind stands there and nowhere else."""
    if item.kind == CODE and item.total:
        way_out = "Leave total out and import codes."
        raise InvalidInput("reward_total", "as many as codes are imported", field="total", way_out=way_out)
    if item.kind != CODE and not item.total:
        raise InvalidInput("reward_total", "say how many there are", field="total")
    if bool(item.amount) != (item.kind in (POINTS, DRAW)):
        raise InvalidInput("reward_amount", "points and draws say how many one grant gives, others not", field="amount")
    if item.kind in MONEY and not item.face_value:
        raise InvalidInput("reward_face", "money says how many fen are paid", field="face_value")
    if item.kind in MONEY and item.sponsor:
        way_out = "Leave sponsor out and raise the campaign's budget by what the sponsor gives."
        raise InvalidInput("reward_sponsor", "money comes out of the budget", field="sponsor", way_out=way_out)
    if item.blocked_regions and item.kind != PHYSICAL:
        raise InvalidInput("reward_regions", "only goods are shipped", field="blocked_regions")
