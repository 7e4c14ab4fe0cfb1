"""The demo from an empty folder to a closed campaign: set-up, test run, launch, crowd, settling, report."""

from __future__ import annotations

import asyncio
import resource
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from qunflow.bootstrap import Application, add_channel
from qunflow.cli.opening import WORKSPACE, opened
from qunflow.connectors.wecom.settings import WecomSettings
from qunflow.domain.errors import QunflowError
from qunflow.engine.replay import check_replay
from qunflow.features.campaigns import acts as campaign_acts
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_file import parse_plan
from qunflow.features.campaigns.report import campaign_report, find_campaign
from qunflow.features.tasks import acts as review_acts
from qunflow.rehearsal.browser import Browser, Tally
from qunflow.rehearsal.driver import CrowdReport, CrowdSettings, Doors, run_crowd
from qunflow.rehearsal.http import HttpClient
from qunflow.rehearsal.staff import StaffDesk
from qunflow.rehearsal.stage import Credentials, Stage, free_port
from qunflow.rehearsal.street import StaffAtWork
from qunflow.rehearsal.tester import walk_once
from qunflow.storage import inbox, outbox, timers
from qunflow.storage.clock import SharedClock
from qunflow.storage.embedded import EmbeddedServer
from qunflow.storage.quiet import is_quiet

CHANNEL = "wecom"
QUIET_SECONDS = 120.0
#: The crowd acts on the hour: fewer and fuller steps of the clock.
GRID_MINUTES = 60
#: Per cent of the crowd for whom places are ready before they come.
SPARE_OF_PEOPLE = 3
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """What a demo is made with."""

    people: int
    seed: str
    folder: Path
    plan_file: Path
    server_port: int = 0  # 0: any that is free
    public_url: str = ""  # where phones and the platform reach the server; empty: on this machine


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What a demo found: the campaign's report, what the crowd saw, and whether every invariant held."""

    report: dict[str, Any]
    crowd: CrowdReport
    poster: bytes
    personal_posters: tuple[bytes, ...]
    broken: tuple[str, ...]


async def run_demo(
    settings: DemoSettings, progress: Progress, staging: Callable[[Scene], Play] | None = None
) -> DemoResult:
    """Play the whole demo, on WeCom unless ``staging`` says otherwise. Raises QunflowError when it cannot start."""
    started = time.monotonic()
    await asyncio.to_thread(_empty, settings.folder)
    plan = demo_plan(settings)
    clock = SharedClock.create(settings.folder / "clock", plan.starts_at - timedelta(hours=2))
    stage = Stage(
        settings.folder / "data",
        settings.folder / "clock",
        Credentials(),
        free_port(),
        settings.server_port or free_port(),
        settings.folder / "logs",
        public_url=settings.public_url,
    )
    try:
        if staging is None:
            await stage.spawn()
        where = {"data": stage.data, "port": stage.server_port, "public_url": settings.public_url or None}
        async with opened(**where, clock=stage.clock) as application:
            scene = Scene(settings, plan, clock, stage, application, progress)
            play = (staging or Play)(scene)
            try:
                result = await play.whole()
            finally:
                await play.leave()
    finally:
        await stage.stop()
        clock.close()
    result.report["seconds"] = round(time.monotonic() - started, 1)
    result.report["peak_memory_mb"] = _peak_memory()
    return result


