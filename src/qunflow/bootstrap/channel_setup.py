"""Setting up accounts on platforms: adding them, and looking at what is wrong; for command line and console alike."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from qunflow.bootstrap.channels import Channels, add_channel
from qunflow.bootstrap.home import Home
from qunflow.connectors.matrix import doctor as matrix_doctor
from qunflow.connectors.matrix import doctor_probes as matrix_probes
from qunflow.connectors.matrix.registration import callback_url, check_channel_name, render_registration
from qunflow.connectors.matrix.settings import WAYS as MATRIX_WAYS
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.connectors.wecom import doctor as wecom_doctor
from qunflow.connectors.wecom import doctor_probes as wecom_probes
from qunflow.connectors.wecom.settings import WAYS as WECOM_WAYS
from qunflow.connectors.wecom.settings import WecomSettings
from qunflow.console.channel_desk import ChannelDesk
from qunflow.domain.actions import Broadcast, CloseContactCode, CloseEntry, OpenContactCode, OpenEntry
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.health import Finding
from qunflow.storage.directory import DEFAULT_WORKSPACE, ChannelRow, list_channels

WECOM_SECRETS = ("secret", "token", "aes_key")
MATRIX_TOKENS = ("as_token", "hs_token")
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


async def add_wecom(
    home: Home,
    name: str,
    settings: Mapping[str, Any],
    given: Mapping[str, str],
    workspace: str = DEFAULT_WORKSPACE,
) -> str:
    """Store a WeCom account; answers its callback address. Of an account that is there, secrets not ``given`` stay.

    Raises InvalidInput naming the field, or Conflict when the name is taken.
    """
    check_channel_name(name)
    await _check_free(home, name, "wecom", workspace)
    known = await Channels(home).wecom_settings_of(name)
    kept = {secret: getattr(known, secret) for secret in WECOM_SECRETS} if known is not None else {}
    sealed = {**kept, **given}
    WecomSettings(**{**settings, **sealed, "staff": tuple(settings.get("staff", ()))})
    await add_channel(home, "wecom", name, settings, sealed, workspace)
    return wecom_callback(home, name)


def wecom_callback(home: Home, name: str) -> str:
    """The callback address of a WeCom account."""
    return f"{home.settings.address}/hooks/wecom/{name}"


async def add_matrix(
    home: Home,
    name: str,
    settings: Mapping[str, Any],
    given: Mapping[str, str],
    file: Path,
    workspace: str = DEFAULT_WORKSPACE,
) -> str:
    """Store a Matrix account and write its registration; answers where the server pushes to.

    Without ``given`` tokens those of a channel that is there stay, and a new one gets random ones, which are shown
    nowhere but in the file. Raises InvalidInput, or Conflict when the name is taken.
    """
    check_channel_name(name)
    await _check_free(home, name, "matrix", workspace)
    known = await Channels(home).matrix_account(name)
    tokens = dict(given) or ({"as_token": known.as_token, "hs_token": known.hs_token} if known is not None else {})
    tokens = tokens or {token: secrets.token_hex(32) for token in MATRIX_TOKENS}
    values = {**settings, "base_url": home.settings.address}
    account = MatrixSettings(**{**values, **tokens, "staff": tuple(settings["staff"])})
    write_private(file, render_registration(account, name))
    await add_channel(home, "matrix", name, values, tokens, workspace)
    return callback_url(account, name)


async def _check_free(home: Home, name: str, kind: str, workspace: str) -> None:
    """Raises Conflict when the name is another platform's, or another workspace's."""
    row = await Channels(home).row(name)
    if row is not None and row.kind != kind:
        raise Conflict("channel_taken", f"{name} is a channel of kind {row.kind}", field="name")
    if row is not None and row.workspace != workspace:
        raise Conflict("channel_taken", "this name is taken", field="name", way_out="Choose another name.")


def registration_path(home: Home, name: str) -> Path:
    """Where a registration lies unless the operator says otherwise: in the data folder. Raises InvalidInput."""
    check_channel_name(name)
    folder = Path(home.settings.data).absolute() / "registrations"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{name}.yaml"


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, also where it was there with wider rights. Raises InvalidInput."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            os.fchmod(descriptor, 0o600)
            opened.truncate()
            opened.write(text)
    except OSError as error:
        raise InvalidInput(
            "registration_file", f"the file cannot be written: {error.strerror}", field=str(file)
        ) from error


async def examine_channel(home: Home, name: str) -> tuple[str, tuple[Finding, ...]]:
    """The kind of a channel and what its doctor finds. Raises NotFound."""
    channels = Channels(home)
    row = await channels.row(name)
    if row is None:
        raise NotFound("channel_unknown", "there is no channel of this name", field=name)
    if row.kind not in ("wecom", "matrix"):
        raise Conflict(
            "channel_no_doctor", f"there is no doctor for {row.kind}", field=name, way_out="qunflow pay check"
        )
    try:
        if row.kind == "wecom":
            wecom = channels.wecom_settings(row)
            seen = await wecom_probes.look(wecom, wecom_callback(home, name), await count_used(home, row))
            return row.kind, wecom_doctor.examine(wecom, seen)
        matrix = channels.matrix_settings(row)
        return row.kind, matrix_doctor.examine(matrix, await matrix_probes.look(matrix, name))
    except InvalidInput as error:
        bad = wecom_doctor.bad_settings if row.kind == "wecom" else matrix_doctor.bad_settings
        return row.kind, bad(error)


async def count_used(home: Home, row: ChannelRow) -> wecom_probes.Used:
    """What the outbox tells of codes that are open, of mass sends in a day and of calls in a minute."""
    day, minute = datetime.now(UTC) - _DAY, datetime.now(UTC) - _MINUTE
    async with home.database.read(row.workspace) as unit:
        rows = await unit.fetch(
            "SELECT kind, count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE sent_at >= $3), "
            "count(*) FILTER (WHERE sent_at >= $4) FROM outbox WHERE workspace_id = $1 AND channel = $2 GROUP BY kind",
            unit.workspace,
            row.name,
            day,
            minute,
        )
    done = {str(kind): int(count) for kind, count, _, _ in rows}
    made = done.get(OpenContactCode.KIND, 0) + done.get(OpenEntry.KIND, 0)
    closed = done.get(CloseContactCode.KIND, 0) + done.get(CloseEntry.KIND, 0)
    sent = sum(int(count) for kind, _, count, _ in rows if kind == Broadcast.KIND)
    return wecom_probes.Used(max(0, made - closed), sent, max((int(count) for _, _, _, count in rows), default=0))


def channel_desk(home: Home) -> ChannelDesk:
    """What the console's pages of channels may ask."""

    async def rows(workspace: str) -> list[ChannelRow]:
        async with home.database.directory() as connection:
            return [row for row in await list_channels(connection) if row.workspace == workspace]

    async def save(workspace: str, kind: str, name: str, settings: Mapping[str, Any], given: Mapping[str, str]) -> str:
        if kind == "wecom":
            return await add_wecom(home, name, settings, given, workspace)
        return await add_matrix(home, name, settings, given, registration_path(home, name), workspace)

    def callback(row: ChannelRow) -> str:
        return f"{home.settings.address}/hooks/{row.kind}/{row.name}"

    async def registration(name: str) -> bytes:
        account = await Channels(home).matrix_account(name)
        if account is None:
            raise NotFound("channel_unknown", "there is no Matrix channel of this name", field=name)
        return render_registration(account, name).encode()

    async def examine(name: str) -> tuple[str, tuple[Finding, ...]]:
        return await examine_channel(home, name)

    ways = {"wecom": WECOM_WAYS, "matrix": MATRIX_WAYS}
    return ChannelDesk(rows, examine, save, callback, registration, ways)
