"""A rehearsal from an empty folder to its result: the demo's stage with a plan of one's own and a crowd that plays."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from qunflow.cli.demo_run import CHANNEL, DemoSettings, Play, Progress, Scene
from qunflow.cli.opening import WORKSPACE, opened
from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns import acts as campaign_acts
from qunflow.features.campaigns.board import BoardSheet, load_sheet
from qunflow.features.campaigns.gate import GateCheck, liability
from qunflow.features.campaigns.model import LaunchCampaign
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_model import ended_at
from qunflow.features.campaigns.report import find_campaign
from qunflow.features.livecodes.model import AddPoolGroup
from qunflow.features.posters.render import render_poster
from qunflow.features.tasks import acts as review_acts
from qunflow.rehearsal.crowd import plan_crowd
from qunflow.rehearsal.dice import Dice
from qunflow.rehearsal.driver import CrowdReport, Doors, run_crowd
from qunflow.rehearsal.forecast import DayCount, GroupsDay, Money, count_fraud, groups_over_time, result_of
from qunflow.rehearsal.found_out import find_cheats
from qunflow.rehearsal.games import game_for, unplayed
from qunflow.rehearsal.invariants import Run, check_all
from qunflow.rehearsal.phone import Phone
from qunflow.rehearsal.player import Board, Table
from qunflow.rehearsal.profile import DAYS_MOST, RehearsalSettings, crowd_of
from qunflow.rehearsal.quota import QuotaDesk
from qunflow.rehearsal.settings import CrowdSettings
from qunflow.rehearsal.shop import Shop
from qunflow.rehearsal.stage import Credentials, Stage, free_port
from qunflow.rehearsal.street import Cast, Review, Street
from qunflow.rehearsal.tester import walk_once
from qunflow.storage.clock import SharedClock
from qunflow.storage.embedded import EmbeddedServer
from qunflow.storage.sealing import KEY_FILE

DEFAULT_PEOPLE = 200
MOST_PEOPLE = 20_000
_CLOSINGS = 10
#: What every rehearsal's server has: phones have addresses of their own, chance follows from the seed.
_BELIEVED = {"QUNFLOW_TRUSTED_PROXIES": "127.0.0.1/32", "QUNFLOW_IDLE_SECONDS": "0.02"}
#: Whatever the real server is set to, nobody but this machine reaches a rehearsal's.
_ALONE = {"QUNFLOW_PUBLIC_URL": "", "QUNFLOW_HOST": "127.0.0.1", "QUNFLOW_SHARED_NETWORKS": ""}
_DAYS = """
SELECT local_date, count(*) FILTER (WHERE type = 'joined'), count(*) FILTER (WHERE type = 'departed') FROM events
WHERE workspace_id = $1 AND campaign = $2 AND type IN ('joined', 'departed') GROUP BY 1 ORDER BY 1
"""
_MADE = """
SELECT local_date, count(*) FROM events WHERE workspace_id = $1 AND type = 'pool_group_added' GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class RehearsalOrder:
    """What is to be rehearsed. ``folder`` is thrown away afterwards; ``database_url`` empty: a server of its own."""

    plan: Plan
    folder: Path
    people: int = DEFAULT_PEOPLE
    seed: str = "1"
    days: int = 0  # 0: as long as the plan says
    profile: RehearsalSettings = field(default_factory=RehearsalSettings)
    database_url: str = ""


async def run_rehearsal(order: RehearsalOrder, progress: Progress) -> dict[str, Any]:
    """Rehearse and answer the result as JSON data. Raises QunflowError when it cannot start or come to an end."""
    started = time.monotonic()
    plan = staged_plan(order.plan, order.days)
    crowd = crowd_of(order.profile, plan, order.people, order.seed)
    await asyncio.to_thread(_prepare, order)
    clock = SharedClock.create(order.folder / "clock", plan.starts_at - timedelta(hours=2))
    more = {**_BELIEVED, **_ALONE, "QUNFLOW_CHANCE_SEED": order.seed, "QUNFLOW_DATABASE_URL": order.database_url}
    stage = Stage(
        order.folder / "data",
        order.folder / "clock",
        Credentials(),
        free_port(),
        free_port(),
        order.folder / "logs",
        more=more,
    )
    where = {"data": stage.data, "port": stage.server_port, "database_url": order.database_url}
    where |= {"public_url": "", "host": "127.0.0.1"}
    try:
        async with opened(**where, clock=stage.clock, chance_seed=order.seed) as application:
            settings = DemoSettings(order.people, order.seed, order.folder, order.folder)
            scene = Scene(settings, plan, clock, stage, application, progress)
            found = await Rehearsal(scene, order, crowd).result()
    finally:
        await stage.stop()
        clock.close()
        await asyncio.to_thread(_erase, order.folder)
    return {**found, "seconds": round(time.monotonic() - started, 1)}


