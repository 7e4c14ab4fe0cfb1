"""Rehearsals of campaigns: what was asked, how far it is, and the result, kept as history."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

APP_ROLE = "qunflow_app"


def upgrade() -> None:
    """Create the table with its policy."""
    op.execute(
        "CREATE TABLE rehearsals ("
        "workspace_id text NOT NULL, rehearsal text NOT NULL, campaign text NOT NULL, plan_key text NOT NULL, "
        "account text NOT NULL DEFAULT '', begun_at timestamptz NOT NULL, ended_at timestamptz, "
        "people integer NOT NULL, seed text NOT NULL, days integer NOT NULL, state text NOT NULL, "
        "words text NOT NULL DEFAULT '', result jsonb, PRIMARY KEY (workspace_id, rehearsal), "
        "CHECK (state IN ('running', 'done', 'stopped', 'failed')), CHECK (length(words) <= 2000), "
        "CHECK ((state = 'done') = (result IS NOT NULL)))"
    )
    op.execute("CREATE INDEX rehearsals_by_campaign ON rehearsals (workspace_id, campaign, begun_at DESC)")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON rehearsals TO {APP_ROLE}")
    op.execute("ALTER TABLE rehearsals ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE rehearsals FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_workspace ON rehearsals "
        "USING (workspace_id = current_setting('qunflow.workspace', true)) "
        "WITH CHECK (workspace_id = current_setting('qunflow.workspace', true))"
    )
