"""A database with two workspaces, as the application role sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from qunflow.storage.database import Database
from qunflow.storage.directory import ensure_workspace

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The database, with the workspaces ``main`` and ``other``."""
    opened = Database.connect(database_url, pool_size=8)
    async with opened.directory() as connection:
        for name in ("main", "other"):
            await ensure_workspace(connection, name, name, "Asia/Shanghai", NOW)
    yield opened
    await opened.close()
