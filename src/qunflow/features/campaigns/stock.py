"""Whether the reward inventory can carry what a plan promises: read for the launch gate, judged by pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from qunflow.domain.errors import InvalidInput
from qunflow.domain.facts import RewardItemFact
from qunflow.engine.door import Door
from qunflow.features.campaigns.plan import Plan, PrizePlan
from qunflow.features.campaigns.plan_model import model_of
from qunflow.features.campaigns.prizes import most
from qunflow.storage.stock import read_counters

#: The move of a model by which its units get more draws.
DRAWS_MOVE = "bonus"


@dataclass(frozen=True, slots=True)
class ItemStock:
    """An item and how many of it are free now."""

    fact: RewardItemFact
    free: int


async def read_stock(door: Door, workspace: str, plan: Plan) -> dict[str, ItemStock]:
    """The items that a plan names, as far as they are there."""
    names = sorted({prize.item for prize in plan.prizes})
    if not names:
        return {}
    found = {name: await door.look.ask(workspace, RewardItemFact, name) for name in names}
    async with door.database.read(workspace) as unit:
        counters = await read_counters(unit, [f"stock:{name}" for name in names])
    free = {name: counter.free for name, counter in counters.items()}
    return {name: ItemStock(fact, free.get(f"stock:{name}", 0)) for name, fact in found.items() if fact is not None}


def stock_problems(plan: Plan, stock: Mapping[str, ItemStock]) -> list[InvalidInput]:
    """What stands between a plan's prizes and the inventory: each with field, rule and way out."""
    found = []
    wanted: dict[str, int] = {}
    for number, prize in enumerate(plan.prizes):
        where = f"prizes[{number}]"
        item = stock.get(prize.item)
        if item is None or not item.fact.open:
            way_out = f"Add it with qunflow reward add {prize.item}, or name another item."
            found.append(InvalidInput("prize_item", f"no item {prize.item} is open", field=where, way_out=way_out))
            continue
        wanted[prize.item] = wanted.get(prize.item, 0) + most(plan, prize)
        found.extend(_item_problems(where, plan, prize, item.fact))
    for name, count in wanted.items():
        if count > stock[name].free:
            rule = f"{name}: {count} can be won, {stock[name].free} are in stock"
            way_out = "Add stock, or set limit."
            found.append(InvalidInput("prize_stock", rule, field="prizes", way_out=way_out))
    return found


def _item_problems(where: str, plan: Plan, prize: PrizePlan, fact: RewardItemFact) -> list[InvalidInput]:
    found = []
    own = 0 if fact.sponsor else fact.unit_cost
    if prize.cost_fen < own:
        rule, way_out = f"one costs {own} fen of the budget", f"Set cost_fen to {own}."
        found.append(InvalidInput("prize_cost", rule, field=f"{where}.cost_fen", way_out=way_out))
    last = plan.ends_at + timedelta(hours=plan.hold_hours + prize.freeze_hours)
    if fact.expires_at is not None and fact.expires_at < last:
        rule = f"{fact.item} expires before it can be given"
        way_out = "Take an item that is good until the holds of the campaign are over."
        found.append(InvalidInput("prize_expires", rule, field=f"{where}.item", way_out=way_out))
    model = model_of(plan)
    if fact.kind == "draw" and (model is None or DRAWS_MOVE not in model.moves):
        way_out = "Take model card-collection, or an item of another kind."
        found.append(InvalidInput("prize_draw", "no model of this plan takes draws", field=where, way_out=way_out))
    if fact.kind == "card":
        way_out = "Give draws instead."
        found.append(InvalidInput("prize_card", "no model takes a card as a prize", field=where, way_out=way_out))
    return found
