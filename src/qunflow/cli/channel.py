"""``qunflow channel``: accounts on platforms."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import orjson
import typer

from qunflow.bootstrap import Application, add_channel
from qunflow.cli.opening import run, show
from qunflow.connectors.wecom.settings import WecomSettings
from qunflow.domain.errors import InvalidInput
from qunflow.storage.directory import list_channels

app = typer.Typer(help="Add and list accounts on platforms.", no_args_is_help=True, add_completion=False)
add = typer.Typer(help="Add an account.", no_args_is_help=True)
app.add_typer(add, name="add")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
SECRETS = ("secret", "token", "aes_key")


def read_secrets() -> dict[str, str]:
    """The secrets as a JSON object from stdin, so that they stand in no shell history and no process list."""
    try:
        found = orjson.loads(sys.stdin.buffer.read(16_384))
    except orjson.JSONDecodeError as error:
        raise InvalidInput("secrets_json", "stdin must hold one JSON object", field="stdin") from error
    missing = [name for name in SECRETS if not isinstance(found.get(name), str)]
    if missing:
        raise InvalidInput("secrets_missing", f"the object needs {', '.join(missing)}", field="stdin")
    return {name: found[name] for name in SECRETS}


def check_wecom(values: dict[str, Any]) -> None:
    """Refuse settings that break a rule. Raises InvalidInput naming the field."""
    WecomSettings(**values)


@add.command()
def wecom(
    name: Annotated[str, typer.Argument(help="Name of the channel, as campaigns call it.")],
    corp_id: Annotated[str, typer.Option(help="Corp id.")],
    agent_id: Annotated[int, typer.Option(help="Agent id of the self-built app.")],
    staff: Annotated[list[str], typer.Option(help="Staff user ids; give it once for each.")],
    base_url: Annotated[str, typer.Option(help="Address of the API; empty: the official one.")] = "",
    plain_http: Annotated[bool, typer.Option(help="Allow an address without TLS (a sandbox).")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a WeCom account; secret, token and aes_key come as a JSON object on stdin."""
    secrets = read_secrets()
    settings: dict[str, Any] = {
        "corp_id": corp_id,
        "agent_id": agent_id,
        "staff": list(staff),
        "plain_http": plain_http,
    }
    if base_url:
        settings["base_url"] = base_url
    check_wecom({**settings, **secrets, "staff": tuple(staff)})

    async def act(application: Application) -> str:
        await add_channel(application.home, "wecom", name, settings, secrets)
        return f"{application.home.settings.address}/hooks/wecom/{name}"

    callback = run(act)
    show({"channel": name, "callback_url": callback}, [f"{name} added; callback URL: {callback}"], as_json)


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the accounts; secrets are never shown."""

    async def act(application: Application) -> list[dict[str, Any]]:
        async with application.home.database.directory() as connection:
            rows = await list_channels(connection)
        return [{"channel": row.name, "kind": row.kind, "settings": dict(row.settings)} for row in rows]

    found = run(act)
    lines = [f"{item['channel']:20} {item['kind']}" for item in found] or ["no channel yet: qunflow channel add wecom"]
    show(found, lines, as_json)
