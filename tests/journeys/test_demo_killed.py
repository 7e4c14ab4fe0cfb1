"""The server is killed with SIGKILL at ten random moments of a demo; afterwards everything must still be exact."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from qunflow.cli import demo_run
from qunflow.cli.demo_run import DemoResult, DemoSettings, run_demo
from qunflow.rehearsal.stage import Stage

KILLS = 10
PEOPLE = 300
PLAN = Path(demo_run.__file__).parents[1] / "rehearsal" / "demo-plan.yaml"


async def kill_now_and_then(stages: list[Stage], dice: random.Random, killed: list[int]) -> None:
    """SIGKILL to the running server, ``KILLS`` times, at random moments while the crowd acts."""
    while not stages or stages[0].server is None:
        await asyncio.sleep(0.05)
    stage = stages[0]
    while len(killed) < KILLS:
        await asyncio.sleep(dice.uniform(1.0, 4.0))
        server = stage.server
        if server is not None and server.returncode is None:
            server.kill()
            killed.append(server.pid)


@pytest.mark.long
async def test_a_server_killed_ten_times_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages: list[Stage] = []

    class SeenStage(Stage):
        """A stage that the test can reach."""

        async def connect_corp(self) -> None:
            await super().connect_corp()
            stages.append(self)

    monkeypatch.setattr(demo_run, "Stage", SeenStage)
    killed: list[int] = []
    killer = asyncio.create_task(kill_now_and_then(stages, random.Random(20261121), killed))
    settings = DemoSettings(PEOPLE, "killed", tmp_path / "demo", PLAN)
    result: DemoResult = await run_demo(settings, lambda done, total, when: None)
    killer.cancel()
    assert len(killed) == KILLS
    assert len(set(killed)) == KILLS, "each kill hit a server of its own"
    assert result.broken == ()
    assert result.report["scripts"]["missing"] == result.report["scripts"]["duplicate"] == 0
    assert result.crowd.welcomed_twice() == []
    assert result.report["server_restarts"] >= KILLS
