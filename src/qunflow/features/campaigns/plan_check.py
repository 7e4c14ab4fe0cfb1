"""Everything that is wrong with a plan that is still being written, and as much of a plan as can be read of it. Pure.

The plan file's own readers say what is wrong; here all fields are asked, not only until the first error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.breakthrough import check_steps
from qunflow.features.campaigns.mechanics.ladder import check_bands
from qunflow.features.campaigns.mechanics.ranking import check_prizes
from qunflow.features.campaigns.plan import Plan, PoolPlan
from qunflow.features.campaigns.plan_file import FIELDS, MAX_FILE_BYTES, plan_from
from qunflow.features.campaigns.plan_model import check_model, model_faults

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
#: What stands for a required field that is not there yet, where only costs are asked.
_STAND_INS: Mapping[str, Any] = {
    "campaign": "draft",
    "title": "-",
    "goal": "-",
    "channel": "-",
    "starts_at": _SOME_DAY,
    "ends_at": _SOME_DAY + timedelta(days=7),
    "staff": ("-",),
    "budget_total_fen": 0,
    "reward_per_user_max_fen": 0,
    "pool": PoolPlan("-"),
    "poster": {},
}


def plan_errors(data: Mapping[str, Any]) -> list[InvalidInput]:
    """Every field that breaks its rule, in the order of the file, and every rule between fields that can be asked."""
    found = [InvalidInput("plan_unknown", "this field is not known", field=name) for name in data if name not in FIELDS]
    for name, field in FIELDS.items():
        try:
            if name in data:
                field.read(name, data[name])
            elif field.default is ...:
                raise InvalidInput("plan_missing", "this field must be given", field=name)
        except InvalidInput as error:
            found += (model_faults(name, data[name]) if name == "model" else []) or [error]
    if found:
        values = _values(data)
        timed = all(values[name] is not _STAND_INS[name] for name in ("starts_at", "ends_at"))
        return found + [error for name, error in _broken(values) if timed or name != "model"]
    try:
        plan_from(dict(data))
    except InvalidInput as error:
        return [error]
    return []


def read_costly(data: Mapping[str, Any]) -> Plan:
    """The plan as far as it can be read, for reckoning costs: what is missing or wrong pays nothing."""
    values = _values(data)
    for name, _ in _broken(values):
        values.pop(name, None)
    return Plan(**values)


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    """Every field that can be read; a stand-in for what is required and cannot."""
    values: dict[str, Any] = {item.name: _STAND_INS[item.name] for item in fields(Plan) if item.name in _STAND_INS}
    for name, value in data.items():
        if name in FIELDS:
            try:
                values[name] = FIELDS[name].read(name, value)
            except InvalidInput:
                continue
    return values


def _broken(values: Mapping[str, Any]) -> list[tuple[str, InvalidInput]]:
    """(part of the plan, the rule between its fields that it breaks)."""
    ladder, ranking, race = values.get("ladder"), values.get("ranking"), values.get("race")
    asked: list[tuple[str, Callable[[], None]]] = [
        ("breakthrough", lambda: check_steps(values.get("breakthrough", ()), values.get("max_invitees", 100)))
    ]
    if ladder is not None:
        asked.append(("ladder", lambda: check_bands(ladder.mode, ladder.bands)))
    if ranking is not None:
        asked.append(("ranking", lambda: check_prizes(ranking.prizes, "ranking.prizes")))
    if race is not None:
        asked.append(("race", lambda: check_prizes(race.prizes, "race.prizes")))
    if values.get("model") is not None:
        asked.append(("model", lambda: check_model(Plan(**values))))
    found = []
    for name, ask in asked:
        try:
            ask()
        except InvalidInput as error:
            found.append((name, error))
    return found


def read_yaml(text: str) -> dict[str, Any]:
    """The data of a plan file, right or wrong, for the wizard to show. Raises InvalidInput for what is no mapping."""
    if len(text.encode(errors="replace")) > MAX_FILE_BYTES:
        raise InvalidInput("plan_size", "a plan file is at most 256 KiB", field="file")
    try:
        data = yaml.safe_load(text)
    except RecursionError as error:
        raise InvalidInput("plan_yaml", "the file is nested too deeply", field="file") from error
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidInput("plan_yaml", f"the file is no YAML: {error}", field="file") from error
    if not isinstance(data, dict) or not all(isinstance(name, str) for name in data):
        raise InvalidInput("plan_shape", "a plan is a mapping of names to values", field="file")
    return data
