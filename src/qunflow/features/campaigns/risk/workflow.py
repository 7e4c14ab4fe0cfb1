"""The door of the risk rules: joins, leaves and sights, and the life of flags."""

from __future__ import annotations

from qunflow.domain.events import Departed, Joined
from qunflow.domain.facts import ParticipantRisk
from qunflow.domain.inbound import ContactRead
from qunflow.engine.feature import Feature, Handler, StreamType
from qunflow.features.campaigns.risk import decide, inviting, sharing
from qunflow.features.campaigns.risk.commands import (
    BODIES,
    AnswerChallenge,
    AppealFlag,
    CompareHelps,
    DecideFlag,
    FlagDue,
    RaiseFlag,
    ScreenHelp,
    Sight,
    WaitForFlag,
)
from qunflow.features.campaigns.risk.folding import evolve_flag, evolve_trace, evolve_watch
from qunflow.features.campaigns.risk.model import EVENTS, FlagState, TraceState, WatchState
from qunflow.features.campaigns.risk.standing import answer_risk

RISK = Feature(
    name="risk",
    handlers=(
        Handler("risk.joined", Joined, inviting.need_join, inviting.decide_join, inviting.load_join),
        Handler("risk.left", Departed, inviting.need_leave, inviting.decide_leave, inviting.load_leave),
        Handler("risk.contact", ContactRead, inviting.need_contact, inviting.decide_contact),
        Handler("risk.sight", Sight, inviting.need_sight, inviting.decide_sight, inviting.load_sight),
        *(
            Handler(f"risk.{body.KIND}", body, decide.need_flag, rule, decide.load_flag)
            for body, rule in (
                (RaiseFlag, decide.decide_raise),
                (WaitForFlag, decide.decide_wait),
                (FlagDue, decide.decide_due),
                (DecideFlag, decide.decide_flag),
                (AnswerChallenge, decide.decide_answer),
                (AppealFlag, decide.decide_appeal),
            )
        ),
        Handler("risk.compare", CompareHelps, sharing.need_pair, sharing.decide_pair, sharing.load_pair),
        Handler("risk.screen", ScreenHelp, decide.need_screen, decide.decide_screen, decide.load_screen),
    ),
    streams=(
        StreamType("trace", TraceState, TraceState(), evolve_trace),
        StreamType("watch", WatchState, WatchState(), evolve_watch),
        StreamType("flag", FlagState, FlagState(), evolve_flag),
    ),
    events=EVENTS,
    bodies=BODIES,
    answers={ParticipantRisk: answer_risk},
)
