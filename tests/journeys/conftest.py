"""A qunflow server as a process of its own beside a real Synapse, and its operator at a command line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.journeys.operator import Operator
from tests.journeys.synapse import Synapse
from tests.journeys.synapse import new_person as new_person
from tests.journeys.synapse import synapse as synapse

from qunflow.bootstrap import Application, open_home
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.settings import Settings
from qunflow.storage.clock import SharedClock


@pytest.fixture
def account(synapse: Synapse) -> MatrixSettings:
    """An account of the Synapse that nobody else uses; the server pushes to the port in its ``base_url``."""
    return synapse.take_account()


@pytest.fixture
async def operator(
    account: MatrixSettings, database_url: str, clock: SharedClock, tmp_path: Path
) -> AsyncIterator[Operator]:
    """Somebody with a data folder, an own database, a virtual clock and a command line; nothing runs yet."""
    settings = Settings(
        data=tmp_path / "data",
        database_url=database_url,
        clock=tmp_path / "clock",
        port=urlsplit(account.base_url).port or 0,
        idle_seconds=0.05,
    )
    home = await open_home(settings)
    one = Operator(Application.join(home), clock, tmp_path)
    yield one
    await one.stop()
    await home.close()
