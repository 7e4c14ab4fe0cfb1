"""The rules for helps and votes on units: asked by the host of models before the move is made. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from qunflow.domain.decisions import NOTHING, Decision, Needs, Rejection
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.mechanics.mechanic import Unit
from qunflow.features.campaigns.model import ParticipationState
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.risk.commands import WaitForFlag
from qunflow.features.campaigns.risk.flagging import end_of, raised, says
from qunflow.features.campaigns.risk.looking import Help, look, need_help, note, read_circle, seen_at
from qunflow.features.campaigns.risk.model import (
    ASKED,
    CLEARED,
    DENIED,
    HELD,
    OWNER,
    PLAY,
    VOTE,
    WAITING,
    WatchState,
    flag_claim,
    flag_name,
    flag_stream,
    watch_stream,
)
from qunflow.features.campaigns.risk.rules import (
    ALLOW,
    CHALLENGE,
    CLEAN,
    DENY,
    FLAG,
    Hit,
    Rules,
    Verdict,
    hold_hours_of,
    risk,
    rules_of,
)


@dataclass(frozen=True, slots=True)
class HelpRisk:
    """What the host hands on: the rules, the help as far as it is known ahead, and the unit.

    ``watched``: a person's move, that is looked at; else only what a flag says matters.
    """

    rules: Rules
    help: Help
    unit: str
    hold_hours: int
    watched: bool = True

    @property
    def flag(self) -> str:
        """The name of a flag on this help."""
        return flag_name(PLAY, self.help.helper, self.unit)

    @property
    def owner_flag(self) -> str:
        """The name of a flag on the owner."""
        return flag_name(OWNER, self.help.owner)

    def of(self, owner: str, staff: bool = False) -> HelpRisk:
        """The same with what is known under the lock."""
        return replace(self, help=replace(self.help, owner=owner, staff=staff))


async def load_risk(
    reader: Reader, plan: Plan, helper: str, unit: Unit, at: datetime, *, listed: bool, watched: bool
) -> HelpRisk | None:
    """Where the helper was seen last, and their circle; None where the plan wants no rules."""
    rules = rules_of(plan.risk)
    if not rules or not helper:
        return None
    help = Help(plan.campaign, helper, unit.owner, listed=listed, tz=plan.tz)
    if watched:
        watch: WatchState = await reader.state(watch_stream(helper)) or WatchState()
        help = seen_at(help, watch)
        if listed and unit.owner and rules["clique"].weight:
            circle = await read_circle(reader, watch, helper, unit.owner, plan.campaign, at)
            help = replace(help, circle=circle)
    return HelpRisk(rules, help, unit.unit, hold_hours_of(plan.risk), watched)


def need_risk(risk: HelpRisk | None) -> Needs:
    """What is watched of both people, and what flags say."""
    if risk is None:
        return Needs()
    campaign = risk.help.campaign
    claims = (flag_claim(campaign, risk.flag), flag_claim(campaign, risk.owner_flag))
    return Needs(need_help(risk.help).streams if risk.watched else (), claims)


def judge(
    message: Message, asked: HelpRisk, view: View, move: str, params: Mapping[str, Any]
) -> tuple[Rejection | None, Decision]:
    """Whether a person's help may be given, and what is to be recorded: with the refusal, or with the help."""
    help, campaign, at = asked.help, asked.help.campaign, message.at
    word = says(view, campaign, asked.flag)
    if word == CLEARED:
        return None, note(help, view, at)
    if word == DENIED or says(view, campaign, asked.owner_flag) == DENIED:
        return Rejection(Reason.RISK_DENIED, {"flag": asked.flag}), NOTHING
    if word in WAITING:
        return Rejection(_waiting(word == ASKED), {"flag": asked.flag}), NOTHING
    verdict = risk(look(help, view, at, asked.rules), asked.rules)
    if verdict.outcome in (ALLOW, FLAG):
        return None, note(help, view, at)
    flag = _flagged(asked, verdict, move, params, at)
    detail = {"flag": asked.flag, "rule": heaviest(verdict.hits)}
    if verdict.outcome == DENY:
        return Rejection(Reason.RISK_DENIED, detail), flag
    if not help.listed:
        return Rejection(_waiting(verdict.outcome == CHALLENGE), detail), flag
    return None, note(help, view, at) + flag


def too_fast(
    message: Message, asked: HelpRisk, view: View, move: str, params: Mapping[str, Any], rule: str, seen: int
) -> tuple[Rejection, Decision]:
    """A model holds a help under one of the rules (§1.4: votes come too fast); ``seen`` is how many there were.

    Where the plan has the rule switched off the help is only refused for now.
    """
    verdict = risk({rule: 1 + asked.rules[rule].most}, asked.rules) if rule in asked.rules else CLEAN
    if says(view, asked.help.campaign, asked.flag) or verdict.outcome in (ALLOW, FLAG):
        return Rejection(Reason.RISK_HOLD, {"flag": asked.flag, "rule": rule}), NOTHING
    hits = tuple(replace(hit, seen=seen, most=seen - 1) for hit in verdict.hits)
    flag = _flagged(asked, replace(verdict, hits=hits), move, params, message.at)
    detail = {"flag": asked.flag, "rule": rule}
    if verdict.outcome == DENY:
        return Rejection(Reason.RISK_DENIED, detail), flag
    return Rejection(_waiting(verdict.outcome == CHALLENGE), detail), flag


def _flagged(asked: HelpRisk, verdict: Verdict, move: str, params: Mapping[str, Any], at: datetime) -> Decision:
    help, kind = asked.help, PLAY if asked.help.listed else VOTE
    until = end_of(at, asked.hold_hours)
    told = {"unit": asked.unit, "move": move, "params": params}
    return raised(help.campaign, asked.flag, kind, help.helper, help.owner, verdict, until, **told)  # type: ignore[arg-type]


def _waiting(asks: bool) -> Reason:
    return Reason.RISK_CHALLENGE if asks else Reason.RISK_HOLD


def stopped(asked: HelpRisk, view: View) -> str:
    """What stands in the way of a confirmation: ``held`` or ``denied``, empty for nothing."""
    campaign = asked.help.campaign
    word = says(view, campaign, asked.flag)
    if not word:
        word = says(view, campaign, asked.owner_flag)
    return HELD if word in WAITING else word if word == DENIED else ""


def waits(asked: HelpRisk, view: View) -> Decision:
    """The confirmation comes when the flag is decided."""
    campaign = asked.help.campaign
    own = says(view, campaign, asked.flag) in WAITING
    flag = asked.flag if own else asked.owner_flag
    return Decision(commands=((flag_stream(campaign, flag), WaitForFlag(flag, asked.unit, asked.help.helper)),))


def is_staff(plan: Plan | None, *people: ParticipationState | None) -> bool:
    """Whether one of them is staff of the campaign: they win nothing, nor help others to."""
    if plan is None or not rules_of(plan.risk):
        return False
    return any(person is not None and person.external in plan.staff for person in people)


def heaviest(hits: tuple[Hit, ...]) -> str:
    """The rule that weighed most."""
    return max(hits, key=lambda hit: hit.weight).rule if hits else ""
