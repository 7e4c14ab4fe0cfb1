"""Scans: every request a new visitor, each with a place that is stored before the page is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from qunflow.bench.ground import WORKSPACE, Ground, Measured, Running, new_ground, reference
from qunflow.bench.load import Job
from qunflow.bootstrap import Application
from qunflow.domain.inbound import EntryOpened, GroupRead, MemberSeen
from qunflow.features.livecodes.model import AddPoolGroup, MakeCode, MakePool, PoolSettings

POOL, CHANNEL, CHAT = "bench", "bench", "bench-1"
PLACES = 10_000_000
#: What a phone's browser sends; no cookie, so every request is somebody new.
PHONE = (
    "user-agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0.50\r\n"
    "accept: text/html,application/xhtml+xml\r\naccept-language: zh-CN,zh;q=0.9\r\naccept-encoding: gzip, deflate\r\n"
)
MARKER = 'data-state="group"'


@dataclass(frozen=True, slots=True)
class ScanResult:
    """Rounds by number of connections, and what the database holds afterwards."""

    rounds: dict[int, list[tuple[Measured, Measured]]]  # connections → (scan, hello)
    visitors: int
    reservations: int
    scans: int

    def ratio(self, connections: int) -> float:
        """The middle of the rounds' ratios of scans to hellos in a second."""
        return median(scan.counted.per_second / hello.counted.per_second for scan, hello in self.rounds[connections])

    def as_data(self) -> dict[str, Any]:
        """The figures as plain data."""
        every = [scan.counted for pairs in self.rounds.values() for scan, _ in pairs]
        return {
            "at": {
                str(connections): {
                    "scans_per_second": round(median(scan.counted.per_second for scan, _ in pairs), 1),
                    "hello_per_second": round(median(hello.counted.per_second for _, hello in pairs), 1),
                    "ratio": round(self.ratio(connections), 4),
                    "rounds": [{"scan": scan.as_data(), "hello": hello.as_data()} for scan, hello in pairs],
                }
                for connections, pairs in self.rounds.items()
            },
            "visitors": self.visitors,
            "reservations": self.reservations,
            "scans_recorded": self.scans,
            "every_answer_right": not any(counted.wrong or counted.broken for counted in every),
            "one_reservation_each": self.visitors == self.reservations == self.scans,
        }


async def bench_scan(connections: Sequence[int], seconds: float, rounds: int) -> ScanResult:
    """Measure scans and the reference in turn, ``rounds`` times for each number of connections."""
    found: dict[int, list[tuple[Measured, Measured]]] = {number: [] for number in connections}
    async with new_ground() as ground:
        async with ground.application() as application:
            code = await open_code(application)
        async with ground.serving() as server, reference() as hello:
            for _ in range(rounds):
                for number in connections:
                    found[number].append(await _pair(ground, server, hello, code, number, seconds))
        reservations, scans = await _stored(ground, code)
    visitors = sum(scan.counted.right for pairs in found.values() for scan, _ in pairs)
    return ScanResult(found, visitors, reservations, scans)


async def open_code(application: Application) -> str:
    """A live code that leads to one group with more room than any measurement fills."""
    settings = PoolSettings(CHANNEL, "bench", ("amy",), soft_limit=PLACES, low_at=1, refill="none", hard_limit=PLACES)
    await application.door.ask(WORKSPACE, MakePool(POOL, settings), channel=CHANNEL)
    await work(application)
    now = application.home.clock.now()
    reading = GroupRead(CHAT, now, name=CHAT, owner="amy", members=(MemberSeen("amy", is_staff=True),))
    await application.intake.store(WORKSPACE, CHANNEL, "read", (reading,))
    await work(application)
    await application.door.ask(WORKSPACE, AddPoolGroup(POOL, CHAT), channel=CHANNEL)
    await work(application)
    opened = EntryOpened(POOL, CHAT, "config", "https://qr.example/bench.png", "", (CHAT,))
    await application.intake.store(WORKSPACE, CHANNEL, "entry", (opened,))
    await work(application)
    answer = await application.door.ask(WORKSPACE, MakeCode(POOL, contact=False), channel=CHANNEL)
    await work(application)
    return str(answer.value)


async def work(application: Application) -> None:
    """Let the worker of the inbox finish what is there."""
    runner = application.runner()
    while await runner.turn():
        pass


def scan_job(server: Running, code: str, connections: int, seconds: float) -> Job:
    """Scans of one code by somebody new each time."""
    request = f"GET /c/{code} HTTP/1.1\r\nhost: {server.host}\r\n{PHONE}\r\n"
    return Job(server.port, connections, seconds, warm=seconds / 5, request=request, marker=MARKER)


async def _pair(
    ground: Ground, server: Running, hello: Running, code: str, connections: int, seconds: float
) -> tuple[Measured, Measured]:
    scan = await server.measure(scan_job(server, code, connections, seconds), ground.database_process())
    request = f"GET / HTTP/1.1\r\nhost: {hello.host}\r\n{PHONE}\r\n"
    said = await hello.measure(Job(hello.port, connections, seconds, seconds / 5, request, marker="hello"))
    return scan, said


async def _stored(ground: Ground, code: str) -> tuple[int, int]:
    """Places kept and scans recorded, as the database counts them."""
    async with ground.application() as application, application.home.database.unit(WORKSPACE) as unit:
        places = await unit.value("SELECT count(*) FROM claims WHERE scope = $1", f"place:{POOL}")
        scans = await unit.value("SELECT count(*) FROM scans WHERE stream = $1", f"code:{code}")
        return int(places), int(scans)
