"""The part ``model:`` of a plan: read by the model's own schema, checked by the model, and given back typed."""

from __future__ import annotations

from typing import Any

from qunflow.domain.codec import decode, encode
from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.mechanic import Frame, Mechanic, PlayRules
from qunflow.features.campaigns.mechanics.models import MODELS
from qunflow.features.campaigns.mechanics.settings import read, schema_of
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
    )


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
