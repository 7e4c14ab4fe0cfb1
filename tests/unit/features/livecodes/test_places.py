"""Places: kept for ten minutes, the same for a repeat, never more than there are, given back by the sweep or a join."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.features.paper import CHANCE, NOW, Paper, message

from qunflow.domain.decisions import Counter, Decision
from qunflow.domain.events import MemberJoined, Scanned
from qunflow.domain.reasons import Reason
from qunflow.features.livecodes.decide import PlaceFacts, decide_scan, decide_take_place
from qunflow.features.livecodes.model import (
    RESERVED_FOR,
    ArrangePool,
    CodeState,
    Entry,
    PoolSettings,
    PoolState,
    Scan,
    SweepPlaces,
    TakePlace,
)
from qunflow.features.livecodes.pools import PoolFacts, decide_resized, decide_sweep
from qunflow.features.livecodes.workflow import LIVECODES

CODE = CodeState("abc", "p", "wx", "winter", "owner", contact=True, qr_image="https://platform.example/contact.png")


class Desk:
    """A pool with one open entry of ``room`` places."""

    def __init__(self, room: int, low_at: int = 0) -> None:
        self.paper = Paper.of(LIVECODES.streams)
        settings = PoolSettings("wx", "群", ("amy",), soft_limit=150, low_at=low_at)
        entry = Entry("main", ("g1",), "config", "qr", ready=True)
        self.paper.states["pool:p"] = PoolState("p", settings, {"g1": 150 - room}, entries={"main": entry})
        self.paper.states["code:abc"] = CODE
        self.paper.counters["places:p:main"] = Counter(0, room)
        self.last = Decision()

    @property
    def pool(self) -> PoolState:
        state: PoolState = self.paper.state("pool:p")
        return state

    @property
    def used(self) -> int:
        return self.paper.counter("places:p:main").used

    def _take(self, cause: Any, decision: Decision) -> Decision:
        self.paper.take(cause, decision)
        self.last = decision
        return decision

    def scan(self, visitor: str, at: datetime = NOW) -> str:
        cause = message(Scan("abc", visitor), at)
        return str(self._take(cause, decide_scan(cause, PlaceFacts(CODE, self.pool), self.paper, CHANCE)).answer.entry)

    def enter(self, person: str, visitor: str = "", at: datetime = NOW) -> str:
        cause = message(TakePlace("p", visitor), at, person=person)
        decision = decide_take_place(cause, PlaceFacts(None, self.pool), self.paper, CHANCE)
        return str(self._take(cause, decision).answer.entry)

    def join(self, person: str, at: datetime = NOW) -> None:
        body = MemberJoined(person, self.pool.groups["g1"] + 1, True, at)
        cause = message(body, at, person=person, group="group:wx:g1")
        self._take(cause, decide_resized(cause, PoolFacts(self.pool, "g1"), self.paper, CHANCE))

    def sweep(self, at: datetime) -> None:
        over = [claim.key for claim in self.paper.claims.values() if claim.until is not None and claim.until <= at]
        cause = message(SweepPlaces("p"), at)
        self._take(cause, decide_sweep(cause, PoolFacts(self.pool, expired=tuple(over)), self.paper, CHANCE))


def test_a_scan_keeps_a_place_for_ten_minutes_and_is_recorded_with_it() -> None:
    desk = Desk(2)
    assert desk.scan("v1") == "main"
    assert desk.paper.claims[("place:p", "v1")].until == NOW + timedelta(minutes=10)
    scanned = desk.last.events[0]
    assert scanned.body == Scanned("abc", "v1", "main")
    assert (scanned.person, scanned.campaign) == ("owner", "winter")


def test_the_same_visitor_gets_the_same_place_and_no_second_one() -> None:
    desk = Desk(2)
    assert [desk.scan("v1", NOW + timedelta(minutes=minute)) for minute in (0, 4, 9)] == ["main"] * 3
    assert desk.used == 1
    assert desk.paper.claims[("place:p", "v1")].until == NOW + RESERVED_FOR  # a repeat does not make it longer


def test_the_last_place_goes_to_one_and_the_next_visitor_waits() -> None:
    desk = Desk(1)
    assert [desk.scan("v1"), desk.scan("v2"), desk.scan("v1")] == ["main", "", "main"]
    assert desk.used == 1


def test_a_code_for_a_contact_never_shows_the_way_into_the_group() -> None:
    desk = Desk(1)
    desk.scan("v1")
    assert desk.last.answer.qr_image == CODE.qr_image


def test_a_place_that_ran_out_can_be_kept_again_and_still_counts_once() -> None:
    desk = Desk(1)
    desk.scan("v1")
    assert desk.scan("v1", NOW + RESERVED_FOR) == "main"
    assert desk.used == 1
    assert desk.paper.claims[("place:p", "v1")].until == NOW + 2 * RESERVED_FOR


def test_the_place_of_a_browser_becomes_the_place_of_its_person() -> None:
    desk = Desk(1)
    desk.scan("v1")
    assert desk.enter("b", "v1") == "main"
    assert set(desk.paper.claims) == {("place:p", "p:b")}
    assert desk.used == 1


def test_a_person_from_another_browser_gets_a_place_of_their_own() -> None:
    desk = Desk(2)
    desk.scan("v1")
    assert desk.enter("b", "v2") == "main"
    assert desk.used == 2


def test_a_join_takes_the_room_and_gives_the_kept_place_back() -> None:
    desk = Desk(2)
    desk.enter("b")
    desk.join("b")
    assert desk.paper.counter("places:p:main") == Counter(0, 1)
    assert desk.paper.claims == {}


def test_somebody_who_came_past_the_code_takes_room_from_the_rest() -> None:
    desk = Desk(1)
    desk.join("stranger")
    assert desk.scan("v1") == ""


def test_the_sweep_gives_back_what_ran_out_and_nothing_else() -> None:
    desk = Desk(3)
    desk.scan("v1")
    desk.scan("v2", NOW + timedelta(minutes=5))
    desk.sweep(NOW + RESERVED_FOR)
    assert set(desk.paper.claims) == {("place:p", "v2")}
    assert desk.used == 1
    assert desk.last.timers[0].due_at == NOW + 2 * RESERVED_FOR
    desk.sweep(NOW + 2 * RESERVED_FOR)
    assert (desk.used, desk.last.timers) == (0, ())


def test_the_first_place_starts_the_sweep() -> None:
    desk = Desk(3)
    desk.scan("v1")
    assert [timer.name for timer in desk.last.timers] == ["sweep"]
    desk.scan("v2")
    assert desk.last.timers == ()


def test_few_places_left_make_the_pool_look_for_more() -> None:
    desk = Desk(3, low_at=2)
    desk.scan("v1")
    assert desk.last.commands == ()
    desk.scan("v2")
    assert [body for _, body in desk.last.commands] == [ArrangePool("p")]


def test_an_unknown_code_is_rejected() -> None:
    desk = Desk(1)
    cause = message(Scan("nope", "v1"))
    rejection = decide_scan(cause, PlaceFacts(None, None), desk.paper, CHANCE).rejection
    assert rejection is not None and rejection.reason is Reason.UNKNOWN_CODE


moves = st.lists(st.tuples(st.sampled_from(["scan", "enter", "join", "sweep", "wait"]), st.integers(0, 7)), max_size=40)


@given(st.integers(0, 6), moves)
def test_any_crowd_never_gets_more_places_than_there_are_and_loses_none(
    room: int, crowd: list[tuple[str, int]]
) -> None:
    desk, now = Desk(room), NOW
    for act, who in crowd:
        if act == "scan":
            desk.scan(f"v{who}", now)
        elif act == "enter":
            desk.enter(f"b{who}", f"v{who}", now)
        elif act == "join":
            desk.join(f"b{who}", now)
        elif act == "sweep":
            desk.sweep(now)
        else:
            now += timedelta(minutes=3)
        counter = desk.paper.counter("places:p:main")
        assert counter.used == len(desk.paper.claims)
        assert counter.limit == desk.pool.room_behind("main")
