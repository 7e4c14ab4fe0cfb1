"""Running PostgreSQL's own programs, as the right account and with a clean environment."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qunflow.storage.embedded_errors import EmbeddedError

#: Nothing of the caller's PG* variables, locale or time zone may reach the server.
ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
TOOL_SECONDS = 150.0


@dataclass(frozen=True)
class Account:
    """An account of the system that root lets the server run under."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Answer:
    """What a program said."""

    code: int
    text: str


def run_as(account: Account | None, command: list[str], folder: Path, seconds: float = TOOL_SECONDS) -> Answer:
    """Run a program in ``folder`` as ``account`` (None: as ourselves) and wait for it.

    It gets its own session, so that Ctrl-C in the terminal does not interrupt it half way.
    Raises EmbeddedError ``embedded_tool`` when it cannot run or takes longer than ``seconds``.
    """
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=dict(ENVIRONMENT),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            start_new_session=True,
            umask=0o077,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise EmbeddedError("embedded_tool", f"{command[0]} took over {seconds:.0f} seconds.") from error
    except OSError as error:
        raise EmbeddedError("embedded_tool", f"{command[0]} could not be run: {error}.") from error
    return Answer(done.returncode, done.stdout.strip())


def reaches(account: Account, folder: Path, binaries: Path | None = None) -> bool:
    """Whether the account can enter the folder and run the binaries; asked by trying, in its own name."""
    script = 'cd "$1" || exit 1; test -z "$2" || "$2/bin/initdb" --version >/dev/null'
    command = ["/bin/sh", "-c", script, "sh", str(folder), "" if binaries is None else str(binaries)]
    return run_as(account, command, Path("/")).code == 0
