"""The part ``risk:`` of a plan, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.risk.rules import (
    CHALLENGE,
    HOLD_HOURS,
    PROFILES,
    STANDARD,
    WEIGHTS,
    RiskPlan,
    RuleChange,
)
from qunflow.features.campaigns.risk.schema import MAX_HOLD, MAX_MOST, MAX_WEIGHT

RISK_FIELDS = ("profile", "rules", "hold_hours")
RULE_FIELDS = ("most", "reaction", "weight")


def read_risk(where: str, value: Any) -> RiskPlan:
    """``{profile: strict, rules: {ip: {most: 8}}}``. Raises InvalidInput naming the field, the rule and the way out."""
    data = _mapping(where, value, RISK_FIELDS)
    profile = data.get("profile", "standard")
    if not isinstance(profile, str) or profile not in PROFILES:
        raise InvalidInput("risk_profile", f"one of {', '.join(PROFILES)}", field=f"{where}.profile")
    rules = _mapping(f"{where}.rules", data.get("rules", {}), tuple(STANDARD))
    changes = {name: _change(f"{where}.rules.{name}", item) for name, item in rules.items()}
    hours = _whole(f"{where}.hold_hours", data.get("hold_hours", HOLD_HOURS), 1, MAX_HOLD)
    return RiskPlan(profile, changes, hours)


def _change(where: str, value: Any) -> RuleChange:
    data = _mapping(where, value, RULE_FIELDS)
    most = _whole(f"{where}.most", data["most"], 0, MAX_MOST) if "most" in data else None
    weight = _whole(f"{where}.weight", data["weight"], 0, MAX_WEIGHT) if "weight" in data else None
    if "reaction" in data:
        reaction = data["reaction"]
        reaction = "off" if reaction is False else reaction  # YAML reads a bare off as no
        if not isinstance(reaction, str) or reaction not in WEIGHTS:
            raise InvalidInput("risk_reaction", f"one of {', '.join(WEIGHTS)}", field=f"{where}.reaction")
        if weight is not None:
            rule = "a rule has a reaction or a weight, not both"
            raise InvalidInput("risk_both", rule, field=where, way_out="Keep one of them.")
        return RuleChange(most, WEIGHTS[reaction], reaction == CHALLENGE)
    return RuleChange(most, weight)


def _mapping(where: str, value: Any, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput("plan_shape", "here stands a mapping of names to values", field=where)
    for name in value:
        if name not in known:
            out = f"Known here: {', '.join(sorted(known))}."
            raise InvalidInput("plan_unknown", "this field is not known", field=f"{where}.{name}", way_out=out)
    return value


def _whole(where: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidInput("plan_number", f"a whole number from {low} to {high}", field=where)
    return value
