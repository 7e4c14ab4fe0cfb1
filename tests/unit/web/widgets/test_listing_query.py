"""A list's state stands in its address, whatever somebody writes into it; rows in memory are filtered, sorted, cut."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.web.widgets.listing_query import (
    MAX_PAGE,
    Cell,
    Column,
    ListQuery,
    answer_from,
    every_page,
    read_query,
    write_query,
)

COLUMNS = (
    Column("name", "t.name", sortable=True),
    Column("status", "t.status", Cell.STATE, sortable=True, filterable=True, choices=("draft", "running")),
    Column("ends_at", "t.ends", Cell.TIME, sortable=True, filterable=True),
    Column("budget", "t.budget", Cell.MONEY, sortable=True, filterable=True),
    Column("hidden", "t.hidden"),
)


def row(name: str, status: str = "draft", day: int = 1, budget: int | None = 0) -> dict[str, Any]:
    ends = datetime(2026, 12, day, tzinfo=UTC)
    return {"key": name, "name": name, "status": status, "ends_at": ends, "budget": budget}


ROWS = [row("winter", "running", 3, 500), row("Autumn", "draft", 1, 90_000), row("spring", "running", 2, None)]


def names(**asked: Any) -> list[str]:
    return [found["name"] for found in answer_from(ROWS, COLUMNS, ListQuery(**asked)).rows]


def asked(address: str) -> ListQuery:
    pairs = dict(part.split("=", 1) for part in address.removeprefix("?").split("&") if "=" in part)
    return read_query(pairs, COLUMNS, "-ends_at")


def test_an_empty_address_asks_the_default() -> None:
    assert asked("") == ListQuery(sort="ends_at", descending=True)


@pytest.mark.parametrize(
    "address",
    ["?sort=hidden", "?sort=;drop", "?f.status=gone", "?f.hidden=x", "?f.name=x", "?page=-3", "?page=x", "?rows=7"],
)
def test_what_the_list_does_not_offer_is_not_asked(address: str) -> None:
    assert asked(address) == asked("")


def test_a_page_is_bounded() -> None:
    assert asked("?page=99999999").page == MAX_PAGE
    assert asked("?page=" + "9" * 30).page == 1
    assert len(asked("?q=" + "x" * 5000).search) == 100


@given(
    st.builds(
        ListQuery,
        search=st.text(st.characters(codec="utf-8"), max_size=100).map(str.strip),
        filters=st.fixed_dictionaries({}, optional={"status": st.just("running"), "budget": st.just("1..2")}),
        sort=st.sampled_from(["name", "ends_at"]),
        descending=st.booleans(),
        page=st.integers(1, MAX_PAGE),
        per_page=st.sampled_from([25, 50, 100]),
    )
)
def test_a_question_survives_its_address(query: ListQuery) -> None:
    from urllib.parse import parse_qsl

    written = dict(parse_qsl(write_query(query, "-ends_at").removeprefix("?")))
    assert read_query(written, COLUMNS, "-ends_at") == query


def test_rows_are_found_by_text_state_span_and_day() -> None:
    assert names(search="AUT") == ["Autumn"]
    assert names(filters={"status": "running"}) == ["winter", "spring"]
    assert names(filters={"budget": "5..5"}) == ["winter"]
    assert names(filters={"budget": "6.."}) == ["Autumn"]
    assert names(filters={"ends_at": "2026-12-02.."}) == ["winter", "spring"]
    assert names(filters={"ends_at": "..2026-12-01"}) == ["Autumn"]


def test_rows_are_sorted_without_regard_to_case_and_unknown_values_stand_last() -> None:
    assert names(sort="name") == ["Autumn", "spring", "winter"]
    assert names(sort="budget") == ["winter", "Autumn", "spring"]
    assert names(sort="budget", descending=True) == ["Autumn", "winter", "spring"]


def test_a_page_is_cut_and_the_total_counts_all() -> None:
    many = [row(f"c{number:03}") for number in range(60)]
    page = answer_from(many, COLUMNS, ListQuery(sort="name", page=3, per_page=25))
    assert ([found["name"] for found in page.rows][0], len(page.rows), page.total) == ("c050", 10, 60)
    assert every_page(ListQuery(page=3, search="x")) == ListQuery(page=1, search="x", per_page=100)
