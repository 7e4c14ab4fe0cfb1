"""Every model is documented from its own schema and has a sample plan and a page."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from qunflow.features.campaigns.mechanics.mechanic import Mechanic, PlayRules
from qunflow.features.campaigns.mechanics.models import MODELS
from qunflow.features.campaigns.mechanics.settings import Setting, schema_of
from qunflow.features.campaigns.plan_check import plan_errors
from qunflow.features.campaigns.plan_file import parse_plan
from qunflow.features.campaigns.plan_write import plan_data, write_plan
from qunflow.features.campaigns.plays.model import EVENTS

TOP = Path(__file__).parents[2]
SAMPLES = sorted((TOP / "examples" / "campaigns").glob("*.yaml"))
PAGE = (TOP / "docs" / "campaign-plan.md").read_text("utf-8")


def kind_words(setting: Setting) -> str:
    """What a field takes, as the page says it."""
    low, high = f"{setting.low:,}", f"{setting.high:,}"
    return {
        "whole": f"{low}–{high}",
        "fen": f"fen, from {low}" if setting.low else "fen",
        "bps": f"basis points, {low}–{high}",
        "flag": "`true` or `false`",
        "choice": ", ".join(f"`{name}`" for name in setting.choices),
        "name": "small letters, digits, hyphens",
        "text": f"one line of up to {high} characters",
        "clock": 'time of day, `"20:00"`',
        "day": "day",
        "time": "time with offset",
        "amounts": f"list of up to {high} fen, each from 1",
        "rows": f"list of up to {high}, each as below",
    }[setting.kind]


def default_words(default: Any) -> str:
    if default is ...:
        return "required"
    if default is None or default == ():
        return "none"
    if default == "":
        return "empty"
    return f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default}`"


def table(record: type, only: tuple[str, ...] | None = None) -> list[str]:
    """The rows of a schema as they stand on the page; records inside follow their table."""
    lines, inner = ["| field | type | default | meaning |", "|---|---|---|---|"], []
    for name, (setting, default) in schema_of(record).items():
        if only is None or name in only:
            lines.append(f"| `{name}` | {kind_words(setting)} | {default_words(default)} | {setting.about} |")
            if setting.of is not None:
                inner += ["", f"Each of `{name}`:", "", *table(setting.of)]
    return lines + inner


def section(heading: str) -> str:
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/campaign-plan.md has no heading {heading}"
    return found.group(1)


def test_what_all_models_share_is_listed_as_the_schema_says() -> None:
    assert "\n".join(table(PlayRules)) in section("Model")


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_a_model_is_listed_as_its_schema_says(model: Mechanic) -> None:
    text = section(model.name)
    assert "\n".join(table(model.settings)) in text
    line = "Shared: " + (", ".join(f"`{name}`" for name in model.rules) or "none") + "."
    assert line in text


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_a_model_has_a_sample_and_a_page(model: Mechanic) -> None:
    used = {found.model.kind for path in SAMPLES if (found := parse_plan(path.read_text("utf-8"))).model is not None}
    assert model.name in used
    assert re.search(r"\]\(features/[\w-]+\.md\)", section(model.name))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_valid_affordable_and_comes_back_the_same(path: Path) -> None:
    text = path.read_text("utf-8")
    assert plan_errors(yaml.safe_load(text)) == []
    plan = parse_plan(text)
    assert parse_plan(write_plan(plan_data(plan))) == plan


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_a_model_is_data_and_plain_functions(model: Mechanic) -> None:
    assert all("setting" in item.metadata for item in fields(model.settings))
    assert is_dataclass(model.state) and model.initial == model.state()
    assert set(model.events) <= set(EVENTS)
    assert set(model.rules) <= {item.name for item in fields(PlayRules)}
    assert any(rule.opens for rule in model.moves.values())


def test_events_and_names_are_there_once() -> None:
    kinds = [event.KIND for event in EVENTS]  # type: ignore[attr-defined]
    assert len(kinds) == len(set(kinds)) == len(EVENTS)
    assert all(re.fullmatch(r"[a-z][a-z-]{1,30}", name) for name in MODELS)