def demo_plan(settings: DemoSettings) -> Plan:
    """The example plan, sized for the crowd: a budget for the worst case, and room for those who come in an hour."""
    plan = parse_plan(settings.plan_file.read_text(encoding="utf-8"))
    wanted = max(plan.budget_total_fen, settings.people * 1_200)
    pool = replace(plan.pool, low_at=max(plan.pool.low_at, settings.people * SPARE_OF_PEOPLE // 100))
    return replace(plan, channel=CHANNEL, expected_joins=settings.people, budget_total_fen=wanted, pool=pool)


@dataclass
class Scene:
    """What a play is given: the plan, the clock, the processes and the joined parts of this one."""

    settings: DemoSettings
    plan: Plan
    clock: SharedClock
    stage: Stage
    application: Application
    progress: Progress


class Play:
    """A whole campaign on the WeCom sandbox; another platform changes the parts that touch one."""

    #: Whether the way in leads over a staff contact, and at how many members the platform closes a group.
    contact = True
    hard_limit = 200

    def __init__(self, scene: Scene) -> None:
        self.settings = scene.settings
        self.plan = scene.plan
        self.clock = scene.clock
        self.stage = scene.stage
        self.application = scene.application
        self.progress = scene.progress

    async def whole(self) -> DemoResult:
        """Every act in order."""
        await self.set_up()
        code = await self.draft()
        doors, crowd_settings = self.doors(code)
        await walk_once(crowd_settings, doors, self.clock, self.settle)
        await self.review()
        await self.settle()
        self.clock.advance_to(self.plan.starts_at)
        await campaign_acts.launch(self.application.door, self.application.home.links, WORKSPACE, self.plan.campaign)
        crowd = await run_crowd(
            crowd_settings, doors, self.clock, self.quiet, self.next_due, self.progress, self.review
        )
        closed = await campaign_acts.close(self.application.door, WORKSPACE, self.plan.campaign)
        report = await self.report(crowd)
        report["open"] = closed["open"]
        assert isinstance(doors.poster, bytes)
        personal = await self.personal_posters()
        return DemoResult(report, crowd, doors.poster, personal, tuple(broken_invariants(report, crowd)))

    async def personal_posters(self) -> tuple[bytes, ...]:
        """The posters of the two who invited most."""
        from qunflow.features.posters.render import render_poster

        prefix = f"participation:{self.plan.campaign}:"
        people = await self.application.door.look.all_of(WORKSPACE, "participation", prefix)
        best = sorted(people, key=lambda item: (-len(item.invitees), item.external))[:2]
        links = self.application.home.links
        return tuple(render_poster(self.plan.poster, links.code(item.code)) for item in best if item.code)

    async def set_up(self) -> None:
        """Account, sandbox, server, staff."""
        credentials, stage = self.stage.credentials, self.stage
        secret = {"secret": credentials.secret, "token": credentials.token, "aes_key": credentials.aes_key}
        account: dict[str, Any] = {
            "corp_id": credentials.corp_id,
            "agent_id": credentials.agent_id,
            "base_url": stage.sandbox_url,
            "staff": list(self.plan.staff),
        }
        values: dict[str, Any] = {**account, **secret, "staff": self.plan.staff}
        WecomSettings(**values)
        await add_channel(self.application.home, "wecom", CHANNEL, account, secret)
        await asyncio.gather(stage.start_sandbox(), stage.start_server())
        for userid in self.plan.staff:
            await stage.ask_sandbox("/staff/new", {"userid": userid, "name": userid})
        await stage.connect_corp()

    async def draft(self) -> str:
        """Draft the campaign; its pool asks the staff for the first group; answers the live code."""
        await campaign_acts.draft(self.application.door, WORKSPACE, self.plan, self.contact, self.hard_limit)
        await self.settle()
        state = await find_campaign(self.application.door, WORKSPACE, self.plan.campaign)
        if not state.code:
            raise QunflowError("demo_no_code", "the campaign got no live code", way_out="See logs/server.log.")
        return state.code

    def doors(self, code: str) -> tuple[Doors, CrowdSettings]:
        """What people know, and how they are."""
        from qunflow.features.posters.render import render_poster

        poster = render_poster(self.plan.poster, self.application.home.links.code(code))
        ends, hold = self.plan.ends_at, timedelta(hours=self.plan.hold_hours)
        crowd = CrowdSettings(
            people=self.settings.people,
            seed=self.settings.seed,
            begins_at=self.plan.starts_at,
            ends_at=ends,
            until=ends + hold + timedelta(hours=25),
            tz=self.plan.tz,
            hold_hours=self.plan.hold_hours,
            grid_minutes=GRID_MINUTES,
        )
        return Doors(self.stage.sandbox_url, poster, self.plan.staff), crowd

    async def settle(self) -> None:
        """Wait until nothing moves, let the staff do what waits, and so on until nothing is left."""
        async with self.desk() as desk:
            for _ in range(10):
                await self.wait_quiet()
                if not await desk.act():
                    return

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[StaffAtWork]:
        """The staff's desk."""
        client = HttpClient()
        try:
            yield StaffDesk(self.stage.sandbox_url, self.plan.staff, Browser(client, Tally()), self.review)
        finally:
            client.close()

    async def wait_quiet(self) -> None:
        """Raises QunflowError when it does not become quiet."""
        deadline = time.monotonic() + QUIET_SECONDS
        while not await self.quiet():
            if time.monotonic() > deadline:
                raise QunflowError("demo_not_quiet", "something keeps moving", way_out="See logs/server.log.")
            await asyncio.sleep(0.015)

    async def quiet(self) -> bool:
        """Inbox, outbox, due timers and what the platform has to tell are all empty at one instant.

        What is under way between the platform and us would show: its mark is the same before and after.
        """
        before = await self.platform_mark()
        if before is None:
            return False
        database, now = self.application.home.database, self.clock.now()
        async with database.read(WORKSPACE) as unit:
            if not await is_quiet(unit, now):
                return False
        return bool(await self.platform_mark() == before)

    async def platform_mark(self) -> Any:
        """Something that changes whenever the platform does anything; None while it has news for us."""
        status = await self.stage.ask_sandbox("/status")
        return None if status["pending_callbacks"] else status

    async def platform_calls(self) -> Any:
        """The calls that the platform got, by kind."""
        return (await self.stage.ask_sandbox("/status"))["calls"]

    async def leave(self) -> None:
        """Give up what the play alone holds."""

    async def next_due(self) -> datetime | None:
        """When the next timer or delayed action is due."""
        async with self.application.home.database.read(WORKSPACE) as unit:
            found = [await timers.next_due(unit), await outbox.next_sendable(unit)]
        return min((instant for instant in found if instant is not None), default=None)

    async def review(self) -> int:
        """A reviewer looks at what the checks could not decide: a picture without the own code is no proof."""
        door = self.application.door
        waiting = await review_acts.queue(door, WORKSPACE, self.plan.campaign)
        for item in waiting:
            await review_acts.review(door, WORKSPACE, item["submission"], False, "demo", "not_target_page")
        return len(waiting)

    async def report(self, crowd: CrowdReport) -> dict[str, Any]:
        """The campaign's report with what only a demo knows."""
        report = await campaign_report(self.application.door, WORKSPACE, self.plan.campaign)
        database, registry = self.application.home.database, self.application.registry
        replayed = await check_replay(database, registry, WORKSPACE)
        async with database.unit(WORKSPACE) as unit:
            report["dead_letters"] = len(await inbox.dead_letters(unit))
        report["people"] = self.settings.people
        report["seed"] = self.settings.seed
        report["scripts"]["duplicate"] += len(crowd.welcomed_twice())
        report["replay_equal"] = replayed.equal
        report["events"] = replayed.events
        report["server_restarts"] = self.stage.restarts
        report["platform_calls"] = await self.platform_calls()
        return report


def broken_invariants(report: dict[str, Any], crowd: CrowdReport) -> list[str]:
    """Names of the invariants that did not hold; empty when the demo may end with 0."""
    checks = {
        "scripts.duplicate": report["scripts"]["duplicate"] == 0,
        "scripts.missing": report["scripts"]["missing"] == 0,
        "overfull_groups": report["overfull_groups"] == 0,
        "ledger.balanced": report["ledger"]["balanced"],
        "rewards.due=posted": report["rewards"]["due"] == report["rewards"]["posted"],
        "rewards.pending": report["rewards"]["pending"] == 0,
        "replay_equal": report["replay_equal"],
        "dead_letters": report["dead_letters"] == 0,
        "closed": report["status"] == "closed",
        "crowd.errors": not crowd.errors,
        "crowd.steps": not crowd.missed(),
    }
    return [name for name, held in checks.items() if not held]


def _empty(folder: Path) -> None:
    if (folder / "data").exists():
        EmbeddedServer.stop(folder / "data", force=True)
        EmbeddedServer.erase(folder / "data")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _peak_memory() -> dict[str, int]:
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return {"demo": own, "largest_child": children}
