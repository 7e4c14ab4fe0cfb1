"""The stage of a demo or rehearsal: a sandbox and a server as processes of their own, on one virtual clock.

A server that dies is started again, as a supervisor would; whoever kills it on purpose can count on that.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import structlog

from qunflow.domain.errors import QunflowError
from qunflow.rehearsal.http import HttpClient, HttpError

START_SECONDS = 60.0
_SAVES = 5

log = structlog.get_logger("qunflow.rehearsal")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The corp of the sandbox, as an admin console shows it."""

    corp_id: str = "wwqunflowdemo"
    agent_id: int = 1_000_002
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    aes_key: str = field(default_factory=lambda: secrets.token_hex(22)[:43])


@dataclass
class Stage:
    """Addresses and processes; ``data`` is the server's data folder, ``clock`` the file of the virtual clock."""

    data: Path
    clock: Path
    credentials: Credentials
    sandbox_port: int
    server_port: int
    log_folder: Path
    restarts: int = 0
    server: asyncio.subprocess.Process | None = None
    sandbox: asyncio.subprocess.Process | None = None
    client: HttpClient = field(default_factory=HttpClient)
    public_url: str = ""
    more: Mapping[str, str] = field(default_factory=dict)  # settings of the server beside the usual ones
    _keeper: asyncio.Task[None] | None = None

    @property
    def sandbox_url(self) -> str:
        """Where the platform, phones and staff are."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def server_url(self) -> str:
        """Where qunflow is."""
        return f"http://127.0.0.1:{self.server_port}"

    async def spawn(self) -> None:
        """Begin both processes without waiting for them: a machine with two cores opens the database meanwhile."""
        await self._spawn_sandbox()
        self.server = await self._spawn_server()

    async def start_sandbox(self) -> None:
        """Start the sandbox, unless it was spawned, and wait until it answers."""
        if self.sandbox is None:
            await self._spawn_sandbox()
        await self._wait(f"{self.sandbox_url}/status", lambda: self.sandbox)

    async def _spawn_sandbox(self) -> None:
        credentials = self.credentials
        command = ["sandbox", "--port", str(self.sandbox_port), "--clock", str(self.clock), "--seed", "demo"]
        command += ["--corp-id", credentials.corp_id, "--agentid", str(credentials.agent_id)]
        self.sandbox = await self._run(command, "sandbox", {"QUNFLOW_SANDBOX_SECRET": credentials.secret})

    async def start_server(self) -> None:
        """Start the server, unless it was spawned, wait until it answers, and keep it alive from then on."""
        if self.server is None:
            self.server = await self._spawn_server()
        await self._wait_for_server()
        self._keeper = asyncio.create_task(self._keep_alive())

    async def _spawn_server(self) -> asyncio.subprocess.Process:
        return await self._run(["serve", "--role", "edge"], "server", self.environment())

    async def _wait_for_server(self) -> None:
        await self._wait(f"{self.server_url}/health", lambda: self.server)

    def environment(self) -> dict[str, str]:
        """The server's settings."""
        return {
            "QUNFLOW_DATA": str(self.data),
            "QUNFLOW_PORT": str(self.server_port),
            "QUNFLOW_CLOCK": str(self.clock),
            "QUNFLOW_IDLE_SECONDS": "0.2",
            "QUNFLOW_LOG_LEVEL": "warning",
            **({"QUNFLOW_PUBLIC_URL": self.public_url} if self.public_url else {}),
            **self.more,
        }

    async def connect_corp(self) -> None:
        """What an admin does in the console: give the callback address; it is verified by a real call."""
        credentials = self.credentials
        limits = {"frequency_per_minute": 0, "frequency_per_hour": 0, "retries": 60, "retry_wait": 0.5}
        await self.ask_sandbox("/admin/settings", limits)
        corp = {
            "corp_id": credentials.corp_id,
            "callback_url": f"{self.server_url}/hooks/wecom/wecom",
            "token": credentials.token,
            "aes_key": credentials.aes_key,
        }
        for _ in range(_SAVES):  # a busy machine may miss the second that the platform waits: admins press again
            answer = await self.ask_sandbox("/admin/corp", corp)
            if answer.get("ok"):
                break
        else:
            raise QunflowError("callback_refused", f"the sandbox could not verify the callback: {answer.get('reason')}")

    async def ask_sandbox(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One call of the sandbox's control side."""
        if body is None:
            response = await self.client.request("GET", f"{self.sandbox_url}{path}")
        else:
            headers = {"content-type": "application/json"}
            content = orjson.dumps(dict(body))
            response = await self.client.request("POST", f"{self.sandbox_url}{path}", headers, content)
        found: dict[str, Any] = orjson.loads(response.body)
        return found

    async def stop(self) -> None:
        """Stop both, the server first, and wait for them."""
        self.client.close()
        if self._keeper is not None:
            self._keeper.cancel()
        for process in (self.server, self.sandbox):
            if process is not None and process.returncode is None:
                with suppress(ProcessLookupError):
                    process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), 20)
                except TimeoutError:
                    process.kill()
                    await process.wait()

    async def _keep_alive(self) -> None:
        while True:
            if self.server is not None:
                await self.server.wait()
            self.restarts += 1
            try:
                self.server = await self._spawn_server()
                await self._wait_for_server()
            except QunflowError as error:
                log.warning("server_not_restarted", error=error.sentence())
                await asyncio.sleep(0.5)

    async def _run(self, command: list[str], name: str, extra: Mapping[str, str]) -> asyncio.subprocess.Process:
        self.log_folder.mkdir(parents=True, exist_ok=True)
        with (self.log_folder / f"{name}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "qunflow", *command, env={**os.environ, **extra}, stdout=log, stderr=log
            )

    async def _wait(self, url: str, process: Callable[[], asyncio.subprocess.Process | None]) -> None:
        client = HttpClient()
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        try:
            while asyncio.get_running_loop().time() < deadline:
                running = process()
                if running is not None and running.returncode is not None:
                    break
                try:
                    if (await client.request("GET", url)).status == 200:
                        return
                except (HttpError, OSError):
                    await asyncio.sleep(0.05)
        finally:
            client.close()
        raise QunflowError("stage_start", f"{url} did not answer", way_out=f"Look into {self.log_folder}.")


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
