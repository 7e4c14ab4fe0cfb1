"""Who stands on a list of the campaign: brought up to date with every move of a unit, in the same decision. Pure."""

from __future__ import annotations

from qunflow.domain.decisions import NOTHING, Claim, CounterMove, Decision
from qunflow.features.campaigns.mechanics.mechanic import Unit
from qunflow.features.campaigns.plays.facts import PlayFacts, model_counter
from qunflow.features.campaigns.plays.onward import list_scope
from qunflow.features.campaigns.plays.turn import Turn

MOST_LISTED = 1_000_000


def listed(turn: Turn, before: Unit) -> Decision:
    """Put the unit on the list where it belongs now, and take it off the one where it was."""
    facts, unit = turn.facts, turn.facts.job.unit
    was, now = _on(facts, before), _on(facts, turn.unit)
    if facts.model.lists is None or was == now:
        return NOTHING
    campaign = facts.frame.campaign
    decision = NOTHING
    if was and turn.view.claim(list_scope(campaign, was), unit) is not None:
        decision += Decision(releases=((list_scope(campaign, was), unit),), counters=_count(facts, was, -1))
    if now:
        claim = Claim(list_scope(campaign, now), unit, unit, turn.message.at)
        decision += Decision(claims=(claim,), counters=_count(facts, now, 1))
    return decision


def _on(facts: PlayFacts, unit: Unit) -> str:
    """The list of a unit; those that are not open, and those of test runs, stand on none."""
    lists, settings = facts.model.lists, facts.frame.settings
    if lists is None or unit.status != "open" or unit.test:
        return ""
    name = lists.on(unit, settings)
    return name if name in lists.names(settings) else ""


def _count(facts: PlayFacts, name: str, delta: int) -> tuple[CounterMove, ...]:
    lists = facts.model.lists
    if lists is None or not lists.names(facts.frame.settings)[name]:
        return ()
    return (CounterMove(model_counter(facts.frame.campaign, name), delta, MOST_LISTED),)
