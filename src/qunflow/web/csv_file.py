"""Tables as CSV files that open in a spreadsheet without running anything: UTF-8 with a mark, formulas defused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

MEDIA_TYPE = "text/csv; charset=utf-8"
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_bytes(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A file with its heading. Numbers stay numbers, times are ISO 8601, None is empty; see :func:`safe_cell`."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([safe_cell(name) for name in heading])
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode(errors="replace")


def safe_cell(value: Any) -> str | int | float:
    """A cell that no spreadsheet takes for a formula: a text that starts like one gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return value
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    text = text.replace("\x00", "")
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def file_name(*parts: str) -> str:
    """A name of letters, digits, ``-`` and ``_`` with its ending: what a header can carry."""
    kept = [
        "".join(letter for letter in part if letter.isascii() and (letter.isalnum() or letter in "-_"))[:60]
        for part in parts
    ]
    return "-".join(part for part in kept if part) + ".csv"
