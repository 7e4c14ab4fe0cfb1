"""The part ``risk:`` of a plan as fields with bounds and defaults: what its reader takes and what a form asks for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from qunflow.features.campaigns.mechanics.settings import Setting
from qunflow.features.campaigns.risk.rules import HOLD_HOURS, PROFILES, WEIGHTS

MAX_MOST = 10_000
MAX_WEIGHT = 100
MAX_HOLD = 24 * 30

#: Field → its setting and its default, as ``schema_of`` gives them for the models.
RISK_SCHEMA: Mapping[str, tuple[Setting, Any]] = MappingProxyType(
    {
        "profile": (Setting("choice", "how strict the rules are", choices=tuple(PROFILES)), "standard"),
        "hold_hours": (Setting("whole", "hours after which a hold ends by itself", 1, MAX_HOLD), HOLD_HOURS),
    }
)
MOST = Setting("whole", "so many are still fine", 0, MAX_MOST)
REACTION = Setting("choice", "what follows when there are more", choices=tuple(WEIGHTS))
WEIGHT = Setting("whole", "how much it counts, instead of a reaction", 0, MAX_WEIGHT)
#: The unit in which a rule counts; those that are not here are there or not, and have no limit to speak of.
UNITS: Mapping[str, str] = MappingProxyType(
    {
        "device_farm": "people",
        "ip": "people",
        "ip_shared": "people",
        "velocity": "helps",
        "night": "helps",
        "farming": "people",
        "clique": "percent",
        "leavers": "people",
    }
)


def rule_schema(profile: str) -> dict[str, dict[str, tuple[Setting, Any]]]:
    """Rule → field → its setting and what the profile says; empty for a profile without rules.

    ``most`` is there only for rules that count something. A plan gives a rule's ``reaction`` or its ``weight``.
    """
    found: dict[str, dict[str, tuple[Setting, Any]]] = {}
    for name, rule in PROFILES[profile].items():
        fields: dict[str, tuple[Setting, Any]] = {"most": (MOST, rule.most)} if name in UNITS else {}
        found[name] = {**fields, "reaction": (REACTION, rule.reaction), "weight": (WEIGHT, rule.weight)}
    return found
