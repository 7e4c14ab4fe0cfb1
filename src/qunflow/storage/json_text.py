"""JSON between Python data and PostgreSQL's jsonb, as text."""

from __future__ import annotations

from typing import Any

import orjson


def to_json(value: Any) -> str:
    """Data as JSON text with sorted keys, so equal data give equal text."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def from_json(text: str | bytes) -> Any:
    """JSON text as data."""
    return orjson.loads(text)
