"""What people type into a form, the bounds that they meet, and the data that comes of it."""

from __future__ import annotations

from typing import Any

import pytest

from qunflow.web.widgets.form_fields import (
    Field,
    Kind,
    cell_of,
    default_words,
    field_of,
    put_at,
    read_field,
    shown_value,
    split_texts,
    value_at,
)

ZONE = "Asia/Shanghai"


def field(kind: Kind, **given: Any) -> Field:
    return Field("x", "t.x", kind, **given)


READABLE = [
    (field(Kind.TEXT, most=5), "  abc ", "abc"),
    (field(Kind.NUMBER, least=1, most=5000), "1,200", 1200),
    (field(Kind.MONEY), "12.5", 1250),
    (field(Kind.MONEYS, most=3), "9 4，1", [900, 400, 100]),
    (field(Kind.PERCENT, most=10_000), "12.5%", 1250),
    (field(Kind.PERCENT), "90", 9000),
    (field(Kind.PERCENT), "0.05", 5),
    (field(Kind.TIME), "2026-12-01T09:00", "2026-12-01T09:00:00+08:00"),
    (field(Kind.DAY), "2026-12-01", "2026-12-01"),
    (field(Kind.CLOCK), "20:30", "20:30"),
    (field(Kind.CHOICE, options={"a": "A"}), "a", "a"),
    (field(Kind.TEXTS, most=3), "amy\n\n bob ", ["amy", "bob"]),
    (field(Kind.SWITCH), True, True),
]


@pytest.mark.parametrize(("asked", "typed", "value"), READABLE)
def test_what_is_typed_is_read_and_shown_again_alike(asked: Field, typed: Any, value: Any) -> None:
    assert read_field(asked, typed, ZONE).value == value
    again = read_field(asked, shown_value(asked, value, ZONE), ZONE)
    assert (again.value, again.problem) == (value, "")


WRONG = [
    (field(Kind.TEXT, required=True), "  ", "required"),
    (field(Kind.TEXT, most=2), "abc", "length"),
    (field(Kind.NUMBER, least=1, most=5), "6", "number"),
    (field(Kind.NUMBER, most=5), "x", "number"),
    (field(Kind.MONEY, least=1), "0", "money"),
    (field(Kind.MONEY), "-1", "money"),
    (field(Kind.MONEYS), "9 x", "moneys"),
    (field(Kind.PERCENT, least=9000, most=10_000), "89.99", "percent"),
    (field(Kind.PERCENT), "100.01", "percent"),
    (field(Kind.PERCENT), "half", "percent"),
    (field(Kind.TIME), "yesterday", "time"),
    (field(Kind.DAY), "2026-13-01", "day"),
    (field(Kind.CLOCK), "25:00", "clock"),
    (field(Kind.CHOICE, options={"a": "A"}), "b", "choice"),
    (field(Kind.TEXTS, most=1), "a\nb", "count"),
    (field(Kind.RECORDS, required=True), [], "required"),
]


@pytest.mark.parametrize(("asked", "typed", "problem"), WRONG)
def test_what_breaks_a_bound_is_said_and_not_kept(asked: Field, typed: Any, problem: str) -> None:
    found = read_field(asked, typed, ZONE)
    assert (found.value, found.problem) == (None, problem)


def test_an_empty_field_is_nothing() -> None:
    assert read_field(field(Kind.MONEY), "") == read_field(field(Kind.RECORDS), [])


def test_texts_of_several_lines_stand_between_dashes() -> None:
    assert split_texts("one\ntwo\n---\nthree", long=True) == ["one\ntwo", "three"]


def test_data_is_nested_by_dotted_names() -> None:
    data: dict[str, Any] = {}
    put_at(data, "pool.soft_limit", 150)
    assert data == {"pool": {"soft_limit": 150}}
    put_at(data, "pool.soft_limit", None)
    put_at(data, "task.attempts", None)
    assert (data, value_at(data, "pool.soft_limit")) == ({"pool": {}}, None)


@pytest.mark.parametrize(
    ("path", "name"),
    [("ladder.bands[1].to", "ladder.bands"), ("pool.low_at", "pool.low_at"), ("pool", ""), ("poolx", "")],
)
def test_an_errors_path_finds_its_field(path: str, name: str) -> None:
    assert field_of(["ladder.bands", "pool.low_at", "title"], path) == name


def test_what_an_empty_field_stands_for_is_told_where_nothing_is_filled_in() -> None:
    assert default_words(Field("a.b", "t", Kind.PERCENT, default=9000)) == "90%"
    assert default_words(Field("a.b", "t", Kind.MONEY, default=0)) == "¥0.00"
    assert default_words(Field("a.b", "t", Kind.NUMBER, default=1440)) == "1,440"
    assert default_words(Field("a.b", "t", Kind.SWITCH, default=True)) == ""
    assert default_words(Field("a", "t", Kind.NUMBER, default=1)) == ""


@pytest.mark.parametrize(
    ("path", "cell"),
    [("x[2].total", (2, "total")), ("x[0].cuts[3]", (0, "cuts")), ("x", None), ("x[1]", None), ("y[1].total", None)],
)
def test_an_error_inside_a_list_names_its_cell(path: str, cell: tuple[int, str] | None) -> None:
    assert cell_of("x", path) == cell
