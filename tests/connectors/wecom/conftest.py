"""A scripted WeCom, a client and a connector that talk to it over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.connectors.wecom.scripted import HandClock, ScriptedServer, account, scripted_server

from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.outbound import WecomConnector

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


class Naps:
    """Remembers how long was slept instead of sleeping."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as script:
        yield script


@pytest.fixture
async def client(server: ScriptedServer, clock: HandClock, naps: Naps) -> AsyncIterator[WecomClient]:
    made = WecomClient(account(server.address), clock, jitter=lambda: 0.5, sleep=naps)
    yield made
    await made.close()


@pytest.fixture
async def connector(server: ScriptedServer, client: WecomClient, clock: HandClock) -> WecomConnector:
    async def read_blob(blob: str) -> bytes:
        return PNG + blob.encode()

    return WecomConnector("shop", account(server.address), client, clock, read_blob)
