"""Freeze cards and the calendar of a check-in on paper (campaigns.md §10, §13.3 case 19)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.features.plays.table import HOUR, NAME, Table, plan_with, refused

from qunflow.domain.errors import InvalidInput
from qunflow.domain.events import Confirmed, Departed
from qunflow.features.campaigns.mechanics.streak import MAX_FREEZES, Sheet, longest_run, next_check, saved
from qunflow.features.campaigns.plan_model import check_model

DAY = timedelta(days=1)
PLAN: dict[str, Any] = {
    "kind": "check-in",
    "people": 3,
    "ladder": [{"days": 2, "amount_fen": 100}, {"days": 3, "amount_fen": 300}],
}
LEAP = datetime(2028, 2, 26, 1, 0, tzinfo=UTC)  # nine in the morning in Shanghai


def table(start: datetime = LEAP, days: int = 20, **changes: Any) -> Table:
    made = Table(plan_with({**PLAN, **changes}, starts_at=start, ends_at=start + days * DAY))
    made.now = start
    for name, parent in (("a", ""), ("b", "a"), ("c", "a")):
        made.enter(name, parent)
    return made


def friend(made: Table, who: str) -> None:
    made.record(f"participation:{NAME}:{who}", Confirmed("a"), who)


def sheet(made: Table, unit: str) -> Sheet:
    return made.unit(unit).play  # type: ignore[no-any-return]


def test_a_freeze_card_is_used_by_itself_when_the_missed_day_is_over_and_keeps_the_row() -> None:
    made = table(freezes=1)
    unit = made.play("a", "open")
    made.wait(DAY)
    made.play("a", "check_in", unit)
    made.wait(DAY)  # the 28th: nothing yet
    assert sheet(made, unit).frozen == ()
    made.wait(15 * HOUR + timedelta(minutes=1))  # its midnight in Shanghai
    assert sheet(made, unit).frozen == (date(2028, 2, 28),) and sheet(made, unit).freezes == ()
    assert made.play("a", "check_in", unit) == 3, "the 29th is the third day of the row"
    assert made.balance("available:a") == 400
    made.check()


def test_without_a_card_the_row_ends() -> None:
    made = table()
    unit = made.play("a", "open")
    made.wait(2 * DAY)
    assert made.play("a", "check_in", unit) == 1


def test_two_cards_save_two_days_and_never_a_third() -> None:
    made = table(freezes=2)
    unit = made.play("a", "open")
    made.wait(3 * DAY)
    assert made.play("a", "check_in", unit) == 2
    made = table(freezes=2)
    unit = made.play("a", "open")
    made.wait(4 * DAY)
    assert made.play("a", "check_in", unit) == 1 and len(sheet(made, unit).frozen) == 2
    made.check()


def test_nobody_holds_more_than_two() -> None:
    made = table(freezes=1, freezes_per_invite=2)
    unit = made.play("a", "open")
    friend(made, "b")
    friend(made, "c")
    assert len(sheet(made, unit).freezes) == MAX_FREEZES == 2


def test_a_card_has_to_be_there_before_the_missed_day() -> None:
    made = table(freezes_per_invite=1)
    unit = made.play("a", "open")
    made.wait(DAY)  # the 27th: it comes on the day that is missed
    friend(made, "b")
    made.wait(DAY)
    assert made.play("a", "check_in", unit) == 1 and len(sheet(made, unit).freezes) == 1
    made.wait(2 * DAY)
    assert made.play("a", "check_in", unit) == 2, "it saves a later one"
    made.check()


def test_a_lost_friend_takes_along_what_is_left_of_theirs() -> None:
    made = table(freezes=1, freezes_per_invite=1)
    unit = made.play("a", "open")
    friend(made, "b")
    friend(made, "b")
    assert len(sheet(made, unit).freezes) == 2
    lost = Departed("a", "left", "revoked")
    made.record(f"participation:{NAME}:b", lost, "b", "group:wx:g1")
    assert len(sheet(made, unit).freezes) == 1
    friend(made, "c")
    made.wait(3 * DAY)  # both are used
    made.record(f"participation:{NAME}:c", lost, "c", "group:wx:g1")
    assert sheet(made, unit).freezes == () and len(sheet(made, unit).frozen) == 2
    made.check()


def test_a_friend_who_brought_no_card_takes_none_along() -> None:
    made = table(freezes=2, freezes_per_invite=1)
    unit = made.play("a", "open")
    friend(made, "b")
    made.record(f"participation:{NAME}:b", Departed("a", "left", "revoked"), "b", "group:wx:g1")
    assert len(sheet(made, unit).freezes) == 2


def test_a_day_that_a_card_saved_can_still_be_made_up_and_counts_then() -> None:
    made = table(freezes=1, make_ups=1)
    unit = made.play("a", "open")
    made.wait(2 * DAY)
    assert made.play("a", "check_in", unit) == 2
    assert made.play("a", "make_up", unit, day="2028-02-27") == 3
    made.check()


def test_rows_go_over_the_leap_day_the_end_of_a_month_and_of_a_year() -> None:
    made = table(ladder=[{"days": 5, "amount_fen": 1}])
    unit = made.play("a", "open")
    for _ in range(4):
        made.wait(DAY)
        found = made.play("a", "check_in", unit)
    assert found == 5 and sheet(made, unit).days[-2:] == (date(2028, 2, 29), date(2028, 3, 1))
    made = table(start=datetime(2026, 12, 30, 1, 0, tzinfo=UTC))
    unit = made.play("a", "open")
    for _ in range(3):
        made.wait(DAY)
        found = made.play("a", "check_in", unit)
    assert found == 4


def test_the_day_changes_at_midnight_in_the_campaigns_zone_and_not_in_utc() -> None:
    made = table(start=datetime(2028, 2, 28, 15, 59, tzinfo=UTC))  # 23:59 in Shanghai
    unit = made.play("a", "open")
    made.wait(timedelta(minutes=2))
    assert made.play("a", "check_in", unit) == 2
    made.wait(8 * HOUR)  # another day in UTC, the same in Shanghai
    assert refused(made.play("a", "check_in", unit)) == "already_done"


def test_make_ups_are_counted_by_the_month_in_which_they_are_made() -> None:
    made = table(make_ups=5, make_ups_per_month=1)
    unit = made.play("a", "open")
    made.wait(3 * DAY)
    assert not refused(made.play("a", "make_up", unit, day="2028-02-27"))
    assert refused(made.play("a", "make_up", unit, day="2028-02-28")) == "quota"
    made.wait(DAY)  # 1 March
    assert not refused(made.play("a", "make_up", unit, day="2028-02-28"))
    assert refused(made.play("a", "make_up", unit, day="2028-02-29")) == "quota"
    assert refused(made.play("a", "make_up", unit, day="2028-02-25")) == "out_of_window", "before the campaign"


@pytest.mark.parametrize("field", ["freezes", "freezes_per_invite"])
def test_where_all_days_count_there_is_nothing_to_freeze(field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_model(table(count="cumulative", **{field: 1}).plan)
    assert caught.value.field == f"model.{field}" and caught.value.way_out


def test_the_clock_looks_again_only_where_a_card_may_be_needed() -> None:
    first = date(2028, 2, 28)
    assert next_check(Sheet((first,)), "Asia/Shanghai") is None
    held = Sheet((first,), freezes=(first,))
    assert next_check(held, "Asia/Shanghai") == datetime(2028, 2, 29, 16, 0, tzinfo=UTC)


@settings(max_examples=200, deadline=None)
@given(
    st.sets(st.integers(1, 15), max_size=12),
    st.lists(st.integers(0, 15), max_size=2),
    st.integers(0, 16),
)
def test_cards_save_what_a_plain_walk_over_the_days_says(checked: set[int], came: list[int], today: int) -> None:
    """Day by day: a missed one takes the oldest card that was there before it; the first without one ends it."""
    start = date(2028, 2, 20)
    days = {0, *(number for number in checked if number < today)}
    last, cards, expected = max(days), sorted(came), []
    for number in range(last + 1, today):
        if not cards or cards[0] >= number:
            break
        cards.pop(0)
        expected.append(start + number * DAY)
    known = Sheet(tuple(start + one * DAY for one in sorted(days)), freezes=tuple(start + one * DAY for one in came))
    assert saved(known, start + today * DAY) == tuple(expected)


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(0, 25), max_size=20), st.sets(st.integers(0, 25), max_size=4))
def test_the_longest_run_counts_only_days_and_goes_over_saved_ones(numbers: set[int], frozen: set[int]) -> None:
    start = date(2024, 2, 15)
    joined = numbers | frozen
    best = 0
    for first in range(26):
        for end in range(first, 26):
            if all(one in joined for one in range(first, end + 1)):
                best = max(best, len([one for one in range(first, end + 1) if one in numbers]))
    found = longest_run([start + one * DAY for one in numbers], [start + one * DAY for one in frozen])
    assert found == best