def staged_plan(plan: Plan, days: int) -> Plan:
    """The plan on the sandbox's channel, for ``days`` when they are given. Raises InvalidInput."""
    if not days:
        days = -(-(plan.ends_at - plan.starts_at) // timedelta(days=1))
        if days > DAYS_MOST:
            raise InvalidInput("rehearsal_days", f"at most {DAYS_MOST} days", field="--days", way_out="Name fewer.")
        return replace(plan, channel=CHANNEL)
    if not 1 <= days <= DAYS_MOST:
        raise InvalidInput("rehearsal_days", f"from 1 to {DAYS_MOST} days", field="--days")
    return ended_at(replace(plan, channel=CHANNEL), plan.starts_at + timedelta(days=days))


class Rehearsal(Play):
    """One run; what the crowd does is in ``rehearsal/``, here it is put on the stage and looked at afterwards."""

    def __init__(self, scene: Scene, order: RehearsalOrder, crowd: CrowdSettings) -> None:
        super().__init__(scene)
        self.order = order
        self.crowd = crowd
        self.people = plan_crowd(crowd)
        self.board = Board()
        self.links = self.application.home.links
        self.shop = Shop(self.application.door, self.links, WORKSPACE, self.plan, crowd, self.board)
        self.staff: QuotaDesk | None = None
        self.known: dict[str, int] = {}
        self.reviewed = 0
        self.street: Doors | None = None

    async def result(self) -> dict[str, Any]:
        """Set up, measure the gate, launch whatever it says, let the crowd come, close, and look at everything."""
        await self.set_up()
        code = await self.draft()
        await self._first_groups()
        doors = self._doors(code)
        await walk_once(self.crowd, doors, self.clock, self.settle, submits=self.plan.task is not None)
        await self.review()
        await self.settle()
        door, name = self.application.door, self.plan.campaign
        gate = await campaign_acts.measure_gate(door, self.links, WORKSPACE, name)
        self.clock.advance_to(self.plan.starts_at)
        begun = self.clock.now()
        failed = tuple(item.check for item in gate if not item.passed)
        campaign_acts.accepted(await door.ask(WORKSPACE, LaunchCampaign(True, failed), campaign=name))
        crowd = await run_crowd(self.crowd, doors, self.clock, self.quiet, self.next_due, self.progress, self.review)
        status = await self._close()
        return await self._judge(crowd, gate, begun, status)

    async def _first_groups(self) -> None:
        """Groups beside the one that the pool asked for by itself."""
        state = await find_campaign(self.application.door, WORKSPACE, self.plan.campaign)
        owner = self.plan.staff[0]
        for number in range(1, self.order.profile.first_groups):
            name = f"{self.plan.pool.base_name} R{number}"
            made = await self.stage.ask_sandbox("/staff/create_group", {"userid": owner, "name": name, "members": []})
            await self.settle()
            body = AddPoolGroup(state.pool, str(made["chat_id"]))
            campaign_acts.accepted(await self.application.door.ask(WORKSPACE, body, channel=CHANNEL))
        await self.settle()

    def _doors(self, code: str) -> Doors:
        poster = render_poster(self.plan.poster, self.links.code(code))
        table = Table(self.crowd, self._dice, self.board, self.shop, game_for(self.plan))
        plays = self.plan.model is not None or bool(self.plan.stages)
        cast = Cast(Phone, self._desk)
        self.street = Doors(self.stage.sandbox_url, poster, self.plan.staff, cast, table.seat if plays else None)
        return self.street

    @property
    def _dice(self) -> Dice:
        """The players' dice."""
        return Dice(f"{self.crowd.seed}:play")

    def _desk(self, street: Street, review: Review) -> QuotaDesk:
        self.staff = QuotaDesk(
            street.doors.sandbox,
            street.doors.staff,
            street.browser(),
            review,
            self.clock.now,
            self.plan.tz,
            self.order.profile.groups_a_day,
        )
        return self.staff

    async def review(self) -> int:
        """Reviewers who know a forgery when they see one; then what shop and staff do for the model."""
        door, count = self.application.door, 0
        if self.plan.task is not None:
            for item in await review_acts.queue(door, WORKSPACE, self.plan.campaign):
                forged = self._forged(item["submission"])
                reason = "not_target_page" if forged else ""
                for reviewer in ("rehearsal-1", "rehearsal-2"):  # above an amount a second pair of eyes is asked
                    done = await review_acts.review(door, WORKSPACE, item["submission"], not forged, reviewer, reason)
                    if done["status"] != "queued":
                        break
                count += 1
        self.reviewed += count
        return count + await self.shop.act()

    def _forged(self, submission: str) -> bool:
        person = submission.rsplit(":", 1)[-1]
        if person not in self.known and self.street is not None:
            self.known = {self.person_of(link): number for number, link in self.street.links.items()}
        number = self.known.get(person)
        return number is not None and number < len(self.people.people) and bool(self.people.people[number].forgery)

    def person_of(self, link: str) -> str:
        """Whose personal link it is."""
        return self.links.open(link.rstrip("/").rsplit("/", 1)[-1]).person

    async def next_due(self) -> datetime | None:
        """The product's next timer, the shop's, or the staff's next morning."""
        wishes = [await super().next_due(), self.shop.next_due(), self.staff.next_due() if self.staff else None]
        return min((wish for wish in wishes if wish is not None), default=None)

    async def _close(self) -> str:
        """Close as soon as nothing is open; holds that the risk rules set end by themselves a little later."""
        for _ in range(_CLOSINGS):
            found = await campaign_acts.close(self.application.door, WORKSPACE, self.plan.campaign)
            if found["status"] == "closed":
                break
            self.clock.advance_to(self.clock.now() + timedelta(days=1))
            await self.wait_quiet()
            while await self.review():
                await self.wait_quiet()
        return str(found["status"])

    async def _judge(
        self, crowd: CrowdReport, gate: tuple[GateCheck, ...], begun: datetime, status: str
    ) -> dict[str, Any]:
        door = self.application.door
        sheet = await load_sheet(door, WORKSPACE, self.plan.campaign)
        run = Run(self.plan, sheet, crowd, begun - timedelta(days=1), self.clock.now(), status)
        checked = await check_all(door, self.application.registry, WORKSPACE, run)
        assert self.street is not None
        persons = {number: self.person_of(link) for number, link in self.street.links.items()}
        caught = await find_cheats(door, WORKSPACE, self.plan.campaign, persons)
        fraud = count_fraud(self.people, persons, {*caught, *self.board.denied})
        acts = Counter(crowd.staff)
        acts["reviewed"] = self.reviewed
        acts["approved"] += self.shop.counts["approved"]
        k, groups = sheet.spread.k, await self._groups()
        acts["groups_made"] = groups[-1].there if groups else 0
        return result_of(
            checked,
            groups,
            self.order.profile.staff_minutes(acts),
            Money(sheet.money.due, liability(self.plan), self.plan.budget_total_fen),
            k.value,
            sheet.spread.cycle_seconds,
            fraud,
            [_refusal(item) for item in gate if not item.passed],
            self._about(sheet, crowd),
        )

    def _about(self, sheet: BoardSheet, crowd: CrowdReport) -> dict[str, Any]:
        days = -(-(self.plan.ends_at - self.plan.starts_at) // timedelta(days=1))
        funnel = {name: getattr(sheet.funnel, name) for name in ("launched", "scanned", "joined", "completed")}
        moves = {"made": dict(sorted(crowd.moves.items())), "refused": dict(sorted(crowd.refused.items()))}
        asked = {"people": self.order.people, "days": days, "seed": self.order.seed}
        return {**asked, "funnel": funnel, "moves": moves, "not_played": unplayed(self.plan)}

    async def _groups(self) -> tuple[GroupsDay, ...]:
        async with self.application.home.database.read(WORKSPACE) as unit:
            moved = {row[0].isoformat(): row for row in await unit.fetch(_DAYS, WORKSPACE, self.plan.campaign)}
            made = {row[0].isoformat(): int(row[1]) for row in await unit.fetch(_MADE, WORKSPACE)}
        delayed = self.staff.delayed if self.staff is not None else Counter()
        first = min(moved, default="")
        ready = sum(count for day, count in made.items() if day < first)
        days = [
            DayCount(
                day,
                int(moved[day][1]) if day in moved else 0,
                int(moved[day][2]) if day in moved else 0,
                made.get(day, 0),
                delayed[day],
            )
            for day in sorted({*moved, *(day for day in made if day >= first), *delayed})
        ]
        pool, staff = self.plan.pool, len(self.plan.staff)
        return groups_over_time(days, pool.soft_limit, staff, self.order.profile.groups_a_day, ready)


def _refusal(item: GateCheck) -> dict[str, str]:
    return {"check": item.check, "code": f"gate_{item.check}", "words": f"{item.measured}. {item.way_out}"}


def _prepare(order: RehearsalOrder) -> None:
    """An empty folder; its key follows from the seed, so that links are the same in each run."""
    _erase(order.folder)
    (order.folder / "data").mkdir(parents=True)
    key = order.folder / "data" / KEY_FILE
    key.write_bytes(hashlib.blake2b(f"rehearsal {order.seed}".encode(), digest_size=32).digest())
    key.chmod(0o600)


def _erase(folder: Path) -> None:
    """Nothing of a rehearsal stays behind."""
    if (folder / "data").exists():
        EmbeddedServer.stop(folder / "data", force=True)
        EmbeddedServer.erase(folder / "data")
    shutil.rmtree(folder, ignore_errors=True)
