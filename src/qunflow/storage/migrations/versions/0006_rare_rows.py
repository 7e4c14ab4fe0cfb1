"""Indexes on the few rows that need a person: actions that failed, and messages among the dead letters.

Both are partial: rows that went well, nearly all of them, cost nothing.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the indexes."""
    op.execute("CREATE INDEX outbox_ended_badly ON outbox (workspace_id, at) WHERE state IN ('refused', 'failed')")
    op.execute("CREATE INDEX inbox_dead ON inbox (workspace_id, seq) WHERE state = 'dead'")
