"""Every rule at its border, their sum, and what a plan may change (campaigns.md §6)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.risk.reading import read_risk
from qunflow.features.campaigns.risk.rules import (
    ALLOW,
    CHALLENGE,
    DENY,
    FLAG,
    HOLD,
    PROFILES,
    STANDARD,
    RiskPlan,
    leavers,
    risk,
    rules_of,
)
from qunflow.features.campaigns.risk.schema import rule_schema

ORDER = (ALLOW, FLAG, CHALLENGE, HOLD, DENY)
CROWD = tuple(name for name, rule in STANDARD.items() if rule.crowd)
SEEN = st.dictionaries(st.sampled_from(sorted(STANDARD)), st.integers(0, 60))


@pytest.mark.parametrize(
    ("rule", "fine", "outcome"),
    [
        ("self_device", 0, DENY),
        ("device_farm", 2, DENY),
        ("ip", 5, HOLD),
        ("ip_shared", 30, HOLD),
        ("velocity", 10, CHALLENGE),
        ("night", 5, HOLD),
        ("vote_rush", 0, CHALLENGE),
        ("same_account", 0, DENY),
        ("same_address", 0, DENY),
        ("clique", 50, HOLD),
        ("farming", 4, DENY),
        ("ring", 0, HOLD),
        ("leavers", 2, HOLD),
        ("young", 0, FLAG),
        ("no_avatar", 0, FLAG),
        ("staff", 0, DENY),
    ],
)
def test_a_rule_bears_so_many_and_not_one_more(rule: str, fine: int, outcome: str) -> None:
    assert risk({rule: fine}, STANDARD).outcome == ALLOW
    found = risk({rule: fine + 1}, STANDARD)
    assert found.outcome == outcome
    assert [(hit.rule, hit.seen, hit.most) for hit in found.hits] == [(rule, fine + 1, fine)]


def test_every_rule_of_the_table_has_its_border_tested() -> None:
    assert set(STANDARD) == {
        "self_device", "same_account", "same_address", "device_farm", "ip", "ip_shared", "velocity", "night",
        "vote_rush", "farming", "ring", "clique", "leavers", "young", "no_avatar", "staff",
    }  # fmt: skip


def test_weak_signs_add_up_and_none_of_them_alone_makes_a_denial_of_a_hold() -> None:
    assert risk({"young": 1, "no_avatar": 1}, STANDARD).outcome == FLAG
    assert risk({"young": 1, "no_avatar": 1}, PROFILES["strict"]).outcome == DENY
    assert risk({"ring": 1, "no_avatar": 1}, STANDARD).outcome == HOLD
    assert risk({"young": 1, "ring": 1}, STANDARD).outcome == DENY
    assert risk({"young": 1, "ip": 6}, STANDARD).outcome == DENY


def test_a_question_frees_only_what_would_not_have_been_held_without_the_haste() -> None:
    assert risk({"velocity": 11, "no_avatar": 1}, STANDARD).outcome == CHALLENGE
    assert risk({"velocity": 11, "young": 1}, STANDARD).outcome == DENY
    assert risk({"velocity": 11, "ip": 6}, STANDARD).outcome == HOLD
    assert risk({"velocity": 11, "night": 11}, STANDARD).outcome == HOLD
    asks = rules_of(read_risk("risk", {"rules": {"ip": {"reaction": "challenge"}, "velocity": {"reaction": "hold"}}}))
    assert risk({"ip": 6}, asks).outcome == CHALLENGE
    assert risk({"velocity": 11}, asks).outcome == HOLD


def test_a_weight_alone_leaves_a_rule_its_question_and_a_reaction_takes_it() -> None:
    heavy = rules_of(read_risk("risk", {"rules": {"velocity": {"weight": 70}}}))
    assert risk({"velocity": 11}, heavy).outcome == CHALLENGE
    assert rules_of(read_risk("risk", {"rules": {"velocity": {"reaction": "flag"}}}))["velocity"].reaction == "flag"


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_fields_of_a_form_take_what_the_profile_says(profile: str) -> None:
    found = rule_schema(profile)
    assert set(found) == set(PROFILES[profile])
    for name, fields in found.items():
        rule = PROFILES[profile][name]
        for field, (setting, default) in fields.items():
            if setting.kind == "choice":
                assert default in setting.choices or (default == "" and rule.weight == 20)
            else:
                assert setting.low <= default <= setting.high
            if field != "reaction" or rule.reaction:
                changed = rules_of(read_risk("risk", {"profile": profile, "rules": {name: {field: default}}}))
                assert changed[name] == rule


@given(seen=st.dictionaries(st.sampled_from(CROWD), st.integers(0, 1000)), weight=st.integers(0, 100))
def test_an_address_or_a_rush_alone_never_denies(seen: dict[str, int], weight: int) -> None:
    heavy = rules_of(read_risk("risk", {"rules": {name: {"weight": weight} for name in CROWD}}))
    assert risk(seen, heavy).outcome != DENY


@given(
    seen=SEEN,
    rule=st.sampled_from(sorted(STANDARD)),
    more=st.integers(1, 100),
    profile=st.sampled_from(sorted(PROFILES)),
)
def test_more_of_anything_never_makes_it_milder(seen: dict[str, int], rule: str, more: int, profile: str) -> None:
    before = risk(seen, PROFILES[profile])
    after = risk({**seen, rule: seen.get(rule, 0) + more}, PROFILES[profile])
    assert after.score >= before.score
    assert ORDER.index(after.outcome) >= ORDER.index(before.outcome)


@pytest.mark.parametrize(
    ("gone", "here", "counted"),
    [(0, 0, 0), (3, 0, 3), (3, 7, 3), (3, 8, 0), (2, 1, 2), (30, 70, 30), (30, 71, 0)],
)
def test_leavers_count_from_three_in_ten(gone: int, here: int, counted: int) -> None:
    invitees = {f"g{n}": "revoked" for n in range(gone)} | {f"h{n}": "pending" for n in range(here)}
    assert leavers(invitees) == counted


def test_a_plan_chooses_a_profile_and_changes_single_rules() -> None:
    plan = read_risk("risk", {"profile": "strict", "rules": {"ip": {"most": 8, "reaction": "flag"}}, "hold_hours": 24})
    rules = rules_of(plan)
    assert (rules["ip"].most, rules["ip"].weight, rules["device_farm"].most, plan.hold_hours) == (8, 30, 1, 24)
    assert rules_of(RiskPlan("off")) == {} and rules_of(None) == STANDARD
    assert rules_of(read_risk("risk", {"rules": {"ring": {"reaction": False}}}))["ring"].weight == 0


@pytest.mark.parametrize(
    ("value", "field", "code"),
    [
        ("strict", "risk", "plan_shape"),
        ({"profile": "hard"}, "risk.profile", "risk_profile"),
        ({"level": 1}, "risk.level", "plan_unknown"),
        ({"rules": {"moon": {}}}, "risk.rules.moon", "plan_unknown"),
        ({"rules": {"ip": {"most": -1}}}, "risk.rules.ip.most", "plan_number"),
        ({"rules": {"ip": {"weight": 101}}}, "risk.rules.ip.weight", "plan_number"),
        ({"rules": {"ip": {"reaction": "kill"}}}, "risk.rules.ip.reaction", "risk_reaction"),
        ({"rules": {"ip": {"reaction": "hold", "weight": 3}}}, "risk.rules.ip", "risk_both"),
        ({"hold_hours": 0}, "risk.hold_hours", "plan_number"),
    ],
)
def test_what_breaks_a_rule_of_the_plan_is_named(value: Any, field: str, code: str) -> None:
    with pytest.raises(InvalidInput) as told:
        read_risk("risk", value)
    assert (told.value.field, told.value.code) == (field, code)


def test_the_table_of_the_docs_is_the_table_of_the_code() -> None:
    text = (Path(__file__).parents[4] / "docs" / "features" / "risk.md").read_text("utf-8")
    told = {
        name: (int(most), int(weight)) for name, most, weight in re.findall(r"\| `(\w+)` \| (\d+) \| (\d+) \|", text)
    }
    assert told == {name: (rule.most, rule.weight) for name, rule in STANDARD.items()}
