"""Things of the reward inventory that a campaign promises (campaigns.md §9): what is due to whom, and at worst. Pure.

Like fen, a prize is never added up by differences: :func:`wanted` says what should stand now, :func:`prize_events`
tells what of it is new. The reward inventory makes grants of these events and takes them back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qunflow.domain.errors import InvalidInput
from qunflow.domain.prizes import PrizeDue
from qunflow.features.campaigns.plan import Plan, PrizePlan

RULES = ("invites", "task", "stage", "ranking", "model")
HELD, DUE, GONE = "held", "due", "gone"
#: Which field tells what of a rule a prize is for; a task needs none.
_TELLS = {"invites": "at", "stage": "stage", "ranking": "place", "model": "name"}


@dataclass(frozen=True, slots=True)
class Good:
    """What was last told of one prize, and how often it has become due anew."""

    state: str
    revision: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What prizes depend on; ``plays`` are (rule@unit, earned, pending), ``place`` a place just won.

    ``void`` are prizes that another participation of the same human has.
    """

    stayed: int
    waiting: int
    reached: Mapping[str, tuple[str, ...]]
    task_done: bool
    plays: tuple[tuple[str, int, int], ...] = ()
    place: int = 0
    frozen: bool = False
    void: tuple[str, ...] = ()


def wanted(plan: Plan, standing: Standing, told: Mapping[str, Good]) -> dict[str, tuple[PrizePlan, str]]:
    """Which prizes should stand, by ``rule:milestone``, each held or due.

    What was won on a frozen board stays; after the freeze invites that are lost take nothing back (§5.3).
    """
    found: dict[str, tuple[PrizePlan, str]] = {}
    confirmed = min(standing.stayed, plan.max_invitees)
    possible = min(standing.stayed + standing.waiting, plan.max_invitees)
    for prize in plan.prizes:
        key = f"{prize.rule}:{prize.milestone}"
        if key in standing.void:
            continue
        if prize.rule == "invites":
            kept = standing.frozen and key in told and told[key].state != GONE
            if confirmed >= prize.at or kept:
                found[key] = (prize, DUE)
            elif possible >= prize.at:
                found[key] = (prize, HELD)
        elif (
            prize.rule == "task"
            and standing.task_done
            or prize.rule == "ranking"
            and (standing.place == prize.place or (key in told and told[key].state == DUE))
        ):
            found[key] = (prize, DUE)
        elif prize.rule == "stage":
            names = [who for who, stages in sorted(standing.reached.items()) if prize.stage in stages]
            found |= {f"{key}@{who}": (prize, DUE) for who in names[: plan.max_invitees]}
        elif prize.rule == "model":
            for rule, earned, pending in standing.plays:
                name, _, unit = rule.partition("@")
                if name == prize.name and (earned or pending):
                    found[f"{key}@{unit}"] = (prize, DUE if earned else HELD)
    return found


def prize_events(plan: Plan, standing: Standing, told: Mapping[str, Good]) -> list[PrizeDue]:
    """What is new about a participant's prizes, in order of their keys."""
    want = wanted(plan, standing, told)
    by_key = {f"{prize.rule}:{prize.milestone}": prize for prize in plan.prizes}
    events = []
    for key in sorted({*want, *told}):
        known = told.get(key, Good(GONE, 0))
        prize, state = want.get(key, (by_key.get(key.partition("@")[0]), GONE))
        if prize is None or state == known.state:
            continue
        if state == HELD and known.state == DUE:
            continue  # a hold that begins anew takes nothing back that is due; its end will tell
        revision = known.revision + (known.state == GONE)
        rule, _, milestone = key.partition(":")
        events.append(
            PrizeDue(rule, milestone, revision, state, prize.item, prize.limit, prize.freeze_hours, prize.review)
        )
    return events


@dataclass(frozen=True, slots=True)
class Afforded:
    """What of a participant's new prizes is told: ``granted`` fen of them count today, ``held`` fen wait for a day."""

    events: tuple[PrizeDue, ...]
    granted: int = 0
    held: int = 0


def afford(
    plan: Plan, events: list[PrizeDue], told: Mapping[str, Good], cap_left: int, room: int | None = None
) -> Afforded:
    """Only what fits below the person's cap beside their fen, and into the day's budget (``room``; None: no bound).

    What was promised once keeps its place; what does not fit is promised when there is room.
    """
    costs = {f"{prize.rule}:{prize.milestone}": prize.cost_fen for prize in plan.prizes}
    kept: list[PrizeDue] = []
    granted = held = 0
    for event in events:
        key = f"{event.rule}:{event.milestone}"
        cost = costs.get(key.partition("@")[0], 0)
        if event.state == GONE or (key in told and told[key].state != GONE):
            cost = 0
        if cost and cost > cap_left - granted:
            continue
        if cost and room is not None and cost > room - granted:
            held += cost
            continue
        granted += cost
        kept.append(event)
    return Afforded(tuple(kept), granted, held)


