"""What a flash sale 秒杀 is about: goods, price, friends, times of day, bounds, and a waiting list. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.mechanic import Frame
from qunflow.features.campaigns.mechanics.paying import MOST_PIECES
from qunflow.features.campaigns.mechanics.settings import clock, fen, flag, name, rows, time, whole


@dataclass(frozen=True, slots=True)
class Session:
    """A time of each day at which one may buy."""

    start: int = clock("when it begins, in the campaign's zone")
    end: int = clock("when it ends; on the same day")


@dataclass(frozen=True, slots=True)
class FlashSale:
    """What is sold at what price, and how many friends give the right to buy."""

    item: str = name("the code of the goods in your shop")
    price_fen: int = fen("the price; 0 gives it away")
    stock_total: int = whole("how many are there in all", 1, 1_000_000)
    friends: int = whole("how many confirmed friends give the right to buy; 0 gives it to everybody", 0, 200, 3)
    sessions: tuple[Session, ...] = rows("the times of day for buying; none: all day", Session, 6, ())
    pay_ttl_min: int = whole("minutes to pay", 5, 120, 15)
    shipping_fen: int = fen("what sending costs the buyer", 0)
    right_holds_stock: bool = flag("whether a piece is set aside with the right, not only with the order", False)
    limit_per_order: int = whole("how many pieces one order may hold", 1, MOST_PIECES, 1)
    limit_per_person: int = whole(
        "how many pieces one person may buy in all; 0: as many as their orders hold", 0, 100, 0
    )
    qualify_by: datetime | None = time("until when friends may be gathered; none: only unit_ttl_hours counts", None)
    waitlist: bool = flag("whether who has the right may wait when no piece is left", False)
    offer_min: int = whole("with a waiting list: minutes to order a piece that is offered", 5, 1440, 30)


def cost(settings: FlashSale, pieces: int = 1) -> int:
    """What the buyer of so many pieces pays in all; they are sent together."""
    return settings.price_fen * pieces + settings.shipping_fen


def on_sale(settings: FlashSale, at: datetime, tz: str) -> bool:
    """Whether a session runs at ``at``; each includes its first minute and not its last."""
    local = at.astimezone(ZoneInfo(tz))
    minute = local.hour * 60 + local.minute
    return not settings.sessions or any(item.start <= minute < item.end for item in settings.sessions)


def last_order(frame: Frame) -> datetime:
    """Until when the right to buy lasts."""
    return frame.ends_at + timedelta(hours=frame.rules.grace_hours)


def check(frame: Frame) -> None:
    """Refuse sessions that end before they begin or meet, a deadline outside the campaign, bounds that contradict each
    other. Raises InvalidInput.
    """
    settings: FlashSale = frame.settings
    _check_sessions(settings)
    deadline = settings.qualify_by
    if deadline is not None and not frame.starts_at < deadline <= frame.ends_at:
        raise InvalidInput(
            "flash_deadline",
            "friends are gathered while the campaign runs",
            field="model.qualify_by",
            way_out="Name a time between its start and its end, or leave it out.",
        )
    if 0 < settings.limit_per_person < settings.limit_per_order:
        raise InvalidInput(
            "flash_limit",
            "one order holds no more than one person may buy in all",
            field="model.limit_per_order",
            way_out="Lower it, or raise limit_per_person.",
        )


def _check_sessions(settings: FlashSale) -> None:
    ends = -1
    for number, session in sorted(enumerate(settings.sessions), key=lambda item: item[1].start):
        if session.end <= session.start:
            raise InvalidInput(
                "flash_session",
                "a session ends after it begins, on the same day",
                field=f"model.sessions[{number}].end",
                way_out="Write two sessions for a time over midnight.",
            )
        if session.start < ends:
            raise InvalidInput(
                "flash_sessions",
                "two sessions do not run at the same time",
                field=f"model.sessions[{number}].start",
                way_out="Make one of them.",
            )
        ends = session.end
