"""``qunflow reward``: what can be given, and what became of each grant."""

from __future__ import annotations

import dataclasses
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import yuan
from qunflow.features.rewards import acts, reading
from qunflow.features.rewards.files import MAX_BYTES
from qunflow.features.rewards.items import KINDS, RewardItem
from qunflow.features.rewards.model import ACTS, PARCELS, STATUSES
from qunflow.features.rewards.vault import Vault

app = typer.Typer(help="Keep rewards in stock, give them, redeem them.", no_args_is_help=True, add_completion=False)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Name = Annotated[str, typer.Argument(help="Name of the item.")]
By = Annotated[str, typer.Option("--by", help="Who says so.")]


@app.command()
def add(
    name: Name,
    kind: Annotated[str, typer.Option("--kind", help=f"One of {', '.join(KINDS)}.")],
    title: Annotated[str, typer.Option("--title", help="What people read.")],
    total: Annotated[int, typer.Option("--total", help="How many there are; codes count themselves.")] = 0,
    unit_cost: Annotated[int, typer.Option("--unit-cost", help="Fen that one costs who pays for it.")] = 0,
    face_value: Annotated[int, typer.Option("--face-value", help="Fen that one is worth; money: what is paid.")] = 0,
    amount: Annotated[int, typer.Option("--amount", help="Points or draws of one grant.")] = 0,
    expires: Annotated[str, typer.Option("--expires", help="Not after this, like 2026-12-31T23:59+08:00.")] = "",
    valid_days: Annotated[int, typer.Option("--valid-days", help="So long after it is given.")] = 0,
    sponsor: Annotated[str, typer.Option("--sponsor", help="Who pays for it instead of the campaign.")] = "",
    substitute: Annotated[str, typer.Option("--substitute", help="The item that is given when it runs out.")] = "",
    blocked: Annotated[
        list[str] | None, typer.Option("--blocked", help="A region where goods are not sent; may be repeated.")
    ] = None,
) -> None:
    """Take an item into the inventory."""
    item = RewardItem(
        name=name,
        kind=kind,
        title=title,
        unit_cost=unit_cost,
        face_value=face_value,
        amount=amount,
        total=total,
        expires_at=_time(expires),
        valid_days=valid_days,
        sponsor=sponsor,
        substitute=substitute,
        blocked_regions=tuple(blocked or ()),
    )
    typer.echo(run(lambda application: acts.add_item(application.door, WORKSPACE, item)))


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the items with their stock."""
    found = run(lambda application: acts.list_items(application.door, WORKSPACE))
    lines = [_item_line(stock) for stock in found] or ["no item"]
    show([acts.item_data(stock) for stock in found], lines, as_json)


@app.command()
def stock(name: Name, count: Annotated[int, typer.Option("--count", min=1, help="How many more.")]) -> None:
    """Add stock of an item that has no codes; who waits for it is served."""
    total = run(lambda application: acts.add_stock(application.door, WORKSPACE, name, count))
    typer.echo(f"{name}: {total} in all")


@app.command()
def close(name: Name) -> None:
    """Promise nothing of an item any more; what is promised is given."""
    run(lambda application: acts.close_item(application.door, WORKSPACE, name))
    typer.echo(f"{name}: closed")


@app.command("import-codes")
def import_codes(name: Name, file: Annotated[Path, typer.Argument(help="CSV with one code in each line.")]) -> None:
    """Take in a file of coupon codes, whole or not at all."""
    content = _read(file)

    async def act(application: Application) -> int:
        vault = Vault(application.home.keys)
        return await acts.import_codes(application.door, vault, WORKSPACE, name, content)

    typer.echo(f"{name}: {run(act)} codes of this file are in")


@app.command()
def grants(
    status: Annotated[str, typer.Option("--status", help=f"Only these: {', '.join(STATUSES)}.")] = "",
    campaign: Annotated[str, typer.Option("--campaign", help="Only those of this campaign.")] = "",
    item: Annotated[str, typer.Option("--item", help="Only those of this item.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=5000, help="At most so many, the newest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List grants."""
    if status and status not in STATUSES:
        raise InvalidInput("reward_status", ", ".join(STATUSES), field="--status")
    asked = reading.GrantQuestion({"status": status, "campaign": campaign, "item": item}, limit=limit)

    async def act(application: Application) -> list[dict[str, Any]]:
        async with application.home.database.read(WORKSPACE) as unit:
            return (await reading.read_grants(unit, asked))[0]

    rows = [{name: _plain(value) for name, value in row.items()} for row in run(act)]
    show(rows, [_grant_line(row) for row in rows] or ["no grant"], as_json)


