"""Where joins and leaves are told exactly (Matrix), a reading that they overtook must not undo them."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.community.test_readings import Group, moves
from tests.unit.features.paper import NOW

from qunflow.domain.actions import ReadGroup
from qunflow.domain.reasons import Reason

SECOND = timedelta(seconds=1)


def test_a_join_during_a_reading_is_kept_and_the_group_is_read_again() -> None:
    group = Group()
    group.read("amy")
    group.enter("b", NOW + 3 * SECOND)
    assert moves(group.read("amy", at=NOW + 2 * SECOND)) == []
    assert group.last.stop is Reason.STALE_READING
    assert [wish.action for wish in group.last.wishes] == [ReadGroup("g1")]
    assert set(group.state.members) == {"amy", "b"}
    assert moves(group.read("amy", at=NOW + 4 * SECOND)) == [("member_left", "b", 1)]


def test_a_leave_during_a_reading_is_no_second_join() -> None:
    group = Group()
    group.read("amy", "b")
    group.went("b", at=NOW + 3 * SECOND)
    assert moves(group.read("amy", "b", at=NOW + 2 * SECOND)) == []
    assert set(group.state.members) == {"amy"}
