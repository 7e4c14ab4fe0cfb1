"""A plan file: what is good is read exactly, and every refusal names the field, the rule and a stable code."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from qunflow.domain.codec import decode, encode
from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.plan import Ladder, Plan, StagePlan
from qunflow.features.campaigns.plan_file import FIELDS, MAX_FILE_BYTES, parse_plan, plan_from
from qunflow.storage.json_text import from_json, to_json

EXAMPLES = sorted((Path(__file__).parents[4] / "examples" / "campaigns").glob("*.yaml"))
POSTER = dict.fromkeys(("title", "subtitle", "selling_point", "endorsement", "call_to_action"), "字")
STAGES = [{"name": "join-in", "amount_fen": 100}, {"name": "order", "amount_fen": 200}]


def data(**changes: Any) -> dict[str, Any]:
    """A valid plan as data; a change of ``...`` takes a field away."""
    values: dict[str, Any] = {
        "campaign": "winter",
        "title": "冬日",
        "goal": "新成员",
        "channel": "wx-main",
        "starts_at": "2026-12-01T09:00:00+08:00",
        "ends_at": "2026-12-04T22:00:00+08:00",
        "staff": ["lin"],
        "budget_total_fen": 100_000,
        "reward_per_user_max_fen": 7300,
        "pool": {"base_name": "群"},
        "poster": POSTER,
        "ladder": {"bands": [{"from": 1, "to": 3, "amount_fen": 500}]},
    }
    return {name: value for name, value in {**values, **changes}.items() if value is not ...}


def refusal(changed: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        plan_from(changed)
    return caught.value


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_a_valid_plan_and_survives_storage(path: Path) -> None:
    plan = parse_plan(path.read_text("utf-8"))
    assert decode(Plan, from_json(to_json(encode(plan)))) == plan


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 3


def test_a_small_file_is_read_with_its_defaults() -> None:
    plan = parse_plan(yaml.safe_dump(data(), allow_unicode=True))
    assert plan.starts_at == datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    assert plan.ladder == Ladder("marginal", ((1, 3, 500),))
    assert (plan.tz, plan.hold_hours, plan.leave_policy) == ("Asia/Shanghai", 24, "revoke_until_confirmed")
    assert (plan.pool.soft_limit, plan.pool.refill, plan.task, plan.stages, plan.scripts) == (
        150,
        "request",
        None,
        (),
        {},
    )


def test_nested_stages_and_scripts_are_read() -> None:
    scripts = {"join": ["你好 {nick}", "再见"]}
    plan = plan_from(data(ladder=..., stages=STAGES, headline_fen=300, scripts=scripts))
    assert plan.stages == (StagePlan("join-in", 100), StagePlan("order", 200))
    assert plan.scripts == {"join": ("你好 {nick}", "再见")}


REQUIRED = [name for name, field in FIELDS.items() if field.default is ...]


@pytest.mark.parametrize("name", REQUIRED)
def test_a_needed_field_that_is_missing_is_named(name: str) -> None:
    error = refusal(data(**{name: ...}))
    assert (error.code, error.field) == ("plan_missing", name)


BAD: list[tuple[str, Any, str]] = [
    ("campaign", "A", "plan_name"),
    ("campaign", "a", "plan_name"),
    ("campaign", "with space", "plan_name"),
    ("campaign", 7, "plan_name"),
    ("title", "", "plan_text"),
    ("title", "字" * 61, "plan_text"),
    ("title", "a\0b", "plan_text"),
    ("title", "\ud800", "plan_text"),
    ("goal", 5, "plan_text"),
    ("channel", "Über", "plan_name"),
    ("starts_at", "soon", "plan_time"),
    ("starts_at", "2026-12-01T09:00:00", "plan_time"),
    ("starts_at", 1_700_000_000, "plan_time"),
    ("starts_at", "0001-01-01T00:00:00+08:00", "plan_time"),
    ("ends_at", "2026-12-01T09:00:00+08:00", "plan_window"),
    ("risk", "strict", "plan_shape"),
    ("prizes", [], "plan_list"),
    ("ends_at", "9999-12-31T23:59:59+00:00", "plan_time"),
    ("tz", "Asia/Atlantis", "plan_zone"),
    ("tz", "../etc", "plan_zone"),
    ("staff", [], "plan_list"),
    ("staff", "lin", "plan_list"),
    ("budget_total_fen", 0, "plan_number"),
    ("budget_total_fen", True, "plan_number"),
    ("budget_total_fen", 1.5, "plan_number"),
    ("budget_total_fen", 1_000_000_001, "plan_number"),
    ("reward_per_user_max_fen", 100_001, "plan_cap"),
    ("budget_daily_fen", 7_299, "plan_daily"),
    ("budget_daily_fen", 100_001, "plan_daily"),
    ("hold_hours", -1, "plan_number"),
    ("leave_policy", "never_mind", "plan_choice"),
    ("helper_scope", [], "plan_choice"),
    ("expected_joins", 0, "plan_number"),
    ("max_invitees", 0, "plan_number"),
    ("headline_fen", -1, "plan_number"),
    ("pool", None, "plan_shape"),
    ("poster", [], "plan_shape"),
    ("ladder", "steep", "plan_shape"),
    ("ladder", ..., "plan_no_reward"),
    ("stages", [], "plan_list"),
    ("task", 3, "plan_shape"),
    ("breakthrough", [], "plan_list"),
    ("ranking", 5, "plan_shape"),
    ("race", [], "plan_shape"),
    ("model", [], "model_shape"),
    ("scripts", [], "plan_shape"),
    ("promotion", ["x"] * 21, "plan_list"),
    ("rules", "字" * 4001, "plan_text"),
    ("language", "fr", "plan_choice"),
    ("remind_after_hours", 0, "plan_number"),
    ("digest_hour", 24, "plan_number"),
]


@pytest.mark.parametrize(("name", "value", "code"), BAD, ids=[f"{name}-{code}" for name, _, code in BAD])
def test_a_bad_value_is_refused_by_field_and_code(name: str, value: Any, code: str) -> None:
    error = refusal(data(**{name: value}))
    assert (error.code, error.field) == (code, name)
    assert error.rule and error.code in error.sentence()


def test_every_field_of_the_schema_is_refused_somewhere() -> None:
    assert {name for name, _, _ in BAD} == set(FIELDS)


BARGAIN = {"kind": "bargain", "item": "mug", "original_fen": 9900, "stock_total": 5}
INSIDE: list[tuple[dict[str, Any], str, str]] = [
    ({"colour": "red"}, "plan_unknown", "colour"),
    ({"risk": {"rules": {"ip": {"most": -1}}}}, "plan_number", "risk.rules.ip.most"),
    ({"pool": {"base_name": "群", "size": 3}}, "plan_unknown", "pool.size"),
    ({"pool": {}}, "plan_missing", "pool.base_name"),
    ({"pool": {"base_name": "群", "soft_limit": 501}}, "plan_number", "pool.soft_limit"),
    ({"pool": {"base_name": "群", "refill": "magic"}}, "plan_choice", "pool.refill"),
    ({"poster": {**POSTER, "endorsement": ""}}, "plan_text", "poster.endorsement"),
    ({"ladder": {"mode": "linear", "bands": []}}, "plan_choice", "ladder.mode"),
    ({"ladder": {"bands": []}}, "plan_list", "ladder.bands"),
    ({"ladder": {"bands": [{"from": 1, "to": 3}]}}, "plan_missing", "ladder.bands[0].amount_fen"),
    ({"ladder": {"bands": [{"from": 3, "to": 1, "amount_fen": 1}]}}, "ladder_band", "ladder.bands[0]"),
    ({"task": {"attempts": 11}}, "plan_number", "task.attempts"),
    ({"task": {"kind": "video"}}, "plan_choice", "task.kind"),
    ({"task": {"kind": "likes"}}, "task_likes", "task.likes_required"),
    ({"task": {"likes_required": 38}}, "task_likes", "task.likes_required"),
    ({"model": {"kind": "magic"}}, "model_kind", "model.kind"),
    ({"model": {**BARGAIN, "price": 3}}, "model_unknown", "model.price"),
    ({"model": {**BARGAIN, "takes_per_person": 3}}, "model_unknown", "model.takes_per_person"),
    ({"model": {"kind": "bargain"}}, "model_missing", "model.item"),
    ({"model": {**BARGAIN, "item": "Mug!"}}, "model_name", "model.item"),
    ({"model": {**BARGAIN, "original_fen": 0}}, "model_number", "model.original_fen"),
    ({"model": {**BARGAIN, "first_bps": 8999}}, "model_number", "model.first_bps"),
    ({"model": {**BARGAIN, "owner_first": 1}}, "model_flag", "model.owner_first"),
    ({"model": {**BARGAIN, "tail": "steep"}}, "model_choice", "model.tail"),
    ({"model": {**BARGAIN, "first_cuts": [0]}}, "model_number", "model.first_cuts[0]"),
    ({"model": {**BARGAIN, "first_cuts": 7}}, "model_list", "model.first_cuts"),
    ({"model": {**BARGAIN, "helps_per_day": 0}}, "model_number", "model.helps_per_day"),
    ({"model": {**BARGAIN, "floor_fen": 9900}}, "bargain_floor", "model.floor_fen"),
    ({"model": {"kind": "red-packet", "tiers": [{"target_fen": 1}]}}, "model_missing", "model.tiers[0].helpers"),
    ({"model": {"kind": "rain", "at": "25:00", "total_fen": 1, "shares": 1}}, "model_clock", "model.at"),
    ({"stages": STAGES, "headline_fen": 299}, "stage_headline", "headline_fen"),
    ({"stages": [*STAGES, STAGES[0]], "headline_fen": 400}, "stage_twice", "stages"),
    ({"breakthrough": [{"at": 5, "amount_fen": 0}]}, "breakthrough_amount", "breakthrough[0].amount_fen"),
    ({"breakthrough": [{"at": 5, "amount_fen": 1}] * 2}, "breakthrough_order", "breakthrough[1].at"),
    ({"breakthrough": [{"at": 101, "amount_fen": 1}]}, "breakthrough_reach", "breakthrough[0].at"),
    ({"ranking": {"prizes": [100, 200]}}, "prize_order", "ranking.prizes[1]"),
    ({"ranking": {"prizes": [0]}}, "prize_empty", "ranking.prizes[0]"),
    ({"ranking": {"prizes": [-1]}}, "plan_number", "ranking.prizes[0]"),
    ({"prizes": [{"rule": "magic", "item": "cup"}]}, "plan_choice", "prizes[0].rule"),
    ({"prizes": [{"rule": "invites", "item": "cup"}]}, "prize_field", "prizes[0].at"),
    ({"prizes": [{"rule": "task", "item": "cup", "at": 3}]}, "prize_field", "prizes[0].at"),
    ({"prizes": [{"rule": "invites", "item": "cup", "at": 101}]}, "prize_rule", "prizes[0].at"),
    ({"prizes": [{"rule": "stage", "item": "cup", "stage": "none"}]}, "prize_rule", "prizes[0].stage"),
    ({"prizes": [{"rule": "ranking", "item": "cup", "place": 1}]}, "prize_rule", "prizes[0].place"),
    ({"prizes": [{"rule": "model", "item": "cup", "name": "vote"}]}, "prize_limit", "prizes[0].limit"),
    ({"prizes": [{"rule": "model", "item": "cup", "name": "vote", "limit": 1}]}, "prize_rule", "prizes[0]"),
    ({"prizes": [{"rule": "invites", "item": "cup", "at": 3}] * 2}, "prize_twice", "prizes[1]"),
    ({"prizes": [{"rule": "task", "item": "cup", "review": 1}]}, "plan_flag", "prizes[0].review"),
    ({"race": {"per_head_fen": 1}}, "plan_missing", "race.at"),
    ({"race": {"at": "24:00", "per_head_fen": 1}}, "plan_clock", "race.at"),
    ({"race": {"at": "20:00"}}, "race_reward", "race"),
    ({"race": {"at": "20:00", "per_head_fen": 1, "first_on": "tomorrow"}}, "plan_day", "race.first_on"),
    ({"race": {"at": "20:00", "per_head_fen": 1, "times": 60}}, "race_window", "race.times"),
    ({"race": {"at": "20:00", "per_head_fen": 1, "prizes": [1, 1, 1, 1]}}, "plan_list", "race.prizes"),
    ({"scripts": {"join": []}}, "plan_list", "scripts.join"),
    ({"scripts": {"join": ["字" * 1001]}}, "plan_text", "scripts.join[0]"),
    ({"scripts": {"shout": ["x"]}}, "plan_unknown", "scripts.shout"),
    ({"staff": ["lin", ""]}, "plan_text", "staff[1]"),
]


@pytest.mark.parametrize(("changes", "code", "field"), INSIDE, ids=[field for _, _, field in INSIDE])
def test_a_bad_value_inside_a_field_is_named_with_its_place(changes: dict[str, Any], code: str, field: str) -> None:
    error = refusal(data(**changes))
    assert (error.code, error.field) == (code, field)


def test_an_unknown_field_is_told_which_ones_are_known() -> None:
    assert "base_name" in refusal(data(pool={"base_name": "群", "size": 3})).way_out


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [", "plan_yaml"),
        ("a: 2026-13-01", "plan_yaml"),
        ("a: " + "1" * 5000, "plan_yaml"),
        ("[" * 600, "plan_yaml"),
        ("!!python/object/apply:os.getcwd []", "plan_yaml"),
        ("a: \ud800", "plan_yaml"),
        ("", "plan_shape"),
        ("- a", "plan_shape"),
        ("just words", "plan_shape"),
        ("x" * (MAX_FILE_BYTES + 1), "plan_size"),
    ],
    ids=["open", "month", "digits", "deep", "object", "surrogate", "empty", "list", "text", "large"],
)
def test_a_file_that_is_no_plan_is_refused(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_plan(text)
    assert (caught.value.code, caught.value.field) == (code, "file")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(FIELDS)), values)
def test_whatever_stands_in_a_field_is_read_or_refused_by_name(name: str, value: Any) -> None:
    try:
        plan = plan_from(data(**{name: value}))
    except InvalidInput as error:
        assert error.field
    else:
        assert decode(Plan, from_json(to_json(encode(plan)))) == plan


def test_a_campaign_is_not_called_as_a_page_of_the_console_is() -> None:
    with pytest.raises(InvalidInput, match="plan_name_taken"):
        plan_from(data(campaign="new"))
