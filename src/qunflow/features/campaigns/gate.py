"""The launch gate (M13, M14): five checks of the seed text and one of money, each measured, each with the way out.

Pure: what was measured comes in as facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qunflow.domain.facts import PoolRoom, PosterFinding, StaffPresence
from qunflow.features.campaigns.mechanics import breakthrough, ladder, race
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_model import model_liability
from qunflow.features.campaigns.prizes import prize_liability
from qunflow.features.campaigns.stock import ItemStock, stock_problems


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One check: its code, whether it holds, what was measured, and what to do when it does not."""

    check: str
    passed: bool
    measured: str
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the gate looks at. ``tested`` counts test runs that were approved to the end."""

    room: PoolRoom | None
    poster: PosterFinding | None
    staff: StaffPresence | None
    tested: int
    code_url: str
    stock: Mapping[str, ItemStock] = field(default_factory=dict)


def check_gate(plan: Plan, facts: GateFacts) -> tuple[GateCheck, ...]:
    """Every check, also those that pass."""
    return (
        _groups(plan, facts.room),
        _poster_code(facts),
        _no_mix_up(facts),
        _tested(plan, facts.tested),
        _staff(facts.staff),
        _budget(plan),
        *((_prizes(plan, facts.stock),) if plan.prizes else ()),
    )


def _groups(plan: Plan, room: PoolRoom | None) -> GateCheck:
    free = room.free if room is not None else 0
    refills = room is not None and room.refills and room.groups > 0
    passed = free >= plan.expected_joins or refills
    measured = f"{free} free places in {room.groups if room else 0} groups, {plan.expected_joins} joins expected"
    way_out = "Make more groups for the pool, or let it refill itself."
    return GateCheck("groups", passed, measured + (", refills itself" if refills else ""), "" if passed else way_out)


def _poster_code(facts: GateFacts) -> GateCheck:
    poster = facts.poster
    found = poster is not None and bool(facts.code_url) and facts.code_url in poster.qr_texts
    complete = poster is not None and not poster.missing
    measured = f"QR codes: {', '.join(poster.qr_texts) or 'none'}" if poster is not None else "no poster"
    if poster is not None and poster.missing:
        measured += f"; missing: {', '.join(poster.missing)}"
    way_out = "The poster must show the campaign's live code and all six elements."
    return GateCheck("live_code", found and complete, measured, "" if found and complete else way_out)


def _no_mix_up(facts: GateFacts) -> GateCheck:
    texts = facts.poster.qr_texts if facts.poster is not None else ()
    foreign = [text for text in texts if text != facts.code_url]
    way_out = "Take the group's own QR off the poster: it dies after 7 days or when the group is full."
    return GateCheck("no_mix_up", not foreign, f"{len(foreign)} other QR codes", "" if not foreign else way_out)


def _tested(plan: Plan, tested: int) -> GateCheck:
    way_out = "Walk the whole path once yourself: scan, add, join" + (", submit, approved." if plan.task else ".")
    return GateCheck("self_test", tested > 0, f"{tested} complete test runs", "" if tested else way_out)


def _staff(staff: StaffPresence | None) -> GateCheck:
    missing = staff.without_staff if staff is not None else ()
    groups = staff.groups if staff is not None else 0
    passed = groups > 0 and not missing
    measured = f"{groups - len(missing)} of {groups} groups have a staff member"
    return GateCheck("staff_inside", passed, measured, "" if passed else "Put one of your own people into every group.")


def _budget(plan: Plan) -> GateCheck:
    need = liability(plan)
    passed = plan.budget_total_fen >= need
    way_out = f"Raise budget_total_fen to {need}, or lower the rewards or expected_joins."
    measured = f"budget {plan.budget_total_fen} fen, worst case {need} fen for {plan.expected_joins} joins"
    return GateCheck("budget", passed, measured, "" if passed else way_out)


def _prizes(plan: Plan, stock: Mapping[str, ItemStock]) -> GateCheck:
    problems = stock_problems(plan, stock)
    measured = f"{len(plan.prizes)} prizes, {len(problems)} of them in trouble"
    return GateCheck("prizes", not problems, measured, " ".join(problem.sentence() for problem in problems))


def liability(plan: Plan) -> int:
    """The most fen that ``expected_joins`` people can cost: each is at most once somebody's confirmed invitee.

    What a model of the campaign can cost is bounded by its own stock, not by who joins.
    """
    each = plan.task.reward_fen if plan.task is not None else 0
    each += plan.headline_fen + dearest_invite(plan)
    prizes = sum(plan.ranking.prizes) if plan.ranking is not None else 0
    goods = prize_liability(plan)
    return each * plan.expected_joins + prizes + goods + race_liability(plan) + model_liability(plan)


def race_liability(plan: Plan) -> int:
    """The most fen that all races can cost: a friend is paid for in one of them at most."""
    if plan.race is None:
        return 0
    heads = min(plan.race.max_heads * plan.race.times, plan.expected_joins)
    return race.worst_case(plan.race.per_head_fen, heads, plan.race.prizes * plan.race.times)


def dearest_invite(plan: Plan) -> int:
    """The highest average fen, ladder and breakthrough bonus together, that one confirmed invite can cost, rounded up.

    The average is highest at an end of a band or at a step of the bonus, since it moves one way between them.
    """
    bands = plan.ladder.bands if plan.ladder is not None else ()
    mode = plan.ladder.mode if plan.ladder is not None else "marginal"
    points = {point for low, high, _ in bands for point in (low, high)} | {at for at, _ in plan.breakthrough}
    costs = [
        -(-(ladder.due(mode, bands, point) + breakthrough.due(plan.breakthrough, point)) // point) for point in points
    ]
    return max(costs, default=0)
