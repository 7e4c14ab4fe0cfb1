"""How numbers, money, shares and spans of time are written for people. Pure; nothing here knows a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from qunflow.domain.money import MAX_FEN

DASH = "—"
#: A share of at least so many is shown without its interval (campaigns.md §11).
LARGE_SAMPLE = 200
_YUAN = re.compile(r"(\d{1,10})(?:\.(\d{1,2}))?")
Say = Callable[..., str]


class Rate(Protocol):
    """A ratio with its parts; ``low`` and ``high`` bound it at 95 % where it is a share of a count."""

    @property
    def value(self) -> float | None: ...
    @property
    def numerator(self) -> int: ...
    @property
    def denominator(self) -> int: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


def number_words(number: int | float | None) -> str:
    """``12345`` → ``12,345``; a dash for None."""
    if number is None:
        return DASH
    return f"{number:,}" if isinstance(number, int) else f"{number:,.2f}"


def money_words(fen: int | None) -> str:
    """Fen as yuan: ``123450`` → ``¥1,234.50``; a dash for None."""
    if fen is None:
        return DASH
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def read_money(text: str) -> int | None:
    """Yuan as people type them (``12``, ``12.5``, ``¥1,200.00``) in fen; None for anything else or too much."""
    found = _YUAN.fullmatch(text.strip().lstrip("¥￥").replace(",", "").strip())
    if found is None:
        return None
    fen = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    return fen if fen <= MAX_FEN else None


def percent_words(share: float | None) -> str:
    """``0.4219`` → ``42.2%``; a dash for None."""
    return DASH if share is None else f"{share * 100:.1f}%"


def rate_words(rate: Rate) -> str:
    """The value alone: a percentage, or a plain number where it is no share of a count."""
    if rate.value is not None and rate.low is None:
        return f"{rate.value:.2f}"
    return percent_words(rate.value)


def factor_words(rate: Rate) -> str:
    """A ratio that is no share, such as scans for each launcher: ``1.40``; a dash for a ratio of nothing."""
    return DASH if rate.value is None else f"{rate.value:.2f}"


def rate_parts(rate: Rate) -> str:
    """``(21/50)``: what was divided by what."""
    return f"({rate.numerator:,}/{rate.denominator:,})"


def interval_words(rate: Rate) -> str:
    """The 95 % interval of a small sample, ``29.4–55.8%``; empty for a large one or where there is none."""
    if rate.low is None or rate.high is None or rate.denominator >= LARGE_SAMPLE:
        return ""
    return f"{rate.low * 100:.1f}–{rate.high * 100:.1f}%"


def span_words(say: Say, seconds: float | None) -> str:
    """A span in its two largest units: ``3 h 20 min``; a dash for None."""
    if seconds is None:
        return DASH
    minutes = round(abs(seconds) / 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return str(say("console.widgets.span.days", days=days, hours=hours))
    if hours:
        return str(say("console.widgets.span.hours", hours=hours, minutes=minutes))
    return str(say("console.widgets.span.minutes", minutes=minutes))
