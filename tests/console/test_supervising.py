"""``qunflow serve``: parts are started again, ended together, and never outlive their parent."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.console.console_process import ConsoleProcess, prepared_console

from qunflow.bootstrap import Application

pytestmark = pytest.mark.journey


@pytest_asyncio.fixture(loop_scope="session")
async def whole(application: Application, tmp_path: Path) -> AsyncIterator[ConsoleProcess]:
    """Everything that ``qunflow serve`` runs."""
    one = prepared_console(application, tmp_path)
    try:
        await one.start_whole()
        yield one
    finally:
        await one.stop()


def children(parent: int) -> dict[str, int]:
    """Role → process id of the living parts of a parent, as the system lists them."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
                command = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue  # it ended while we looked
            if int(stat.rpartition(")")[2].split()[1]) == parent and b"--role" in command:
                found[command[command.index(b"--role") + 1].decode()] = int(folder.name)
    return found


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def until_gone(processes: list[int], seconds: float = 30.0) -> None:
    for _ in range(int(seconds * 20)):
        if not any(alive(process) for process in processes):
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"still there: {[process for process in processes if alive(process)]}")


async def test_a_killed_part_is_started_again_and_the_other_stays(whole: ConsoleProcess) -> None:
    assert whole.process is not None
    before = children(whole.process.pid)
    assert set(before) == {"edge", "console"}
    os.kill(before["console"], signal.SIGKILL)
    await until_gone([before["console"]])
    for _ in range(400):
        if children(whole.process.pid).get("console") not in (None, before["console"]):
            break
        await asyncio.sleep(0.05)
    await whole.until_it_answers()
    after = children(whole.process.pid)
    assert after["edge"] == before["edge"] and after["console"] != before["console"]
    assert "console ended with -9; starting it again" in whole.log()


async def test_nothing_outlives_a_killed_parent(whole: ConsoleProcess) -> None:
    assert whole.process is not None
    parts = children(whole.process.pid)
    whole.process.kill()
    await asyncio.to_thread(whole.process.wait, 30)
    await until_gone(list(parts.values()))


async def test_a_signal_ends_everything_without_a_failure(whole: ConsoleProcess) -> None:
    assert whole.process is not None
    parts = children(whole.process.pid)
    whole.process.terminate()
    assert await asyncio.to_thread(whole.process.wait, 30) == 0
    await until_gone(list(parts.values()), 1.0)
