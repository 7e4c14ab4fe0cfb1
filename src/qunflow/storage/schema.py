"""Which schema a database has, asked without the migration tools: most starts need nothing else."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from qunflow.storage.database import plain_url

VERSIONS = Path(__file__).parent / "migrations" / "versions"


async def is_newest(url: str) -> bool:
    """Whether a database has the schema that this version of qunflow needs."""
    connection = await asyncpg.connect(plain_url(url))
    try:
        if await connection.fetchval("SELECT to_regclass('public.alembic_version')") is None:
            return False
        return bool(await connection.fetchval("SELECT version_num FROM alembic_version") == newest_step())
    finally:
        await connection.close()


def newest_step() -> str:
    """The number of the last step; it stands first in the name of the step's file."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))
