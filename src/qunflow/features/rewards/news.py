"""What the holder hears of a prize, once each: the words are the campaign's scripts. Pure."""

from __future__ import annotations

from datetime import datetime

from qunflow.domain.prizes import PrizeNews
from qunflow.features.rewards.items import CODED, DRAW, MONEY, POINTS, PRIVILEGE, RewardItem
from qunflow.features.rewards.model import prize_of
from qunflow.features.rewards.turn import Turn

CODE_NEWS, POINTS_NEWS, DRAW_NEWS, RIGHT_NEWS = "reward_code", "reward_points", "reward_draws", "reward_privilege"
TAKE_NEWS, PAID_NEWS = "reward_money", "reward_paid"
ADDRESS_NEWS, SHIPPED_NEWS = "reward_address", "reward_shipped"


def tell(turn: Turn, script: str, item: RewardItem, amount: int = 0, until: datetime | None = None) -> None:
    """One script for the holder."""
    turn.add(PrizeNews(script, prize_of(turn.facts.grant), item.name, amount, until))


def tell_issued(turn: Turn, item: RewardItem, until: datetime | None) -> None:
    """What was issued: a code, points, draws, a right, money. Goods are told of when they leave."""
    if item.kind in CODED:
        tell(turn, CODE_NEWS, item, 0, until)
    elif item.kind == POINTS:
        tell(turn, POINTS_NEWS, item, item.amount)
    elif item.kind == DRAW:
        tell(turn, DRAW_NEWS, item, item.amount)
    elif item.kind == PRIVILEGE:
        tell(turn, RIGHT_NEWS, item, 0, until)
    elif item.kind in MONEY:
        tell(turn, PAID_NEWS, item, item.face_value)


def tell_shipped(turn: Turn, carrier: str, tracking: str) -> None:
    """A parcel left."""
    prize = prize_of(turn.facts.grant)
    turn.add(PrizeNews(SHIPPED_NEWS, prize, turn.state.item, carrier=carrier, tracking=tracking))
