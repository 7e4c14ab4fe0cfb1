"""Lenient readings of JSON values that strangers wrote, in a form that every store of ours can hold."""

from __future__ import annotations

from typing import Any

Answer = dict[str, Any]


def mapping(value: Any) -> Answer:
    """An object of the wire; anything else is empty."""
    return value if isinstance(value, dict) else {}


def text(value: Any, limit: int) -> str:
    """A string of the wire, at most ``limit`` characters; anything else is empty.

    NUL and lone surrogates are legal in JSON but not in PostgreSQL or UTF-8, so they are taken out.
    """
    if not isinstance(value, str):
        return ""
    return value[:limit].replace("\x00", "").encode("utf-8", "ignore").decode()
