"""Workers: who works on a queue now, so that its lanes can be shared fairly."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

APP_ROLE = "qunflow_app"


def upgrade() -> None:
    """Create the table; it stands outside the workspaces, as leases do."""
    op.execute(
        "CREATE TABLE workers (queue text NOT NULL, owner text NOT NULL, seen_until timestamptz NOT NULL, "
        "PRIMARY KEY (queue, owner))"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON workers TO {APP_ROLE}")