def cost_told(plan: Plan, told: Mapping[str, Good]) -> int:
    """Fen of the budget that the prizes cost which are promised to a participant now."""
    costs = {f"{prize.rule}:{prize.milestone}": prize.cost_fen for prize in plan.prizes}
    return sum(costs.get(key.partition("@")[0], 0) for key, good in told.items() if good.state != GONE)


def most(plan: Plan, prize: PrizePlan) -> int:
    """How many of a prize ``expected_joins`` people can win at most."""
    joins = plan.expected_joins
    counts = {
        "invites": joins // max(prize.at, 1),
        "task": joins,
        "stage": joins,
        "ranking": 1,
        "model": prize.limit,
    }
    return min(counts[prize.rule], prize.limit) if prize.limit else counts[prize.rule]


def prize_liability(plan: Plan) -> int:
    """The most fen that all prizes can cost the budget."""
    return sum(prize.cost_fen * most(plan, prize) for prize in plan.prizes)


def each_prizes(plan: Plan) -> int:
    """The most fen that one person's prizes can cost the budget: each milestone once, one place, a stage of each
    friend, a model's prize for each unit that they may win.
    """
    found = top = 0
    wins = plan.model.rules.wins_per_person if plan.model is not None else 1
    for prize in plan.prizes:
        if prize.rule == "ranking":
            top = max(top, prize.cost_fen)
            continue
        times = {"stage": plan.max_invitees, "model": wins}.get(prize.rule, 1)
        found += prize.cost_fen * (min(times, prize.limit) if prize.limit else times)
    return found + top


def check_item_prizes(plan: Plan) -> None:
    """Refuse prizes that no rule of the plan can give. Raises InvalidInput naming field, rule and way out."""
    seen = set()
    for number, prize in enumerate(plan.prizes):
        where = f"prizes[{number}]"
        _check_fields(where, prize)
        _check_rule(where, prize, plan)
        if prize.cost_fen > plan.reward_per_user_max_fen:
            rule = f"one person's cap of {plan.reward_per_user_max_fen} fen carries what one costs"
            way_out = f"Raise reward_per_user_max_fen to {prize.cost_fen}, or give something cheaper."
            raise InvalidInput("prize_cap", rule, field=f"{where}.cost_fen", way_out=way_out)
        key = (prize.rule, prize.milestone)
        if key in seen:
            way_out = "Give both as one item, or one of them for another milestone."
            raise InvalidInput("prize_twice", "one item for each milestone of a rule", field=where, way_out=way_out)
        seen.add(key)
    empty = [place for place, fen in enumerate(plan.ranking.prizes, 1) if not fen] if plan.ranking else []
    for place in empty:
        if ("ranking", str(place)) not in seen:
            way_out = f"Give it fen, or an item in prizes with rule ranking and place {place}."
            field = f"ranking.prizes[{place - 1}]"
            raise InvalidInput("prize_empty", "a place wins fen or an item", field=field, way_out=way_out)


def _check_fields(where: str, prize: PrizePlan) -> None:
    told = _TELLS.get(prize.rule, "")
    for name in ("at", "stage", "place", "name"):
        given = bool(getattr(prize, name))
        if given != (name == told):
            rule = f"a prize for {prize.rule} {'needs' if name == told else 'takes no'} {name}"
            way_out = f"{'Give' if name == told else 'Leave out'} {name}, or name another rule."
            raise InvalidInput("prize_field", rule, field=f"{where}.{name}", way_out=way_out)
    if prize.rule == "model" and not prize.limit:
        way_out = "Give limit: how many of them there are."
        raise InvalidInput("prize_limit", "a model's prize is bounded", field=f"{where}.limit", way_out=way_out)


def _check_rule(where: str, prize: PrizePlan, plan: Plan) -> None:
    if prize.rule == "task" and plan.task is None:
        raise _no_rule(where, "task", "Give the plan a task.")
    if prize.rule == "stage" and prize.stage not in {stage.name for stage in plan.stages}:
        raise _no_rule(f"{where}.stage", "stage of this name", "Name one of the plan's stages.")
    if prize.rule == "ranking" and (plan.ranking is None or prize.place > len(plan.ranking.prizes)):
        raise _no_rule(f"{where}.place", "such place", "Give ranking.prizes an entry for it; 0 where it wins no fen.")
    if prize.rule == "model" and plan.model is None:
        raise _no_rule(where, "model", "Give the plan a model.")
    if prize.rule == "invites" and prize.at > plan.max_invitees:
        raise _no_rule(f"{where}.at", "such number of friends", "Stay within max_invitees.")


def _no_rule(field: str, what: str, way_out: str) -> InvalidInput:
    return InvalidInput("prize_rule", f"this plan has no {what}", field=field, way_out=way_out)
