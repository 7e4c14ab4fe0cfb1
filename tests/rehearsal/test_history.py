"""The history of rehearsals in a real PostgreSQL, and a chore of the console with a real process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.features.campaigns.plans import make_plan

from qunflow.bootstrap import Application
from qunflow.console.rehearsal_chore import RehearsalChores
from qunflow.domain.errors import Conflict
from qunflow.features.campaigns.rehearsed import load_advice, plan_key
from qunflow.storage import rehearsals
from qunflow.storage.directory import DEFAULT_WORKSPACE as WORKSPACE
from qunflow.storage.rehearsals import RehearsalRow

BEGUN = datetime(2027, 3, 1, 2, tzinfo=UTC)
RESULT = {
    "invariants": {"held": ["I1"], "broken": []},
    "reward": {"expected": 500, "worst": 900},
    "budget_overrun": 0,
    "gate": [],
}


def row(name: str, minutes: int = 0, key: str = "k") -> RehearsalRow:
    begun = BEGUN + timedelta(minutes=minutes)
    return RehearsalRow(name, "winter", key, "acc", begun, None, 30, "seed", 2, "running")


async def test_a_rehearsal_is_kept_from_its_start_to_its_result(application: Application) -> None:
    database = application.home.database
    async with database.unit(WORKSPACE) as unit:
        await rehearsals.begin(unit, row("a"))
        await rehearsals.begin(unit, row("b", 5))
        assert await rehearsals.last_done(unit, "winter") is None
        await rehearsals.end(unit, "a", BEGUN, rehearsals.DONE, "", RESULT)
        await rehearsals.end(unit, "b", BEGUN, rehearsals.FAILED, "it broke")
        await rehearsals.end(unit, "a", BEGUN, rehearsals.FAILED, "too late")
    async with database.read(WORKSPACE) as unit:
        found, total = await rehearsals.list_rehearsals(unit, "winter")
        last = await rehearsals.last_done(unit, "winter")
        assert await rehearsals.list_rehearsals(unit, "summer") == ((), 0)
    assert total == 2 and [(one.rehearsal, one.state, one.words) for one in found] == [
        ("b", "failed", "it broke"),
        ("a", "done", ""),
    ]
    assert last is not None and last.result == RESULT and last.account == "acc"


async def test_the_gate_hears_of_the_last_rehearsal_of_this_very_plan(application: Application) -> None:
    plan = make_plan()
    async with application.home.database.unit(WORKSPACE) as unit:
        assert (await load_advice(unit, plan)).state == "none"
        await rehearsals.begin(unit, RehearsalRow("a", plan.campaign, plan_key(plan), "", BEGUN, None, 9, "1", 0, ""))
        await rehearsals.end(unit, "a", BEGUN, rehearsals.DONE, "", RESULT)
        assert (await load_advice(unit, plan)).state == "well"


async def test_a_chore_runs_alone_and_is_stopped_with_its_process(application: Application, tmp_path: Path) -> None:
    chores, plan = RehearsalChores(application.home.database, tmp_path / "data"), make_plan()
    name = await chores.start(WORKSPACE, plan, "acc", 10, "s", 1)
    chore = chores.running(WORKSPACE, plan.campaign)
    assert chore is not None and chore.row.rehearsal == name
    assert chores.running("other", plan.campaign) is None
    with pytest.raises(Conflict) as caught:
        await chores.start(WORKSPACE, plan, "acc", 10, "s", 1)
    assert caught.value.code == "rehearsal_running"
    await asyncio.sleep(1)
    await chores.close()
    assert chore.process.returncode is not None
    assert chores.running(WORKSPACE, plan.campaign) is None
    async with application.home.database.read(WORKSPACE) as unit:
        found, _ = await rehearsals.list_rehearsals(unit, plan.campaign)
    assert [(one.rehearsal, one.state) for one in found] == [(name, "stopped")]
