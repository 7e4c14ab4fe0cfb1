"""Hashes of accounts that are paid to and of addresses of parcels are kept as those of devices are: for 90 days."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Let the table of hashes take the two kinds."""
    op.execute("ALTER TABLE risk_signals DROP CONSTRAINT risk_signals_kind_check")
    op.execute(
        "ALTER TABLE risk_signals ADD CONSTRAINT risk_signals_kind_check "
        "CHECK (kind IN ('device', 'ip', 'payee', 'address'))"
    )
