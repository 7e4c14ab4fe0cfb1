"""``qunflow campaign check --file``: a valid plan with its costs, or every refusal with field, rule and way out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qunflow.cli.campaign import app

SAMPLES = Path(__file__).parents[5] / "examples" / "campaigns"


def check(file: Path) -> tuple[int, dict[str, object]]:
    result = CliRunner().invoke(app, ["check", "--file", str(file), "--json"])
    found: dict[str, object] = json.loads(result.stdout)
    return result.exit_code, found


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_sample_is_valid_and_its_budget_carries_it(path: Path) -> None:
    code, found = check(path)
    assert code == 0 and found["valid"] is True
    assert not [line for line in found["warnings"] if "budget" in str(line)]  # type: ignore[attr-defined]


def test_all_refusals_are_told_each_with_a_way_out(tmp_path: Path) -> None:
    text = (SAMPLES / "bargain.yaml").read_text("utf-8")
    broken = tmp_path / "plan.yaml"
    broken.write_text(text.replace("helpers: 10", "helpers: 0").replace("hold_hours: 24", "hold_hours: x"), "utf-8")
    code, found = check(broken)
    refusals = found["refusals"]
    assert code == 1 and found["valid"] is False
    assert [item["field"] for item in refusals] == ["hold_hours", "model.helpers"]  # type: ignore[attr-defined]
    assert all(item["rule"] and item["way_out"] for item in refusals)  # type: ignore[attr-defined]


def test_a_rule_between_fields_is_told_too(tmp_path: Path) -> None:
    text = (SAMPLES / "red-packet.yaml").read_text("utf-8")
    broken = tmp_path / "plan.yaml"
    broken.write_text(text.replace("target_fen: 800, helpers: 3", "target_fen: 100, helpers: 30"), "utf-8")
    result = CliRunner().invoke(app, ["check", "--file", str(broken)])
    assert result.exit_code == 1
    assert "model.tiers[0].target_fen" in result.stdout and "→" in result.stdout


def test_a_short_budget_is_warned_of(tmp_path: Path) -> None:
    text = (SAMPLES / "lucky-packet.yaml").read_text("utf-8")
    poor = tmp_path / "plan.yaml"
    poor.write_text(text.replace("budget_total_fen: 100000", "budget_total_fen: 50000"), "utf-8")
    code, found = check(poor)
    assert code == 0 and any("budget_total_fen" in str(line) for line in found["warnings"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[]", b"a: [", b""])
def test_what_is_no_plan_is_no_crash(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(content)
    result = CliRunner().invoke(app, ["check", "--file", str(path)])
    assert result.exit_code == 1 and type(result.exception).__name__ in ("InvalidInput", "SystemExit")
