"""Which game is played in which campaign."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from qunflow.features.campaigns.mechanics.card_terms import members
from qunflow.features.campaigns.mechanics.check_in_days import PHOTO
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_model import frame_of
from qunflow.rehearsal import games_days, games_friends
from qunflow.rehearsal.player import Game
from qunflow.rehearsal.profile import windows_of

#: model → how people play it, made from the plan and the model's settings.
GAMES: Mapping[str, Callable[[Plan, Any], Game]] = {
    "bargain": lambda plan, settings: games_friends.Bargain(),
    "red-packet": lambda plan, settings: games_friends.RedPacket(len(settings.tiers)),
    "flash-sale": lambda plan, settings: games_friends.FlashSale(
        timedelta(minutes=settings.offer_min) if settings.waitlist else None
    ),
    "group-buy": lambda plan, settings: games_friends.GroupBuy(settings.solo_price_fen > 0),
    "mutual": lambda plan, settings: games_friends.Mutual(),
    "lucky-packet": lambda plan, settings: games_days.LuckyPacket(),
    "rain": lambda plan, settings: games_days.Rain(windows_of(plan)),
    "voting": lambda plan, settings: games_days.Voting(settings.votes_per_day),
    "cards": lambda plan, settings: games_days.Cards(
        [kind.card for kind in members(settings)], [kind.card for kind in settings.kinds if kind.giftable]
    ),
    "check-in": lambda plan, settings: games_days.CheckIn(settings.proof == PHOTO),
    "distribution": lambda plan, settings: games_days.Distribution(),
}


def game_for(plan: Plan) -> Game:
    """The game of a plan; a campaign without a model, or with one that no crowd knows yet, has nothing to play."""
    make = GAMES.get(plan.model.kind) if plan.model is not None else None
    return make(plan, frame_of(plan).settings) if make is not None else games_days.NoGame()


def unplayed(plan: Plan) -> str:
    """The plan's model when no crowd knows how to play it: its costs and moves then read 0. Empty otherwise."""
    kind = plan.model.kind if plan.model is not None else ""
    return "" if kind in GAMES else kind
