"""Files that come in: codes, and tracking numbers of parcels. Read whole or refused whole, line by line. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass

from qunflow.domain.errors import InvalidInput

MAX_BYTES, MAX_ROWS = 5_242_880, 50_000
MAX_CODE = 64
#: So many bad lines are named; more of them say the same.
MOST_NAMED = 20
_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class CodeFile:
    """The codes of a file in its order; ``lines`` are where they stand, ``batch`` names the file by its content."""

    codes: tuple[str, ...]
    lines: tuple[int, ...]
    batch: str


@dataclass(frozen=True, slots=True)
class Tracking:
    """One line of a file of shipments."""

    line: int
    grant: str
    carrier: str
    tracking: str


def read_codes(content: bytes) -> CodeFile:
    """The first column, with or without the heading ``code``. Raises InvalidInput naming every bad line."""
    found: dict[str, int] = {}
    bad: list[str] = []
    for line, row in _rows(content):
        code = (row[0] if row else "").strip()
        if not code or (line == 1 and code.casefold() in ("code", "codes", "兑换码", "券码")):
            continue
        trouble = code_trouble(code)
        if trouble:
            bad.append(f"line {line}: {trouble}")
        elif code in found:
            bad.append(f"line {line}: the same as line {found[code]}")
        else:
            found[code] = line
    _refuse(bad, "codes_lines", "one code of 4 to 64 characters in each line, each once.")
    if not found:
        raise InvalidInput("codes_none", "the file holds no code", field="file")
    batch = hashlib.blake2b("\n".join(found).encode(), digest_size=12).hexdigest()
    return CodeFile(tuple(found), tuple(found.values()), batch)


def code_trouble(code: str) -> str:
    """What is wrong with a code, empty for a good one: printable ASCII, and nothing that a spreadsheet runs."""
    if not 4 <= len(code) <= MAX_CODE:
        return f"4 to {MAX_CODE} characters"
    if not all("!" <= letter <= "~" for letter in code):
        return "letters, digits and signs of ASCII only, no blanks"
    return "starts like a formula of a spreadsheet" if code.startswith(_FORMULA) else ""


def read_tracking(content: bytes) -> list[Tracking]:
    """Columns grant, carrier and tracking. Raises InvalidInput naming every bad line; lines without a number wait."""
    rows = _rows(content)
    heading = [cell.strip().casefold() for cell in rows[0][1]] if rows else []
    if not {"grant", "carrier", "tracking"} <= set(heading):
        raise InvalidInput("tracking_columns", "the file needs the columns grant, carrier, tracking", field="file")
    places = [heading.index(name) for name in ("grant", "carrier", "tracking")]
    found: dict[str, Tracking] = {}
    bad: list[str] = []
    for line, row in rows[1:]:
        cells = [row[place].strip().removeprefix("'") if place < len(row) else "" for place in places]
        if not cells[2]:
            continue
        if not cells[0] or len(cells[0]) > 300:
            bad.append(f"line {line}: no grant")
        elif len(cells[1]) > 40 or not all(map(str.isprintable, cells)):
            bad.append(f"line {line}: carrier")
        elif not (cells[2].isascii() and cells[2].replace("-", "").isalnum() and len(cells[2]) <= 40):
            bad.append(f"line {line}: tracking number")
        elif cells[0] in found:
            bad.append(f"line {line}: this parcel stands there twice")
        else:
            found[cells[0]] = Tracking(line, *cells)
    _refuse(bad, "tracking_lines", "a grant, a carrier of at most 40 and a number of at most 40 letters and digits.")
    return list(found.values())


def _rows(content: bytes) -> list[tuple[int, list[str]]]:
    """(line, cells) of a CSV file in UTF-8. Raises InvalidInput for what is none, or too large."""
    if len(content) > MAX_BYTES:
        raise InvalidInput("file_size", f"at most {MAX_BYTES:,} bytes", field="file")
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        way_out = "Save it as CSV UTF-8."
        raise InvalidInput("file_csv", "must be a CSV file in UTF-8", field="file", way_out=way_out) from error
    if len(rows) > MAX_ROWS:
        raise InvalidInput("file_rows", f"at most {MAX_ROWS:,} lines", field="file", way_out="Cut it in parts.")
    return rows


def _refuse(bad: list[str], code: str, rule: str) -> None:
    if bad:
        more = f"; {len(bad) - MOST_NAMED} more" if len(bad) > MOST_NAMED else ""
        way_out = f"{'; '.join(bad[:MOST_NAMED])}{more}. Mend them and import the file again; nothing was taken in."
        raise InvalidInput(code, rule, field="file", way_out=way_out)
