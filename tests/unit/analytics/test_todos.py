"""To-dos by outcome, and the median of those that were done."""

from __future__ import annotations

from qunflow.analytics.todos import TodoCounts, counted


def test_none_at_all_has_no_median() -> None:
    assert counted([]) == TodoCounts()


def test_outcomes_are_counted_apart_and_replaced_cards_nowhere() -> None:
    ends = [("open", None), ("done", 10.0), ("late", 200.0), ("given_up", 4000.0), ("superseded", 3.0)]
    assert counted(ends) == TodoCounts(1, 1, 1, 1, 105.0)


def test_an_odd_number_has_its_middle_one() -> None:
    assert counted([("done", 9.0), ("done", 1.0), ("late", 5.0)]).median_minutes == 5.0
