"""``qunflow channel``: accounts on platforms."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from qunflow.bootstrap import Application
from qunflow.bootstrap.channel_setup import MATRIX_TOKENS, WECOM_SECRETS, add_matrix, add_wecom, registration_path
from qunflow.cli.channel_doctor import doctor
from qunflow.cli.opening import run, show
from qunflow.domain.errors import InvalidInput
from qunflow.storage.directory import list_channels

app = typer.Typer(help="Add and list accounts on platforms.", no_args_is_help=True, add_completion=False)
add = typer.Typer(help="Add an account.", no_args_is_help=True)
app.add_typer(add, name="add")
app.command("doctor")(doctor)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
MAX_SECRETS_BYTES = 16_384


def read_secrets(names: Sequence[str]) -> dict[str, str]:
    """The secrets as a JSON object from stdin, so that they stand in no shell history and no process list.

    Empty when nothing was piped in. Raises InvalidInput for anything but an object with all of ``names``.
    """
    given = b"" if sys.stdin.isatty() else sys.stdin.buffer.read(MAX_SECRETS_BYTES)
    if not given.strip():
        return {}
    try:
        found = orjson.loads(given)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("secrets_json", "stdin must hold one JSON object", field="stdin") from error
    missing = [name for name in names if not isinstance(found, dict) or not isinstance(found.get(name), str)]
    if missing:
        raise InvalidInput("secrets_missing", f"the object needs {', '.join(missing)}", field="stdin")
    return {name: found[name] for name in names}


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
    given = read_secrets(WECOM_SECRETS)
    if not given:
        raise InvalidInput("secrets_missing", f"stdin must hold {', '.join(WECOM_SECRETS)}", field="stdin")
    settings: dict[str, Any] = {
        "corp_id": corp_id,
        "agent_id": agent_id,
        "staff": list(staff),
        "plain_http": plain_http,
    }
    if base_url:
        settings["base_url"] = base_url

    async def act(application: Application) -> str:
        return await add_wecom(application.home, name, settings, given)

    callback = run(act)
    show({"channel": name, "callback_url": callback}, [f"{name} added; callback URL: {callback}"], as_json)


@add.command()
def matrix(
    name: Annotated[str, typer.Argument(help="Name of the channel, as campaigns call it.")],
    homeserver_url: Annotated[str, typer.Option(help="Where qunflow calls the server.")],
    server_name: Annotated[str, typer.Option(help="What stands behind the colon in @name:example.org.")],
    sender_localpart: Annotated[str, typer.Option(help="Name of qunflow's own account.")] = "qunflow",
    staff: Annotated[list[str] | None, typer.Option(help="Matrix ids of staff; give it once for each.")] = None,
    room_version: Annotated[str, typer.Option(help="Version of new rooms.")] = "11",
    join_rule: Annotated[str, typer.Option(help="Who may come into new groups: invite or knock.")] = "invite",
    display_name: Annotated[str, typer.Option(help="What people read instead of the account's name.")] = "",
    plain_http: Annotated[bool, typer.Option(help="Allow addresses without TLS on a closed network.")] = False,
    registration_file: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Where to write the registration for the server's admin.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a Matrix account; as_token and hs_token come as a JSON object on stdin, or are made when stdin is empty."""
    given = read_secrets(MATRIX_TOKENS)
    settings: dict[str, Any] = {
        "homeserver_url": homeserver_url,
        "server_name": server_name,
        "sender_localpart": sender_localpart,
        "staff": list(staff or ()),
        "room_version": room_version,
        "join_rule": join_rule,
        "display_name": display_name,
        "plain_http": plain_http,
    }

    async def act(application: Application) -> tuple[str, Path]:
        file = registration_file or registration_path(application.home, name)
        return await add_matrix(application.home, name, settings, given, file), file

    callback, file = run(act)
    lines = [
        f"{name} added; the server pushes to {callback}",
        f"give {file} to the server's admin: it is as secret as a password",
    ]
    show({"channel": name, "callback_url": callback, "registration_file": str(file)}, lines, as_json)


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
