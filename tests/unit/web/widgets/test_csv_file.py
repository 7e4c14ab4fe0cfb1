"""No cell of an export runs in a spreadsheet, and nothing of it is lost."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.web.csv_file import csv_bytes, file_name, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "=cmd|' /C calc'!A0"])
def test_a_text_that_starts_a_formula_is_defused(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-5, 3, 2.5, "plain", "a=b", "冬日", ""])
def test_numbers_and_plain_texts_stay(value: object) -> None:
    assert safe_cell(value) == value


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=1, max_size=5))
def test_every_cell_comes_back_whole_and_harmless(cells: list[str]) -> None:
    text = csv_bytes(["a"], [cells]).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text, newline="")))[1]
    assert [
        cell.removeprefix("'") if before[:1] in set("=+-@\t\r\n") else cell
        for cell, before in zip(read, cells, strict=True)
    ] == cells
    assert not any(cell.startswith(tuple("=+-@\t\r\n")) for cell in read)


def test_nothing_is_empty_and_a_time_has_its_offset() -> None:
    body = csv_bytes(["=head", "at"], [[None, datetime(2026, 12, 1, tzinfo=UTC)]]).decode("utf-8-sig")
    assert body == "'=head,at\r\n,2026-12-01T00:00:00+00:00\r\n"


def test_a_file_name_fits_into_a_header() -> None:
    assert file_name("campaigns", '冬"日\r\n', "x/../y") == "campaigns-xy.csv"
