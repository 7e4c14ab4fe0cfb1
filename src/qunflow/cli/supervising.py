"""The parent of ``qunflow serve``: its children, started again when they die, ended together."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

#: A child that lived this long starts again at once; one that did not waits longer each time.
STEADY_SECONDS = 10.0
LONGEST_PAUSE = 30.0
#: Time to finish after a signal, then the child is killed.
GRACE_SECONDS = 25.0
#: The part without which nothing is served.
FIRST = "edge"


@dataclass
class Child:
    """One part in a process of its own."""

    role: str
    process: asyncio.subprocess.Process | None = None
    failures: int = 0


async def supervise(given: Mapping[str, str], parts: Sequence[str] = (FIRST, "console")) -> int:
    """Run the parts until a signal; answers the exit code. ``given`` are the options, passed on as variables.

    An edge that fails at its very first start ends everything with its code: nobody should think that it serves.
    """
    environment = {**os.environ, **{f"QUNFLOW_{name.upper()}": value for name, value in given.items()}}
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    children = [Child(role) for role in parts]
    keepers = [asyncio.create_task(_keep(child, environment, stopping)) for child in children]
    await stopping.wait()
    await asyncio.gather(*(_end(child) for child in children))
    codes = await asyncio.gather(*keepers)
    return max(codes)


async def _keep(child: Child, environment: Mapping[str, str], stopping: asyncio.Event) -> int:
    """Start a child again whenever it ends, until everything stops."""
    loop = asyncio.get_running_loop()
    started_once = False
    while not stopping.is_set():
        begun = loop.time()
        child.process = await _start(child.role, environment)
        code = await child.process.wait()
        if stopping.is_set():
            break
        steady = loop.time() - begun >= STEADY_SECONDS
        if not started_once and not steady and code > 0 and child.role == FIRST:
            stopping.set()
            return code
        started_once = started_once or steady
        child.failures = 0 if steady else child.failures + 1
        pause = 0.0 if child.failures == 0 else min(LONGEST_PAUSE, 0.25 * 2**child.failures)
        print(f"{child.role} ended with {code}; starting it again", file=sys.stderr, flush=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause)
    return 0


async def _start(role: str, environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    """The child's standard input is a pipe from here: when this process is gone, however it went, it closes."""
    command = (sys.executable, "-m", "qunflow", "serve", "--role", role, "--supervised")
    return await asyncio.create_subprocess_exec(*command, env=dict(environment), stdin=asyncio.subprocess.PIPE)


async def _end(child: Child) -> None:
    process = child.process
    if process is None or process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), GRACE_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
