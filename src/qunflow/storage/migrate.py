"""Bring a database to the newest schema, as its owner; ``qunflow db upgrade`` and every start call this."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from qunflow.domain.errors import InvalidInput
from qunflow.storage.database import async_url

#: Two starts at once take turns: this number names the advisory lock of the migration.
MIGRATION_LOCK = 7_126_001
#: Views that hold row-level security for who reads them (decision 0021) came with this one.
OLDEST_SERVER = 15


async def upgrade_database(url: str) -> tuple[str, str]:
    """Apply what is missing; answers (schema before, schema now). Safe when several processes start at once.

    Raises InvalidInput for a server that is too old; nothing is changed then.
    """
    engine = create_async_engine(async_url(url))
    try:
        async with engine.connect() as lock:
            await lock.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
            async with engine.begin() as connection:
                check_server(int(str(await connection.scalar(text("SHOW server_version_num")))) // 10_000)
                before = await connection.run_sync(_present)
                if before != newest_schema():
                    await connection.run_sync(upgrade_to)
                now = await connection.run_sync(_present)
            await lock.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            await lock.commit()
    finally:
        await engine.dispose()
    return before, now


def check_server(version: int) -> None:
    """Raises InvalidInput for a PostgreSQL whose major version is too old."""
    if version < OLDEST_SERVER:
        raise InvalidInput(
            "database_version",
            f"the database must be PostgreSQL {OLDEST_SERVER} or newer, this one is {version}",
            field="QUNFLOW_DATABASE_URL",
            way_out="Upgrade the server, or leave the setting empty for the embedded one.",
        )


async def present_schema(url: str) -> str:
    """The schema number of a database, empty when it has none."""
    engine = create_async_engine(async_url(url))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_present)
    finally:
        await engine.dispose()


def newest_schema() -> str:
    """The schema number that this version of qunflow needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def known_schemas() -> frozenset[str]:
    """Every schema number that this version of qunflow can make."""
    return frozenset(step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions())


def upgrade_to(connection: Connection, schema: str = "head") -> None:
    """Apply what is missing up to a schema, within the connection's transaction; the caller commits."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, schema)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _present(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""
