"""Half-written plans of the wizard: one row for each operator and plan, kept for days."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"

APP_ROLE = "qunflow_app"


def upgrade() -> None:
    """Create the table with its policy."""
    op.execute(
        "CREATE TABLE half_plans ("
        "workspace_id text NOT NULL, account text NOT NULL, campaign text NOT NULL, at timestamptz NOT NULL, "
        "words text NOT NULL, PRIMARY KEY (workspace_id, account, campaign), "
        "CHECK (length(words) <= 600000))"
    )
    op.execute("CREATE INDEX half_plans_by_time ON half_plans (workspace_id, at)")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON half_plans TO {APP_ROLE}")
    op.execute("ALTER TABLE half_plans ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE half_plans FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_workspace ON half_plans "
        "USING (workspace_id = current_setting('qunflow.workspace', true)) "
        "WITH CHECK (workspace_id = current_setting('qunflow.workspace', true))"
    )