@app.command()
def decide(
    grant: Annotated[str, typer.Argument(help="Id of the grant, from the list.")],
    act: Annotated[str, typer.Argument(help=f"One of {', '.join(ACTS)}.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why, in a word.")] = "",
) -> None:
    """Approve, hold, release, cancel, retry, mark done or take back a grant."""
    typer.echo(
        run(lambda application: acts.decide_grant(application.door, WORKSPACE, grant, act, by, reason)),
    )


@app.command()
def redeem(code: Annotated[str, typer.Argument(help="The code that the holder shows.")], by: By = "cli") -> None:
    """Use a code up, once."""

    async def act(application: Application) -> Any:
        return await acts.redeem(application.door, Vault(application.home.keys), WORKSPACE, code, by)

    state = run(act)
    typer.echo(f"{state.item} redeemed for {state.person} ({state.grant})")


@app.command()
def ship(
    file: Annotated[Path | None, typer.Argument(help="CSV with grant, carrier, tracking: ship these.")] = None,
    export: Annotated[
        Path | None, typer.Option("--export", help="Write the parcels with their addresses here.")
    ] = None,
    state: Annotated[str, typer.Option("--state", help=f"Export these: {', '.join(PARCELS)}.")] = "address_ok",
    by: By = "cli",
    as_json: AsJson = False,
) -> None:
    """Export the parcels that are to be sent, or take in their tracking numbers."""
    if (file is None) == (export is None):
        raise InvalidInput("reward_ship", "give a file to take in, or --export", field="file")
    if export is not None:
        _export(export, state)
        return
    assert file is not None
    content = _read(file)
    report = run(lambda application: acts.import_tracking(application.door, WORKSPACE, content, by))
    lines = [f"shipped {report.shipped}, refused {len(report.refused)}"]
    lines += [f"line {line}: {grant} {reason}" for line, grant, reason in report.refused]
    show(dataclasses.asdict(report), lines, as_json)
    if report.refused:
        sys.exit(1)


@app.command()
def costs(campaign: Annotated[str, typer.Argument(help="The campaign.")], as_json: AsJson = False) -> None:
    """What a campaign's things cost: its own money and the sponsors' apart."""

    async def act(application: Application) -> reading.CostSheet:
        async with application.home.database.read(WORKSPACE) as unit:
            return await reading.read_costs(unit, campaign)

    sheet = run(act)
    line = f"own {yuan(sheet.own)}  sponsored {yuan(sheet.sponsored)}  given {sheet.given}"
    show(dataclasses.asdict(sheet), [line], as_json)


@app.command()
def forget(person: Annotated[str, typer.Argument(help="Our id of the person.")]) -> None:
    """Erase the addresses of a person's parcels."""
    count = run(lambda application: acts.forget_addresses(application.door, WORKSPACE, person))
    typer.echo(f"{count} addresses erased")


def _export(path: Path, state: str) -> None:
    if state not in PARCELS:
        raise InvalidInput("reward_parcels", ", ".join(PARCELS), field="--state")

    async def act(application: Application) -> bytes:
        return await acts.export_parcels(application.door, Vault(application.home.keys), WORKSPACE, state)

    content = run(act)
    try:
        path.touch(0o600)
        path.write_bytes(content)
    except OSError as error:
        raise InvalidInput("reward_file", f"cannot be written: {error.strerror}", field=str(path)) from error
    typer.echo(f"parcels written to {path}; it holds addresses")


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput("reward_file", f"cannot be read: {error.strerror}", field=str(file)) from error


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("reward_expires", "a time like 2026-12-31T23:59+08:00", field="--expires") from error
    if found.tzinfo is None:
        raise InvalidInput("reward_expires", "a time with its offset", field="--expires")
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _item_line(stock: reading.ItemStock) -> str:
    item = stock.item
    notes = [word for word, holds in (("low", item.low), ("closed", item.closed)) if holds]
    notes += [f"sponsor {item.sponsor}"] if item.sponsor else []
    return f"{item.name:24} {item.kind:16} {stock.free:>7} of {stock.total:<7} {' '.join(notes)}".rstrip()


def _grant_line(row: dict[str, Any]) -> str:
    return f"{row['status']:10} {row['item']:20} {row['key']}  {row['reason'] or row['parcel']}".rstrip()
