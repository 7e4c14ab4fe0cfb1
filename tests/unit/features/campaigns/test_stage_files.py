"""Files of stage facts: every line is read or keeps its place with what is wrong; results run in no spreadsheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import MAX_FEN
from qunflow.features.campaigns.stage_acts import REFUSED, StageResult, command_id, count_outcomes, results_file
from qunflow.features.campaigns.stage_files import MAX_BYTES, MAX_LINES, StageLine, read_stages

HEADING = "person,stage,fen,order,reverse\n"


def lines(text: str) -> tuple[StageLine, ...]:
    return read_stages((HEADING + text).encode())


def test_columns_are_found_by_their_heading_in_any_order_and_in_chinese() -> None:
    found = read_stages("\ufeff订单号,阶段,用户,备注,分\nA1,first-order,wm1,谢谢,1000\n".encode())
    assert found == (StageLine(2, "wm1", "first-order", 1000, "A1"),)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("wm1,first-order,1000,A1,", ""),
        ("wm1,first-order,,A1,yes", ""),
        (",first-order,1000,A1,", "line_person"),
        ("wm1,,1000,A1,", "line_stage"),
        ("wm1,first-order,10.00,A1,", "line_fen"),
        ("wm1,first-order,-5,A1,", "line_fen"),
        (f"wm1,first-order,{MAX_FEN + 1},A1,", "line_fen"),
        ("wm1,first-order,1000,,", "line_order"),
        (f"wm1,first-order,1000,{'A' * 65},", "line_order"),
        ("wm1,first-order,1000,A1,perhaps", "line_reverse"),
        (f"{'w' * 256},first-order,1000,A1,", "line_person"),
    ],
)
def test_a_line_that_is_wrong_says_what_and_keeps_its_place(line: str, wrong: str) -> None:
    (good, found) = lines(f"wm0,first-order,1,A0,\n{line}\n")
    assert (good.wrong, found.line, found.wrong) == ("", 3, wrong)


def test_refunds_are_marked_and_an_apostrophe_of_a_spreadsheet_is_taken_off() -> None:
    (found,) = lines("'@a:town,first-order,0,'-17,是\n")
    assert found == StageLine(2, "@a:town", "first-order", 0, "-17", True)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"person,fen\nwm1,5\n", "stage_columns"),
        (b"", "stage_columns"),
        (HEADING.encode() + b",,,,\n", "stage_none"),
        (b"\xff\xfe\x00", "file_csv"),
        (b'person,stage,order\n"wm1', "file_csv"),
        (b"x" * (MAX_BYTES + 1), "file_size"),
        (HEADING.encode() + b"w,s,1,o,\n" * (MAX_LINES + 1), "file_rows"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(content: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as told:
        read_stages(content)
    assert told.value.code == code


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        found = read_stages((HEADING + text).encode("utf-8", "replace"))
    except InvalidInput:
        return
    assert all(line.wrong or (line.person and line.stage and line.order) for line in found)


def test_the_file_of_results_holds_no_formula() -> None:
    told = StageLine(2, "=HYPERLINK(1)", "+stage", 0, "@order")
    text = results_file([StageResult(told, REFUSED, "stage_unknown", "-detail")]).decode("utf-8-sig")
    assert text.splitlines()[1] == "2,'=HYPERLINK(1),'+stage,'@order,refused,stage_unknown,'-detail"
    assert count_outcomes([]) == {"taken": 0, "known": 0, "refused": 0, "unknown": 0}


def test_a_fact_is_known_by_campaign_order_and_stage_and_taking_it_back_is_another() -> None:
    told = StageLine(2, "wm1", "first-order", 1000, "A1")
    assert command_id("tea", told) == command_id("tea", StageLine(9, "wm2", "first-order", 5, "A1"))
    others = {
        command_id("tea2", told),
        command_id("tea", StageLine(2, "wm1", "repurchase", 1000, "A1")),
        command_id("tea", StageLine(2, "wm1", "first-order", 1000, "A2")),
        command_id("tea", StageLine(2, "wm1", "first-order", 1000, "A1", True)),
    }
    assert len(others | {command_id("tea", told)}) == 5
    assert command_id("tea", StageLine(2, "wm1", "first-order")) == ""
