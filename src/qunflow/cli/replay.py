"""``qunflow replay``: fold the event log anew."""

from __future__ import annotations

from typing import Annotated

import typer

from qunflow.bootstrap import Application
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.engine.replay import ReplayReport, check_replay

app = typer.Typer(add_completion=False)


@app.command()
def replay(
    check: Annotated[bool, typer.Option("--check", help="Compare with the stored states.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Fold every stream from its first event; exit 1 when a stored state differs."""

    async def act(application: Application) -> ReplayReport:
        return await check_replay(application.home.database, application.registry, WORKSPACE)

    report = run(act)
    data = {"streams": report.streams, "events": report.events, "equal": report.equal, "differing": report.differing}
    lines = [f"{report.streams} streams, {report.events} events: {'equal' if report.equal else 'NOT equal'}"]
    show(data, lines + [f"differs: {name}" for name in report.differing[:20]], as_json)
    if check and not report.equal:
        raise typer.Exit(1)
