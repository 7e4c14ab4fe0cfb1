"""``qunflow campaign``: plan, check, launch, look, close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application
from qunflow.cli import campaign_advise, campaign_facts, campaign_move, campaign_photos, campaign_risk, campaign_run
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns import acts
from qunflow.features.campaigns.gate import GateCheck, liability
from qunflow.features.campaigns.mechanics.invitation import uncapped_worst_case, worst_case
from qunflow.features.campaigns.mechanics.ladder import costly_jumps
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_check import plan_errors, read_yaml
from qunflow.features.campaigns.plan_file import parse_plan
from qunflow.features.campaigns.rehearsed import Advice, load_advice
from qunflow.features.campaigns.report import campaign_report, find_campaign, report_lines
from qunflow.features.livecodes.model import AddPoolGroup
from qunflow.features.posters.check import check_poster
from qunflow.storage.directory import find_channel

app = typer.Typer(help="Plan, check, launch and close campaigns.", no_args_is_help=True, add_completion=False)
app.command()(campaign_run.pause)
app.command()(campaign_run.resume)
app.command("raise-budget")(campaign_run.raise_budget)
app.command("raise-stock")(campaign_run.raise_stock)
app.command()(campaign_run.leaderboard)
app.command()(campaign_advise.advise)
app.command()(campaign_move.move)
app.command()(campaign_facts.stage)
app.command("stage-import")(campaign_facts.stage_import)
app.command("void-votes")(campaign_facts.void_votes)
app.command()(campaign_photos.photos)
app.command("strike-photo")(campaign_photos.strike_out)
app.add_typer(campaign_risk.app, name="risk")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
PlanFile = Annotated[Path, typer.Option("--file", exists=True, dir_okay=False, help="The plan, a YAML file.")]
Name = Annotated[str, typer.Argument(help="Name of the campaign.")]


@app.command()
def new(file: PlanFile, as_json: AsJson = False) -> None:
    """Store a plan as a draft; its pool and live code are made by the running server."""
    plan = parse_plan(file.read_text(encoding="utf-8"))
    run(lambda application: draft_plan(application, plan))
    show({"campaign": plan.campaign, "status": "draft"}, [f"{plan.campaign} drafted; now try it yourself"], as_json)


async def draft_plan(application: Application, plan: Plan) -> None:
    """Draft a plan on its channel. Raises NotFound when there is no such channel."""
    async with application.home.database.directory() as connection:
        channel = await find_channel(connection, plan.channel)
    if channel is None:
        raise NotFound(
            "channel_unknown",
            f"there is no channel {plan.channel}",
            field="channel",
            way_out="Add it: qunflow channel add wecom …",
        )
    hard_limit = int(channel.settings.get("group_limit", 200))
    await acts.draft(application.door, WORKSPACE, plan, channel.kind == "wecom", hard_limit)


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="Name of a drafted campaign: measures its launch gate.")] = "",
    file: Annotated[
        Path | None, typer.Option("--file", exists=True, dir_okay=False, help="A plan to validate.")
    ] = None,
    poster: Annotated[
        Path | None, typer.Option("--poster", exists=True, dir_okay=False, help="An image to check as its poster.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Validate a plan file, measure the launch gate of a draft, or check a poster made elsewhere (M04)."""
    if file is not None:
        _check_file(file.read_bytes().decode("utf-8", errors="replace"), as_json)
        return
    if poster is not None:
        _check_poster(name, poster.read_bytes(), as_json)
        return
    gate, advice = run(lambda app: _measured(app, name))
    told = f"note rehearsal      {advice.measured}"
    lines = [*gate_lines(gate), told, *([f"     → {advice.way_out}"] if advice.way_out else [])]
    show([asdict(item) for item in gate], lines, as_json)
    if not all(item.passed for item in gate):
        raise typer.Exit(1)


async def _measured(application: Application, name: str) -> tuple[tuple[GateCheck, ...], Advice]:
    """The gate, and beside it what the last rehearsal advises."""
    gate = await acts.measure_gate(application.door, application.home.links, WORKSPACE, name)
    state = await find_campaign(application.door, WORKSPACE, name)
    async with application.home.database.read(WORKSPACE) as unit:
        return gate, await load_advice(unit, state.plan) if state.plan is not None else Advice("none")


def _check_file(text: str, as_json: bool) -> None:
    """Say what a valid plan can cost; else every refusal with its field, rule and way out. Needs no data folder."""
    refusals = [explained(error) for error in plan_errors(read_yaml(text))]
    if refusals:
        lines = [f"FAIL {item['field']}: {item['rule']}\n     → {item['way_out']}" for item in refusals]
        show({"valid": False, "refusals": refusals}, lines, as_json)
        raise typer.Exit(1)
    plan = parse_plan(text)
    found = plan_summary(plan)
    lines = [f"{plan.campaign}: the plan is valid; worst case {found['liability_fen']} fen", *found["warnings"]]
    show(found, lines, as_json)


