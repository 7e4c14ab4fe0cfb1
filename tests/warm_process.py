"""Commands of qunflow as processes of their own that start quickly: forks of one that has imported what they need.

The forked process has run and read nothing of any test. Each command in a fork has its own environment, memory,
signals, log and exit code. That a command starts from nothing is proved where it is started by its name:
``tests/console/test_supervising.py`` and ``tests/connectors/wechatpay``.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["qunflow.cli.serve", "qunflow.bootstrap.console", "qunflow.sandbox.pay.server", "uvloop"]
)


class WarmProcess:
    """A running command; with the methods of ``subprocess.Popen`` that tests use."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._process = _FORKS.Process(target=_run, args=(list(arguments), dict(environment), str(log)), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code, None while it runs; below zero the signal that ended it."""
        return self._process.exitcode

    def terminate(self) -> None:
        """Ask it to end (SIGTERM)."""
        self._process.terminate()

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self._process.kill()

    def wait(self, timeout: float) -> int:
        """Its exit code. Raises TimeoutExpired when it still runs after so many seconds."""
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("qunflow", timeout)
        return code


def _run(arguments: list[str], environment: dict[str, str], log: str) -> None:
    """In the fork: become the command."""
    os.environ.clear()
    os.environ.update(environment)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.close(written)
    sys.argv = ["qunflow", *arguments]
    from qunflow.cli.app import main

    main()
