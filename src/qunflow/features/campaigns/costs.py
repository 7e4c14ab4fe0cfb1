"""What a plan can cost: expected and at worst, by rule, in fen (campaigns.md §9, publish check). Pure.

The worst case is the launch gate's (``gate.liability``): everybody who joins is the dearest invitee of somebody.
What is expected follows from assumptions that stand beside it and can be changed: defaults without data behind them.
"""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.domain.money import BPS, share_bps
from qunflow.features.campaigns.gate import dearest_invite, liability, race_liability
from qunflow.features.campaigns.mechanics import breakthrough, ladder
from qunflow.features.campaigns.mechanics.invitation import uncapped_worst_case, worst_case
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.prizes import prize_liability


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Of those who join: how many were brought by a friend and stayed, how many bring friends, how many finish the
    task; each in basis points.
    """

    brought_bps: int = 6000
    inviters_bps: int = 2000
    finish_bps: int = 5000


@dataclass(frozen=True, slots=True)
class CostLine:
    """Fen of one rule: ``invites``, ``stages``, ``task``, ``ranking``, ``race``, ``model``, ``prizes``."""

    rule: str
    expected: int
    worst: int


@dataclass(frozen=True, slots=True)
class Costs:
    """All rules, their sums, and the most that one person can be due (``capped`` when their cap cuts promises)."""

    lines: tuple[CostLine, ...]
    expected: int
    worst: int
    person: int
    capped: bool
    budget: int

    @property
    def short(self) -> int:
        """Fen that the budget lacks for the worst case; 0 when it carries it."""
        return max(0, self.worst - self.budget)


def reckon(plan: Plan, assumed: Assumptions = Assumptions()) -> Costs:
    """The costs of a plan for its ``expected_joins``."""
    joins = plan.expected_joins
    found = [
        CostLine("invites", _expected_invites(plan, assumed), dearest_invite(plan) * joins),
        CostLine("stages", plan.headline_fen * share_bps(joins, assumed.brought_bps), plan.headline_fen * joins),
        _task(plan, assumed),
        _ranking(plan, assumed),
        CostLine("race", _expected_race(plan, assumed), race_liability(plan)),
    ]
    lines = [line for line in found if line.worst]
    if goods := prize_liability(plan):  # nothing is known of what to expect
        lines.append(CostLine("prizes", goods, goods))
    rest = liability(plan) - sum(line.worst for line in lines)
    if rest > 0:  # a model of its own: the gate knows its worst case, nothing is known of what to expect
        lines.append(CostLine("model", rest, rest))
    promised = uncapped_worst_case(plan)
    return Costs(
        tuple(lines),
        sum(line.expected for line in lines),
        liability(plan),
        worst_case(plan) if plan.reward_per_user_max_fen else promised,
        bool(plan.reward_per_user_max_fen) and promised > plan.reward_per_user_max_fen,
        plan.budget_total_fen,
    )


def _brought(plan: Plan, assumed: Assumptions) -> tuple[int, int]:
    """(friends who were brought and stayed, people who bring some)."""
    friends = share_bps(plan.expected_joins, assumed.brought_bps)
    inviters = -(-plan.expected_joins * assumed.inviters_bps // BPS)
    return friends, min(inviters, friends)


def _expected_invites(plan: Plan, assumed: Assumptions) -> int:
    """Friends are shared out evenly: as many get one more as are left over."""
    friends, inviters = _brought(plan, assumed)
    if not inviters:
        return 0
    each, more = divmod(friends, inviters)
    return _invites(plan, each + 1) * more + _invites(plan, each) * (inviters - more)


def _invites(plan: Plan, count: int) -> int:
    paid = min(count, plan.max_invitees)
    found = breakthrough.due(plan.breakthrough, paid)
    if plan.ladder is not None:
        found += ladder.due(plan.ladder.mode, plan.ladder.bands, paid)
    return min(found, plan.reward_per_user_max_fen) if plan.reward_per_user_max_fen else found


def _task(plan: Plan, assumed: Assumptions) -> CostLine:
    reward = plan.task.reward_fen if plan.task is not None else 0
    return CostLine("task", reward * share_bps(plan.expected_joins, assumed.finish_bps), reward * plan.expected_joins)


def _ranking(plan: Plan, assumed: Assumptions) -> CostLine:
    prizes = plan.ranking.prizes if plan.ranking is not None else ()
    _, inviters = _brought(plan, assumed)
    return CostLine("ranking", sum(prizes[:inviters]), sum(prizes))


def _expected_race(plan: Plan, assumed: Assumptions) -> int:
    """Friends come evenly over the campaign, so a race sees its share of the time; its prizes are all won."""
    if plan.race is None:
        return 0
    friends, inviters = _brought(plan, assumed)
    minutes = max(1, int((plan.ends_at - plan.starts_at).total_seconds() // 60))
    inside = min(friends, friends * plan.race.minutes * plan.race.times // minutes)
    expected = inside * plan.race.per_head_fen + sum(plan.race.prizes[:inviters]) * plan.race.times
    return min(expected, race_liability(plan))
