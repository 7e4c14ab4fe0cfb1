"""Days are decided in the campaign's zone, by the calendar and never by 86,400 seconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.domain.clock import at_local_hour, local_date

SHANGHAI = "Asia/Shanghai"
instants = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 30, 15, 59, 59, 999_999, UTC), date(2026, 11, 30)),
        (datetime(2026, 11, 30, 16, 0, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2028, 2, 28, 15, 59, tzinfo=UTC), date(2028, 2, 28)),
        (datetime(2028, 2, 28, 16, 0, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2028, 2, 29, 16, 0, tzinfo=UTC), date(2028, 3, 1)),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_a_day_in_shanghai_begins_at_four_in_the_afternoon_utc(instant: datetime, day: date) -> None:
    assert local_date(instant, SHANGHAI) == day


def test_the_same_instant_is_another_day_in_another_zone() -> None:
    instant = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
    assert [local_date(instant, tz).day for tz in (SHANGHAI, "UTC", "America/Los_Angeles")] == [1, 1, 30]


@given(instants, st.integers(0, 23))
def test_the_next_hour_lies_ahead_by_at_most_a_day(instant: datetime, hour: int) -> None:
    found = at_local_hour(instant, SHANGHAI, hour)
    assert instant < found <= instant + timedelta(days=1)
    local = found.astimezone(ZoneInfo(SHANGHAI))
    assert (local.hour, local.minute, local.second, local.microsecond) == (hour, 0, 0, 0)


def test_exactly_at_the_hour_the_next_one_is_tomorrow() -> None:
    eight = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)  # 20:00 in Shanghai
    assert at_local_hour(eight, SHANGHAI, 20) == eight + timedelta(days=1)
    assert at_local_hour(eight - timedelta(microseconds=1), SHANGHAI, 20) == eight


def test_the_hour_of_the_wall_stays_when_summer_time_begins() -> None:
    berlin = "Europe/Berlin"
    before = datetime(2027, 3, 27, 19, 0, tzinfo=UTC)  # 20:00, the day before the clocks go forward
    assert at_local_hour(before, berlin, 20) == datetime(2027, 3, 28, 18, 0, tzinfo=UTC)


def test_the_leap_day_has_an_evening_of_its_own() -> None:
    noon = datetime(2028, 2, 29, 4, 0, tzinfo=UTC)
    assert at_local_hour(noon, SHANGHAI, 20) == datetime(2028, 2, 29, 12, 0, tzinfo=UTC)
