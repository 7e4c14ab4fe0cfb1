"""The list that staff pay from, and the file with the results that comes back. Pure."""

from __future__ import annotations

import csv
import io
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import yuan
from qunflow.features.payouts.model import FAILED, PAID, PayoutState
from qunflow.web.csv_file import csv_bytes

HEADING = ("number", "person", "name", "fen", "yuan", "campaign", "requested_at", "result")
MAX_BYTES, MAX_ROWS = 2_097_152, 5_000
_RESULTS = {"paid": PAID, "已付": PAID, "已付款": PAID, "failed": FAILED, "失败": FAILED}


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One line of a result file; ``line`` counts from 1 with the heading."""

    line: int
    number: str
    fen: int
    result: str


def payout_list(states: Sequence[PayoutState], names: Mapping[str, str]) -> bytes:
    """The list as CSV that no spreadsheet takes for formulas; staff fill in the last column."""
    rows = [
        (
            state.number,
            state.person,
            names.get(state.person, ""),
            state.fen,
            yuan(state.fen),
            state.campaign,
            state.requested_at,
            "",
        )
        for state in states
    ]
    return csv_bytes(HEADING, rows)


def parse_results(content: bytes) -> list[ResultRow]:
    """The rows that have a result. Raises InvalidInput naming the line; nothing is taken in then."""
    if len(content) > MAX_BYTES:
        raise InvalidInput("payout_file_size", f"at most {MAX_BYTES:,} bytes", field="file")
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        missing = {"number", "fen", "result"} - set(reader.fieldnames or ())
        if missing:
            raise InvalidInput("payout_file_columns", f"the file needs the columns {', '.join(sorted(missing))}")
        rows = [(number, row) for number, row in enumerate(reader, start=2)]
    except (UnicodeDecodeError, csv.Error) as error:
        way_out = "Save it as CSV UTF-8."
        raise InvalidInput("payout_file", "must be a CSV file in UTF-8", field="file", way_out=way_out) from error
    if len(rows) > MAX_ROWS:
        raise InvalidInput("payout_file_rows", f"at most {MAX_ROWS:,} rows", field="file")
    found = [_row(line, row) for line, row in rows if (row["result"] or "").strip()]
    doubled = [number for number, count in Tally(row.number for row in found).items() if count > 1]
    if doubled:
        raise InvalidInput("payout_file_twice", "a payout stands there twice", field=doubled[0])
    return found


def _row(line: int, row: Mapping[str, str | None]) -> ResultRow:
    number, fen, result = ((row[name] or "").strip().lstrip("'") for name in ("number", "fen", "result"))
    if not (number.isascii() and number.isalnum() and len(number) <= 32):
        raise InvalidInput("payout_file_number", f"line {line}: this is no payout number", field="number")
    if not (fen.isascii() and fen.isdecimal() and len(fen) <= 12):
        raise InvalidInput("payout_file_fen", f"line {line}: the amount must be a whole number of fen", field="fen")
    if result not in _RESULTS:
        raise InvalidInput("payout_file_result", f"line {line}: the result is paid, failed or empty", field="result")
    return ResultRow(line, number, int(fen), _RESULTS[result])
