"""An operator's command line, the server that they run, and the virtual clock on their table."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from qunflow.bootstrap import Application
from qunflow.storage import inbox, outbox, timers
from qunflow.storage.clock import SharedClock
from qunflow.storage.quiet import is_quiet

WORKSPACE = "main"
START_SECONDS = 30.0
QUIET_SECONDS = 20.0


@dataclass(frozen=True)
class Told:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    def data(self) -> Any:
        """The one JSON document of a command that went well."""
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass
class Operator:
    """``application`` looks into the same data folder; nothing of it runs in this process."""

    application: Application
    clock: SharedClock
    folder: Path
    server: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        return self.application.home.settings.address

    async def say(self, *command: str, given: object = None) -> Told:
        """Run ``qunflow`` with these arguments and ``given`` as JSON on its stdin."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "qunflow", *command),
            env=self._environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(b"" if given is None else json.dumps(given).encode())
        return Told(process.returncode or 0, out.decode(), err.decode())

    async def serve(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.server = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "qunflow", "serve", "--role", "edge"),
                env=self._environment(),
                stdout=log,
                stderr=log,
            )
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        async with httpx.AsyncClient(trust_env=False) as http:
            while not await self._healthy(http):
                assert self.server.returncode is None and asyncio.get_running_loop().time() < deadline, self.log()
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """Stop the server, if it runs, and wait for its end."""
        if self.server is not None and self.server.returncode is None:
            self.server.terminate()
            try:
                await asyncio.wait_for(self.server.wait(), 10)
            except TimeoutError:
                self.server.kill()
                await self.server.wait()

    async def quiet(self) -> None:
        """Wait until nothing is left to do at the present instant."""
        deadline = asyncio.get_running_loop().time() + QUIET_SECONDS
        while True:
            async with self.application.home.database.unit(WORKSPACE) as unit:
                if await is_quiet(unit, self.clock.now()):
                    return
            assert asyncio.get_running_loop().time() < deadline, f"something keeps moving\n{self.log()}"
            await asyncio.sleep(0.02)

    async def live_through(self, span: timedelta) -> None:
        """Let time pass, from one due instant to the next, each carried out before the clock goes on."""
        until = self.clock.now() + span
        while (due := await self._next_due()) is not None and due <= until:
            self.clock.advance_to(due)
            await self.quiet()
        self.clock.advance_to(until)
        await self.quiet()

    async def dead_letters(self) -> list[tuple[str, str, str]]:
        async with self.application.home.database.unit(WORKSPACE) as unit:
            return await inbox.dead_letters(unit)

    async def count_sent(self, kind: str) -> int:
        """How many actions of a kind were carried out."""
        async with self.application.home.database.unit(WORKSPACE) as unit:
            return int(await unit.value("SELECT count(*) FROM outbox WHERE kind = $1 AND state = 'done'", kind))

    async def unsent(self) -> list[tuple[str, str, str]]:
        """(kind, reason, detail) of actions that were refused or given up."""
        async with self.application.home.database.unit(WORKSPACE) as unit:
            rows = await unit.fetch("SELECT kind, reason, detail FROM outbox WHERE state IN ('refused', 'failed')")
        return [tuple(row) for row in rows]

    def log(self) -> str:
        """The end of what the server said."""
        return (self.folder / "server.log").read_text()[-4000:]

    async def _next_due(self) -> datetime | None:
        async with self.application.home.database.unit(WORKSPACE) as unit:
            found = [await timers.next_due(unit), await outbox.next_sendable(unit)]
        return min((instant for instant in found if instant is not None), default=None)

    async def _healthy(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(f"{self.address}/health")).status_code == 200
        except httpx.HTTPError:
            return False

    def _environment(self) -> dict[str, str]:
        settings = self.application.home.settings
        return {
            **os.environ,
            "QUNFLOW_DATA": str(settings.data),
            "QUNFLOW_DATABASE_URL": settings.database_url,
            "QUNFLOW_CLOCK": str(settings.clock),
            "QUNFLOW_PORT": str(settings.port),
            "QUNFLOW_PUBLIC_URL": settings.public_url,
            "QUNFLOW_IDLE_SECONDS": str(settings.idle_seconds),
            "QUNFLOW_LOG_LEVEL": "warning",
        }
