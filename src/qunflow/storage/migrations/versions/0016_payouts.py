"""A person's payouts are found by an index that holds nothing but them: phone pages ask at each view."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Index by person the event that makes a payout and those since which it can be taken."""
    op.execute(
        "CREATE INDEX events_payouts ON events (workspace_id, person, seq) "
        "WHERE type IN ('payout_requested', 'payout_waiting')"
    )
