"""What a plan can cost: expected and at worst, by rule, in fen (campaigns.md §9, publish check). Pure.

The worst case is the launch gate's (``gate.liability``): everybody who joins is the dearest invitee of somebody.
What is expected follows from assumptions that stand beside it and can be changed: defaults without data behind them.
"""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.domain.money import share_bps
from qunflow.features.campaigns.assumed import Assumptions, Crowd, crowd_of, shared_out
from qunflow.features.campaigns.gate import dearest_invite, liability, race_liability
from qunflow.features.campaigns.mechanics import breakthrough, ladder
from qunflow.features.campaigns.mechanics.invitation import uncapped_worst_case
from qunflow.features.campaigns.model_costs import expected_model
from qunflow.features.campaigns.plan import Plan, PrizePlan
from qunflow.features.campaigns.plan_model import model_liability
from qunflow.features.campaigns.prizes import each_prizes, most, prize_liability

__all__ = ["Assumptions", "CostLine", "Costs", "reckon"]


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


def reckon(plan: Plan, assumed: Assumptions | None = None) -> Costs:
    """The costs of a plan for its ``expected_joins``, by the default assumptions where none are given."""
    crowd = crowd_of(plan.expected_joins, assumed if assumed is not None else Assumptions())
    joins = crowd.joins
    found = (
        CostLine("invites", _expected_invites(plan, crowd), dearest_invite(plan) * joins),
        CostLine("stages", _expected_stages(plan, crowd), plan.headline_fen * joins),
        _task(plan, crowd),
        _ranking(plan, crowd),
        CostLine("race", _expected_race(plan, crowd), race_liability(plan)),
        CostLine("model", expected_model(plan, crowd), model_liability(plan)),
        CostLine("prizes", _expected_prizes(plan, crowd), prize_liability(plan)),
    )
    lines = tuple(line for line in found if line.worst)
    promised = uncapped_worst_case(plan) + each_prizes(plan)
    cap = plan.reward_per_user_max_fen
    return Costs(
        lines,
        sum(line.expected for line in lines),
        liability(plan),
        min(promised, cap) if cap else promised,
        bool(cap) and promised > cap,
        plan.budget_total_fen,
    )


def _expected_invites(plan: Plan, crowd: Crowd) -> int:
    """Friends are shared out evenly among those who bring some."""
    return sum(_invites(plan, each) * count for each, count in shared_out(crowd.friends, crowd.inviters))


def _invites(plan: Plan, count: int) -> int:
    paid = min(count, plan.max_invitees)
    found = breakthrough.due(plan.breakthrough, paid)
    if plan.ladder is not None:
        found += ladder.due(plan.ladder.mode, plan.ladder.bands, paid)
    return min(found, plan.reward_per_user_max_fen) if plan.reward_per_user_max_fen else found


def _expected_stages(plan: Plan, crowd: Crowd) -> int:
    """Every friend who stays reaches the first stage; each further one is reached by those who buy."""
    found, reached = 0, crowd.friends
    for stage in plan.stages:
        found += stage.amount_fen * reached
        reached = share_bps(reached, crowd.assumed.buys_bps)
    return found


def _task(plan: Plan, crowd: Crowd) -> CostLine:
    reward = plan.task.reward_fen if plan.task is not None else 0
    return CostLine("task", reward * crowd.finishers, reward * crowd.joins)


def _ranking(plan: Plan, crowd: Crowd) -> CostLine:
    prizes = plan.ranking.prizes if plan.ranking is not None else ()
    return CostLine("ranking", sum(prizes[: crowd.inviters]), sum(prizes))


def _expected_race(plan: Plan, crowd: Crowd) -> int:
    """Friends come evenly over the campaign, so a race sees its share of the time; its prizes are all won."""
    if plan.race is None:
        return 0
    minutes = max(1, int((plan.ends_at - plan.starts_at).total_seconds() // 60))
    inside = min(crowd.friends, crowd.friends * plan.race.minutes * plan.race.times // minutes)
    expected = inside * plan.race.per_head_fen + sum(plan.race.prizes[: crowd.inviters]) * plan.race.times
    return min(expected, race_liability(plan))


def _expected_prizes(plan: Plan, crowd: Crowd) -> int:
    """Things of the inventory: as many as the same people win of each."""
    return sum(prize.cost_fen * min(_won(plan, prize, crowd), most(plan, prize)) for prize in plan.prizes)


def _won(plan: Plan, prize: PrizePlan, crowd: Crowd) -> int:
    if prize.rule == "invites":
        return sum(count for each, count in shared_out(crowd.friends, crowd.inviters) if each >= prize.at)
    if prize.rule == "task":
        return crowd.finishers
    if prize.rule == "ranking":
        return int(crowd.inviters >= prize.place)
    if prize.rule == "stage":
        names, reached = [stage.name for stage in plan.stages], crowd.friends
        for _ in range(names.index(prize.stage) if prize.stage in names else 0):
            reached = share_bps(reached, crowd.assumed.buys_bps)
        return reached
    return crowd.inviters
