"""What the risk rules keep beside the log, where it can be erased: hashes for 90 days, and words."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

APP_ROLE = "qunflow_app"
TABLES = {
    "risk_signals": (
        "workspace_id text NOT NULL, kind text NOT NULL, hash text NOT NULL, handle text NOT NULL, "
        "made_at timestamptz NOT NULL, PRIMARY KEY (workspace_id, kind, hash), CHECK (kind IN ('device', 'ip'))"
    ),
    "risk_words": (
        "workspace_id text NOT NULL, campaign text NOT NULL, flag text NOT NULL, kind text NOT NULL, by text NOT NULL, "
        "at timestamptz NOT NULL, words text NOT NULL, PRIMARY KEY (workspace_id, campaign, flag, kind), "
        "CHECK (kind IN ('appeal', 'answer')), CHECK (length(words) BETWEEN 1 AND 500)"
    ),
}


def upgrade() -> None:
    """Create the tables with their policies."""
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_workspace ON {table} "
            "USING (workspace_id = current_setting('qunflow.workspace', true)) "
            "WITH CHECK (workspace_id = current_setting('qunflow.workspace', true))"
        )
    op.execute("CREATE INDEX risk_signals_by_age ON risk_signals (workspace_id, made_at)")
