"""Data folders and other processes for the tests of the embedded PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from qunflow.storage.embedded import EmbeddedServer

#: Attaches, says where and to which process, and releases when its input ends.
USER = """
from qunflow.storage.embedded import EmbeddedServer
folder = Path(sys.argv[1])
server = EmbeddedServer.attach(folder)
print(server.url, EmbeddedServer.status(folder).pid, flush=True)
sys.stdin.readline()
"""


class Attached:
    """Another process that uses the database of a folder."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def where(self) -> tuple[str, int]:
        """URL and process id of the server, as soon as it has attached."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the process ended before it had attached"
        url, pid = line.split()
        return url, int(pid)


@contextmanager
def another_process(folder: Path, prelude: str = "", *arguments: str) -> Iterator[Attached]:
    """Ends in an orderly way, unless it was killed before."""
    script = f"import os, sys\nfrom pathlib import Path\n{prelude}\n{USER}"
    command = [sys.executable, "-c", script, str(folder), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Attached(process)
        process.communicate("\n", timeout=60)


def ask(url: str, *statements: str) -> Any:
    """The last statement's first value."""

    async def run() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(run())


def kill(pid: int) -> None:
    """kill -9, and wait until the process is gone."""
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < deadline, f"process {pid} does not die"
        time.sleep(0.01)


def server_process(folder: Path) -> int:
    """The server's process id; fails when it does not run."""
    pid = EmbeddedServer.status(folder).pid
    assert pid is not None
    return pid


@contextmanager
def data_folders() -> Iterator[Callable[..., Path]]:
    """Names data folders that every account can enter; erases them with their databases at the end."""
    top = Path(tempfile.mkdtemp(prefix="qunflow-test-", dir="/tmp"))
    top.chmod(0o755)
    named: list[Path] = []

    def name_folder(name: str = "data") -> Path:
        named.append(top / name)
        return top / name

    yield name_folder
    for folder in named:
        EmbeddedServer.stop(folder, force=True)
        EmbeddedServer.erase(folder)
    shutil.rmtree(top)


def socket_folder(server: EmbeddedServer) -> Path:
    """The folder of the server's socket."""
    return Path(server.url.partition("host=")[2].partition("&")[0])


def copy_tree(original: Path, copy: Path) -> None:
    """With owners and rights, as ``cp -a``."""
    subprocess.run(["cp", "-a", str(original), str(copy)], check=True)
