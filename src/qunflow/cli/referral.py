"""``qunflow referral``: customers who recommend friends outside campaigns, and what becomes of these friends."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import yuan
from qunflow.features.referrals import acts, store
from qunflow.features.referrals.model import LOST_REASONS, STATUSES, LeadState
from qunflow.features.referrals.program import MAX_RULES, ProgramState, Terms
from qunflow.features.referrals.vault import ContactVault

app = typer.Typer(help="Customers recommend friends outside campaigns.", no_args_is_help=True, add_completion=False)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Name = Annotated[str, typer.Argument(help="Name of the program.")]
Lead = Annotated[str, typer.Argument(help="Id of the lead, from the list.")]
By = Annotated[str, typer.Option("--by", help="Who says so.")]
Fen = int | None


@app.command("set")
def set_program(
    name: Name,
    title: Annotated[str | None, typer.Option("--title", help="What customers and friends read.")] = None,
    product: Annotated[str | None, typer.Option("--product", help="What is recommended.")] = None,
    reward_fen: Annotated[Fen, typer.Option("--reward-fen", help="Fen for each purchase; or --reward-bps.")] = None,
    reward_bps: Annotated[Fen, typer.Option("--reward-bps", help="Share of the net price, 100 = 1 %.")] = None,
    cap_fen: Annotated[Fen, typer.Option("--cap-fen", help="The most for one purchase.")] = None,
    least_order_fen: Annotated[Fen, typer.Option("--least-order-fen", help="Smaller purchases earn nothing.")] = None,
    budget_fen: Annotated[Fen, typer.Option("--budget-fen", help="Budget in all; can only grow.")] = None,
    daily_fen: Annotated[Fen, typer.Option("--daily-fen", help="Budget of a day.")] = None,
    hold_days: Annotated[Fen, typer.Option("--hold-days", help="Days from purchase to payout.")] = None,
    protect_days: Annotated[Fen, typer.Option("--protect-days", help="So long the first recommender keeps.")] = None,
    four_eyes_fen: Annotated[Fen, typer.Option("--four-eyes-fen", help="From here two people must agree.")] = None,
    leads_per_day: Annotated[Fen, typer.Option("--leads-per-day", help="Friends of one customer a day.")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="WeCom channel whose staff friends add.")] = None,
    staff: Annotated[list[str] | None, typer.Option("--staff", help="Their ids; may be repeated.")] = None,
    rules: Annotated[Path | None, typer.Option("--rules", help="File with the rules that people read.")] = None,
    by: By = "cli",
) -> None:
    """Make a program, or change what is given of one; friends who are recommended keep their terms."""
    changes: dict[str, Any] = {
        "title": title,
        "product": product,
        "reward_fen": reward_fen,
        "reward_bps": reward_bps,
        "cap_fen": cap_fen,
        "least_order_fen": least_order_fen,
        "budget_total_fen": budget_fen,
        "budget_daily_fen": daily_fen,
        "hold_days": hold_days,
        "protect_days": protect_days,
        "four_eyes_fen": four_eyes_fen,
        "leads_per_day": leads_per_day,
        "channel": channel,
        "staff": tuple(staff) if staff else None,
        "rules": _read(rules) if rules is not None else None,
    }
    given = {field: value for field, value in changes.items() if value is not None}

    async def act(application: Application) -> str:
        known = {one.name: one for one in await acts.list_programs(application.door, WORKSPACE)}
        before = known[name].terms if name in known else None
        terms = replace(before, **given) if before is not None else _first(given)
        return await acts.set_program(application.door, WORKSPACE, name, terms, by)

    typer.echo(run(act))


def _first(given: dict[str, Any]) -> Terms:
    """The terms of a new program."""
    needed = {"title": "--title", "product": "--product", "budget_total_fen": "--budget-fen"}
    missing = [option for field, option in needed.items() if field not in given]
    if missing:
        raise InvalidInput("referral_missing", "a new program needs it", field=missing[0])
    return Terms(**{"budget_daily_fen": given["budget_total_fen"], **given})


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.read(MAX_RULES + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("referral_rules", "cannot be read as UTF-8 text", field="--rules") from error


@app.command("list")
def list_programs(as_json: AsJson = False) -> None:
    """List the programs with their leads."""

    async def act(application: Application) -> tuple[list[ProgramState], dict[str, dict[str, int]]]:
        async with application.home.database.read(WORKSPACE) as unit:
            counts = await store.count_leads(unit)
        return await acts.list_programs(application.door, WORKSPACE), counts

    found, counts = run(act)
    data = [
        {
            "name": one.name,
            "closed": one.closed,
            "terms": asdict(one.terms) if one.terms is not None else None,
            "leads": counts.get(one.name, {}),
        }
        for one in found
    ]
    lines = [
        f"{one.name:24} {'closed' if one.closed else 'open':7} {_counted(counts.get(one.name, {}))}" for one in found
    ]
    show(data, lines or ["no program"], as_json)


def _counted(counts: dict[str, int]) -> str:
    return "  ".join(f"{status} {count}" for status, count in counts.items() if count) or "no lead"


@app.command()
def close(
    name: Name, reopen: Annotated[bool, typer.Option("--reopen", help="Take friends again.")] = False, by: By = "cli"
) -> None:
    """Take no more friends; what is under way goes on."""
    run(lambda application: acts.close_program(application.door, WORKSPACE, name, not reopen, by))
    typer.echo(f"{name}: {'open' if reopen else 'closed'}")


@app.command()
def link(name: Name, person: Annotated[str, typer.Argument(help="Our id of the customer.")]) -> None:
    """A customer's personal page, to be sent to that customer."""

    async def act(application: Application) -> str:
        await acts.open_recommender(application.door, WORKSPACE, name, person)
        return acts.own_link(application.home.links, WORKSPACE, name, person)

    typer.echo(run(act))


