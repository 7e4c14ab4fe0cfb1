"""The part ``model:`` of a plan: read by the model's own schema, checked by the model, and given back typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from qunflow.domain.codec import decode, encode
from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.mechanic import Frame, Mechanic, PlayRules
from qunflow.features.campaigns.mechanics.models import MODELS
from qunflow.features.campaigns.mechanics.settings import faults, read, schema_of
from qunflow.features.campaigns.plan import ModelPlan, Plan


def read_model(where: str, value: Any) -> ModelPlan:
    """``{kind: bargain, …}`` as a model's plan. Raises InvalidInput naming the field, the rule and the way out."""
    if not isinstance(value, dict):
        raise InvalidInput("model_shape", "here stands a mapping of names to values", field=where)
    kind = value.get("kind")
    model = MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise InvalidInput(
            "model_kind",
            "there is no such model",
            field=f"{where}.kind",
            way_out=f"One of {', '.join(sorted(MODELS))}.",
        )
    shared = {name: item for name, item in value.items() if name in model.rules}
    own = {name: item for name, item in value.items() if name != "kind" and name not in shared}
    known = {*schema_of(model.settings), *model.rules, "kind"}
    for name in own:
        if name not in known:
            names = ", ".join(sorted(known))
            raise InvalidInput(
                "model_unknown",
                f"a {kind} has no such field",
                field=f"{where}.{name}",
                way_out=f"Known here: {names}.",
            )
    rules = read(PlayRules, where, shared, model.rules)
    return ModelPlan(model.name, rules, encode(read(model.settings, where, own)))


def model_faults(where: str, value: Any) -> list[InvalidInput]:
    """Everything that :func:`read_model` would refuse, not only the first thing."""
    kind = value.get("kind") if isinstance(value, dict) else None
    model = MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        try:
            read_model(where, value)
        except InvalidInput as error:
            return [error]
        return []
    shared = {name: item for name, item in value.items() if name in model.rules}
    own = {name: item for name, item in value.items() if name != "kind" and name not in shared}
    return [*faults(model.settings, where, own), *faults(PlayRules, where, shared, model.rules)]


def model_of(plan: Plan | None) -> Mechanic | None:
    """The model of a plan, None when it plays none."""
    return MODELS.get(plan.model.kind) if plan is not None and plan.model is not None else None


def frame_of(plan: Plan) -> Frame:
    """The campaign around the units. Raises InvalidInput for a plan without a model."""
    model = model_of(plan)
    if model is None or plan.model is None:
        raise InvalidInput("model_none", "this campaign plays no model", field="model")
    return Frame(
        campaign=plan.campaign,
        settings=decode(model.settings, plan.model.settings),
        rules=plan.model.rules,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        tz=plan.tz,
        hold_hours=plan.hold_hours,
        expected=plan.expected_joins,
        has_task=plan.task is not None,
    )


def with_setting(plan: Plan, field: str, value: int) -> Plan:
    """The plan with one number of its model changed; ``field`` is a path such as ``tiers.0.total``."""
    if plan.model is None:
        return plan
    head, _, rest = field.partition(".")
    settings = dict(plan.model.settings)
    if rest:
        place, _, name = rest.partition(".")
        rows = [dict(row) for row in settings[head]]
        rows[int(place)][name] = value
        settings[head] = rows
    else:
        settings[head] = value
    return replace(plan, model=replace(plan.model, settings=settings))


def ended_at(plan: Plan, ends_at: datetime) -> Plan:
    """The plan with another end: times that its model names keep their distance to it, and lie after the start.

    Raises InvalidInput where the model's settings do not fit then.
    """
    moved = replace(plan, ends_at=ends_at)
    model = model_of(plan)
    if model is not None and moved.model is not None:
        settings = frame_of(plan).settings
        times = {
            name: getattr(settings, name) for name, (own, _) in schema_of(model.settings).items() if own.kind == "time"
        }
        late = {name: at + (ends_at - plan.ends_at) for name, at in times.items() if at is not None}
        fitting = {name: at if at > plan.starts_at else ends_at for name, at in late.items()}
        moved = replace(moved, model=replace(moved.model, settings=encode(replace(settings, **fitting))))
    check_model(moved)
    return moved


def stock_of(plan: Plan, tier: int) -> tuple[str, int] | None:
    """(the path of the setting that says how many there are, how many); None where the model has no such number."""
    model = model_of(plan)
    if model is None or plan.model is None or not model.stock:
        return None
    head, _, name = model.stock.partition(".*.")
    if not name:
        return (head, int(plan.model.settings[head])) if tier == 0 else None
    rows = plan.model.settings[head]
    return (f"{head}.{tier}.{name}", int(rows[tier][name])) if 0 <= tier < len(rows) else None


def check_model(plan: Plan) -> None:
    """Refuse settings that contradict each other or the plan. Raises InvalidInput."""
    model = model_of(plan)
    if model is not None:
        model.check(frame_of(plan))


def model_liability(plan: Plan) -> int:
    """The most fen that the model can cost; 0 without one."""
    model = model_of(plan)
    return model.liability(frame_of(plan)) if model is not None else 0


def model_each(plan: Plan) -> int:
    """The most fen that the model can owe one person; 0 without one."""
    model = model_of(plan)
    return model.each(frame_of(plan)) if model is not None else 0
