"""Whole rehearsals: real server, sandbox and PostgreSQL, a small crowd, and every invariant looked up afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from qunflow.cli.rehearse_run import RehearsalOrder, run_rehearsal
from qunflow.features.campaigns.plan_file import parse_plan, plan_from
from qunflow.rehearsal.profile import RehearsalSettings

EXAMPLES = Path(__file__).parents[2] / "examples" / "campaigns"
SAMPLES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
KEYS = {
    "invariants", "groups_needed", "staff_minutes", "reward", "budget_overrun", "k", "cycle_hours", "fraud", "gate",
    "seconds", "people", "days", "seed", "funnel", "moves", "not_played",
}  # fmt: skip
#: Few people, but all of them come, play and come back.
EAGER = RehearsalSettings(reach_bps=3_000, scan_bps=10_000, plays_bps=10_000, comes_back_bps=8_000, ring_bps=1_500)


async def rehearse(
    name: str,
    folder: Path,
    url: str,
    people: int = 24,
    days: int = 0,
    profile: RehearsalSettings = EAGER,
    model: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    data = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))
    plan = plan_from({**data, "model": {**data["model"], **model}} if model else data)
    order = RehearsalOrder(plan, folder / "run", people, "spring", days, profile, url)
    result = await run_rehearsal(order, lambda done, total, when: None)
    assert result["invariants"]["broken"] == []
    assert set(result) == KEYS
    assert not (folder / "run").exists(), "nothing stays behind"
    return result


async def test_an_invitation_is_rehearsed_from_launch_to_closing(tmp_path: Path, database_url: str) -> None:
    result = await rehearse("invitation-ladder", tmp_path, database_url, days=1)
    held = " ".join(result["invariants"]["held"])
    assert all(f"I{number} " in held for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12))
    assert result["funnel"]["joined"] > 5 and result["funnel"]["completed"] > 0
    assert 0 < result["reward"]["expected"] <= result["reward"]["worst"]
    assert result["days"] == 1 and result["people"] == 24 and result["gate"] == []
    assert result["groups_needed"][0]["needed"] == 1 and result["staff_minutes"] > 0


@pytest.mark.long
async def test_a_group_buy_is_opened_joined_paid_and_refunded_by_the_crowd(tmp_path: Path, database_url: str) -> None:
    result = await rehearse("group-buy", tmp_path, database_url, days=1)
    made = result["moves"]["made"]
    assert made["open"] > 0 and made["join"] > 0
    assert "escrow no money left between two places" in result["invariants"]["held"]


@pytest.mark.long
async def test_who_finds_nothing_left_waits_in_line_and_takes_what_others_did_not_pay(
    tmp_path: Path, database_url: str
) -> None:
    sold = {"stock_total": 3, "friends": 0}
    result = await rehearse("flash-sale", tmp_path, database_url, people=60, days=2, model=sold)
    made, refused = result["moves"]["made"], result["moves"]["refused"]
    reserved = made["reserve"] - sum(count for name, count in refused.items() if name.startswith("reserve:"))
    assert made["wait"] > 3 and refused["reserve:stock_out"] > 0
    assert reserved > sold["stock_total"], "pieces that nobody paid were offered, and taken"


@pytest.mark.long
async def test_cards_bring_the_crowd_back_and_the_pool_is_shared(tmp_path: Path, database_url: str) -> None:
    result = await rehearse("cards", tmp_path, database_url, days=2)
    assert result["moves"]["made"]["draw"] > result["moves"]["made"]["open"]
    assert result["moves"]["refused"].get("draw:quota", 0) > 0


@pytest.mark.long
@pytest.mark.parametrize("name", SAMPLES)
async def test_every_sample_ends_with_all_invariants_held(name: str, tmp_path: Path, database_url: str) -> None:
    result = await rehearse(name, tmp_path, database_url, people=60, profile=RehearsalSettings())
    assert result["funnel"]["joined"] > 0


@pytest.mark.long
async def test_the_same_seed_gives_the_same_result(tmp_path: Path, database_url: str) -> None:
    plan = parse_plan((EXAMPLES / "lucky-packet.yaml").read_text(encoding="utf-8"))
    found = []
    for turn in ("one", "two"):
        order = RehearsalOrder(plan, tmp_path / turn, 40, "again", 3)
        result = await run_rehearsal(order, lambda done, total, when: None)
        found.append({name: value for name, value in result.items() if name != "seconds"})
    assert found[0] == found[1]


@pytest.mark.long
async def test_a_crowd_hands_in_a_picture_each_day_and_an_old_one_is_refused(tmp_path: Path, database_url: str) -> None:
    result = await rehearse("check-in-photo", tmp_path, database_url, people=60)
    moves = result["moves"]
    assert moves["made"]["hand_in"] > 20 and not moves["made"].get("check_in")
    assert moves["refused"].get("hand_in:duplicate_image", 0) > 0
