"""Standings: who stands where on a board, beside the streams, so that a leaderboard reads a few rows of an index.

An index on the states of streams would do too, but would cost every write of every stream its cheap (HOT) update.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

APP_ROLE = "qunflow_app"


def upgrade() -> None:
    """Create the table with its order and its policy."""
    op.execute(
        "CREATE TABLE standings ("
        "workspace_id text NOT NULL, campaign text NOT NULL, board text NOT NULL, person text NOT NULL, "
        "count bigint NOT NULL, reached_at timestamptz NOT NULL, "
        "PRIMARY KEY (workspace_id, campaign, board, person), CHECK (count > 0))"
    )
    op.execute(
        "CREATE INDEX standings_in_order ON standings (workspace_id, campaign, board, count DESC, reached_at, person)"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON standings TO {APP_ROLE}")
    op.execute("ALTER TABLE standings ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE standings FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_workspace ON standings "
        "USING (workspace_id = current_setting('qunflow.workspace', true)) "
        "WITH CHECK (workspace_id = current_setting('qunflow.workspace', true))"
    )
