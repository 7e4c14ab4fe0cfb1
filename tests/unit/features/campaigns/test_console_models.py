"""The wizard's fields of campaign models: made from the schema, said in both languages, and back to the same plan."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qunflow.features.campaigns import console_models
from qunflow.features.campaigns.console_models import (
    INVITATION,
    LIKES,
    choose_offer,
    chosen_offer,
    is_filled,
    offers,
    own_fields,
    path_words,
    shared_fields,
    with_defaults,
)
from qunflow.features.campaigns.console_models_hints import model_hints
from qunflow.features.campaigns.console_samples import FOLDER, list_samples, start_from
from qunflow.features.campaigns.console_words import error_words
from qunflow.features.campaigns.mechanics.mechanic import Mechanic, Moves, PlayRules
from qunflow.features.campaigns.mechanics.models import MODELS
from qunflow.features.campaigns.mechanics.settings import choice, fen, schema_of, whole
from qunflow.features.campaigns.plan_check import plan_errors, read_costly
from qunflow.features.campaigns.plan_file import plan_from
from qunflow.web.texts import LANGUAGES, Texts
from qunflow.web.widgets.form_fields import Field, Kind, cell_of, put_at, read_field, shown_value, value_at

TEXTS = Texts.load()
MODEL = "console.campaigns.model."
SAMPLES = list_samples()
PLAYED = [sample for sample in SAMPLES if "model" in sample.data]


class Desk:
    """A desk that only says."""

    def __init__(self, language: str = "zh") -> None:
        self.language = language

    def say(self, code: str, /, **parameters: object) -> str:
        return TEXTS.say(self.language, code, **parameters)


DESK: Any = Desk()


def fields_of(kind: str) -> tuple[Field, ...]:
    return (*own_fields(DESK, MODELS[kind]), *shared_fields(DESK, MODELS[kind]))


def typed_again(field: Field, value: Any) -> Any:
    """What a person would type for some data, read again."""
    if field.kind is not Kind.RECORDS:
        found = read_field(field, shown_value(field, value))
        assert found.problem == "" or value is None, (field.name, value, found)
        return found.value
    rows = []
    for row in value or ():
        kept = {column.name: typed_again(column, row.get(column.name)) for column in field.columns}
        rows.append({name: item for name, item in kept.items() if item is not None})
    return read_field(field, rows).value


@pytest.mark.parametrize("sample", PLAYED, ids=lambda sample: sample.name)
def test_a_plan_that_goes_through_the_form_comes_back_equal(sample: Any) -> None:
    before = plan_from(deepcopy(dict(sample.data)))
    data = deepcopy(dict(sample.data))
    kind = chosen_offer(data)
    data["model"] = with_defaults(kind, data["model"])
    for field in fields_of(kind):
        put_at(data, field.name, typed_again(field, value_at(data, field.name)))
    assert plan_errors(data) == []
    assert plan_from(data) == before


def wanted(kind: str) -> Iterator[str]:
    yield from ("", ".why")
    for name, (setting, _) in schema_of(MODELS[kind].settings).items():
        yield from (f".{name}", f".{name}.why", *(f".{name}.choice.{value}" for value in setting.choices))
        if setting.of is not None:
            for column, (inner, _) in schema_of(setting.of).items():
                yield from (f".{name}.{column}", f".{name}.{column}.why")
                yield from (f".{name}.{column}.choice.{value}" for value in inner.choices)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MODELS)
def test_every_field_of_a_model_has_its_texts(kind: str, language: str) -> None:
    known = TEXTS.catalogues[language]
    assert [code for tail in wanted(kind) if (code := f"{MODEL}{kind}{tail}") not in known] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_models_share_and_what_is_offered_beside_them_has_its_texts(language: str) -> None:
    codes = {f"{MODEL}shared.{name}{tail}" for name in schema_of(PlayRules) for tail in ("", ".why")}
    codes |= {f"{MODEL}{kind}{tail}" for kind in (INVITATION, LIKES) for tail in ("", ".why", ".next")}
    codes |= {f"console.campaigns.sample.{sample.name}" for sample in SAMPLES}
    assert codes - set(TEXTS.catalogues[language]) == set()


def test_no_text_is_left_of_a_field_that_is_gone() -> None:
    known = {f"{MODEL}{kind}{tail}" for kind in MODELS for tail in wanted(kind)}
    there = {code for code in TEXTS.catalogues["zh"] if any(code.startswith(f"{MODEL}{kind}.") for kind in MODELS)}
    assert there - known == set()


@pytest.mark.parametrize("kind", MODELS)
def test_every_field_has_the_bounds_of_its_schema(kind: str) -> None:
    model = MODELS[kind]
    fields = {field.name.removeprefix("model."): field for field in fields_of(kind)}
    assert set(fields) == {*schema_of(model.settings), *model.rules}
    for name, (setting, default) in schema_of(model.settings).items():
        field = fields[name]
        assert field.required == (default is ...)
        assert set(field.options) == set(setting.choices)
        if setting.kind in ("whole", "fen", "bps", "rows", "amounts"):
            assert (field.least, field.most) == (setting.low, setting.high)


@dataclass(frozen=True, slots=True)
class HighFive:
    """How many friends it takes, and what it pays."""

    reward_fen: int = fen("what a full wall earns its owner", low=1)
    fives: int = whole("how many friends it takes", 1, 50, 5)
    hand: str = choice("which hand", "left", "right", default="left")


def test_a_model_without_texts_is_offered_with_what_its_schema_says(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Mechanic("high-five", HighFive, {}, lambda unit, command, context: Moves(), rules=("open_units",))
    monkeypatch.setattr(console_models, "MODELS", {**MODELS, "high-five": model})
    assert console_models.offer_words(DESK, "high-five") == (
        "high-five",
        "How many friends it takes, and what it pays.",
    )
    reward, fives, hand = own_fields(DESK, model)
    assert (reward.label, reward.about, reward.required) == ("reward_fen", "what a full wall earns its owner", True)
    assert (fives.default, fives.least, fives.most) == (5, 1, 50)
    assert hand.options == {"left": "left", "right": "right"}
    data: dict[str, Any] = {}
    choose_offer(data, "high-five")
    assert data["model"] == {"kind": "high-five", "fives": 5, "hand": "left", "open_units": 1}


def test_each_offer_can_be_chosen_and_starts_empty() -> None:
    data: dict[str, Any] = {"title": "春", "task": {"kind": "screenshot"}}
    for kind in offers():
        choose_offer(data, kind)
        assert chosen_offer(data) == kind and not is_filled(data)
    choose_offer(data, INVITATION)
    assert data == {"title": "春"}


@pytest.mark.parametrize("change", [{"item": "mug"}, {"helpers": 11}, {"colour": "red"}])
def test_what_differs_from_the_start_would_be_lost(change: dict[str, Any]) -> None:
    data: dict[str, Any] = {}
    choose_offer(data, "bargain")
    data["model"] |= change
    assert is_filled(data)
    choose_offer(data, LIKES)
    data["task"]["likes_required"] = 20
    assert is_filled(data)


@pytest.mark.parametrize("model", [{"kind": "chess"}, {"kind": 3}, {}, "bargain", 7])
def test_a_model_that_is_none_is_shown_as_none_and_may_be_replaced(model: Any) -> None:
    data: dict[str, Any] = {"model": model}
    assert chosen_offer(data) == "" and path_words(DESK, data, "model.kind") == ""
    choose_offer(data, "rain")
    assert chosen_offer(data) == "rain"


def test_every_error_of_a_model_is_told_with_the_name_of_its_field() -> None:
    data: dict[str, Any] = {}
    choose_offer(data, "red-packet")
    data["model"] |= {"tiers": [{"target_fen": 800, "helpers": 3, "total": 5}, {"target_fen": 0, "helpers": 500}]}
    data["model"]["first_bps"] = 100
    errors = [error for error in plan_errors(data) if error.field.startswith("model.")]
    told = [(error.field, error.code, path_words(DESK, data, error.field)) for error in errors]
    assert told == [
        ("model.tiers[1].target_fen", "model_number", "红包档位·金额"),
        ("model.tiers[1].helpers", "model_number", "红包档位·好友数"),
        ("model.tiers[1].total", "model_missing", "红包档位·总个数"),
        ("model.first_bps", "model_number", "第一次占比"),
    ]
    assert cell_of("model.tiers", "model.tiers[1].total") == (1, "total")
    assert cell_of("model.tiers", "model.tiers") is None


def test_a_first_cut_that_cannot_be_is_refused_in_plain_words_while_other_fields_are_missing() -> None:
    data: dict[str, Any] = {"starts_at": "2027-03-01T09:00:00+08:00", "ends_at": "2027-03-02T09:00:00+08:00"}
    choose_offer(data, "bargain")
    data["model"] |= {"item": "mug", "original_fen": 50, "stock_total": 5}
    error = next(error for error in plan_errors(data) if error.field == "model.original_fen")
    assert error.code == "slots_first" and error_words(DESK, error).startswith("金额太小")
    english: Any = Desk("en")
    assert error_words(english, error).startswith("too little")


def test_what_the_numbers_come_to_is_told() -> None:
    cards = [{"card": name, "weight": weight} for name, weight in zip("abcde", (2375,) * 4 + (500,), strict=True)]
    told = model_hints(DESK, {"model": {"kind": "cards", "kinds": cards, "daily_draws": 1}})
    assert told == ["集齐一套平均要抽 22.0 次。", "只靠每天免费抽，大约要 22 天。"]
    dates = {"starts_at": "2027-03-01T09:00:00+08:00", "ends_at": "2027-03-14T22:00:00+08:00", "expected_joins": 2000}
    words = model_hints(DESK, {**dates, "model": {"kind": "cards", "kinds": cards, "daily_draws": 1}})[-1]
    assert "14 次" in words and "约 915 人" in words
    few = [*cards[:4], {**cards[4], "cap": 30}]
    assert "约 30 人" in model_hints(DESK, {**dates, "model": {"kind": "cards", "kinds": few, "daily_draws": 1}})[-1]
    cards[4]["weight"] = 400
    assert "9,900" in model_hints(DESK, {"model": {"kind": "cards", "kinds": cards}})[-1]
    bargain = {"kind": "bargain", "original_fen": 9900, "floor_fen": 990, "helpers": 10, "first_bps": 9000}
    assert model_hints(DESK, {"model": bargain}) == ["第一刀后价格 ¥18.81，剩下 ¥8.91 由 10 位好友砍。"]
    tiers = {"kind": "red-packet", "tiers": [{"target_fen": 800, "helpers": 3}, {"target_fen": "x"}, 3]}
    assert len(model_hints(DESK, {"model": tiers})) == 1
    for broken in (None, "x", {"kind": "cards"}, {"kind": "cards", "kinds": [{"weight": "x"}]}, {"kind": "bargain"}):
        assert model_hints(DESK, {"model": broken}) == []


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_starts_without_what_only_the_operator_knows(sample: Any) -> None:
    data = start_from(sample)
    missing = {error.field for error in plan_errors(data) if error.code == "plan_missing"}
    assert missing == {"channel", "staff", "starts_at", "ends_at"}
    assert {error.field.partition(".")[0] for error in plan_errors(data)} == missing


def test_samples_come_with_the_package_and_one_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    assert FOLDER.is_dir() and len(SAMPLES) >= 16
    assert {chosen_offer(sample.data) for sample in SAMPLES} == set(offers())
    assert list_samples(tmp_path / "none") == ()
    (tmp_path / "half.yaml").write_text("- no plan")
    (tmp_path / "whole.yaml").write_text("title: 春")
    (tmp_path / "wild.yaml").write_bytes(b"\xff\xfe title")
    found = {sample.name: sample.trouble.code if sample.trouble else "" for sample in list_samples(tmp_path)}
    assert found == {"whole": "", "half": "plan_shape", "wild": "plan_yaml"}
    assert [sample.name for sample in list_samples(tmp_path)][0] == "whole"


def test_the_packages_samples_are_those_of_the_examples_folder() -> None:
    examples = Path(__file__).parents[4] / "examples" / "campaigns"
    assert {sample.name for sample in SAMPLES} == {path.stem for path in examples.glob("*.yaml")}
    assert not any(sample.trouble for sample in SAMPLES)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("weird", ["x", 3, -1, 10**15, True, None, [1], ["x", 3], {"a": 1}, [{"weight": 10**12}] * 20])
def test_a_file_with_nonsense_is_shown_and_its_errors_are_told(kind: str, weird: Any) -> None:
    names = [*schema_of(MODELS[kind].settings), *MODELS[kind].rules]
    data: dict[str, Any] = {"model": with_defaults(kind, dict.fromkeys(names, weird))}
    for field in fields_of(kind):
        shown_value(field, value_at(data, field.name))
    assert is_filled(data) or weird is None
    assert all(path_words(DESK, data, error.field) for error in plan_errors(data) if "model." in error.field)
    assert read_costly(data).model is None
    assert model_hints(DESK, data) == []
