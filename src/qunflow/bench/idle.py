"""What a server costs that nobody uses, and how long its data folder takes to the first page."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from qunflow.bench.ground import new_ground
from qunflow.bench.processes import cpu_seconds, family_of, memory_mb
from qunflow.bench.scan import MARKER, PHONE, open_code
from qunflow.domain.errors import QunflowError
from qunflow.rehearsal.http import HttpClient, HttpError
from qunflow.rehearsal.stage import free_port

START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class IdleResult:
    """Wall seconds from the start of ``serve`` to the first page of a phone and to the console's first answer.

    Memory (PSS) is that of all processes at rest: the parent, the edge, the console, the database.
    """

    first_page_seconds: float
    console_seconds: float
    health_seconds: float
    server_mb: float
    database_mb: float
    total_mb: float
    processes: int
    cpu_percent: float

    def as_data(self) -> dict[str, Any]:
        """The figures as plain data."""
        return {name: round(value, 2) for name, value in asdict(self).items()}


async def bench_idle(rest: float) -> IdleResult:
    """Start a server on an existing data folder whose database is stopped, open a page, wait ``rest`` seconds."""
    async with new_ground(held=False) as ground:
        async with ground.application() as application:
            code = await open_code(application)
        begun = time.monotonic()
        console = free_port()
        async with ground.serving("all", console) as server:
            await _open_page(server.host, code)
            first_page = time.monotonic() - begun
            await _until_healthy(f"127.0.0.1:{console}")
            first_console_page = time.monotonic() - begun
            await asyncio.sleep(rest / 2)
            roots = [server.pid, *ground.database_process()]
            before = cpu_seconds(roots)
            await asyncio.sleep(rest / 2)
            used = cpu_seconds(roots) - before
            database = memory_mb(ground.database_process())
            total = memory_mb(roots)
            count = len(family_of(roots))
    return IdleResult(
        first_page,
        first_console_page,
        server.ready_after,
        total - database,
        database,
        total,
        count,
        100 * used / max(rest / 2, 1e-9),
    )


async def _until_healthy(host: str) -> None:
    client = HttpClient()
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                with suppress(HttpError):
                    if (await client.request("GET", f"http://{host}/health")).status == 200:
                        return
                await asyncio.sleep(0.05)
    finally:
        client.close()


async def _open_page(host: str, code: str) -> None:
    client = HttpClient()
    headers = dict(line.split(": ", 1) for line in PHONE.splitlines())
    try:
        answer = await client.request("GET", f"http://{host}/c/{code}", headers)
    finally:
        client.close()
    if answer.status != 200 or MARKER not in answer.text:
        raise QunflowError("bench_page", f"the page of the live code answered {answer.status}")
