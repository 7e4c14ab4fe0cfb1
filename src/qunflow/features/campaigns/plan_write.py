"""A plan as the data of its file, and as YAML: what :mod:`plan_file` reads comes back the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from qunflow.features.campaigns.mechanics.models import MODELS
from qunflow.features.campaigns.plan import Plan

Data = dict[str, Any]


def plan_data(plan: Plan) -> Data:
    """The fields of a plan under their names in the file; what is empty is left out. Times are of the plan's zone."""
    data = {item.name: _plain(getattr(plan, item.name), plan.tz) for item in fields(plan)}
    if plan.ladder is not None:
        data["ladder"]["bands"] = [{"from": low, "to": high, "amount_fen": fen} for low, high, fen in plan.ladder.bands]
    data["breakthrough"] = [{"at": at, "amount_fen": fen} for at, fen in plan.breakthrough]
    if plan.race is not None:
        data["race"]["at"] = f"{plan.race.at // 60:02d}:{plan.race.at % 60:02d}"
    if plan.model is not None:
        model, known = data["model"], MODELS[plan.model.kind].rules
        rules = {name: value for name, value in model.get("rules", {}).items() if name in known}
        data["model"] = {"kind": plan.model.kind, **rules, **model.get("settings", {})}
    return {name: value for name, value in data.items() if value not in (None, "", [], {})}


def write_plan(data: Mapping[str, Any]) -> str:
    """Data of a plan file as YAML, in the order of its fields."""
    return yaml.safe_dump(dict(data), allow_unicode=True, sort_keys=False, width=100)


def _plain(value: Any, tz: str) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(tz)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        found = {item.name: _plain(getattr(value, item.name), tz) for item in fields(value)}
        return {name: item for name, item in found.items() if item not in (None, "", [], {})}
    if isinstance(value, Mapping):
        return {str(name): _plain(item, tz) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item, tz) for item in value]
    return value
