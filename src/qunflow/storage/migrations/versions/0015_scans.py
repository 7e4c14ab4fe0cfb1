"""Scans one by one, whether an event holds one or many: the views that every question about scans asks.

``scans`` has a row for each visitor, ``number`` counting those of one event. ``scan_counts`` only says how many an
event holds, which the index alone tells of single scans. Both show what their reader may see, and nothing more.
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"

APP_ROLE = "qunflow_app"

SCANS = """
CREATE VIEW scans WITH (security_invoker = true) AS
SELECT workspace_id, seq, 1::bigint AS number, stream, version, at, campaign, channel, person,
  data->>'code' AS code, data->>'visitor' AS visitor, coalesce(data->>'placed', '') AS placed
FROM events WHERE type = 'scanned'
UNION ALL
SELECT e.workspace_id, e.seq, s.number, e.stream, e.version, e.at, e.campaign, e.channel, e.person,
  e.data->>'code', s.visitor, s.placed
FROM events e CROSS JOIN LATERAL ROWS FROM (
  jsonb_array_elements_text(e.data->'visitors'), jsonb_array_elements_text(e.data->'placed')
) WITH ORDINALITY AS s(visitor, placed, number) WHERE e.type = 'scanned_together'
"""

SCAN_COUNTS = """
CREATE VIEW scan_counts WITH (security_invoker = true) AS
SELECT workspace_id, stream, at, campaign, 1 AS scans FROM events WHERE type = 'scanned'
UNION ALL
SELECT workspace_id, stream, at, campaign, jsonb_array_length(data->'visitors') FROM events
WHERE type = 'scanned_together'
"""


def upgrade() -> None:
    """Create the views, and the index by which the events of many are found like those of one."""
    op.execute(
        "CREATE INDEX events_scans_together ON events (workspace_id, stream, at) WHERE type = 'scanned_together'"
    )
    op.execute(SCANS)
    op.execute(SCAN_COUNTS)
    for view in ("scans", "scan_counts"):
        op.execute(f"REVOKE ALL ON {view} FROM {APP_ROLE}")
        op.execute(f"GRANT SELECT ON {view} TO {APP_ROLE}")
