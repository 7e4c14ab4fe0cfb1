"""Rehearsals as chores of the console: each in a process of its own, one at a time, stopped when the console stops."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from qunflow.domain.errors import Conflict
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_write import plan_data, write_plan
from qunflow.features.campaigns.rehearsed import plan_key
from qunflow.storage import rehearsals
from qunflow.storage.database import Database
from qunflow.storage.rehearsals import RehearsalRow

MOST_OUTPUT = 16 * 1024 * 1024
_LAST_WORDS = 1_000
_STOP_SECONDS = 30.0
_GENTLE = 10


@dataclass
class Chore:
    """A rehearsal that runs: how far it is, as its process tells."""

    row: RehearsalRow
    workspace: str
    process: asyncio.subprocess.Process
    done: int = 0
    total: int = 0
    when: str = ""
    stopped: bool = False
    last: list[str] = field(default_factory=list)


class RehearsalChores:
    """All rehearsals of this console. They take both cores of a small machine, so there is one at a time."""

    def __init__(self, database: Database, data: Path) -> None:
        self._database = database
        self._data = data
        self._running: Chore | None = None
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    def running(self, workspace: str, campaign: str) -> Chore | None:
        """The chore that rehearses this campaign now."""
        chore = self._running
        ours = chore is not None and chore.workspace == workspace and chore.row.campaign == campaign
        return chore if ours else None

    async def start(self, workspace: str, plan: Plan, account: str, people: int, seed: str, days: int) -> str:
        """Begin; answers the rehearsal's id. Raises Conflict while another one runs."""
        async with self._starting:
            if self._running is not None:
                raise Conflict(
                    "rehearsal_running",
                    "another rehearsal is running on this machine",
                    field=self._running.row.campaign,
                    way_out="Wait for it, or stop it.",
                )
            name = secrets.token_hex(8)
            row = RehearsalRow(
                name, plan.campaign, plan_key(plan), account, datetime.now(UTC), None, people, seed, days,
                rehearsals.RUNNING,
            )  # fmt: skip
            async with self._database.unit(workspace) as unit:
                await rehearsals.begin(unit, row)
            folder = tempfile.TemporaryDirectory(prefix="rehearsal-")
            file = Path(folder.name) / "campaign.yaml"
            file.write_text(write_plan(plan_data(plan)), encoding="utf-8")
            process = await _start_process(file, self._data, people, seed, days)
            self._running = Chore(row, workspace, process)
            self._task = asyncio.create_task(self._watch(self._running, folder))
            return name

    async def stop(self, workspace: str, campaign: str) -> bool:
        """Stop the rehearsal of a campaign; its process cleans up behind itself."""
        chore = self.running(workspace, campaign)
        if chore is None:
            return False
        await self._end_process(chore)
        return True

    async def close(self) -> None:
        """Stop whatever runs, when the console stops."""
        if self._running is not None:
            await self._end_process(self._running)
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task

    async def _end_process(self, chore: Chore) -> None:
        chore.stopped = True
        if chore.process.returncode is None:
            with suppress(ProcessLookupError):
                chore.process.terminate()
        try:
            await asyncio.wait_for(chore.process.wait(), _STOP_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                chore.process.kill()

    async def _watch(self, chore: Chore, folder: tempfile.TemporaryDirectory[str]) -> None:
        """Follow the process to its end and keep what it says."""
        assert chore.process.stdout is not None and chore.process.stderr is not None
        told = asyncio.create_task(_follow(chore, chore.process.stderr))
        try:
            output = await chore.process.stdout.read(MOST_OUTPUT)
            await told
            code = await chore.process.wait()
            state, words, result = _ending(chore, code, output)
            async with self._database.unit(chore.workspace) as unit:
                await rehearsals.end(unit, chore.row.rehearsal, datetime.now(UTC), state, words, result)
        finally:
            self._running = None
            folder.cleanup()


async def _start_process(file: Path, data: Path, people: int, seed: str, days: int) -> asyncio.subprocess.Process:
    """``qunflow rehearse`` beside the console, gentler than what serves people."""
    command = [sys.executable, "-m", "qunflow", "rehearse", "--file", str(file), "--people", str(people)]
    command += ["--seed", seed, "--days", str(days), "--json", "--progress"]
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "QUNFLOW_DATA": str(data)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=MOST_OUTPUT,
    )
    with suppress(ProcessLookupError, PermissionError):
        os.setpriority(os.PRIO_PROCESS, process.pid, _GENTLE)
    return process


async def _follow(chore: Chore, lines: asyncio.StreamReader) -> None:
    """Lines like ``progress 12/340 03-01 10:00`` tell how far it is; others are kept for the case that it fails."""
    async for raw in lines:
        line = raw.decode(errors="replace").strip()
        kind, _, rest = line.partition(" ")
        parts, _, when = rest.partition(" ")
        done, _, total = parts.partition("/")
        if kind == "progress" and done.isdecimal() and total.isdecimal():
            chore.done, chore.total, chore.when = int(done), int(total), when[:40]
        elif line:
            chore.last = [*chore.last[-9:], line[:_LAST_WORDS]]


def _ending(chore: Chore, code: int, output: bytes) -> tuple[str, str, dict[str, Any] | None]:
    """(state, words, result): a result with broken invariants is a result; anything else that failed says why."""
    if chore.stopped:
        return rehearsals.STOPPED, "", None
    try:
        found: Any = orjson.loads(output)
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, Mapping) and "invariants" in found:
        return rehearsals.DONE, "", dict(found)
    return rehearsals.FAILED, "\n".join(chore.last)[-_LAST_WORDS:] or f"exit code {code}", None
