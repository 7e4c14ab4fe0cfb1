"""``qunflow pay``: accounts at WeChat Pay, and one to practise with."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application
from qunflow.bootstrap.payments import PAY_SECRETS, add_pay_account, try_account
from qunflow.cli.channel import read_secrets
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.features.payouts import acts
from qunflow.sandbox.pay.settings import PaySandboxSettings

app = typer.Typer(help="Accounts at WeChat Pay.", no_args_is_help=True, add_completion=False)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Name = Annotated[str, typer.Argument(help="Name of the payment account.")]
_DEFAULT = PaySandboxSettings(Path("pay"))


@app.command()
def add(
    name: Name,
    mchid: Annotated[str, typer.Option(help="Merchant id.")],
    appid: Annotated[str, typer.Option(help="App whose openids are used; a corp id is allowed.")],
    serial_no: Annotated[str, typer.Option(help="Serial of the merchant's certificate.")],
    public_key_id: Annotated[str, typer.Option(help="Id of WeChat Pay's public key, or a certificate's serial.")],
    scene_id: Annotated[str, typer.Option(help="Transfer scene that the merchant was granted.")] = "1000",
    activity: Annotated[str, typer.Option(help="Name of the activity that is reported, and of orders.")] = "",
    remark: Annotated[str, typer.Option(help="What the receiver of a transfer reads.")] = "",
    notify_url: Annotated[str, typer.Option(help="Address of notices; empty: this server's.")] = "",
    base_url: Annotated[str, typer.Option(help="Address of the API; empty: the official one.")] = "",
    plain_http: Annotated[bool, typer.Option(help="Allow addresses without TLS (a sandbox).")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a merchant and pay out through it from now on.

    private_key, api_v3_key and public_key come as a JSON object on stdin.
    """
    given = read_secrets(PAY_SECRETS)
    settings: dict[str, Any] = {
        "mchid": mchid,
        "appid": appid,
        "serial_no": serial_no,
        "public_key_id": public_key_id,
        "scene_id": scene_id,
        "plain_http": plain_http,
    }
    words = {"activity": activity, "goods": activity, "remark": remark, "reward": remark}
    optional = {**words, "notify_url": notify_url, "base_url": base_url}
    settings.update({key: value for key, value in optional.items() if value})

    async def act(application: Application) -> str:
        address = await add_pay_account(application.home, name, settings, given)
        rules = await acts.read_rules(application.door, WORKSPACE)
        await acts.set_rules(application.door, WORKSPACE, dataclasses.replace(rules, channel=name))
        return address

    address = run(act)
    show({"account": name, "notify_url": address}, [f"{name} added; notices come to {address}"], as_json)


@app.command()
def check(name: Name, as_json: AsJson = False) -> None:
    """Ask WeChat Pay something that changes nothing: are the keys of both sides right?"""
    result = run(lambda application: try_account(application.home, name))
    show({"account": name, "result": result}, [f"{name}: signatures accepted on both sides"], as_json)


@app.command()
def sandbox(
    keys: Annotated[Path, typer.Option(help="Folder with the keys of both sides; made when it is not there.")],
    host: Annotated[str, typer.Option(help="Address to listen on; keep it on loopback.")] = _DEFAULT.host,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = _DEFAULT.port,
    mchid: Annotated[str, typer.Option(help="Merchant id.")] = _DEFAULT.mchid,
    appid: Annotated[str, typer.Option(help="Its appid.")] = _DEFAULT.appid,
    wait_scale: Annotated[float, typer.Option(min=0.001, max=1, help="Shortens the waits before notices again.")] = 1.0,
    clock: Annotated[Path | None, typer.Option(help="Clock file to follow; by default the wall clock.")] = None,
) -> None:
    """Run a WeChat Pay that answers like WeChat Pay, with phones to take transfers and pay orders."""
    from qunflow.sandbox.pay.server import run as serve

    settings = PaySandboxSettings(
        keys, host=host, port=port, mchid=mchid, appid=appid, wait_scale=wait_scale, clock_file=clock
    )
    typer.echo(f"WeChat Pay sandbox at {settings.public_url()} (merchant {mchid}, app {appid})")
    serve(settings)
