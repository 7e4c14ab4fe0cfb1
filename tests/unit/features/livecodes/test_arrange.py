"""Which groups stand behind a code: rotated before they are full, at most five, and more asked for in time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.features.paper import Paper, message

from qunflow.domain.actions import CreateGroup, OpenEntry, UpdateEntry
from qunflow.domain.decisions import Chance, Counter, Decision
from qunflow.domain.events import MemberJoined, MemberLeft
from qunflow.domain.inbound import EntryOpened
from qunflow.features.livecodes.arrange import (
    MAX_REQUESTS,
    arranged,
    ask_for_more,
    entry_wish,
    needs_arranging,
    place_limits,
)
from qunflow.features.livecodes.model import ArrangePool, Entry, PoolSettings, PoolState, place_counter
from qunflow.features.livecodes.pools import (
    PoolFacts,
    decide_arrange,
    decide_entry_opened,
    decide_resized,
    wants_group,
)
from qunflow.features.livecodes.workflow import LIVECODES

SETTINGS = PoolSettings("wx", "福利群", ("amy",), soft_limit=150, low_at=50, chats_per_entry=5)


def pool(sizes: dict[str, int], *behind: str, **changes: object) -> PoolState:
    """A pool with these groups, and an open entry with ``behind`` them."""
    entries = {"main": Entry("main", behind, "config", ready=True)} if behind else {}
    known = PoolState("p", SETTINGS, sizes, order=tuple(sizes), entries=entries)
    return replace(known, **changes)  # type: ignore[arg-type]


def paper(state: PoolState, used: int = 0) -> Paper:
    made = Paper.of(LIVECODES.streams)
    made.states["pool:p"] = state
    counters = {entry: state.room_behind(entry) for entry in state.entries}
    made.counters = {place_counter("p", entry): Counter(used, limit) for entry, limit in counters.items()}
    return made


def test_a_full_group_is_rotated_out_and_one_with_room_takes_its_place() -> None:
    assert arranged(pool({"g1": 150, "g2": 1}, "g1")) == {"main": ("g2",)}


def test_a_group_with_room_stays_although_another_one_is_emptier() -> None:
    assert arranged(pool({"g1": 149, "g2": 1}, "g1", "g2")) == {"main": ("g1", "g2")}


def test_a_new_group_joins_those_with_room() -> None:
    assert arranged(pool({"g1": 149, "g2": 1}, "g1")) == {"main": ("g1", "g2")}


def test_with_every_group_full_the_newest_one_stays_so_that_the_code_does_not_die() -> None:
    assert arranged(pool({"g1": 150, "g2": 150}, "g1")) == {"main": ("g2",)}


def test_a_group_that_is_gone_stands_behind_nothing() -> None:
    assert arranged(pool({"g1": 3, "g2": 4}, "g1", gone=("g1",))) == {"main": ("g2",)}
    assert arranged(pool({"g1": 3}, "g1", gone=("g1",))) == {}


def test_where_a_room_is_an_entry_each_group_has_its_own() -> None:
    single = replace(SETTINGS, chats_per_entry=1)
    assert arranged(pool({"g1": 150, "g2": 1}, settings=single)) == {"g1": ("g1",), "g2": ("g2",)}


sizes = st.dictionaries(st.integers(0, 30).map("g{}".format), st.integers(0, 220), min_size=1, max_size=12)


@given(sizes, st.data())
def test_never_more_than_five_never_full_while_there_is_room_and_arranging_again_changes_nothing(
    members: dict[str, int], data: st.DataObject
) -> None:
    behind = data.draw(st.lists(st.sampled_from(sorted(members)), unique=True, max_size=5))
    state = pool(members, *behind)
    chats = arranged(state)["main"]
    assert 1 <= len(chats) <= 5
    if any(size < 150 for size in members.values()):
        assert any(state.room_of(chat) > 0 for chat in chats)
    assert arranged(pool(members, *chats))["main"] == chats


@given(sizes)
def test_places_are_the_room_behind_the_entry(members: dict[str, int]) -> None:
    chats = arranged(pool(members))["main"]
    (limit,) = place_limits(pool(members, *chats))
    assert limit.limit == sum(max(0, 150 - members[chat]) for chat in chats)


@pytest.mark.parametrize(
    ("members", "used", "requests", "needed"),
    [
        ({"g1": 100}, 0, {}, False),
        ({"g1": 101}, 0, {}, True),
        ({"g1": 100}, 1, {}, True),
        ({"g1": 140}, 0, {"p:2": "福利群2"}, False),
        ({"g1": 150}, 0, {"p:2": "福利群2"}, True),
    ],
)
def test_a_pool_is_looked_at_when_places_are_few_or_a_group_is_full(
    members: dict[str, int], used: int, requests: dict[str, str], needed: bool
) -> None:
    state = pool(members, "g1", requests=requests)
    assert needs_arranging(state, paper(state, used)) is needed


def asked(decision: Decision) -> list[CreateGroup]:
    return [wish.action for wish in decision.wishes if isinstance(wish.action, CreateGroup)]


@pytest.mark.parametrize(("size", "used", "wished"), [(100, 0, 0), (101, 0, 1), (100, 1, 1), (150, 0, 1)])
def test_one_more_group_is_asked_for_when_fewer_places_than_low_are_left(size: int, used: int, wished: int) -> None:
    state = pool({"g1": size}, "g1", asked=1)
    found = asked(ask_for_more(state, paper(state, used)))
    assert len(found) == wished
    assert all(item == CreateGroup("福利群2", "p:2", ("amy",)) for item in found)


def test_a_group_on_its_way_counts_as_room() -> None:
    state = pool({"g1": 150}, "g1", requests={"p:2": "福利群2"}, asked=2)
    assert asked(ask_for_more(state, paper(state))) == []


def test_a_pool_that_wants_much_room_asks_for_as_many_groups_as_it_takes() -> None:
    settings = replace(SETTINGS, low_at=400)
    state = pool({"g1": 150}, "g1", requests={"p:2": "福利群2"}, asked=2, settings=settings)
    found = asked(ask_for_more(state, paper(state)))
    assert found == [CreateGroup("福利群3", "p:3", ("amy",)), CreateGroup("福利群4", "p:4", ("amy",))]


def test_people_who_come_make_the_pool_look_again_although_a_group_is_on_its_way() -> None:
    settings = replace(SETTINGS, low_at=160)
    state = pool({"g1": 145}, "g1", requests={"p:2": "福利群2"}, asked=2, settings=settings)
    assert needs_arranging(state, paper(state))
    assert not needs_arranging(replace(state, settings=SETTINGS), paper(state))


def test_never_more_are_asked_for_than_may_be_open() -> None:
    settings = replace(SETTINGS, low_at=5000)
    state = pool({"g1": 150}, "g1", requests={"p:2": "x"}, asked=2, settings=settings)
    assert len(asked(ask_for_more(state, paper(state)))) == MAX_REQUESTS - 1


def test_the_number_of_open_requests_is_bounded() -> None:
    requests = {f"p:{number}": "x" for number in range(MAX_REQUESTS)}
    settings = replace(SETTINGS, low_at=5000)
    state = pool({"g1": 150}, "g1", requests=requests, asked=9, settings=settings)
    assert asked(ask_for_more(state, paper(state))) == []


def test_a_pool_whose_rooms_come_by_themselves_asks_only_for_the_first_one() -> None:
    settings = replace(SETTINGS, refill="auto_create")
    empty, full = pool({}, settings=settings), pool({"g1": 150}, "g1", settings=settings)
    assert len(asked(ask_for_more(empty, paper(empty)))) == 1
    assert asked(ask_for_more(full, paper(full))) == []


@pytest.mark.parametrize("refill", ["none"])
def test_a_pool_that_does_not_request_asks_for_nothing(refill: str) -> None:
    state = pool({"g1": 150}, "g1", settings=replace(SETTINGS, refill=refill))
    assert asked(ask_for_more(state, paper(state))) == []


def test_an_entry_is_opened_once_and_then_updated() -> None:
    fresh, open_one = pool({"g1": 1}), pool({"g1": 1}, "g1")
    assert isinstance(entry_wish(fresh, "main", ("g1",)).action, OpenEntry)
    update = entry_wish(open_one, "main", ("g2",)).action
    assert isinstance(update, UpdateEntry) and (update.config, update.chats) == ("config", ("g2",))


def test_arranging_rotates_and_asks_in_one_decision() -> None:
    state = pool({"g1": 150, "g2": 120}, "g1", asked=2)
    sheet = paper(state)
    decision = decide_arrange(message(ArrangePool("p")), PoolFacts(state), sheet, Chance(b""))
    sheet.take(message(ArrangePool("p")), decision)
    assert sheet.state("pool:p").entries["main"].chats == ("g2",)
    assert {type(wish.action) for wish in decision.wishes} == {UpdateEntry, CreateGroup}
    assert sheet.counter("places:p:main") == Counter(0, 30)


def test_the_last_free_place_rotates_the_group_before_the_code_fails() -> None:
    state = pool({"g1": 149, "g2": 1}, "g1", "g2")
    cause = message(MemberJoined("b", 150, True, message(None).at), person="b", group="group:wx:g1")
    decision = decide_resized(cause, PoolFacts(state, "g1"), paper(state), Chance(b""))
    assert [body for _, body in decision.commands] == [ArrangePool("p")]


def test_staff_that_come_and_go_are_noted() -> None:
    state = pool({"g1": 1}, "g1")
    sheet = paper(state)
    for body, inside in ((MemberJoined("amy", 2, True, message(None).at, is_staff=True), True),
                         (MemberLeft("amy", 1, is_staff=True), False)):  # fmt: skip
        cause = message(body, person="amy", group="group:wx:g1")
        sheet.take(cause, decide_resized(cause, PoolFacts(sheet.state("pool:p"), "g1"), sheet, Chance(b"")))
        assert ("g1" in sheet.state("pool:p").staffed) is inside


def test_an_entry_that_was_rotated_while_it_was_made_is_updated_at_once() -> None:
    state = pool({"g1": 150, "g2": 1}, entries={"main": Entry("main", ("g2",))})
    body = EntryOpened("p", "main", "config", "qr", chats=("g1",))
    decision = decide_entry_opened(message(body), PoolFacts(state), paper(state), Chance(b""))
    update = decision.wishes[0].action
    assert isinstance(update, UpdateEntry) and update.chats == ("g2",)


def test_a_group_belongs_to_the_pool_that_asked_for_its_name() -> None:
    waiting = pool({}, requests={"p:1": "福利群1"})
    assert wants_group(waiting, "福利群1") and not wants_group(waiting, "别的群")
    assert wants_group(replace(waiting, settings=replace(SETTINGS, refill="auto_create")), "别的群")
