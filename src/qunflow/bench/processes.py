"""What processes cost, as Linux counts it: processor time and memory of a process with all that it started."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from qunflow.domain.errors import QunflowError

_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PROC = Path("/proc")


def family_of(roots: Iterable[int]) -> list[int]:
    """The processes and all that descend from them."""
    children: dict[int, list[int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            fields = _stat(int(folder.name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(folder.name))
    found: list[int] = []
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return sorted(set(found))


def cpu_seconds(roots: Iterable[int]) -> float:
    """Processor seconds that the processes and their descendants have used, ended children included."""
    total = 0
    for pid in family_of(roots):
        fields = _stat(pid)
        if fields:
            total += sum(int(value) for value in fields[11:15])
    return total / _TICK


def memory_mb(roots: Iterable[int]) -> float:
    """Proportional memory (PSS) in megabytes: what is shared is divided among those that share it.

    Raises QunflowError ``bench_memory`` where the system does not tell.
    """
    total = 0
    for pid in family_of(roots):
        try:
            lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        except OSError as error:
            raise QunflowError(
                "bench_memory", f"the memory of process {pid} cannot be read: {error}", way_out="Run on Linux as root."
            ) from error
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def _stat(pid: int) -> list[str]:
    """The fields of ``/proc/<pid>/stat`` after the name (which may hold blanks); nothing when it ended."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()
