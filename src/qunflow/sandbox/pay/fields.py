"""Reading the fields of a call to the pay sandbox; what does not fit is PARAM_ERROR."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from qunflow.sandbox.pay.world import PayRefusal

NUMBER = re.compile(r"[A-Za-z0-9]{1,32}")
TRADE_NUMBER = re.compile(r"[A-Za-z0-9_*-]{6,32}")


def wrong(name: str) -> PayRefusal:
    """The refusal of one field."""
    return PayRefusal(400, "PARAM_ERROR", f"输入源“/body/{name}”不符合规则")


def text(data: Mapping[str, Any], name: str, most: int, least: int = 1) -> str:
    """A text of bounded length."""
    value = data.get(name, "" if least == 0 else None)
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise wrong(name)
    return value


def number(data: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    """A merchant's number."""
    value = text(data, name, 32)
    if not pattern.fullmatch(value):
        raise wrong(name)
    return value


def fen(data: Any, name: str, least: int = 1, most: int = 100_000_000) -> int:
    """An amount in fen."""
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise wrong(name)
    return value


def url(data: Mapping[str, Any], name: str, least: int = 1) -> str:
    """Where notices go: without a query."""
    value = text(data, name, 255, least)
    if value and (not value.startswith(("https://", "http://")) or "?" in value):
        raise wrong(name)
    return value
