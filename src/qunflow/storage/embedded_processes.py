"""Telling processes apart by their command lines: from /proc where there is one, else from ``ps``."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def command_line(pid: int) -> str:
    """Arguments of a process, parted by spaces; empty when it is gone, also while it waits to be buried."""
    if _has_proc():
        with suppress(FileNotFoundError, ProcessLookupError):
            return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    return _ps("-p", str(pid))


def any_process_named(word: str) -> bool:
    """Whether a living process has this word in its command line or title."""
    if _has_proc():
        return any(word in command_line(int(path.name)) for path in PROC.iterdir() if path.name.isdigit())
    return word in _ps("-ax")


def is_in_use(pid: int) -> bool:
    """Whether the number belongs to a process, even to one that waits to be buried."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _has_proc() -> bool:
    return (PROC / "self" / "cmdline").exists()


def _ps(*which: str) -> str:
    shown = subprocess.run(["ps", "-ww", "-o", "command=", *which], capture_output=True, text=True, check=False)
    return shown.stdout.strip()
