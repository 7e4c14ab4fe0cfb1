"""Errors for people: what was wrong, the rule, the way out, and a code that stays the same."""

from __future__ import annotations


class QunflowError(Exception):
    """Root of the errors that a person is meant to read.

    ``code`` is stable and lower case, ``field`` names the input at fault (empty when none), ``rule`` says what
    must hold, ``way_out`` what to do. ``status`` is the HTTP status at the edge.
    """

    def __init__(self, code: str, rule: str, *, field: str = "", way_out: str = "", status: int = 400) -> None:
        self.code = code
        self.rule = rule
        self.field = field
        self.way_out = way_out
        self.status = status
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """The whole error on one line."""
        where = f"{self.field}: " if self.field else ""
        out = f" {self.way_out}" if self.way_out else ""
        return f"{where}{self.rule}{out} [{self.code}]"

    def as_data(self) -> dict[str, str]:
        """The error as JSON data for API and ``--json`` answers."""
        return {"code": self.code, "field": self.field, "rule": self.rule, "way_out": self.way_out}


class InvalidInput(QunflowError):
    """Input that breaks a stated rule; nothing was changed."""


class NotFound(QunflowError):
    """What was named does not exist, or not for this caller."""

    def __init__(self, code: str, rule: str, *, field: str = "", way_out: str = "") -> None:
        super().__init__(code, rule, field=field, way_out=way_out, status=404)


class Conflict(QunflowError):
    """The present state does not allow this act."""

    def __init__(self, code: str, rule: str, *, field: str = "", way_out: str = "") -> None:
        super().__init__(code, rule, field=field, way_out=way_out, status=409)
