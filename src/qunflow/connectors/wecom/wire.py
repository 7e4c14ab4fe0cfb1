"""Lenient readings of JSON values: optional fields are often absent, and null now and then (wecom-api.md §0)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

Answer = dict[str, Any]


def texts(value: Any) -> tuple[str, ...]:
    """A list of the wire as non-empty strings; null and absent are empty."""
    return tuple(str(item) for item in value or () if item)


def mapping(value: Any) -> Answer:
    """An object of the wire; null, absent and anything else are empty."""
    return value if isinstance(value, dict) else {}


def number(value: Any) -> int:
    """A whole number of the wire; what is none counts as 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def instant(seconds: Any) -> datetime | None:
    """Unix seconds as an aware UTC instant; absent, 0 and out of range are none."""
    whole = number(seconds)
    return datetime.fromtimestamp(whole, UTC) if 0 < whole < 253_402_300_800 else None
