"""Findings about the set-up of a channel: what was looked at, its state, and a stable code for what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Health(StrEnum):
    """The state of one check; ``unknown`` when it could not be looked at."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. ``code`` is empty when all is well; its cause and way out stand in the catalogues.

    ``detail`` fills the places of those texts and never holds a secret.
    """

    check: str
    state: Health
    code: str = ""
    detail: Mapping[str, str | int] = field(default_factory=dict)


def well(check: str, **detail: str | int) -> Finding:
    """A check that found nothing wrong."""
    return Finding(check, Health.OK, "", detail)


def failed(check: str, code: str, **detail: str | int) -> Finding:
    """A check that found what ``code`` names."""
    return Finding(check, Health.FAILED, code, detail)


def unknown(check: str, code: str, **detail: str | int) -> Finding:
    """A check that could not be made, for the reason that ``code`` names."""
    return Finding(check, Health.UNKNOWN, code, detail)


def overall(findings: Iterable[Finding]) -> Health:
    """``failed`` when one is, else ``unknown`` when one is, else ``ok``."""
    states = {finding.state for finding in findings}
    for state in (Health.FAILED, Health.UNKNOWN):
        if state in states:
            return state
    return Health.OK
