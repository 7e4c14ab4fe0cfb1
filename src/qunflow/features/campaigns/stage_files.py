"""A file of stage facts, as a shop exports orders: columns person, stage, fen, order, and reverse for refunds. Pure.

A line that cannot be read keeps its place with a word for what is wrong, so that every line of the file has a result.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import MAX_FEN
from qunflow.features.campaigns.whom import MAX_NAME

MAX_BYTES, MAX_LINES = 2_000_000, 5_000
MAX_ORDER = 64
#: What a line that cannot be read is refused for.
WRONG = ("line_person", "line_stage", "line_fen", "line_order", "line_reverse")
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "person": ("person", "external", "external_id", "人", "用户"),
    "stage": ("stage", "阶段"),
    "fen": ("fen", "分", "金额（分）"),
    "order": ("order", "order_no", "订单号"),
    "reverse": ("reverse", "refund", "退款"),
}
_YES, _NO = ("1", "yes", "true", "是"), ("", "0", "no", "false", "否")


@dataclass(frozen=True, slots=True)
class StageLine:
    """One fact: who reached ``stage`` with an order of ``fen``; ``reverse`` takes it back. ``wrong``: of WRONG."""

    line: int
    person: str
    stage: str
    fen: int = 0
    order: str = ""
    reverse: bool = False
    wrong: str = ""


def read_stages(content: bytes) -> tuple[StageLine, ...]:
    """The lines of a file; empty ones are left out. Raises InvalidInput for what is no such file, or too large."""
    rows = _rows(content)
    heading = [cell.strip().casefold() for cell in rows[0][1]] if rows else []
    places = {name: _place(heading, words) for name, words in _HEADINGS.items()}
    missing = [name for name in ("person", "stage", "order") if places[name] < 0]
    if missing:
        rule = "the first line names the columns: person, stage, fen, order, and reverse where there are refunds"
        raise InvalidInput("stage_columns", rule, field="file", way_out=f"Missing: {', '.join(missing)}.")
    found = []
    for line, row in rows[1:]:
        cells = {name: _cell(row, place) for name, place in places.items()}
        if any(cells.values()):
            found.append(_line(line, cells))
    if len(found) > MAX_LINES:
        raise InvalidInput("file_rows", f"at most {MAX_LINES:,} lines", field="file", way_out="Cut it in parts.")
    if not found:
        raise InvalidInput("stage_none", "the file holds no line under its heading", field="file")
    return tuple(found)


def check_line(line: StageLine) -> StageLine:
    """The same line with what is wrong about it, empty for a good one; the order may be missing."""
    wrong = ""
    if not line.person or len(line.person) > MAX_NAME:
        wrong = "line_person"
    elif not line.stage or len(line.stage) > MAX_NAME:
        wrong = "line_stage"
    elif not 0 <= line.fen <= MAX_FEN:
        wrong = "line_fen"
    elif len(line.order) > MAX_ORDER or not line.order.isprintable():
        wrong = "line_order"
    return StageLine(line.line, line.person, line.stage, line.fen, line.order, line.reverse, wrong)


def _line(number: int, cells: Mapping[str, str]) -> StageLine:
    fen, reverse = cells["fen"] or "0", cells["reverse"].casefold()
    readable = fen.isascii() and fen.isdecimal() and len(fen) < 16
    line = StageLine(
        number, cells["person"], cells["stage"], int(fen) if readable else -1, cells["order"], reverse in _YES
    )
    if reverse not in (*_YES, *_NO):
        return StageLine(number, line.person, line.stage, 0, line.order, False, "line_reverse")
    if not line.order:  # a file is imported again; without a number nobody could tell what it did before
        return StageLine(number, line.person, line.stage, max(0, line.fen), "", line.reverse, "line_order")
    return check_line(line)


def _place(heading: Sequence[str], words: Sequence[str]) -> int:
    return next((heading.index(word) for word in words if word in heading), -1)


def _cell(row: Sequence[str], place: int) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from running it."""
    return row[place].strip().removeprefix("'") if 0 <= place < len(row) else ""


def _rows(content: bytes) -> list[tuple[int, list[str]]]:
    if len(content) > MAX_BYTES:
        raise InvalidInput("file_size", f"at most {MAX_BYTES:,} bytes", field="file", way_out="Cut it in parts.")
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        return [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        way_out = "Save it as CSV UTF-8."
        raise InvalidInput("file_csv", "must be a CSV file in UTF-8", field="file", way_out=way_out) from error
