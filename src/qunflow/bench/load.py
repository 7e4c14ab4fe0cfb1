"""The load: a process of its own that keeps many HTTP/1.1 connections busy and costs far less than the server.

``python -m qunflow.bench.load`` reads a :class:`Job` as JSON on stdin and prints a :class:`Counted` as JSON. Every
answer is looked at: a wrong one is counted, never taken for speed.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import orjson
import uvloop

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
MAX_ANSWER = 1 << 20
#: Wall seconds that the last answers may take once no more is asked.
DRAIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    """What to ask: one ``request`` again and again, or each of the ``file`` once (four bytes of length before each).

    An answer is right when it is a 200 and ``marker`` stands in it. Answers of the first ``warm`` seconds count for
    the totals and not for the speed.
    """

    port: int
    connections: int
    seconds: float
    warm: float = 0.0
    request: str = ""
    file: str = ""
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of it. Times in milliseconds, ``per_second`` over the time after the warm-up."""

    right: int
    wrong: int
    broken: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    seconds: float
    cpu_seconds: float


class _Run:
    """The state that all connections of a job share."""

    def __init__(self, job: Job) -> None:
        self.marker = job.marker.encode()
        self.requests: Iterator[bytes] = _requests(job)
        self.begun = time.perf_counter()
        self.measured_from = self.begun + job.warm
        self.until = self.begun + job.seconds
        self.right = self.wrong = self.broken = 0
        self.times: list[float] = []
        self.last = self.begun
        self.open = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def next_request(self, now: float) -> bytes | None:
        """What to ask next; nothing once the time is over or every request was made."""
        return next(self.requests, None) if now < self.until else None

    def answered(self, right: bool, asked_at: float, now: float) -> None:
        if right:
            self.right += 1
        else:
            self.wrong += 1
        if asked_at >= self.measured_from:
            self.times.append(now - asked_at)
            self.last = now

    def closed(self) -> None:
        self.open -= 1
        if self.open == 0 and not self.done.done():
            self.done.set_result(None)

    def counted(self) -> Counted:
        times = sorted(self.times)
        span = max(self.last - self.measured_from, 1e-9)
        p50, p95, p99 = (1000 * percentile(times, share) for share in (0.50, 0.95, 0.99))
        return Counted(
            right=self.right,
            wrong=self.wrong,
            broken=self.broken,
            per_second=len(times) / span if times else 0.0,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            seconds=time.perf_counter() - self.begun,
            cpu_seconds=time.process_time(),
        )


class _Connection(asyncio.Protocol):
    """One connection: asks, reads the whole answer, asks again."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._buffer = b""
        self._asked_at = 0.0
        self._waiting = False
        self._transport: Any = None  # uvloop's transports derive from none of asyncio's

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask(time.perf_counter())

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            return
        head = self._buffer[:end]
        place = head.lower().find(_LENGTH)
        size = int(head[place + len(_LENGTH) :].split(b"\r\n", 1)[0]) if place >= 0 else MAX_ANSWER + 1
        if size > MAX_ANSWER:
            self._run.broken += 1
            self._waiting = False
            self._close()
            return
        if len(self._buffer) < end + 4 + size:
            return
        right = head.startswith(b"HTTP/1.1 200") and self._run.marker in self._buffer
        self._buffer = b""
        self._waiting = False
        now = time.perf_counter()
        self._run.answered(right, self._asked_at, now)
        self._ask(now)

    def connection_lost(self, error: Exception | None) -> None:
        if self._waiting:
            self._run.broken += 1
        self._run.closed()

    def _ask(self, now: float) -> None:
        request = self._run.next_request(now)
        if request is None:
            self._close()
            return
        self._waiting = True
        self._asked_at = now
        self._transport.write(request)

    def _close(self) -> None:
        self._transport.close()


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which a share of the ordered values lies; 0 for none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def packed(requests: Sequence[bytes]) -> bytes:
    """Requests as a job's file holds them."""
    return b"".join(len(request).to_bytes(4, "big") + request for request in requests)


def _requests(job: Job) -> Iterator[bytes]:
    if not job.file:
        yield from repeat(job.request.encode())
        return
    content = Path(job.file).read_bytes()
    place = 0
    while place < len(content):
        size = int.from_bytes(content[place : place + 4], "big")
        yield content[place + 4 : place + 4 + size]
        place += 4 + size


async def carry_out(job: Job) -> Counted:
    """Open the connections, ask until the time is over, wait for the last answers."""
    run = _Run(job)
    loop = asyncio.get_running_loop()
    run.open = job.connections + 1
    for _ in range(job.connections):
        await loop.create_connection(lambda: _Connection(run), "127.0.0.1", job.port)
    run.closed()
    async with asyncio.timeout(job.seconds + DRAIN_SECONDS):
        await run.done
    return run.counted()


if __name__ == "__main__":
    found = uvloop.run(carry_out(Job(**orjson.loads(sys.stdin.buffer.read()))))
    sys.stdout.buffer.write(orjson.dumps(asdict(found)))
