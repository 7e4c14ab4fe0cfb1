"""The ground: directory, streams, event log, guards, ledger, queues, people; row-level security forced everywhere.

The application role owns nothing and cannot bypass the policies (architecture.md §1.7).
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

APP_ROLE = "qunflow_app"

#: Tables that are found before the workspace is known; a test names them.
DIRECTORY = """
CREATE TABLE workspaces (
    workspace_id text PRIMARY KEY, title text NOT NULL, tz text NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE channels (
    name text PRIMARY KEY, workspace_id text NOT NULL REFERENCES workspaces, kind text NOT NULL,
    settings jsonb NOT NULL, secrets bytea NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE short_codes (
    code text PRIMARY KEY, workspace_id text NOT NULL REFERENCES workspaces);
CREATE TABLE leases (
    queue text NOT NULL, workspace_id text NOT NULL, lane smallint NOT NULL,
    owner text NOT NULL, lease_until timestamptz NOT NULL, PRIMARY KEY (queue, workspace_id, lane));
"""

TENANT = """
CREATE TABLE streams (
    workspace_id text NOT NULL, stream text NOT NULL, kind text NOT NULL, version bigint NOT NULL DEFAULT 0,
    state jsonb, PRIMARY KEY (workspace_id, stream)) WITH (fillfactor = 70);
CREATE INDEX streams_by_kind ON streams (workspace_id, kind, stream);
CREATE TABLE events (
    workspace_id text NOT NULL, seq bigint GENERATED ALWAYS AS IDENTITY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    event_id uuid NOT NULL, stream text NOT NULL, version bigint NOT NULL, type text NOT NULL, schema smallint NOT NULL,
    at timestamptz NOT NULL, local_date date NOT NULL, tz text NOT NULL, recorded_at timestamptz NOT NULL,
    actor text NOT NULL, person text NOT NULL, group_id text NOT NULL, campaign text NOT NULL, channel text NOT NULL,
    cause text NOT NULL, command_id text NOT NULL, data jsonb NOT NULL,
    PRIMARY KEY (workspace_id, seq), UNIQUE (workspace_id, stream, version), UNIQUE (workspace_id, event_id));
CREATE INDEX events_by_campaign ON events (workspace_id, campaign, type) WHERE campaign <> '';
CREATE TABLE claims (
    workspace_id text NOT NULL, scope text NOT NULL, key text NOT NULL, holder text NOT NULL,
    until timestamptz, PRIMARY KEY (workspace_id, scope, key));
CREATE INDEX claims_by_end ON claims (workspace_id, scope, until) WHERE until IS NOT NULL;
CREATE TABLE counters (
    workspace_id text NOT NULL, name text NOT NULL, used bigint NOT NULL DEFAULT 0, "limit" bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, name), CHECK (used >= 0)) WITH (fillfactor = 50);
CREATE TABLE accounts (
    workspace_id text NOT NULL, account text NOT NULL, unit text NOT NULL DEFAULT 'fen',
    balance bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, account, unit),
    CHECK (balance >= 0 OR split_part(account, ':', 1) IN ('external', 'debt'))) WITH (fillfactor = 50);
CREATE TABLE postings (
    workspace_id text NOT NULL, key text NOT NULL, debit text NOT NULL, credit text NOT NULL,
    unit text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0), at timestamptz NOT NULL, event_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, key), CHECK (debit <> credit));
CREATE INDEX postings_by_debit ON postings (workspace_id, debit);
CREATE INDEX postings_by_credit ON postings (workspace_id, credit);
CREATE TABLE commands (
    workspace_id text NOT NULL, command_id text NOT NULL, at timestamptz NOT NULL, answer jsonb NOT NULL,
    PRIMARY KEY (workspace_id, command_id));
