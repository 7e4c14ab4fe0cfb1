"""One real sandbox process on a virtual clock for all tests of this folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from tests.connectors.sandbox.driver import AGENT, CORP, SECRET, Driver
from tests.connectors.sandbox.listener import Listener, ListeningServer

from qunflow.storage.clock import SharedClock

START = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
DEFAULTS = {
    "group_limit": 200,
    "frequency_per_minute": 10_000,
    "frequency_per_hour": 150_000,
    "token_ttl": 7_200,
    "way_cap": 500_000,
    "mass_policy": "month",
    "mass_dispatch_seconds": 0,
    "retries": 3,
    "retry_wait": 0.05,
    "trusted_ips": "",
    "trusted_domains": "",
    "callable_app": True,
    "half_first": False,
    "temporary_ways": False,
    "clock_skew": 0,
    "member_stale_seconds": 0,
    "tag_cap": 10_000,
    "takeover_limit": 20_000,
    "transfer_seconds": 86_400,
    "moment_dispatch_seconds": 0,
}


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedClock]:
    made = SharedClock.create(_clock_file(tmp_path_factory), START)
    yield made
    made.close()


def _clock_file(factory: pytest.TempPathFactory) -> Path:
    return factory.getbasetemp() / "sandbox.clock"


@pytest.fixture(scope="session")
def client(clock: SharedClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    port = free_port()
    command = [sys.executable, "-c", "from qunflow.cli.sandbox import app; app()"]
    command += ["--port", str(port), "--corp-id", CORP, "--agentid", str(AGENT)]
    command += ["--clock", str(_clock_file(tmp_path_factory))]
    environment = {**os.environ, "QUNFLOW_SANDBOX_SECRET": SECRET}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as made:
        _wait_for(made, process)
        yield made
    process.terminate()
    assert process.wait(timeout=5) == 0


def _wait_for(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.get("/status")
            return
        except httpx.ConnectError:
            time.sleep(0.02)
    raise AssertionError("the sandbox did not start")


@pytest.fixture(scope="session")
def server() -> Iterator[ListeningServer]:
    made = ListeningServer(Listener(CORP))
    yield made
    made.close()


@pytest.fixture(scope="session")
def shared_driver(client: httpx.Client, clock: SharedClock, server: ListeningServer) -> Driver:
    return Driver(client, clock, server.listener)


@pytest.fixture
def driver(shared_driver: Driver, server: ListeningServer) -> Iterator[Driver]:
    """The sandbox with default limits, no faults and the listener as its callback URL."""
    shared_driver.limits(**DEFAULTS)
    shared_driver.act("/admin/faults")
    shared_driver.act("/admin/call_faults")
    shared_driver.act("/admin/quota", total=1_000)
    assert shared_driver.subscribe(server) == {"ok": True, "reason": ""}
    shared_driver.mark()
    yield shared_driver
    server.listener.answers.clear()
    server.listener.slow = 0.0
    server.listener.echo_suffix = b""
