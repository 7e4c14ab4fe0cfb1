"""``qunflow rehearse``: a plan is played by a simulated crowd before real people see it."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from qunflow.bootstrap import Application
from qunflow.cli.demo import ProgressBar
from qunflow.cli.demo_run import Progress
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.cli.rehearse_run import DEFAULT_PEOPLE, MOST_PEOPLE, RehearsalOrder, run_rehearsal
from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_file import parse_plan
from qunflow.features.campaigns.rehearsed import plan_key
from qunflow.features.campaigns.report import find_campaign
from qunflow.rehearsal.profile import DAYS_MOST, RehearsalSettings, read_profile
from qunflow.settings import read_settings
from qunflow.storage import rehearsals
from qunflow.storage.rehearsals import RehearsalRow

app = typer.Typer(add_completion=False)


@app.command()
def rehearse(
    file: Annotated[
        Path | None, typer.Option("--file", exists=True, dir_okay=False, help="The plan, a YAML file.")
    ] = None,
    campaign: Annotated[str, typer.Option(help="Instead: a drafted campaign; the result is kept with it.")] = "",
    people: Annotated[int, typer.Option(min=1, max=MOST_PEOPLE, help="How many hear of it.")] = DEFAULT_PEOPLE,
    seed: Annotated[str, typer.Option(help="The same seed gives the same result.")] = "1",
    days: Annotated[int, typer.Option(min=0, max=DAYS_MOST, help="Days to play; 0: as long as the plan says.")] = 0,
    profile: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="How people and staff are, a YAML file.")
    ] = None,
    lines: Annotated[
        bool, typer.Option("--progress", help="Tell on stderr how far it is, a line for each step.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Play a plan on the sandbox with a simulated crowd; exit 0 only when every invariant held."""
    if (file is None) == (not campaign):
        raise InvalidInput("rehearsal_plan", "name either a plan's file or a campaign", field="--file, --campaign")
    plan = run(lambda app: _stored(app, campaign)) if file is None else parse_plan(file.read_text(encoding="utf-8"))
    crowd = read_profile(profile.read_text(encoding="utf-8")) if profile is not None else RehearsalSettings()
    order = RehearsalOrder(plan, Path(read_settings().data).absolute() / "rehearsal" / f"r{os.getpid()}", people, seed)
    begun = datetime.now(UTC)
    with ProgressBar("rehearsal") as bar:
        wished = replace(order, days=days, profile=crowd)
        result = _played(wished, _tell if lines else bar.move)
    if campaign:
        run(lambda app: _keep(app, order, days, begun, result))
    show(result, result_lines(plan.campaign, result), as_json)
    if result["invariants"]["broken"]:
        raise typer.Exit(1)


def _played(order: RehearsalOrder, progress: Progress) -> dict[str, Any]:
    """Run it; SIGTERM ends it as Ctrl-C does, so that nothing stays behind."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return uvloop.run(run_rehearsal(order, progress))


def _tell(done: int, total: int, when: str) -> None:
    print(f"progress {done}/{total} {when}", file=sys.stderr, flush=True)


async def _stored(application: Application, name: str) -> Plan:
    state = await find_campaign(application.door, WORKSPACE, name)
    if state.plan is None:
        raise NotFound("campaign_no_plan", "the campaign has no plan", field=name)
    return state.plan


async def _keep(
    application: Application, order: RehearsalOrder, days: int, begun: datetime, result: dict[str, Any]
) -> None:
    """The result becomes part of the campaign's history: the gate's advice and the report read it there."""
    plan, state = order.plan, rehearsals.RUNNING
    asked = (order.people, order.seed, days)
    row = RehearsalRow(secrets.token_hex(8), plan.campaign, plan_key(plan), "", begun, None, *asked, state)
    async with application.home.database.unit(WORKSPACE) as unit:
        await rehearsals.begin(unit, row)
        await rehearsals.end(unit, row.rehearsal, datetime.now(UTC), rehearsals.DONE, "", result)


def result_lines(campaign: str, result: dict[str, Any]) -> list[str]:
    """The result for a terminal."""
    funnel, reward, fraud = result["funnel"], result["reward"], result["fraud"]
    most = max(result["groups_needed"], key=lambda day: int(day["needed"]), default=None)
    lines = [
        f"{campaign}: {result['people']} people, {result['days']} days, seed {result['seed']}, {result['seconds']} s",
        f"funnel: {funnel['launched']} launched → {funnel['scanned']} scanned → {funnel['joined']} joined "
        f"→ {funnel['completed']} completed",
        f"rewards: {reward['expected']} fen for this crowd, {reward['worst']} fen at worst; "
        f"over the budget: {result['budget_overrun']} fen",
        f"K {result['k'] if result['k'] is not None else '—'}, "
        f"cycle {result['cycle_hours'] if result['cycle_hours'] is not None else '—'} h, "
        f"staff {result['staff_minutes']} minutes",
        f"cheats: {fraud['caught']} caught, {fraud['missed']} missed",
    ]
    if most is not None:
        lines.append(f"groups: {most['needed']} needed on {most['day']}, {most['there']} there")
    lines += [
        f"waited for the quota on {day['day']}: {day['delayed']}" for day in result["groups_needed"] if day["delayed"]
    ]
    if result["not_played"]:
        lines.append(f"NOBODY PLAYED {result['not_played']}: the crowd knows no game of this model, costs are too low")
    lines += [f"the gate would refuse {item['check']}: {item['words']}" for item in result["gate"]]
    broken = result["invariants"]["broken"]
    held = len(result["invariants"]["held"])
    return lines + ([f"BROKEN: {item}" for item in broken] or [f"all {held} invariants held"])
