"""One pool of connections, each acting as the application role; transactions are opened by ``unit``.

Every transaction names its workspace before anything else, so row-level security holds for all it does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from qunflow.domain.errors import InvalidInput
from qunflow.storage.unit_of_work import UnitOfWork

APP_ROLE = "qunflow_app"
MAX_WORKSPACE_NAME = 64


class _PlainConnection(asyncpg.Connection):
    """A connection that is not reset on its way back: role, codec and workspace stay, a transaction never outlives."""

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        self.workspace = ""  # whose rows the session shows outside of transactions

    async def show(self, workspace: str) -> None:
        """Show the rows of a workspace outside of transactions too."""
        if self.workspace != workspace:
            await self.execute(f"SET qunflow.workspace = {quoted(workspace)}")
            self.workspace = workspace

    def get_reset_query(self) -> str:
        """Nothing to reset."""
        return ""


class Database:
    """A PostgreSQL database as the application sees it; connections are opened when first needed."""

    def __init__(self, url: str, pool_size: int) -> None:
        self.url = url
        self._pool_size = pool_size
        self._pool: Any = None
        self.bells: dict[str, asyncio.Event] = {}  # queue → what wakes this process's worker of it
        self._opening = asyncio.Lock()

    @classmethod
    def connect(cls, url: str, *, pool_size: int = 12) -> Database:
        """A pool on ``url``. Raises InvalidInput when the URL is not one of PostgreSQL."""
        return cls(plain_url(url), pool_size)

    @asynccontextmanager
    async def unit(self, workspace: str) -> AsyncIterator[UnitOfWork]:
        """One transaction inside one workspace: committed at the end, rolled back on any error."""
        pool = self._pool or await self._open()
        async with pool.acquire() as connection:
            await connection.execute(f"BEGIN; SET LOCAL qunflow.workspace = {quoted(workspace)}")
            unit = UnitOfWork(workspace, connection)
            try:
                yield unit
            except BaseException:
                await _roll_back(connection)
                raise
            await connection.execute("COMMIT")
        unit.tell_committed()
        for queue in unit.news:
            if queue in self.bells:
                self.bells[queue].set()

    @asynccontextmanager
    async def read(self, workspace: str) -> AsyncIterator[UnitOfWork]:
        """Statements that only read, each seeing what is committed when it starts; a third of a ``unit``'s trips."""
        pool = self._pool or await self._open()
        async with pool.acquire() as connection:
            await connection.show(workspace)
            yield UnitOfWork(workspace, connection)

    @asynccontextmanager
    async def alone(self, workspace: str) -> AsyncIterator[UnitOfWork]:
        """For one change that stands for itself: its statement is a transaction of its own. Rings nobody."""
        async with self.read(workspace) as unit:
            yield unit

    @asynccontextmanager
    async def directory_read(self) -> AsyncIterator[Any]:
        """The connection for statements that only read the few tables outside the workspaces."""
        pool = self._pool or await self._open()
        async with pool.acquire() as connection:
            yield connection

    @asynccontextmanager
    async def directory(self) -> AsyncIterator[Any]:
        """One transaction on the few tables outside the workspaces: the connection."""
        pool = self._pool or await self._open()
        async with pool.acquire() as connection, connection.transaction():
            yield connection

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def _open(self) -> Any:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self.url,
                    min_size=1,
                    max_size=self._pool_size,
                    init=_prepare,
                    connection_class=_PlainConnection,
                    max_inactive_connection_lifetime=300.0,
                )
        return self._pool


async def _prepare(connection: Any) -> None:
    """Act as the application role; JSON travels as text, decoded where its type is known."""
    await connection.execute(f"SET ROLE {APP_ROLE}")
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=str, decoder=str, format="text")


async def _roll_back(connection: Any) -> None:
    """Roll back; a connection that cannot is thrown away, so that the first error is the one that is told."""
    if connection.is_closed():
        return
    try:
        await asyncio.shield(connection.execute("ROLLBACK"))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        connection.terminate()


def quoted(workspace: str) -> str:
    """A workspace's name as an SQL literal. Raises InvalidInput for a name that cannot be one."""
    if not 0 < len(workspace) <= MAX_WORKSPACE_NAME or not workspace.replace("-", "").replace("_", "").isalnum():
        raise InvalidInput("workspace_name", "a workspace's name has letters, digits, - and _", field="workspace")
    return f"'{workspace}'"


def plain_url(url: str) -> str:
    """A URL as asyncpg wants it. Raises InvalidInput for another scheme."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres", "postgresql+asyncpg"):
        raise InvalidInput(
            "database_url",
            "the database must be PostgreSQL",
            field="QUNFLOW_DATABASE_URL",
            way_out="Give a URL like postgresql://user:password@host:5432/qunflow, or leave it empty.",
        )
    return urlunsplit(("postgresql", parts.netloc, parts.path, parts.query, ""))


def async_url(url: str) -> str:
    """The URL as SQLAlchemy's asyncpg driver wants it, for migrations."""
    parts = urlsplit(plain_url(url))
    return urlunsplit(("postgresql+asyncpg", parts.netloc, parts.path, urlencode(parse_qsl(parts.query)), ""))
