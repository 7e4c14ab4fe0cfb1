"""Codes of rewards and addresses of parcels: sealed, beside the log, erasable."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

APP_ROLE = "qunflow_app"

TABLES = {
    "reward_codes": (
        "workspace_id text NOT NULL, digest bytea NOT NULL, seq bigint GENERATED ALWAYS AS IDENTITY, "
        "item text NOT NULL, batch text NOT NULL, sealed bytea NOT NULL, state text NOT NULL, "
        "grant_id text, person text NOT NULL DEFAULT '', assigned_at timestamptz, shown_at timestamptz, "
        "used_at timestamptz, used_by text NOT NULL DEFAULT '', PRIMARY KEY (workspace_id, digest), "
        "CHECK (state IN ('loading', 'free', 'assigned', 'used', 'void', 'expired')), "
        "CHECK ((grant_id IS NULL) = (state IN ('loading', 'free')))"
    ),
    "reward_addresses": (
        "workspace_id text NOT NULL, grant_id text NOT NULL, person text NOT NULL, sealed bytea NOT NULL, "
        "given_at timestamptz NOT NULL, PRIMARY KEY (workspace_id, grant_id)"
    ),
}
INDEXES = (
    "CREATE INDEX reward_codes_free ON reward_codes (workspace_id, item, seq) WHERE state = 'free'",
    "CREATE INDEX reward_codes_by_item ON reward_codes (workspace_id, item, state)",
    "CREATE UNIQUE INDEX reward_codes_by_grant ON reward_codes (workspace_id, grant_id) WHERE grant_id IS NOT NULL",
    "CREATE INDEX reward_addresses_by_person ON reward_addresses (workspace_id, person)",
)


def upgrade() -> None:
    """Create both tables with their policies."""
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
    for statement in INDEXES:
        op.execute(statement)