def explained(error: InvalidInput) -> dict[str, str]:
    """A refusal as data; where the rule says it all, the way out is to follow it."""
    way_out = error.way_out or f"Correct {error.field}: docs/campaign-plan.md lists what each field takes."
    return {**error.as_data(), "way_out": way_out}


def _check_poster(name: str, image: bytes, as_json: bool) -> None:
    """Refuse a poster that does not carry the campaign's live code, such as one with a raw group QR."""

    async def live_code(application: Application) -> str:
        state = await find_campaign(application.door, WORKSPACE, name)
        return application.home.links.code(state.code)

    faults = check_poster(image, run(live_code))
    data = [{"fault": str(item.fault), "detail": item.detail} for item in faults]
    lines = [f"FAIL {item['fault']}: {item['detail'] or 'see docs/features/posters.md'}" for item in data]
    show(data, lines or ["ok: the poster carries the live code"], as_json)
    if faults:
        raise typer.Exit(1)


def plan_summary(plan: Plan) -> dict[str, Any]:
    """What a valid plan can cost, and what to think about."""
    jumps = costly_jumps(plan.ladder.bands) if plan.ladder is not None and plan.ladder.mode == "whole" else []
    warnings = [f"invite number {number} alone costs {fen} fen" for number, fen in jumps]
    promised = uncapped_worst_case(plan)
    contested = plan.ranked or plan.race is not None or plan.model is not None
    if liability(plan) > plan.budget_total_fen:
        warnings.append(f"the worst case is above budget_total_fen ({plan.budget_total_fen} fen): no launch like this")
    if contested and promised > plan.reward_per_user_max_fen:
        warnings.append(f"reward_per_user_max_fen may cut prizes: one person can earn up to {promised} fen")
    return {
        "campaign": plan.campaign,
        "valid": True,
        "model": plan.model.kind if plan.model is not None else "",
        "per_person_max_fen": worst_case(plan),
        "liability_fen": liability(plan),
        "warnings": warnings,
    }


def gate_lines(gate: Sequence[GateCheck]) -> list[str]:
    """The gate for a terminal."""
    lines = []
    for item in gate:
        lines.append(f"{'ok  ' if item.passed else 'FAIL'} {item.check:14} {item.measured}")
        if item.way_out:
            lines.append(f"     → {item.way_out}")
    return lines


@app.command()
def launch(name: Name, as_json: AsJson = False) -> None:
    """Launch a draft when its gate passes."""
    gate = run(lambda app: acts.launch(app.door, app.home.links, WORKSPACE, name))
    data = {"status": "running", "gate": [asdict(item) for item in gate]}
    show(data, [*gate_lines(gate), f"{name} runs"], as_json)


@app.command()
def status(name: Name, as_json: AsJson = False) -> None:
    """Show the funnel, the diagnosis, scripts and rewards of a campaign."""
    report = run(lambda app: campaign_report(app.door, WORKSPACE, name))
    show(report, report_lines(report), as_json)


@app.command("add-group")
def add_group(
    name: Name,
    chat: Annotated[str, typer.Argument(help="The platform's id of the group.")],
    as_json: AsJson = False,
) -> None:
    """Put a group that the channel knows into the campaign's pool."""

    async def act(application: Application) -> str:
        state = await find_campaign(application.door, WORKSPACE, name)
        channel = state.plan.channel if state.plan is not None else ""
        answer = await application.door.ask(WORKSPACE, AddPoolGroup(state.pool, chat), channel=channel)
        return str(acts.accepted(answer) or chat)

    found = run(act)
    show({"campaign": name, "chat": found}, [f"{name}: {found} is in the pool"], as_json)


@app.command()
def remove(
    name: Name,
    member: Annotated[str, typer.Option("--member", help="The platform's id of the participant.")],
    reason: Annotated[str, typer.Option("--reason", help="Reason code that is told, such as fraud or other.")],
    as_json: AsJson = False,
) -> None:
    """Remove a participant from the campaign's groups: at once where the channel can, else as a to-do for staff."""

    async def act(application: Application) -> int:
        return await acts.remove(application.door, WORKSPACE, name, member, Reason(reason))

    known = {str(item) for item in Reason}
    if reason not in known:
        raise NotFound("reason_unknown", "there is no such reason", field="--reason", way_out="See docs/reasons.md.")
    count = run(act)
    show({"campaign": name, "groups": count}, [f"{name}: removal asked for in {count} groups"], as_json)


@app.command()
def close(name: Name, as_json: AsJson = False) -> None:
    """End a running campaign; once settled, close it when every script and reward is terminal."""
    found = run(lambda app: acts.close(app.door, WORKSPACE, name))
    show(found, [f"{name}: {found['status']}", *(f"  still open: {item}" for item in found["open"])], as_json)
