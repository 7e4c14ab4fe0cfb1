"""The ground of a measurement: a data folder of its own that goes afterwards, the real server on it, the reference."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from qunflow.bench.load import Counted, Job
from qunflow.bench.processes import cpu_seconds
from qunflow.bootstrap import Application, open_home
from qunflow.domain.errors import QunflowError
from qunflow.rehearsal.http import HttpClient, HttpError
from qunflow.rehearsal.stage import free_port
from qunflow.settings import Settings
from qunflow.storage.embedded import EmbeddedServer

START_SECONDS = 60.0
JOB_SECONDS = 300.0
TAIL_BYTES = 2000
WORKSPACE = "main"


@dataclass(frozen=True, slots=True)
class Measured:
    """A job's count and what it cost: processor microseconds for each answer, of server, database and load."""

    counted: Counted
    server_us: float
    database_us: float
    load_us: float

    def as_data(self) -> dict[str, float | int]:
        """The figures as plain data."""
        rounded = {name: round(value, 2) for name, value in asdict(self.counted).items()}
        costs = {"server_us": self.server_us, "database_us": self.database_us, "load_us": self.load_us}
        return {**rounded, **{name: round(value, 1) for name, value in costs.items()}}


@dataclass(frozen=True, slots=True)
class Ground:
    """A data folder whose embedded database this process holds, too."""

    folder: Path

    @property
    def settings(self) -> Settings:
        """Settings of the data folder, whatever the environment says: a measurement never touches real data."""
        own = {name: field.get_default() for name, field in Settings.model_fields.items()}
        return Settings(**{**own, "data": self.folder, "log_level": "warning"})

    @asynccontextmanager
    async def application(self) -> AsyncIterator[Application]:
        """The joined parts in this process, to set things up and to count afterwards."""
        home = await open_home(self.settings)
        try:
            yield Application.join(home)
        finally:
            await home.close()

    def database_process(self) -> list[int]:
        """The database's first process, if it runs."""
        pid = EmbeddedServer.status(self.folder).pid
        return [] if pid is None else [pid]

    @asynccontextmanager
    async def serving(self, role: str = "edge", console_port: int = 0) -> AsyncIterator[Running]:
        """``qunflow serve`` as a process of its own; ``all`` has the console beside it, on ``console_port``."""
        port = free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("QUNFLOW_")}
        environment |= {"QUNFLOW_LOG_LEVEL": "error"}
        if console_port:
            environment |= {"QUNFLOW_CONSOLE_PORT": str(console_port)}
        command = [sys.executable, "-m", "qunflow", "serve", "--role", role]
        command += ["--data", str(self.folder), "--port", str(port)]
        async with _running(command, port, environment, "/health") as running:
            yield running


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers; ``ready_after`` wall seconds since it was started."""

    port: int
    pid: int
    ready_after: float

    @property
    def host(self) -> str:
        """What stands in the Host header."""
        return f"127.0.0.1:{self.port}"

    async def measure(self, job: Job, database: Sequence[int] = ()) -> Measured:
        """Let a process of its own make the load; answers what came of it and what it cost."""
        server, store = cpu_seconds([self.pid]), cpu_seconds(database)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "qunflow.bench.load", stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            async with asyncio.timeout(JOB_SECONDS):
                out, _ = await process.communicate(orjson.dumps(asdict(job)))
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            raise QunflowError("bench_load", f"the load ended with {process.returncode}")
        counted = Counted(**orjson.loads(out))
        answers = max(1, counted.right + counted.wrong)
        return Measured(
            counted,
            1e6 * (cpu_seconds([self.pid]) - server) / answers,
            1e6 * (cpu_seconds(database) - store) / answers,
            1e6 * counted.cpu_seconds / answers,
        )


@asynccontextmanager
async def new_ground(held: bool = True) -> AsyncIterator[Ground]:
    """A data folder with its own database; both are deleted at the end.

    ``held``: the database runs all the time; else it stops with its last user and starts with the next one.
    """
    folder = Path(tempfile.mkdtemp(prefix="qunflow-bench-"))
    holder = None
    try:
        holder = await asyncio.to_thread(EmbeddedServer.attach, folder) if held else None
        yield Ground(folder)
    finally:
        if holder is not None:
            await asyncio.to_thread(holder.release)
        await asyncio.to_thread(EmbeddedServer.erase, folder)
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def reference() -> AsyncIterator[Running]:
    """The raw ASGI hello on the same kind of server."""
    port = free_port()
    command = [sys.executable, "-m", "qunflow.bench.hello", str(port)]
    async with _running(command, port, dict(os.environ), "/") as running:
        yield running


@asynccontextmanager
async def _running(command: list[str], port: int, environment: dict[str, str], path: str) -> AsyncIterator[Running]:
    begun = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=said)
        try:
            await _wait(process, f"http://127.0.0.1:{port}{path}")
            yield Running(port, process.pid, time.monotonic() - begun)
        finally:
            died = process.returncode
            await _stop(process)
        if died is not None:
            size = said.seek(0, os.SEEK_END)
            said.seek(max(0, size - TAIL_BYTES))
            tail = said.read().decode(errors="replace")
            raise QunflowError("bench_server", f"the server ended with {died} while it was measured: {tail}")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _wait(process: asyncio.subprocess.Process, url: str) -> None:
    client = HttpClient()
    try:
        async with asyncio.timeout(START_SECONDS):
            while process.returncode is None:
                try:
                    if (await client.request("GET", url)).status == 200:
                        return
                except (HttpError, OSError):
                    await asyncio.sleep(0.01)
    except TimeoutError:
        pass
    finally:
        client.close()
    raise QunflowError("bench_start", f"{url} did not answer", way_out="Run the server by hand and look at its log.")
