"""``qunflow payout``: paying out what people earned."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer

from qunflow.bootstrap import Application
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import yuan
from qunflow.features.campaigns.risk.acts import witness
from qunflow.features.payouts import acts
from qunflow.features.payouts.manual_file import MAX_BYTES
from qunflow.features.payouts.model import STATUSES, PayoutState
from qunflow.features.payouts.rules import PayRules

app = typer.Typer(help="Pay out what people earned.", no_args_is_help=True, add_completion=False)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Number = Annotated[str, typer.Argument(help="Number of the payout, from the list.")]
By = Annotated[str, typer.Option("--by", help="Who says so.")]


@app.command("list")
def list_all(
    status: Annotated[str, typer.Option("--status", help=f"Only these: {', '.join(STATUSES)}.")] = "",
    person: Annotated[str, typer.Option("--person", help="Only those of this person.")] = "",
    as_json: AsJson = False,
) -> None:
    """List payouts, the oldest first."""
    if status and status not in STATUSES:
        raise InvalidInput("payout_status", ", ".join(STATUSES), field="--status")
    found = run(lambda application: acts.list_payouts(application.door, WORKSPACE, status, person))
    show([acts.data_of(state) for state in found], [line_of(state) for state in found] or ["no payout"], as_json)


@app.command()
def request(
    person: Annotated[str, typer.Argument(help="Our id of the person.")],
    fen: Annotated[int, typer.Option("--fen", min=1, help="How much, in fen.")],
    key: Annotated[str, typer.Option("--key", help="What makes it once, such as the id of a grant.")],
    openid: Annotated[str, typer.Option("--openid", help="The person's openid, where it is not known yet.")] = "",
    campaign: Annotated[str, typer.Option("--campaign", help="The campaign it belongs to.")] = "",
    by: By = "cli",
    as_json: AsJson = False,
) -> None:
    """Set available money of a person aside to be paid out; the same key is the same payout."""

    async def act(application: Application) -> PayoutState:
        door = application.door
        given = {"by": by, "openid": openid, "campaign": campaign}
        state = await acts.request_payout(door, WORKSPACE, person, fen, key, **given)
        if openid:
            await witness(door, application.home.links.trace)(WORKSPACE, person, "payee", openid)
        return state

    _show(run(act), as_json)


@app.command()
def approve(number: Number, by: By, as_json: AsJson = False) -> None:
    """Agree to a payout; larger ones need two people."""
    _show(run(lambda application: acts.approve_payout(application.door, WORKSPACE, number, by)), as_json)


@app.command()
def reject(
    number: Number,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="fraud, wrong_person, wrong_amount, duplicate or other.")],
    as_json: AsJson = False,
) -> None:
    """Refuse a payout, or ask for one back that its person has not taken."""
    _show(run(lambda application: acts.reject_payout(application.door, WORKSPACE, number, by, reason)), as_json)


@app.command()
def retry(number: Number, by: By, as_json: AsJson = False) -> None:
    """Try a failed payout again, under a number of its own; everybody who had to agree has agreed."""
    _show(run(lambda application: acts.retry_payout(application.door, WORKSPACE, number, by)), as_json)


@app.command()
def export(
    list_name: Annotated[str, typer.Argument(help="Name of the list; the same name gives the same list again.")],
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
) -> None:
    """Write the agreed payouts that staff pay by hand as CSV, each on one list."""
    content = run(lambda application: acts.export_manual(application.door, WORKSPACE, list_name))
    try:
        out.write_bytes(content)
    except OSError as error:
        raise InvalidInput("payout_file", f"cannot be written: {error.strerror}", field=str(out)) from error
    typer.echo(f"list {list_name} written to {out}")


@app.command("import")
def take_in(
    file: Annotated[Path, typer.Argument(help="The list with its column result filled in: paid or failed.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Take in what became of payouts that staff paid by hand; doing it again changes nothing."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput("payout_file", f"cannot be read: {error.strerror}", field=str(file)) from error
    report = run(lambda application: acts.import_results(application.door, WORKSPACE, content, by))
    lines = [f"settled {report.settled}, as before {report.same}, refused {len(report.refused)}"]
    lines += [f"line {line}: {number} {reason}" for line, number, reason in report.refused]
    show(dataclasses.asdict(report), lines, as_json)
    if report.refused:
        sys.exit(1)


@app.command()
def rules(
    channel: Annotated[str | None, typer.Option("--channel", help="Payment account; manual: by hand.")] = None,
    min_fen: Annotated[int | None, typer.Option("--min-fen", help="The least of one payout.")] = None,
    max_fen: Annotated[int | None, typer.Option("--max-fen", help="The most of one payout.")] = None,
    four_eyes_fen: Annotated[int | None, typer.Option("--four-eyes-fen", help="From here two must agree.")] = None,
    person_count: Annotated[int | None, typer.Option("--person-count", help="Payouts to one person a day.")] = None,
    person_fen: Annotated[int | None, typer.Option("--person-fen", help="Fen to one person a day.")] = None,
    channel_fen: Annotated[int | None, typer.Option("--channel-fen", help="Fen of the channel a day.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the rules of paying out, or change those that are given."""
    given = {
        "channel": "" if channel == "manual" else channel,
        "min_fen": min_fen,
        "max_fen": max_fen,
        "four_eyes_fen": four_eyes_fen,
        "person_count": person_count,
        "person_fen": person_fen,
        "channel_fen": channel_fen,
    }
    changes = {name: value for name, value in given.items() if value is not None}

    async def act(application: Application) -> PayRules:
        known = await acts.read_rules(application.door, WORKSPACE)
        wanted = dataclasses.replace(known, **changes)  # type: ignore[arg-type]
        if changes:
            await acts.set_rules(application.door, WORKSPACE, wanted)
        return wanted

    found = dataclasses.asdict(run(act))
    show(found, [f"{name}  {value or '-'}" for name, value in found.items()], as_json)


def _show(state: PayoutState, as_json: bool) -> None:
    show(acts.data_of(state), [line_of(state)], as_json)


def line_of(state: PayoutState) -> str:
    """A payout for a terminal."""
    asked = state.requested_at.isoformat(timespec="minutes") if state.requested_at is not None else "-"
    line = f"{state.number}  {state.status:12} {yuan(state.fen):>9}  {asked}  {state.person}  {state.channel}"
    return f"{line}  {state.code}".rstrip()
