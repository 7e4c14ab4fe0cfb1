"""The campaign models as the wizard offers them: their fields made from their schema, their words from the catalogue.

A model without texts of its own is shown with what its schema says, so that a new one works at once.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from qunflow.features.campaigns.console_words import known_words
from qunflow.features.campaigns.mechanics.mechanic import Mechanic, PlayRules
from qunflow.features.campaigns.mechanics.models import MODELS
from qunflow.features.campaigns.mechanics.settings import Setting, schema_of
from qunflow.web.desk import Desk
from qunflow.web.widgets.form_fields import Field, Kind

#: What stands beside the models: a plan that plays none, and the task that counts likes.
INVITATION, LIKES = "invitation", "likes"
LIKES_TASK: Mapping[str, Any] = {
    "kind": "likes",
    "likes_required": 38,
    "reward_fen": 0,
    "attempts": 3,
    "min_height": 600,
    "audit_bps": 500,
}
SHARED = "shared"
_TEXT = "console.campaigns.model."
_MOST_NAME = 40
_KINDS: Mapping[str, Kind] = {
    "whole": Kind.NUMBER,
    "fen": Kind.MONEY,
    "bps": Kind.PERCENT,
    "flag": Kind.SWITCH,
    "choice": Kind.CHOICE,
    "name": Kind.TEXT,
    "text": Kind.TEXT,
    "clock": Kind.CLOCK,
    "day": Kind.DAY,
    "time": Kind.TIME,
    "amounts": Kind.MONEYS,
    "rows": Kind.RECORDS,
}


def offers() -> tuple[str, ...]:
    """What a campaign may play, in the order in which it is offered."""
    return (INVITATION, *MODELS, LIKES)


def offer_words(desk: Desk, kind: str) -> tuple[str, str]:
    """The name of an offer and its plain sentence."""
    model = MODELS.get(kind)
    about = (inspect.getdoc(model.settings) or "").partition("\n")[0] if model is not None else ""
    return known_words(desk, _TEXT + kind, kind), known_words(desk, f"{_TEXT}{kind}.why", about)


def chosen_offer(data: Mapping[str, Any]) -> str:
    """Which offer a plan's data plays; empty for a model that is none."""
    model, task = data.get("model"), data.get("task")
    if model is not None:
        kind = model.get("kind") if isinstance(model, Mapping) else None
        return kind if isinstance(kind, str) and kind in MODELS else ""
    return LIKES if isinstance(task, Mapping) and task.get("kind") == "likes" else INVITATION


def own_fields(desk: Desk, model: Mechanic) -> tuple[Field, ...]:
    """The fields of a model's settings, those first that must be filled in."""
    schema = schema_of(model.settings)
    found = [_field(desk, model.name, "model.", name, *given) for name, given in schema.items()]
    return tuple(sorted(found, key=lambda field: not field.required))


def shared_fields(desk: Desk, model: Mechanic) -> tuple[Field, ...]:
    """Those of the rules that all models share which this one takes."""
    schema = schema_of(PlayRules)
    return tuple(_field(desk, SHARED, "model.", name, *schema[name]) for name in schema if name in model.rules)


def _field(desk: Desk, place: str, before: str, name: str, setting: Setting, default: Any) -> Field:
    text = f"{_TEXT}{place}.{name}"
    columns: tuple[Field, ...] = ()
    if setting.of is not None:
        rows = schema_of(setting.of)
        columns = tuple(_field(desk, f"{place}.{name}", "", column, *given) for column, given in rows.items())
    options = {value: known_words(desk, f"{text}.choice.{value}", value) for value in setting.choices}
    started = None if default is ... else list(default) if isinstance(default, tuple) else default
    return Field(
        before + name,
        text,
        _KINDS[setting.kind],
        1 if setting.kind == "name" else setting.low,
        _MOST_NAME if setting.kind == "name" else setting.high,
        required=default is ...,
        default=started,
        options=options,
        columns=columns,
        label=known_words(desk, text, name),
        about=known_words(desk, f"{text}.why", setting.about),
    )


def with_defaults(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A model's data with every default that it leaves to the schema, so that a form shows what will hold."""
    model, schema = MODELS[kind], schema_of(PlayRules)
    found = {"kind": kind, **_filled(model.settings, given)}
    return {**found, **{name: schema[name][1] for name in model.rules if name not in given}}


def _filled(record: type, given: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(given)
    for name, (setting, default) in schema_of(record).items():
        if name in found:
            rows = found[name]
            if setting.of is not None and isinstance(rows, list | tuple):
                found[name] = [_filled(setting.of, row) if isinstance(row, Mapping) else row for row in rows]
        elif default is not ... and default is not None and default != ():
            found[name] = default
    return found


def is_filled(data: Mapping[str, Any]) -> bool:
    """Whether something would be lost if another offer were chosen: what differs from where the offer started."""
    kind, model = chosen_offer(data), data.get("model")
    if kind == LIKES:
        return dict(data["task"]) != dict(LIKES_TASK)
    if not isinstance(model, Mapping):
        return model is not None
    started = with_defaults(kind, {}) if kind else {}
    return any(name not in started or started[name] != value for name, value in model.items() if value not in ([], ""))


def choose_offer(data: dict[str, Any], kind: str) -> None:
    """Let a plan's data play another offer, from where that one starts."""
    if chosen_offer(data) == LIKES:
        data.pop("task", None)
    data.pop("model", None)
    if kind in MODELS:
        data["model"] = with_defaults(kind, {})
    elif kind == LIKES:
        data["task"] = dict(LIKES_TASK)


def path_words(desk: Desk, data: Mapping[str, Any], path: str) -> str:
    """What the field of an error's path (``model.tiers[1].total``) is called; empty for one outside the model."""
    kind, top = chosen_offer(data), path.partition(".")[0]
    if top != "model" or kind not in MODELS:
        return ""
    name = path.removeprefix("model.").partition("[")[0].partition(".")[0]
    fields = {field.name: field for field in (*own_fields(desk, MODELS[kind]), *shared_fields(desk, MODELS[kind]))}
    found = fields.get(f"model.{name}")
    if found is None:
        return ""
    column = next((item.label for item in found.columns if path.endswith(f"].{item.name}")), "")
    return f"{found.label}·{column}" if column else found.label
