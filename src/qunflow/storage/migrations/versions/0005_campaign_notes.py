"""Notes from the groups of a campaign (M15): their words beside the log, where they can be erased."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

APP_ROLE = "qunflow_app"


def upgrade() -> None:
    """Create the table with its policy."""
    op.execute(
        "CREATE TABLE campaign_notes ("
        "workspace_id text NOT NULL, campaign text NOT NULL, note text NOT NULL, at timestamptz NOT NULL, "
        "due text NOT NULL, chat text NOT NULL, author text NOT NULL, words text NOT NULL, done_at timestamptz, "
        "PRIMARY KEY (workspace_id, campaign, note), "
        "CHECK (length(words) BETWEEN 1 AND 1000))"
    )
    op.execute("CREATE INDEX campaign_notes_by_time ON campaign_notes (workspace_id, campaign, at DESC)")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON campaign_notes TO {APP_ROLE}")
    op.execute("ALTER TABLE campaign_notes ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE campaign_notes FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_workspace ON campaign_notes "
        "USING (workspace_id = current_setting('qunflow.workspace', true)) "
        "WITH CHECK (workspace_id = current_setting('qunflow.workspace', true))"
    )
