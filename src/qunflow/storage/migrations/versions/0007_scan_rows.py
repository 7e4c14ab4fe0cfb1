"""Indexes for the pages of live codes: public codes, their scans over time, and the entries of a pool.

All are partial and on the append-only log: an index on the states of streams would cost every write of every stream.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the indexes."""
    op.execute("CREATE INDEX events_scans ON events (workspace_id, stream, at) WHERE type = 'scanned'")
    op.execute(
        "CREATE INDEX events_public_codes ON events (workspace_id, stream) "
        "WHERE type = 'code_made' AND data->>'owner' = ''"
    )
    op.execute(
        "CREATE INDEX events_entries ON events (workspace_id, stream, version) "
        "WHERE type IN ('entry_set', 'entry_ready', 'pool_group_gone')"
    )
