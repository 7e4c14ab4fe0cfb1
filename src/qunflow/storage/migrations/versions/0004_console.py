"""The console: accounts, where they sit, sessions, one-time links, failed sign-ins; the audit log of a workspace.

An account may sit in several workspaces and signs in before one is known, so all but the audit log stand outside.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

APP_ROLE = "qunflow_app"

#: Tables that are found before the workspace is known; a test names them.
OUTSIDE = """
CREATE TABLE operators (
    account text PRIMARY KEY, name text NOT NULL, name_key text NOT NULL UNIQUE, password text NOT NULL,
    language text NOT NULL, look text NOT NULL, founder boolean NOT NULL, created_at timestamptz NOT NULL,
    disabled_at timestamptz, CHECK (look IN ('auto', 'light', 'dark')));
CREATE TABLE operator_seats (
    account text NOT NULL REFERENCES operators, workspace_id text NOT NULL REFERENCES workspaces, role text NOT NULL,
    since timestamptz NOT NULL, disabled_at timestamptz, PRIMARY KEY (account, workspace_id));
CREATE INDEX operator_seats_by_workspace ON operator_seats (workspace_id, account);
CREATE TABLE console_sessions (
    token_hash bytea PRIMARY KEY, session text NOT NULL UNIQUE, account text NOT NULL REFERENCES operators,
    workspace_id text NOT NULL, created_at timestamptz NOT NULL, seen_at timestamptz NOT NULL, address text NOT NULL,
    browser text NOT NULL);
CREATE INDEX console_sessions_by_account ON console_sessions (account);
CREATE TABLE console_links (
    token_hash bytea PRIMARY KEY, kind text NOT NULL, workspace_id text NOT NULL, role text NOT NULL,
    account text NOT NULL, made_by text NOT NULL, made_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
    CHECK (kind IN ('owner', 'invite', 'reset')));
CREATE TABLE sign_in_failures (
    name_key text PRIMARY KEY, failures integer NOT NULL, last_at timestamptz NOT NULL,
    closed_until timestamptz NOT NULL);
"""

AUDIT = """
CREATE TABLE audit (
    workspace_id text NOT NULL, seq bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL,
    account text NOT NULL, name text NOT NULL, act text NOT NULL, target text NOT NULL, outcome text NOT NULL,
    reason text NOT NULL, details jsonb NOT NULL, PRIMARY KEY (workspace_id, seq));
CREATE INDEX audit_by_time ON audit (workspace_id, at);
CREATE INDEX audit_by_account ON audit (workspace_id, account, seq);
CREATE INDEX audit_by_act ON audit (workspace_id, act, seq);
"""


def upgrade() -> None:
    """Create the tables; the application adds to the audit log and can neither change nor delete in it."""
    for statement in (*OUTSIDE.split(";"), *AUDIT.split(";")):
        if statement.strip():
            op.execute(statement)
    for table in ("operators", "operator_seats", "console_sessions", "console_links", "sign_in_failures"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT ON audit TO {APP_ROLE}")
    op.execute("ALTER TABLE audit ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE audit FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_workspace ON audit "
        "USING (workspace_id = current_setting('qunflow.workspace', true)) "
        "WITH CHECK (workspace_id = current_setting('qunflow.workspace', true))"
    )
