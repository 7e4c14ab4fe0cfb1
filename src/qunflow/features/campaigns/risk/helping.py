"""The rules for helps and votes on units: asked by the host of models before the move is made. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from qunflow.domain.decisions import NOTHING, Decision, Needs, Rejection
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.model import ParticipationState
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.risk.flagging import end_of, raised, says
from qunflow.features.campaigns.risk.looking import Help, look, need_help, note
from qunflow.features.campaigns.risk.model import (
    CLEARED,
    DENIED,
    HELD,
    OWNER,
    PLAY,
    VOTE,
    WaitForFlag,
    WatchState,
    flag_claim,
    flag_name,
    flag_stream,
    watch_stream,
)
from qunflow.features.campaigns.risk.rules import ALLOW, DENY, FLAG, Hit, Rules, hold_hours_of, risk, rules_of


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
    reader: Reader, plan: Plan, helper: str, owner: str, unit: str, *, listed: bool, watched: bool
) -> HelpRisk | None:
    """Where the helper was seen last; None where the plan wants no rules."""
    rules = rules_of(plan.risk)
    if not rules or not helper:
        return None
    watch = WatchState()
    if watched:
        watch = await reader.state(watch_stream(helper)) or watch
    help = Help(plan.campaign, helper, owner, watch.device, watch.ip, listed)
    return HelpRisk(rules, help, unit, hold_hours_of(plan.risk), watched)


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
    if word == HELD:
        return Rejection(Reason.RISK_HOLD, {"flag": asked.flag}), NOTHING
    verdict = risk(look(help, view, at, asked.rules), asked.rules)
    if verdict.outcome in (ALLOW, FLAG):
        return None, note(help, view, at)
    kind = PLAY if help.listed else VOTE
    until = end_of(at, asked.hold_hours)
    told = {"unit": asked.unit, "move": move, "params": params}
    flag = raised(campaign, asked.flag, kind, help.helper, help.owner, verdict, until, **told)  # type: ignore[arg-type]
    detail = {"flag": asked.flag, "rule": heaviest(verdict.hits)}
    if verdict.outcome == DENY:
        return Rejection(Reason.RISK_DENIED, detail), flag
    if kind == VOTE:
        return Rejection(Reason.RISK_HOLD, detail), flag
    return None, note(help, view, at) + flag


def stopped(asked: HelpRisk, view: View) -> str:
    """What stands in the way of a confirmation: ``held`` or ``denied``, empty for nothing."""
    campaign = asked.help.campaign
    word = says(view, campaign, asked.flag)
    if not word:
        word = says(view, campaign, asked.owner_flag)
    return word if word in (HELD, DENIED) else ""


def waits(asked: HelpRisk, view: View) -> Decision:
    """The confirmation comes when the flag is decided."""
    campaign = asked.help.campaign
    own = says(view, campaign, asked.flag) == HELD
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