@app.command()
def leads(
    program: Annotated[str, typer.Option("--program", help="Only those of this program.")] = "",
    status: Annotated[str, typer.Option("--status", help=f"Only these: {', '.join(STATUSES)}.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=5000, help="At most so many, the newest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List recommended friends, without their names."""
    if status and status not in STATUSES:
        raise InvalidInput("lead_status", ", ".join(STATUSES), field="--status")
    asked = store.LeadQuestion({"program": program, "status": status}, limit=limit)

    async def act(application: Application) -> list[dict[str, Any]]:
        async with application.home.database.read(WORKSPACE) as unit:
            return (await store.read_leads(unit, asked))[0]

    shown = ("key", "program", "status", "source", "recommender", "friend", "opened_at", "net_fen", "reward_fen")
    rows = [{name: row[name] for name in shown} for row in run(act)]
    data = [{**row, "opened_at": row["opened_at"].isoformat()} for row in rows]
    lines = [f"{row['key']}  {row['status']:10} {row['program']:20} by {row['recommender']}" for row in rows]
    show(data, lines or ["no lead"], as_json)


@app.command("show")
def show_lead(
    lead: Lead,
    reveal: Annotated[bool, typer.Option("--reveal", help="Name and phone too, for calling.")] = False,
    as_json: AsJson = False,
) -> None:
    """One recommended friend."""

    async def act(application: Application) -> dict[str, Any]:
        data = acts.lead_data(await acts.find_lead(application.door, WORKSPACE, lead))
        if reveal:
            vault = ContactVault(application.home.keys)
            data |= asdict(await acts.reveal_contact(application.door, vault, WORKSPACE, lead))
        return data

    data = run(act)
    show(data, [f"{name}  {value}" for name, value in data.items() if value not in (None, "")], as_json)


@app.command()
def contacted(lead: Lead, by: By) -> None:
    """Say that staff spoke with the friend."""
    _tell(run(lambda application: acts.contact_lead(application.door, WORKSPACE, lead, by)))


@app.command()
def won(
    lead: Lead,
    order: Annotated[str, typer.Option("--order", help="Number of the order; one paid here is looked up.")],
    by: By,
    net_fen: Annotated[int, typer.Option("--net-fen", min=0, help="Net price, for an order paid elsewhere.")] = 0,
) -> None:
    """The friend bought; a large price entered by hand waits for a second person."""
    _tell(run(lambda application: acts.win_lead(application.door, WORKSPACE, lead, order, net_fen, by)))


@app.command()
def agree(lead: Lead, by: By, doubt: Annotated[bool, typer.Option("--doubt", help="Do not agree.")] = False) -> None:
    """A second person agrees to a purchase, or not."""
    _tell(run(lambda application: acts.agree_lead(application.door, WORKSPACE, lead, not doubt, by)))


@app.command()
def refund(
    lead: Lead,
    number: Annotated[str, typer.Option("--number", help="Number of the refund; it counts once.")],
    fen: Annotated[int, typer.Option("--fen", min=1, help="How much was given back, in fen.")],
    by: By,
) -> None:
    """A part of a price entered by hand was given back: the reward is reckoned anew."""
    _tell(run(lambda application: acts.refund_lead(application.door, WORKSPACE, lead, number, fen, by)))


@app.command()
def lost(
    lead: Lead, reason: Annotated[str, typer.Option("--reason", help=f"One of {', '.join(LOST_REASONS)}.")], by: By
) -> None:
    """Nothing comes of it; the friend may be recommended again."""
    _tell(run(lambda application: acts.lose_lead(application.door, WORKSPACE, lead, reason, by)))


@app.command()
def forget(lead: Lead, by: By = "cli") -> None:
    """Erase the friend's name and phone."""
    run(lambda application: acts.forget_lead(application.door, WORKSPACE, lead, by))
    typer.echo(f"{lead}: name and phone erased")


def _tell(state: LeadState) -> None:
    posted = state.posted
    typer.echo(f"{state.lead}  {state.shown}  available {yuan(posted.available)}  pending {yuan(posted.pending)}")
