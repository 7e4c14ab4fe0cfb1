"""The door of the host: moves, clocks, and what campaigns tell."""

from __future__ import annotations

from qunflow.domain.events import Participating
from qunflow.domain.facts import OpenUnits
from qunflow.engine.feature import Feature, Handler, StreamType
from qunflow.features.campaigns.mechanics.mechanic import Unit
from qunflow.features.campaigns.merged import SeatsMerged
from qunflow.features.campaigns.plays import arriving, bonds, listen, merging, owing
from qunflow.features.campaigns.plays.decide import decide_play
from qunflow.features.campaigns.plays.facts import load_play, need_play
from qunflow.features.campaigns.plays.model import (
    BODIES,
    EVENTS,
    CameThrough,
    HelpHeld,
    Play,
    PlayerState,
    SettleUnit,
    UnitTick,
    evolve_player,
    evolve_unit,
)

PLAYS = Feature(
    name="plays",
    handlers=(
        *(
            Handler(f"plays.{body.KIND}", body, need_play, decide_play, load_play)
            for body in (Play, UnitTick, HelpHeld)
        ),
        Handler("plays.entering", Participating, bonds.need_entering, bonds.decide_entering, bonds.load_entering),
        Handler("plays.merged", SeatsMerged, merging.need_merged, merging.decide_merged, merging.load_merged),
        Handler("plays.came", CameThrough, listen.need_nothing, arriving.decide_came, arriving.load_came),
        Handler("plays.settle", SettleUnit, owing.need_settle, owing.decide_settle, owing.load_campaign),
        *(
            Handler(f"plays.{body.KIND}", body, listen.need_nothing, decide, load)
            for body, decide, load in (*listen.LISTENS, *listen.CAMPAIGN_LISTENS)
        ),
    ),
    streams=(
        StreamType("unit", Unit, Unit(), evolve_unit),
        StreamType("player", PlayerState, PlayerState(), evolve_player),
    ),
    events=EVENTS,
    bodies=BODIES,
    answers={OpenUnits: listen.answer_units},
)
