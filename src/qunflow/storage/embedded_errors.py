"""What can go wrong with the embedded PostgreSQL, for a person to read."""

from __future__ import annotations

from qunflow.domain.errors import QunflowError


class EmbeddedError(QunflowError):
    """The embedded database could not be reached, started or stopped; nothing in it was changed."""

    def __init__(self, code: str, rule: str, *, way_out: str = "") -> None:
        super().__init__(code, rule, field="database", way_out=way_out, status=503)
