"""One pool of connections, each acting as the application role; transactions are opened by ``UnitOfWork``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from qunflow.domain.errors import InvalidInput
from qunflow.storage.unit_of_work import UnitOfWork

APP_ROLE = "qunflow_app"


class Database:
    """A PostgreSQL database as the application sees it."""

    def __init__(self, engine: AsyncEngine, url: str) -> None:
        self._engine = engine
        self.url = url

    @classmethod
    def connect(cls, url: str, *, pool_size: int = 12) -> Database:
        """A pool on ``url``; nothing is opened before it is needed."""
        engine = create_async_engine(async_url(url), pool_size=pool_size, max_overflow=4, pool_pre_ping=False)

        @event.listens_for(engine.sync_engine, "connect")
        def prepare(connection: Any, _: Any) -> None:
            connection.run_async(_prepare)

        return cls(engine, url)

    @asynccontextmanager
    async def unit(self, workspace: str) -> AsyncIterator[UnitOfWork]:
        """One transaction inside one workspace: committed at the end, rolled back on any error."""
        async with self._engine.connect() as connection:
            await connection.exec_driver_sql("SELECT set_config('qunflow.workspace', $1, true)", (workspace,))
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            unit = UnitOfWork(workspace, connection, raw)
            try:
                yield unit
            except BaseException:
                await connection.rollback()
                raise
            await connection.commit()
            unit.tell_committed()

    @asynccontextmanager
    async def directory(self) -> AsyncIterator[Any]:
        """One transaction on the few tables outside the workspaces: the raw connection."""
        async with self._engine.begin() as connection:
            await connection.exec_driver_sql("SELECT 1")
            yield (await connection.get_raw_connection()).driver_connection

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


async def _prepare(raw: Any) -> None:
    """Act as the application role; JSON travels as text, decoded where its type is known."""
    await raw.execute(f"SET ROLE {APP_ROLE}")
    await raw.set_type_codec("jsonb", schema="pg_catalog", encoder=str, decoder=str, format="text")


def async_url(url: str) -> str:
    """A ``postgresql://`` URL as SQLAlchemy's asyncpg driver wants it. Raises InvalidInput for another scheme."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres", "postgresql+asyncpg"):
        raise InvalidInput(
            "database_url",
            "the database must be PostgreSQL",
            field="QUNFLOW_DATABASE_URL",
            way_out="Give a URL like postgresql://user:password@host:5432/qunflow, or leave it empty.",
        )
    query = urlencode(parse_qsl(parts.query))
    return urlunsplit(("postgresql+asyncpg", parts.netloc, parts.path, query, ""))
