"""Two people who share an account that is paid to, or an address of parcels: what the one did for the other. Pure.

What is told after a help was given counts against it all the same: a help that is confirmed is taken back while the
campaign is alive. A help that waits for something else is denied at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns import screening
from qunflow.features.campaigns.mechanics.mechanic import REVOKED, Unit
from qunflow.features.campaigns.model import (
    LIVE,
    CampaignState,
    ParticipationState,
    campaign_stream,
    participation_stream,
)
from qunflow.features.campaigns.owing import own
from qunflow.features.campaigns.plays.model import Play, PlayerState, player_stream, unit_stream
from qunflow.features.campaigns.risk.commands import CompareHelps, DecideFlag
from qunflow.features.campaigns.risk.flagging import end_of, raised, says
from qunflow.features.campaigns.risk.looking import Help
from qunflow.features.campaigns.risk.model import (
    INVITE,
    PLAY,
    RETURN,
    VOTE,
    WAITING,
    TraceState,
    flag_claim,
    flag_name,
    flag_stream,
    trace_stream,
)
from qunflow.features.campaigns.risk.rules import ALLOW, DENY, FLAG, Rules, Verdict, hold_hours_of, risk, rules_of
from qunflow.features.campaigns.screening import Screened

SAME_ACCOUNT, SAME_ADDRESS = "same_account", "same_address"
#: So many people at one account or address, and so many helps of one person, are looked through.
MOST_PEOPLE, MOST_HELPS = 20, 50


def compared(help: Help, view: View) -> Decision:
    """Commands that compare a person with everybody else who was told of the same account or address."""
    commands: dict[tuple[str, str], CompareHelps] = {}
    for rule, handle in ((SAME_ACCOUNT, help.payee), (SAME_ADDRESS, help.address)):
        state: TraceState = view.state(trace_stream(handle)) if handle else TraceState()
        people = dict.fromkeys(spot.person for spot in reversed(state.spots) if spot.person != help.helper)
        for other in tuple(people)[:MOST_PEOPLE]:
            for helper, owner in ((help.helper, other), (other, help.helper)):
                commands.setdefault((helper, owner), CompareHelps(helper, owner, rule))
    return Decision(
        commands=tuple((participation_stream(help.campaign, body.helper), body) for body in commands.values())
    )


@dataclass(frozen=True, slots=True)
class PairFacts:
    """The campaign and its rules, and the helps of the one on units of the other: their keys, by unit."""

    campaign: CampaignState
    rules: Rules
    helps: tuple[tuple[str, tuple[str, ...]], ...] = ()


async def load_pair(reader: Reader, message: Message) -> PairFacts | None:
    """The helper's newest helps, as far as they are on units of the owner. A unit's owner never changes."""
    body: CompareHelps = message.body
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign), stale_ok=True)
    rules = rules_of(campaign.plan.risk) if campaign is not None and campaign.plan is not None else {}
    if campaign is None or not rules:
        return None
    player: PlayerState = await reader.state(player_stream(message.campaign, body.helper)) or PlayerState()
    found: dict[str, list[str]] = {}
    for key in [key for key, help in player.helps.items() if help.state != REVOKED][-MOST_HELPS:]:
        found.setdefault(key.partition("/")[0], []).append(key)
    helps = []
    for name, keys in found.items():
        unit: Unit | None = await reader.state(unit_stream(message.campaign, name), stale_ok=True)
        if unit is not None and unit.owner == body.owner:
            helps.append((name, tuple(keys)))
    return PairFacts(campaign, rules, tuple(helps))


def need_pair(message: Message, facts: PairFacts | None) -> Needs:
    """The helper's participation, and what flags say of their helps."""
    body: CompareHelps = message.body
    if facts is None:
        return Needs()
    flags = [flag_name(INVITE, body.helper), *(flag_name(PLAY, body.helper, unit) for unit, _ in facts.helps)]
    claims = tuple(flag_claim(message.campaign, flag) for flag in flags)
    return Needs((participation_stream(message.campaign, body.helper),), claims)


def decide_pair(message: Message, facts: PairFacts | None, view: View, chance: Chance) -> Decision:
    """Deny, or hold, what the one did for the other."""
    body: CompareHelps = message.body
    if facts is None:
        return NOTHING
    verdict = risk({body.rule: 1}, facts.rules)
    if verdict.outcome in (ALLOW, FLAG):
        return NOTHING
    found = _invited(message, facts, view, verdict)
    for unit, keys in facts.helps:
        found += _helped(message, facts, view, verdict, unit, keys)
    return found


def _invited(message: Message, facts: PairFacts, view: View, verdict: Verdict) -> Decision:
    body: CompareHelps = message.body
    state: ParticipationState = view.state(participation_stream(message.campaign, body.helper))
    flag = flag_name(INVITE, body.helper)
    if state.parent != body.owner or state.help not in ("pending", "confirmed") or state.test:
        return NOTHING
    known = _known(message, view, flag, verdict)
    if known is not None:
        return known
    found = _raised(message, facts, flag, INVITE, verdict)
    if verdict.outcome != DENY:
        held = Screened(state.parent, screening.HELD, flag)
        return found + (Decision(events=(own(state, held),)) if state.help == "pending" else NOTHING)
    ends = state.help == "pending" or facts.campaign.status in LIVE
    said = own(state, Screened(state.parent, screening.DENIED, flag, "revoked" if ends else ""))
    off = ((participation_stream(message.campaign, body.helper), "hold"),) if ends else ()
    return found + Decision(events=(said,), timers_off=off)


def _helped(
    message: Message, facts: PairFacts, view: View, verdict: Verdict, unit: str, keys: tuple[str, ...]
) -> Decision:
    """A help on a unit, or votes for an entry: votes can only be taken back, there is no hold on what counts."""
    body: CompareHelps = message.body
    flag, counted = flag_name(PLAY, body.helper, unit), "/" in keys[0]
    known = _known(message, view, flag, verdict)
    if known is not None:
        return known
    found = _raised(message, facts, flag, VOTE if counted else PLAY, verdict, unit)
    if verdict.outcome != DENY:
        return NOTHING if counted else found
    stream = unit_stream(message.campaign, unit)
    back = (Play("revoke", unit, {"key": key, "reason": str(Reason.FRAUD)}, "system", body.helper) for key in keys)
    return found + Decision(commands=tuple((stream, play) for play in back))


def _known(message: Message, view: View, flag: str, verdict: Verdict) -> Decision | None:
    """What a flag that is there already makes of it: one that waits is denied, a decision of a person stands."""
    word = says(view, message.campaign, flag)
    if not word:
        return None
    if word not in WAITING or verdict.outcome != DENY:
        return NOTHING
    denied = DecideFlag(flag, False, f"rule:{message.body.rule}")
    return Decision(commands=((flag_stream(message.campaign, flag), denied),))


def _raised(message: Message, facts: PairFacts, flag: str, kind: str, verdict: Verdict, unit: str = "") -> Decision:
    body: CompareHelps = message.body
    plan = facts.campaign.plan
    until = end_of(message.at, hold_hours_of(plan.risk if plan is not None else None))
    move = RETURN if kind == PLAY else ""
    return raised(message.campaign, flag, kind, body.helper, body.owner, verdict, until, unit=unit, move=move)
