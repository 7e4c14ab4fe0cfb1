"""A start asks for the schema before it loads the migration tools."""

from __future__ import annotations

import asyncpg
from tests.conftest import renamed

from qunflow.storage.migrate import newest_schema
from qunflow.storage.schema import is_newest, newest_step


def test_the_last_file_is_the_last_step() -> None:
    assert newest_step() == newest_schema()


async def test_a_migrated_database_is_newest_an_empty_or_an_older_one_is_not(
    server_url: str, database_url: str
) -> None:
    assert await is_newest(database_url)
    assert not await is_newest(renamed(server_url, "postgres"))
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE alembic_version SET version_num = '0001'")
    await connection.close()
    assert not await is_newest(database_url)
