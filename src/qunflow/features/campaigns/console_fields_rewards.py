"""The fields of prizes out of the inventory and of the risk rules, made from the schemas of the plan file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qunflow.domain.money import MAX_FEN
from qunflow.features.campaigns.console_words import known_words
from qunflow.features.campaigns.mechanics.settings import Setting
from qunflow.features.campaigns.prizes import RULES
from qunflow.features.campaigns.risk.rules import PROFILES
from qunflow.features.campaigns.risk.schema import RISK_SCHEMA, rule_schema
from qunflow.web.desk import Desk
from qunflow.web.widgets.form_fields import Field, Kind

MAX_PRIZES = 50
_TEXT = "console.campaigns.field."
_CHOICE = "console.campaigns.choice."
_KINDS: Mapping[str, Kind] = {"choice": Kind.CHOICE, "whole": Kind.NUMBER}


def prize_fields(desk: Desk) -> tuple[Field, ...]:
    """``prizes``: a row for each item of a milestone."""
    rules = {rule: desk.say(f"{_CHOICE}prize_rule.{rule}") for rule in RULES}
    columns = (
        _prize(desk, "rule", Kind.CHOICE, required=True, options=rules, default="invites"),
        _prize(desk, "item", least=2, most=40, required=True),
        _prize(desk, "at", Kind.NUMBER, most=100_000),
        _prize(desk, "stage", least=2, most=40),
        _prize(desk, "place", Kind.NUMBER, most=100),
        _prize(desk, "name", least=2, most=40),
        _prize(desk, "cost_fen", Kind.MONEY, most=MAX_FEN),
        _prize(desk, "limit", Kind.NUMBER, most=1_000_000),
        _prize(desk, "freeze_hours", Kind.NUMBER, most=24 * 60),
        _prize(desk, "review", Kind.SWITCH, default=False),
    )
    return (Field("prizes", f"{_TEXT}prizes", Kind.RECORDS, 0, MAX_PRIZES, columns=columns),)


def _prize(desk: Desk, name: str, kind: Kind = Kind.TEXT, least: int = 0, most: int = 0, **given: Any) -> Field:
    text = f"{_TEXT}column.prize_{name}"
    return Field(name, text, kind, least, most, label=desk.say(text), about=desk.say(f"{text}.why"), **given)


def risk_fields(desk: Desk) -> tuple[Field, ...]:
    """``risk``: the profile and the hold, then what is changed about each rule; empty stays as the profile says."""
    own = tuple(_risk(desk, f"risk.{name}", f"{_TEXT}risk.{name}", *given) for name, given in RISK_SCHEMA.items())
    return (*own, *(field for rule in rule_schema("standard") for field in _rule(desk, rule)))


def _rule(desk: Desk, rule: str) -> tuple[Field, ...]:
    """The limit, the reaction and the weight of one rule, with what each profile has."""
    said = known_words(desk, f"console.risk.rule.{rule}", rule)
    found = []
    for name, (setting, _) in rule_schema("standard")[rule].items():
        field = _risk(desk, f"risk.rules.{rule}.{name}", f"{_TEXT}risk.rule.{name}", setting, None)
        presets = " · ".join(
            f"{known_words(desk, f'console.risk.profile.{profile}', profile)}: {_preset(desk, profile, rule, name)}"
            for profile in PROFILES
            if rule in PROFILES[profile]
        )
        label = desk.say(f"{_TEXT}risk.rule", name=said, what=field.label)
        about = desk.say(f"{_TEXT}risk.presets", presets=presets)
        options = {"": desk.say(f"{_TEXT}risk.unchanged"), **field.options} if field.options else {}
        found.append(replace(field, label=label, about=about, options=options))
    return tuple(found)


def _preset(desk: Desk, profile: str, rule: str, name: str) -> str:
    value = rule_schema(profile)[rule][name][1]
    return (
        known_words(desk, f"console.risk.reaction.{value}", str(value)) if name == "reaction" and value else str(value)
    )


def _risk(desk: Desk, name: str, text: str, setting: Setting, default: Any) -> Field:
    last = name.rpartition(".")[2]
    options = {value: known_words(desk, f"console.risk.{last}.{value}", value) for value in setting.choices}
    return Field(
        name,
        text,
        _KINDS[setting.kind],
        setting.low,
        setting.high,
        default=default,
        options=options,
        label=desk.say(text),
        about=desk.say(f"{text}.why"),
    )


def pruned(data: dict[str, Any]) -> dict[str, Any]:
    """The plan's data without rules and parts of ``risk`` about which nothing is said."""
    risk = data.get("risk")
    if not isinstance(risk, dict):
        return data
    rules = risk.get("rules")
    if isinstance(rules, dict):
        kept = {name: changes for name, changes in rules.items() if changes or not isinstance(changes, dict)}
        risk = {**{name: value for name, value in risk.items() if name != "rules"}, **({"rules": kept} if kept else {})}
    return {**data, "risk": risk}
