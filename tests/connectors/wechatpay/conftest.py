"""One pay sandbox for all tests of this folder; disturbances end with each test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from tests.connectors.wechatpay.stand_in import StandIn

from qunflow.connectors.wechatpay.client import PayClient

_COUNT = itertools.count(1)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    made = StandIn.start(tmp_path_factory.mktemp("pay") / "keys")
    yield made
    made.stop()


@pytest.fixture
def stand_in(running: StandIn) -> Iterator[StandIn]:
    running.act("/admin/balance", fen=100_000_000)
    yield running
    running.disturb()
    running.act("/admin/notice-faults", lose=0, copies=1, delay=0)


@pytest.fixture
async def client(stand_in: StandIn) -> AsyncIterator[PayClient]:
    made = PayClient(stand_in.settings())
    yield made
    await made.close()


@pytest.fixture
def new_number() -> Callable[[], str]:
    """Merchant numbers that no other test uses."""
    return lambda: f"q{next(_COUNT):030d}"
