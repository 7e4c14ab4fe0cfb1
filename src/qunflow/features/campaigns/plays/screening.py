"""The host asks the risk rules: before somebody's help is taken, and before a help is confirmed or comes back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qunflow.domain.clock import local_date
from qunflow.domain.decisions import NOTHING, Decision, Rejection
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics.mechanic import PENDING
from qunflow.features.campaigns.model import ParticipationState, participation_stream
from qunflow.features.campaigns.plays.admit import participant
from qunflow.features.campaigns.plays.model import Play, unit_stream
from qunflow.features.campaigns.plays.turn import Turn
from qunflow.features.campaigns.risk.flagging import says
from qunflow.features.campaigns.risk.helping import HelpRisk, is_staff, judge, stopped, too_fast, waits
from qunflow.features.campaigns.risk.model import DENIED


def screen(turn: Turn) -> Decision | None:
    """What the risk rules decide instead of the move; None when it may go on."""
    asked = turn.facts.risk
    if asked is None or turn.unit.test or not turn.unit.owner:
        return None
    if not asked.watched:
        return _later(turn, asked.of(turn.unit.owner))
    campaign = turn.facts.frame.campaign
    owner: ParticipationState = turn.view.state(participation_stream(campaign, turn.unit.owner))
    staff = is_staff(turn.facts.campaign.plan, participant(turn.facts, turn.view), owner)
    known = asked.of(turn.unit.owner, staff)
    refused, found = judge(turn.message, known, turn.view, turn.facts.job.move, _told(turn))
    if refused is not None:
        return Decision(rejection=refused) + found
    turn.noted = found
    return None


def put_off(turn: Turn, refused: Rejection) -> Decision:
    """The model's no. A vote that it holds (§1.4: they come too fast) is pending: it counts once its person answered a
    question or somebody looked at it; where the plan wants no such rule it is only refused for now.
    """
    asked = turn.facts.risk
    if refused.reason != Reason.RISK_HOLD or asked is None or not asked.watched or turn.unit.test:
        return Decision(rejection=refused)
    rule, seen = str(refused.detail.get("rule", "")), int(refused.detail.get("seen", 1))
    job, known = turn.facts.job, asked.of(turn.unit.owner)
    told, flag = too_fast(turn.message, known, turn.view, job.move, _told(turn), rule, seen)
    return Decision(rejection=told) + flag


def _told(turn: Turn) -> Mapping[str, Any]:
    """What a help is made again with, when it counts after all: a vote is spent on the day on which it was cast."""
    params = turn.facts.job.params
    if turn.rule.helps != "counted":
        return params
    return {**params, "cast": local_date(turn.message.at, turn.facts.frame.tz).isoformat()}


def _later(turn: Turn, asked: HelpRisk) -> Decision | None:
    """A help that is held is not confirmed yet, one that was denied never, nor does it come back."""
    job = turn.facts.job
    if job.move == "return":
        return NOTHING if says(turn.view, asked.help.campaign, asked.flag) == DENIED else None
    help = turn.unit.helps.get(job.actor)
    if help is None or help.state != PENDING or help.until != job.params.get("until", help.until):
        return None
    word = stopped(asked, turn.view)
    if word == DENIED:
        params = {"key": job.unit, "reason": str(Reason.FRAUD)}
        taken_back = Play("revoke", job.unit, params, "system", job.actor)
        return Decision(commands=((unit_stream(asked.help.campaign, job.unit), taken_back),))
    return waits(asked, turn.view) if word else None
