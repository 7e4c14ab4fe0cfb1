"""Membership truth is the full reading: hints may be lost, doubled or late, the members end up the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.features.paper import CHANCE, NOW, Paper, message

from qunflow.community import decide
from qunflow.community.decide import COLD_EVERY, HOT_EVERY, GroupFacts
from qunflow.community.model import GroupState, PersonState, group_stream
from qunflow.community.workflow import COMMUNITY
from qunflow.domain.actions import ReadGroup
from qunflow.domain.decisions import Decision
from qunflow.domain.events import Event, GroupFound, GroupGone, MemberJoined, MemberLeft
from qunflow.domain.inbound import GroupHinted, GroupRead, MemberEntered, MemberSeen, MemberWent
from qunflow.domain.reasons import Reason

STREAM = group_stream("wx", "g1")
NAMES = ["amy", "b", "c", "d", "e"]
MINUTE = timedelta(minutes=1)


class Group:
    """One group on paper, and the hands of its platform."""

    def __init__(self) -> None:
        self.paper = Paper.of(COMMUNITY.streams)
        self.last = Decision()
        self.since: dict[str, datetime] = {}  # who is inside on the platform, and when they joined there

    @property
    def state(self) -> GroupState:
        state: GroupState = self.paper.state(STREAM)
        return state

    def _take(self, rule: Any, body: Any, externals: list[str], at: datetime) -> list[Event]:
        unknown = {name: f"person-{name}" for name in externals if name not in self.state.members}
        cause = message(body, at, group=STREAM)
        self.last = rule(cause, GroupFacts(STREAM, unknown), self.paper, CHANCE)
        return self.paper.take(cause, self.last)

    def read(self, *names: str, at: datetime = NOW, **fields: Any) -> list[Event]:
        self.since = {name: self.since.get(name, at) for name in names}
        members = tuple(MemberSeen(name, name == "amy", joined_at=self.since[name]) for name in names)
        return self._take(decide.decide_read, GroupRead("g1", at, members=members, **fields), list(names), at)

    def hint(self, change: str, *names: str, removed: bool = False, at: datetime = NOW) -> list[Event]:
        return self._take(decide.decide_hinted, GroupHinted("g1", change, names, removed), [], at)

    def enter(self, name: str, at: datetime = NOW) -> list[Event]:
        return self._take(decide.decide_entered, MemberEntered("g1", name), [name], at)

    def went(self, name: str, removed: bool = False, at: datetime = NOW) -> list[Event]:
        return self._take(decide.decide_went, MemberWent("g1", name, removed), [name], at)


def test_who_left_and_came_back_between_two_readings_has_left_and_joined_once() -> None:
    group = Group()
    group.read("amy", "b")
    group.since["b"] = NOW + MINUTE  # back again; both callbacks were lost
    events = group.read("amy", "b", at=NOW + 3 * MINUTE)
    assert moves(events) == [("member_left", "b", 1), ("member_joined", "b", 2)]
    joined = next(event for event in events if isinstance(event.body, MemberJoined))
    assert joined.person == "person-b" and not joined.body.first
    assert moves(group.read("amy", "b", at=NOW + 4 * MINUTE)) == []


def moves(events: list[Event]) -> list[tuple[str, str, int]]:
    """(kind, who, size after it) of joins and leaves."""
    found = [event.body for event in events if isinstance(event.body, MemberJoined | MemberLeft)]
    return [(body.KIND, body.external, body.size) for body in found]


sets = st.lists(st.sampled_from(NAMES), unique=True)
changes = st.sampled_from(["members_added", "members_removed", "renamed", "notice", "unknown"])


@given(st.lists(st.tuples(sets, st.lists(st.tuples(changes, sets, st.booleans()), max_size=3)), min_size=1, max_size=6))
def test_whatever_hints_came_before_the_members_are_those_of_the_last_reading(
    history: list[tuple[list[str], list[tuple[str, list[str], bool]]]],
) -> None:
    hinted, plain = Group(), Group()
    for number, (names, hints) in enumerate(history):
        at = NOW + number * MINUTE
        for change, about, removed in hints:
            hinted.hint(change, *about, removed=removed, at=at)
        hinted.read(*names, at=at)
        plain.read(*names, at=at)
    assert hinted.state.members == plain.state.members
    assert set(hinted.state.members) == set(history[-1][0])
    assert all(member.person == f"person-{name}" for name, member in hinted.state.members.items())


@given(st.permutations(list(enumerate([["amy"], ["amy", "b"], ["amy", "c"], ["amy", "b", "d"]]))))
def test_readings_that_arrive_out_of_order_end_in_the_newest(arrived: list[tuple[int, list[str]]]) -> None:
    group = Group()
    for minute, names in arrived:
        group.read(*names, at=NOW + minute * MINUTE)
    assert set(group.state.members) == {"amy", "b", "d"}


@given(st.lists(sets, min_size=1, max_size=6))
def test_joins_minus_leaves_are_the_members_and_sizes_count_along(readings: list[list[str]]) -> None:
    group, size = Group(), 0
    for number, names in enumerate(readings):
        for kind, _, shown in moves(group.read(*names, at=NOW + number * MINUTE)):
            size += 1 if kind == "member_joined" else -1
            assert shown == size
    assert size == len(readings[-1])


def test_the_same_reading_twice_changes_nothing() -> None:
    group = Group()
    group.read("amy", "b")
    assert group.read("amy", "b") == []


def test_a_stale_reading_stops_with_its_reason() -> None:
    group = Group()
    group.read("amy", "b", at=NOW + MINUTE)
    assert group.read("amy", at=NOW) == []
    assert group.last.stop is Reason.STALE_READING


def test_a_first_reading_finds_the_group_and_joins_come_in_their_order() -> None:
    group = Group()
    members = (
        MemberSeen("late", joined_at=NOW),
        MemberSeen("early", joined_at=NOW - MINUTE),
        MemberSeen("amy", True, joined_at=NOW - 2 * MINUTE),
    )
    body = GroupRead("g1", NOW, "福利群1", "amy", members=members)
    events = group._take(decide.decide_read, body, ["late", "early", "amy"], NOW)
    assert isinstance(events[0].body, GroupFound) and events[0].body.name == "福利群1"
    assert moves(events) == [("member_joined", "amy", 1), ("member_joined", "early", 2), ("member_joined", "late", 3)]
    assert group.state.customers == 2


def test_a_kick_hint_marks_the_leave_that_the_reading_proves_and_no_other() -> None:
    group = Group()
    group.read("amy", "b", "c")
    group.hint("members_removed", "b", removed=True)
    left = {event.body.external: event.body.removed for event in group.read("amy", at=NOW + MINUTE)[:2]}
    assert left == {"b": True, "c": False}


def test_somebody_who_left_alone_was_not_removed() -> None:
    group = Group()
    group.read("amy", "b")
    assert group.hint("members_removed", "b") == []
    assert group.read("amy", at=NOW + MINUTE)[0].body.removed is False


def test_a_kick_hint_is_used_up_when_the_person_comes_back() -> None:
    group = Group()
    group.read("amy", "b")
    group.hint("members_removed", "b", removed=True)
    group.read("amy", at=NOW + MINUTE)
    group.read("amy", "b", at=NOW + 2 * MINUTE)
    assert group.read("amy", at=NOW + 3 * MINUTE)[0].body.removed is False


def test_a_kick_and_return_between_two_readings_leaves_no_mark_for_later() -> None:
    group = Group()
    group.read("amy", "b")
    group.hint("members_removed", "b", removed=True)
    group.read("amy", "b", at=NOW + MINUTE)  # back before anybody looked
    assert group.read("amy", at=NOW + 2 * MINUTE)[0].body.removed is False


def test_coming_back_is_the_same_person_and_not_a_first_join() -> None:
    group = Group()
    first = group.read("b")[1]
    group.read(at=NOW + MINUTE)
    cause = message(GroupRead("g1", NOW + 2 * MINUTE, members=(MemberSeen("b"),)), NOW + 2 * MINUTE, group=STREAM)
    again = group.paper.take(cause, decide.decide_read(cause, GroupFacts(STREAM, {}), group.paper, CHANCE))[0]
    assert (first.body.first, again.body.first) == (True, False)
    assert again.person == first.person == "person-b"


def test_every_hint_asks_for_one_reading() -> None:
    group = Group()
    group.hint("members_added", "b")
    wish = group.last.wishes[0]
    assert (wish.action, wish.coalesce, wish.lane_key) == (ReadGroup("g1"), "read:wx:g1", STREAM)


def test_a_group_that_just_changed_is_read_again_soon_and_a_quiet_one_daily() -> None:
    group = Group()
    group.read("amy")
    assert group.last.timers[0].due_at == NOW + HOT_EVERY
    group.read("amy", at=NOW + timedelta(hours=2))
    assert group.last.timers[0].due_at == NOW + timedelta(hours=2) + COLD_EVERY


def test_a_group_that_is_gone_loses_everybody_and_is_not_read_any_more() -> None:
    group = Group()
    group.read("amy", "b")
    events = group.read(at=NOW + MINUTE, gone=True)
    assert [event.body.KIND for event in events] == ["member_left", "member_left", GroupGone.KIND]
    assert group.state.gone and group.state.members == {}
    assert group.last.timers == () and group.last.timers_off == ((STREAM, "reread"),)


def test_exact_joins_and_leaves_count_once_each() -> None:
    group = Group()
    assert moves(group.enter("b")) == [("member_joined", "b", 1)]
    assert group.enter("b") == []
    assert moves(group.went("b", removed=True)) == [("member_left", "b", 0)]
    assert group.went("b") == []


def test_a_person_is_met_once() -> None:
    paper = Paper.of(COMMUNITY.streams)
    cause = message(MemberEntered("g1", "b"), person="person-b")
    assert len(paper.take(cause, decide.decide_seen(cause, None, paper, CHANCE))) == 1
    assert paper.take(cause, decide.decide_seen(cause, None, paper, CHANCE)) == []
    assert paper.state("person:person-b") == PersonState(NOW)
