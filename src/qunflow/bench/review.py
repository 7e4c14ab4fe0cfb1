"""Proofs over HTTP: handed in, stored, examined, decided. Nine of ten show the own code, one waits for a person."""

from __future__ import annotations

import asyncio
import io
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image

from qunflow.bench.ground import WORKSPACE, Ground, Running, new_ground
from qunflow.bench.load import percentile
from qunflow.bench.processes import cpu_seconds
from qunflow.bootstrap import Application
from qunflow.domain.errors import QunflowError
from qunflow.domain.inbound import ContactAdded, ContactCodeOpened, EntryOpened, GroupRead, MemberSeen
from qunflow.features.campaigns.model import DraftCampaign, LaunchCampaign
from qunflow.features.campaigns.plan import Plan, PoolPlan, TaskPlan
from qunflow.features.posters.render import render_poster
from qunflow.rehearsal.dice import Dice
from qunflow.rehearsal.http import HttpClient
from qunflow.rehearsal.proofs import Shot, draw_proof
from qunflow.storage.json_text import from_json
from qunflow.web.links import PersonLink

CAMPAIGN, CHANNEL, BOUNDARY = "bench", "bench", "qunflow-bench"
#: A phone's screen, and which of ten pictures shows no code.
WIDTH, HEIGHT, PLAIN = 1080, 1920, 9
#: So long the last decision may take after the last answer.
DECIDE_SECONDS = 300.0
_DONE = "SELECT state->>'status', count(*) FROM streams WHERE workspace_id = $1 AND kind = 'submission' GROUP BY 1"
_WAITS = """
SELECT extract(epoch FROM d.recorded_at - s.recorded_at)::float8 FROM events s JOIN events d ON d.workspace_id = $1
  AND d.stream = s.stream AND d.type IN ('approved', 'refused', 'proof_queued')
WHERE s.workspace_id = $1 AND s.type = 'submitted'
"""


@dataclass(frozen=True, slots=True)
class ReviewResult:
    """Proofs a minute, from the first request to the last decision. Waits in seconds, costs in processor
    milliseconds for each proof.
    """

    submissions: int
    connections: int
    per_minute: float
    seconds: float
    wait_p50: float
    wait_p95: float
    server_ms: float
    database_ms: float
    picture_kb: float
    answered: int
    approved: int
    queued: int
    other: int

    def as_data(self) -> dict[str, Any]:
        """The figures as plain data."""
        data = {name: round(value, 2) if isinstance(value, float) else value for name, value in asdict(self).items()}
        plain = sum(number % 10 == PLAIN for number in range(self.submissions))
        right = (self.answered, self.approved, self.queued, self.other) == (
            self.submissions,
            self.submissions - plain,
            plain,
            0,
        )
        return {**data, "every_proof_decided": right}


async def bench_review(submissions: int, connections: int) -> ReviewResult:
    """Measure the way of proofs through the checks, server and database beside the one who hands in."""
    async with new_ground() as ground:
        async with ground.application() as application:
            people = await _prepare(application, submissions)
        async with ground.serving() as server:
            bodies = await asyncio.to_thread(_forms, ground, server, people)
            return await _measure(ground, server, bodies, connections)


async def _measure(ground: Ground, server: Running, bodies: list[tuple[str, bytes]], connections: int) -> ReviewResult:
    database = ground.database_process()
    server_before, database_before = cpu_seconds([server.pid]), cpu_seconds(database)
    begun = time.perf_counter()
    answered = await _hand_in(server, bodies, connections)
    async with ground.application() as application:
        counts = await _wait(application, len(bodies))
        seconds = time.perf_counter() - begun
        server_ms = 1000 * (cpu_seconds([server.pid]) - server_before) / len(bodies)
        database_ms = 1000 * (cpu_seconds(database) - database_before) / len(bodies)
        async with application.home.database.unit(WORKSPACE) as unit:
            waits = sorted(float(row[0]) for row in await unit.fetch(_WAITS, WORKSPACE))
    approved, queued = counts.get("approved", 0), counts.get("queued", 0)
    return ReviewResult(
        len(bodies), connections, 60 * len(bodies) / seconds, seconds, percentile(waits, 0.5), percentile(waits, 0.95),
        server_ms, database_ms, sum(len(body) for _, body in bodies) / len(bodies) / 1024,
        answered, approved, queued, sum(counts.values()) - approved - queued,
    )  # fmt: skip


async def _hand_in(server: Running, bodies: list[tuple[str, bytes]], connections: int) -> int:
    """Everybody hands in, so many at once; how many were sent on to their page."""
    left, answered = list(reversed(bodies)), 0

    async def one() -> None:
        nonlocal answered
        client = HttpClient(60.0)
        try:
            while left:
                sealed, body = left.pop()
                url = f"http://{server.host}/p/{sealed}/submit"
                kind = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
                right = (await client.request("POST", url, kind, body)).status == 303
                answered += right
        finally:
            client.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return answered


async def _wait(application: Application, submissions: int) -> dict[str, int]:
    """Until nothing is being checked; status → number."""
    until = time.perf_counter() + DECIDE_SECONDS
    while True:
        async with application.home.database.unit(WORKSPACE) as unit:
            counts = {str(row[0]): int(row[1]) for row in await unit.fetch(_DONE, WORKSPACE)}
        if not counts.get("checking") and sum(counts.values()) >= submissions:
            return counts
        if time.perf_counter() > until:
            raise QunflowError("bench_review", f"after {DECIDE_SECONDS:.0f} s proofs still wait: {counts}")
        await asyncio.sleep(0.05)


