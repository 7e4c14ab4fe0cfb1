"""``qunflow sandbox``: a WeCom to practise with, on this machine."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Annotated

import typer

from qunflow.sandbox.server import SandboxSettings, run

_DEFAULT = SandboxSettings()
_SECRET_VARIABLE = "QUNFLOW_SANDBOX_SECRET"


def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on; keep it on loopback.")] = _DEFAULT.host,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = _DEFAULT.port,
    base_url: Annotated[
        str, typer.Option(help="Address in QR codes and picture links; by default http://host:port.")
    ] = "",
    corp_id: Annotated[str, typer.Option(help="Id of the corp that exists from the start.")] = _DEFAULT.corp_id,
    agentid: Annotated[int, typer.Option(min=1, help="Id of its app.")] = _DEFAULT.agentid,
    group_limit: Annotated[
        int, typer.Option(min=2, max=500, help="Members at which scanning into a group stops.")
    ] = _DEFAULT.limits.group_limit,
    clock: Annotated[Path | None, typer.Option(help="Clock file to follow; by default the wall clock.")] = None,
    seed: Annotated[str, typer.Option(help="Makes ids repeatable; random without one.")] = "",
) -> None:
    """Run a WeCom that answers like WeCom, with phones and staff to act in it.

    The app's secret is "sandbox-secret" unless the variable QUNFLOW_SANDBOX_SECRET says otherwise.
    """
    settings = SandboxSettings(
        host=host,
        port=port,
        base_url=base_url,
        corp_id=corp_id,
        secret=os.environ.get(_SECRET_VARIABLE) or _DEFAULT.secret,
        agentid=agentid,
        clock_file=clock,
        seed=seed,
        limits=dataclasses.replace(_DEFAULT.limits, group_limit=group_limit),
    )
    typer.echo(f"WeCom sandbox at {settings.public_url()} (corp {corp_id}, agent {agentid})")
    run(settings)


command = sandbox

app = typer.Typer(add_completion=False)
app.command()(sandbox)
