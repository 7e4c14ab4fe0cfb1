"""A start asks for the schema before it loads the migration tools."""

from __future__ import annotations

import asyncpg
import pytest
from tests.conftest import renamed

from qunflow.domain.errors import InvalidInput
from qunflow.storage.migrate import OLDEST_SERVER, check_server, newest_schema
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


def test_a_server_that_is_too_old_is_named_before_anything_is_changed() -> None:
    check_server(OLDEST_SERVER)
    with pytest.raises(InvalidInput, match="PostgreSQL 15 or newer, this one is 14") as refused:
        check_server(14)
    assert (refused.value.code, refused.value.field) == ("database_version", "QUNFLOW_DATABASE_URL")
