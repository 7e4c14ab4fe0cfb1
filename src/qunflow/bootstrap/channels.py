"""The accounts of an installation: connectors for delivery, envelopes for callbacks."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from qunflow.bootstrap.home import Home
from qunflow.connectors.matrix.client import MatrixClient
from qunflow.connectors.matrix.outbound import MatrixConnector
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.listener import WecomAccount
from qunflow.connectors.wecom.outbound import WecomConnector
from qunflow.connectors.wecom.settings import WecomSettings
from qunflow.connectors.wecom.sign_in import PageAccount
from qunflow.domain.errors import NotFound
from qunflow.domain.receipts import Connector, ReadBlob
from qunflow.features.posters.drawer import PosterDrawer
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.scripts.decide import DRAWING
from qunflow.features.tasks.decide import DESK
from qunflow.features.tasks.examine import ProofDesk
from qunflow.storage.directory import (
    DEFAULT_WORKSPACE,
    ChannelRow,
    find_channel,
    save_channel,
)
from qunflow.storage.json_text import from_json, to_json

#: So long a changed account may still be used as it was.
REMEMBERED_SECONDS = 5.0
#: Channels of our own, which are no stored accounts.
OWN_DESKS = (DESK, DRAWING)


@dataclass
class Channels:
    """The accounts of this installation: connectors for delivery, envelopes for the callbacks."""

    home: Home
    posters: PosterDesk = field(default_factory=PosterDesk)
    rows: dict[str, tuple[float, ChannelRow]] = field(default_factory=dict)  # with when each was read
    connectors: dict[str, Connector] = field(default_factory=dict)
    wecom_clients: dict[str, WecomClient] = field(default_factory=dict)

    async def find(self, workspace: str, channel: str) -> Connector | None:
        """The connector of a workspace's channel, None when there is none of that name."""
        key = f"{workspace}/{channel}"
        if channel not in OWN_DESKS:
            row = await self.row(channel)
            if row is None or row.workspace != workspace:
                return None
            return self.connectors.get(key) or self.connectors.setdefault(key, self._connect(row))
        found = self.connectors.get(key)
        if found is None and channel == DESK:
            found = self.connectors[key] = ProofDesk(self._reader(workspace))
        if found is None and channel == DRAWING:
            found = self.connectors[key] = PosterDrawer(
                self.posters, self.home.links.code, self._person_writer(workspace)
            )
        return found

    async def row(self, channel: str) -> ChannelRow | None:
        """The stored account of a channel, remembered for some seconds: settings may be changed beside us."""
        seen, known = self.rows.get(channel, (0.0, None))
        if known is not None and time.monotonic() - seen < REMEMBERED_SECONDS:
            return known
        async with self.home.database.directory_read() as connection:
            found = await find_channel(connection, channel)
        if found is None:
            self.rows.pop(channel, None)
            return None
        if known is not None and known != found:
            await self._forget(known)
        self.rows[channel] = (time.monotonic(), found)
        return found

    async def _forget(self, row: ChannelRow) -> None:
        """Close what was made from settings that are no longer so; calls under way end first or are tried again."""
        connector = self.connectors.pop(f"{row.workspace}/{row.name}", None)
        client = self.wecom_clients.pop(row.name, None)
        for old in (connector, client):
            if old is not None:
                await old.close()

    async def wecom_account(self, channel: str) -> WecomAccount | None:
        """What the callback of a WeCom channel needs."""
        row = await self.row(channel)
        if row is None or row.kind != "wecom":
            return None
        return WecomAccount(self.wecom_settings(row).envelope)

    async def wecom_page_account(self, channel: str) -> PageAccount | None:
        """What the pages of a WeCom channel need to know who opened them."""
        row = await self.row(channel)
        if row is None or row.kind != "wecom":
            return None
        client = self.wecom_client(row)
        return PageAccount(client.settings, client.identities, client.jssdk)

    def wecom_client(self, row: ChannelRow) -> WecomClient:
        """The client of a stored WeCom account, one for each in this process; :meth:`close` closes it."""
        found = self.wecom_clients.get(row.name)
        if found is None:
            found = WecomClient(self.wecom_settings(row), self.home.clock, jitter=random.random)
            self.wecom_clients[row.name] = found
        return found

    async def wecom_settings_of(self, channel: str) -> WecomSettings | None:
        """The settings of a WeCom channel, None when there is none of that name."""
        row = await self.row(channel)
        return self.wecom_settings(row) if row is not None and row.kind == "wecom" else None

    def wecom_settings(self, row: ChannelRow) -> WecomSettings:
        """The settings of a stored WeCom account, secrets opened."""
        values = {**row.settings, **self._secrets(row)}
        return WecomSettings(**{**values, "staff": tuple(values.get("staff", ()))})

    async def matrix_account(self, channel: str) -> MatrixSettings | None:
        """What the push of a Matrix channel needs."""
        row = await self.row(channel)
        return self.matrix_settings(row) if row is not None and row.kind == "matrix" else None

    def matrix_settings(self, row: ChannelRow) -> MatrixSettings:
        """The settings of a stored Matrix account, secrets opened."""
        values = {**row.settings, **self._secrets(row)}
        return MatrixSettings(**{**values, "staff": tuple(values.get("staff", ()))})

    def _secrets(self, row: ChannelRow) -> dict[str, str]:
        opened: dict[str, str] = from_json(self.home.keys.open(row.secrets, f"channel:{row.name}"))
        return opened

    def _connect(self, row: ChannelRow) -> Connector:
        if row.kind == "wecom":
            client = self.wecom_client(row)
            return WecomConnector(row.name, client.settings, client, self.home.clock, self._reader(row.workspace))
        if row.kind == "matrix":
            matrix = self.matrix_settings(row)
            reader, writer = self._reader(row.workspace), self._writer(row.workspace)
            return MatrixConnector(row.name, matrix, MatrixClient(matrix), self.home.clock, reader, writer)
        raise NotFound("channel_kind", f"{row.kind} is not a kind of channel", field=row.name)

    def _reader(self, workspace: str) -> ReadBlob:
        async def read(digest: str) -> bytes:
            return await self.home.blobs.read(workspace, digest)

        return read

    def _person_writer(self, workspace: str) -> Callable[[bytes, str], Awaitable[str]]:
        async def write(content: bytes, person: str) -> str:
            async with self.home.database.unit(workspace) as unit:
                return await self.home.blobs.put(unit, content, "image/jpeg", person, self.home.clock.now())

        return write

    def _writer(self, workspace: str) -> Callable[[bytes, str], Awaitable[str]]:
        async def write(content: bytes, media_type: str) -> str:
            async with self.home.database.unit(workspace) as unit:
                return await self.home.blobs.put(unit, content, media_type, "", self.home.clock.now())

        return write

    async def close(self) -> None:
        """Close every connection to platforms."""
        for connector in self.connectors.values():
            await connector.close()
        for client in self.wecom_clients.values():
            await client.close()


async def add_channel(
    home: Home,
    row_kind: str,
    name: str,
    settings: Mapping[str, Any],
    secret: Mapping[str, str],
    workspace: str = DEFAULT_WORKSPACE,
) -> None:
    """Store an account; what is secret is sealed."""
    sealed = home.keys.seal(to_json(dict(secret)).encode(), f"channel:{name}")
    row = ChannelRow(name, workspace, row_kind, settings, sealed)
    async with home.database.directory() as connection:
        await save_channel(connection, row, datetime.now(UTC))
