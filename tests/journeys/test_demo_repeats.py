"""The same seed plays the same campaign; another seed another one. Not the same ids or order, the same figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qunflow.cli import demo_run
from qunflow.cli.demo_run import DemoSettings, run_demo

PEOPLE = 120
PLAN = Path(demo_run.__file__).parents[1] / "rehearsal" / "demo-plan.yaml"


async def figures(seed: str, folder: Path) -> dict[str, Any]:
    result = await run_demo(DemoSettings(PEOPLE, seed, folder, PLAN), lambda done, total, when: None)
    assert result.broken == ()
    report = result.report
    rates = {name: (rate["numerator"], rate["denominator"]) for name, rate in report["rates"].items()}
    return {
        "funnel": report["funnel"],
        "rates": rates,
        "rewards": report["rewards"],
        "groups": len(report["groups"]),
    }


@pytest.mark.long
async def test_one_seed_gives_one_funnel_and_two_seeds_differ(tmp_path: Path) -> None:
    first = await figures("spring", tmp_path / "one")
    again = await figures("spring", tmp_path / "two")
    other = await figures("autumn", tmp_path / "three")
    assert first == again
    assert first != other
