"""A scripted Matrix server, a client and a connector that talk to it over real HTTP; and a real Synapse."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.connectors.matrix.scripted import ScriptedServer, StandingClock, account, scripted_server
from tests.journeys.synapse import new_person as new_person
from tests.journeys.synapse import synapse as synapse

from qunflow.connectors.matrix.client import MatrixClient
from qunflow.connectors.matrix.outbound import MatrixConnector


def png(width: int = 3, height: int = 2, filler: bytes = b"0" * 40) -> bytes:
    """As much of a PNG as tells its size."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + filler


class Blobs:
    """A store of ours: by name, with what kind each was said to be."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {"poster": png(300, 200)}
        self.kinds: dict[str, str] = {}

    async def read(self, blob: str) -> bytes:
        return self.kept[blob]

    async def put(self, content: bytes, media_type: str) -> str:
        blob = f"blob{len(self.kept)}"
        self.kept[blob], self.kinds[blob] = content, media_type
        return blob


@pytest.fixture
def blobs() -> Blobs:
    return Blobs()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as script:
        yield script


@pytest.fixture
async def client(server: ScriptedServer) -> AsyncIterator[MatrixClient]:
    made = MatrixClient(account(server.address))
    yield made
    await made.close()


@pytest.fixture
def connector(server: ScriptedServer, client: MatrixClient, blobs: Blobs) -> MatrixConnector:
    return MatrixConnector("shop", account(server.address), client, StandingClock(), blobs.read, blobs.put)