CREATE TABLE inbox (
    workspace_id text NOT NULL, seq bigint GENERATED ALWAYS AS IDENTITY,
    message_id text NOT NULL, lane smallint NOT NULL,
    lane_key text NOT NULL, kind text NOT NULL, body jsonb NOT NULL, at timestamptz NOT NULL, channel text NOT NULL,
    person text NOT NULL, group_id text NOT NULL, campaign text NOT NULL, cause text NOT NULL, depth smallint NOT NULL,
    raw bytea, received_at timestamptz NOT NULL, state text NOT NULL DEFAULT 'new', reason text NOT NULL DEFAULT '',
    PRIMARY KEY (workspace_id, seq), UNIQUE (workspace_id, message_id),
    CHECK (state IN ('new', 'done', 'dead')));
CREATE INDEX inbox_new ON inbox (workspace_id, lane, seq) WHERE state = 'new';
CREATE TABLE outbox (
    workspace_id text NOT NULL, seq bigint GENERATED ALWAYS AS IDENTITY,
    action_id text NOT NULL, lane smallint NOT NULL,
    lane_key text NOT NULL, channel text NOT NULL, kind text NOT NULL, body jsonb NOT NULL, coalesce_key text,
    priority smallint NOT NULL, at timestamptz NOT NULL, not_before timestamptz NOT NULL, expires_at timestamptz,
    state text NOT NULL DEFAULT 'queued', owner text NOT NULL DEFAULT '', tries smallint NOT NULL DEFAULT 0,
    sent_at timestamptz, retry_at timestamptz, reference text NOT NULL DEFAULT '', reason text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '', PRIMARY KEY (workspace_id, seq), UNIQUE (workspace_id, action_id),
    CHECK (state IN ('queued', 'sending', 'done', 'refused', 'failed')));
CREATE INDEX outbox_open ON outbox (workspace_id, lane, seq) WHERE state IN ('queued', 'sending');
CREATE UNIQUE INDEX outbox_coalesce ON outbox (workspace_id, coalesce_key)
    WHERE state = 'queued' AND coalesce_key IS NOT NULL;
CREATE TABLE timers (
    workspace_id text NOT NULL, stream text NOT NULL, name text NOT NULL, due_at timestamptz NOT NULL,
    kind text NOT NULL, body jsonb NOT NULL, person text NOT NULL, campaign text NOT NULL,
    PRIMARY KEY (workspace_id, stream, name));
CREATE INDEX timers_due ON timers (workspace_id, due_at);
CREATE TABLE identities (
    workspace_id text NOT NULL, channel text NOT NULL, kind text NOT NULL, value text NOT NULL, person text NOT NULL,
    PRIMARY KEY (workspace_id, channel, kind, value));
CREATE INDEX identities_by_person ON identities (workspace_id, person);
CREATE TABLE people (
    workspace_id text NOT NULL, person text NOT NULL, name text NOT NULL, PRIMARY KEY (workspace_id, person));
CREATE TABLE blobs (
    workspace_id text NOT NULL, digest text NOT NULL, person text NOT NULL, media_type text NOT NULL,
    size bigint NOT NULL,
    created_at timestamptz NOT NULL, PRIMARY KEY (workspace_id, digest, person));
"""

TENANT_TABLES = (
    "streams", "events", "claims", "counters", "accounts", "postings", "commands", "inbox", "outbox", "timers",
    "identities", "people", "blobs",
)  # fmt: skip


def upgrade() -> None:
    """Create every table, the application role and the policies."""
    for statement in (*DIRECTORY.split(";"), *TENANT.split(";")):
        if statement.strip():
            op.execute(statement)
    op.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN "
        f"CREATE ROLE {APP_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS; END IF; END $$"
    )
    op.execute(f"GRANT {APP_ROLE} TO CURRENT_USER")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}")
    op.execute(f"REVOKE UPDATE, DELETE ON events, postings FROM {APP_ROLE}")
    for table in TENANT_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_workspace ON {table} "
            "USING (workspace_id = current_setting('qunflow.workspace', true)) "
            "WITH CHECK (workspace_id = current_setting('qunflow.workspace', true))"
        )
