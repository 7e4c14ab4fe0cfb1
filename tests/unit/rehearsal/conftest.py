"""A sandbox of its own for each run of a crowd, on a virtual clock."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.rehearsal.paper_product import AGENT, CORP

from qunflow.storage.clock import SharedClock

START = datetime(2026, 12, 1, 1, 2, tzinfo=UTC)


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "the sandbox did not start"
            time.sleep(0.05)


StartSandbox = Callable[[], tuple[str, SharedClock]]


@pytest.fixture
def start_sandbox(tmp_path: Path) -> Iterator[StartSandbox]:
    """Starts sandboxes: each a process with an own clock; answers its address and the clock."""
    started: list[tuple[subprocess.Popen[bytes], SharedClock]] = []

    def start() -> tuple[str, SharedClock]:
        port, path = free_port(), tmp_path / f"clock{len(started)}"
        clock = SharedClock.create(path, START)
        command = [sys.executable, "-c", "from qunflow.cli.sandbox import app; app()", "--port", str(port)]
        command += ["--corp-id", CORP, "--agentid", str(AGENT), "--clock", str(path), "--seed", "tests"]
        started.append((subprocess.Popen(command, stdout=subprocess.DEVNULL), clock))
        wait_for(port)
        return f"http://127.0.0.1:{port}", clock

    yield start
    for process, clock in started:
        process.terminate()
        process.wait(10)
        clock.close()
