"""Names and phones of recommended friends: sealed, beside the log, erasable."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0012"

APP_ROLE = "qunflow_app"


def upgrade() -> None:
    """Create the table with its policy."""
    op.execute(
        "CREATE TABLE referral_contacts ("
        "workspace_id text NOT NULL, lead text NOT NULL, sealed bytea NOT NULL, given_at timestamptz NOT NULL, "
        "PRIMARY KEY (workspace_id, lead))"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON referral_contacts TO {APP_ROLE}")
    op.execute("ALTER TABLE referral_contacts ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE referral_contacts FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_workspace ON referral_contacts "
        "USING (workspace_id = current_setting('qunflow.workspace', true)) "
        "WITH CHECK (workspace_id = current_setting('qunflow.workspace', true))"
    )
