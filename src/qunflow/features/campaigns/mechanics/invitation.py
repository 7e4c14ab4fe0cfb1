"""The invitation model 邀请 (M29–M32, M109): what one participant should have been granted by now, in fen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from qunflow.features.campaigns.mechanics import breakthrough, ladder, race, stages
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_model import model_each
from qunflow.ledger.settle import Amounts

NO_PRIZES: Mapping[str, int] = MappingProxyType({})
NO_PLAYS: Mapping[str, Amounts] = MappingProxyType({})
CONFIRMED = "confirmed"
PENDING = "pending"


def due(
    plan: Plan,
    invitees: Mapping[str, str],
    reached: Mapping[str, Sequence[str]],
    task_done: bool,
    prizes: Mapping[str, int] = NO_PRIZES,
    kept_bonus: int = 0,
    plays: Mapping[str, Amounts] = NO_PLAYS,
) -> dict[str, Amounts]:
    """Fen by rule: ``ladder``, ``breakthrough``, ``stages``, ``task`` and prizes; never above ``reward_per_user_max``.

    ``prizes`` are what frozen boards gave, ``plays`` what units of the model owe, by rule. The bonus is never below
    ``kept_bonus``: what it was when it froze.

    At most ``max_invitees`` friends are paid for, those who reached the most first.

    ``invitees`` maps a person to ``pending``, ``confirmed`` or ``revoked``. Only confirmed ones earn; pending ones
    are reserved in the budget so that what the page shows can be paid.
    """
    stayed = sum(state == CONFIRMED for state in invitees.values())
    waiting = sum(state == PENDING for state in invitees.values())
    confirmed, possible = min(stayed, plan.max_invitees), min(stayed + waiting, plan.max_invitees)
    found: dict[str, Amounts] = {}
    if plan.ladder is not None:
        sure = ladder.due(plan.ladder.mode, plan.ladder.bands, confirmed)
        hoped = ladder.due(plan.ladder.mode, plan.ladder.bands, possible)
        found["ladder"] = Amounts(sure, max(0, hoped - sure))
    if plan.breakthrough:
        sure = max(breakthrough.due(plan.breakthrough, confirmed), kept_bonus)
        found["breakthrough"] = Amounts(sure, max(0, breakthrough.due(plan.breakthrough, possible) - sure))
    if plan.stages:
        pairs = [(stage.name, stage.amount_fen) for stage in plan.stages]
        skips = [stage.name for stage in plan.stages if stage.skip_ok]
        each = sorted((stages.due(pairs, {who: names}, skips=skips) for who, names in reached.items()), reverse=True)
        found["stages"] = Amounts(sum(each[: plan.max_invitees]))
    if plan.task is not None and plan.task.reward_fen and task_done:
        found["task"] = Amounts(plan.task.reward_fen)
    for rule, fen in prizes.items():
        found[rule] = Amounts(fen)
    found.update(plays)
    return capped(found, plan.reward_per_user_max_fen)


def capped(amounts: Mapping[str, Amounts], most: int) -> dict[str, Amounts]:
    """Amounts cut to ``most`` fen together; earned ones first, then pending ones, rules in order of their names."""
    left = most
    sure: dict[str, int] = {}
    for rule in sorted(amounts):
        sure[rule] = min(amounts[rule].available, left)
        left -= sure[rule]
    result: dict[str, Amounts] = {}
    for rule in sorted(amounts):
        waiting = min(amounts[rule].pending, left)
        left -= waiting
        result[rule] = Amounts(sure[rule], waiting)
    return result


def worst_case(plan: Plan) -> int:
    """The most fen that one participant can be due."""
    return min(uncapped_worst_case(plan), plan.reward_per_user_max_fen)


def uncapped_worst_case(plan: Plan) -> int:
    """The most fen that the rules promise one participant, before the cap cuts it."""
    total = ladder.worst_case(plan.ladder.mode, plan.ladder.bands) if plan.ladder is not None else 0
    total += breakthrough.due(plan.breakthrough, plan.max_invitees)
    if plan.task is not None:
        total += plan.task.reward_fen
    if plan.stages:
        total += plan.headline_fen * plan.max_invitees
    if plan.ranking is not None:
        total += plan.ranking.prizes[0]
    if plan.race is not None:
        heads = min(plan.race.max_heads_each, plan.race.max_heads)
        total += plan.race.times * race.worst_case(plan.race.per_head_fen, heads, plan.race.prizes[:1])
    return total + model_each(plan)