async def _prepare(application: Application, submissions: int) -> list[tuple[str, str]]:
    """A running campaign with everybody in its group; as ``_people`` answers them."""
    home, now = application.home, application.home.clock.now()
    await application.door.ask(WORKSPACE, DraftCampaign(_plan(now), True), campaign=CAMPAIGN, channel=CHANNEL)
    await _settle(application)
    await _tell(application, ContactCodeOpened(await _code(application), "config", "https://bench.example/c.png"))
    asked, names = await _wished(application, "create_group"), [f"b{number}" for number in range(submissions)]
    staff = MemberSeen("amy", is_staff=True)
    await _tell(application, GroupRead("g1", now, asked["name"], "amy", members=(staff,)))
    entry = await _wished(application, "open_entry")
    await _tell(application, EntryOpened(entry["pool"], entry["entry"], "config", "https://bench.example/g.png"))
    await application.door.ask(WORKSPACE, LaunchCampaign(True), campaign=CAMPAIGN)
    code = await _code(application)
    await _tell(application, *(ContactAdded(name, "amy", code, f"welcome-{name}") for name in names))
    members = (staff, *(MemberSeen(name, joined_at=now) for name in names))
    await _tell(application, GroupRead("g1", now + timedelta(seconds=1), asked["name"], "amy", members=members))
    async with home.database.unit(WORKSPACE) as unit:
        own = await unit.fetch("SELECT state->>'code' FROM streams WHERE kind = 'code' AND state->>'owner' <> ''")
    await _tell(application, *(ContactCodeOpened(str(row[0]), "config", "https://bench.example/c.png") for row in own))
    return await _people(application, submissions)


async def _people(application: Application, submissions: int) -> list[tuple[str, str]]:
    """(sealed link, address of the own code) of everybody."""
    home = application.home
    async with home.database.unit(WORKSPACE) as unit:
        rows = await unit.fetch(
            "SELECT state->>'person', state->>'code' FROM streams WHERE workspace_id = $1 AND kind = 'participation' "
            "AND state->>'code' <> '' ORDER BY 1",
            WORKSPACE,
        )
    if len(rows) != submissions:
        raise QunflowError("bench_review", f"{len(rows)} of {submissions} people take part")
    return [
        (home.links.seal(PersonLink(WORKSPACE, CAMPAIGN, str(row[0]))), home.links.code(str(row[1]))) for row in rows
    ]


def _forms(ground: Ground, server: Running, people: list[tuple[str, str]]) -> list[tuple[str, bytes]]:
    """(sealed link, form with the picture) of each; the codes lead to where this server listens."""
    here, now = f"http://{server.host}", datetime.now(UTC)
    found = []
    for number, (sealed, address) in enumerate(people):
        url = "" if number % 10 == PLAIN else address.replace(ground.settings.address, here)
        found.append((sealed, _form(number, url, now)))
    return found


def _plan(now: datetime) -> Plan:
    poster = ("title", "subtitle", "selling_point", "endorsement", "call_to_action")
    return Plan(
        campaign=CAMPAIGN,
        title="bench",
        goal="a measurement",
        channel=CHANNEL,
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(days=7),
        staff=("amy",),
        budget_total_fen=100_000_000,
        reward_per_user_max_fen=10_000,
        pool=PoolPlan("bench", soft_limit=400),
        poster=dict.fromkeys(poster, "冬日礼盒"),
        task=TaskPlan(reward_fen=100),
    )


def _form(number: int, url: str, now: datetime) -> bytes:
    """The form of one screenshot, as a phone sends it."""
    poster = render_poster({"title": "冬日礼盒"}, url) if url else b""
    screen = draw_proof(Dice(f"bench-{number}"), Shot(number, f"友{number}", now), poster)
    out = io.BytesIO()
    Image.open(io.BytesIO(screen)).resize((WIDTH, HEIGHT)).save(out, "JPEG", quality=85)
    head = (
        f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="proof"; filename="a.jpg"\r\n'
        "content-type: image/jpeg\r\n\r\n"
    )
    return head.encode() + out.getvalue() + f"\r\n--{BOUNDARY}--\r\n".encode()


async def _tell(application: Application, *bodies: Any) -> None:
    """Something came in from the platform, and all is decided that follows."""
    await application.intake.store(WORKSPACE, CHANNEL, f"told-{time.monotonic_ns()}", bodies, b"")
    await _settle(application)


async def _settle(application: Application) -> None:
    runner = application.runner()
    while await runner.turn():
        pass
    await runner.lanes.give_back()


async def _wished(application: Application, kind: str) -> dict[str, Any]:
    async with application.home.database.unit(WORKSPACE) as unit:
        body = await unit.value("SELECT body FROM outbox WHERE workspace_id = $1 AND kind = $2", WORKSPACE, kind)
    found: dict[str, Any] = from_json(body)
    return found


async def _code(application: Application) -> str:
    async with application.home.database.unit(WORKSPACE) as unit:
        return str(await unit.value("SELECT state->>'code' FROM streams WHERE stream LIKE 'code:%' ORDER BY stream"))
