"""Where the next scan goes is told as the rule will decide it; why past scans went is told from what was recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.features.livecodes.test_places import CODE, Desk
from tests.unit.features.livecodes.test_scans import scan_together
from tests.unit.features.paper import CHANCE, NOW, Paper, message

from qunflow.domain.decisions import Counter
from qunflow.domain.events import Scanned
from qunflow.features.livecodes.decide import PlaceFacts, decide_scan
from qunflow.features.livecodes.leading import EntryMark, Led, Pass, PastScan, PlacesKept, Why, explain, lead_next
from qunflow.features.livecodes.model import Entry, PoolSettings, PoolState, Scan, place_counter
from qunflow.features.livecodes.workflow import LIVECODES

MINUTE = timedelta(minutes=1)
SETTINGS = PoolSettings("wx", "群", ("amy",), soft_limit=100, low_at=0)


def pool_of(entries: list[tuple[bool, int]]) -> tuple[PoolState, dict[str, Counter]]:
    """Entries in order, each ready or not and with so many free places."""
    made = {f"g{n}": Entry(f"g{n}", (f"g{n}",), ready=ready, place=n) for n, (ready, _) in enumerate(entries)}
    counters = {f"g{n}": Counter(5, 5 + free) for n, (_, free) in enumerate(entries)}
    return PoolState("p", SETTINGS, dict.fromkeys(made, 1), order=tuple(made), entries=made), counters


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2)), max_size=6))
def test_what_is_told_beforehand_is_what_the_rule_decides(entries: list[tuple[bool, int]]) -> None:
    pool, counters = pool_of(entries)
    paper = Paper.of(LIVECODES.streams)
    paper.states |= {"pool:p": pool, "code:abc": CODE}
    paper.counters = {place_counter("p", entry): counter for entry, counter in counters.items()}
    cause = message(Scan("abc", "v"))
    told = lead_next(pool, counters)
    assert decide_scan(cause, PlaceFacts(CODE, pool), paper, CHANCE).answer.entry == told.entry
    before = [entry.entry for entry in pool.in_order()]
    passed = before[: before.index(told.entry)] if told.entry else before
    assert [entry for entry, _ in told.passed] == passed


def test_those_passed_are_full_not_ready_or_gone() -> None:
    pool, counters = pool_of([(True, 0), (False, 3), (True, 2)])
    assert lead_next(pool, counters) == Led("g2", Why.PASSED, (("g0", Pass.FULL), ("g1", Pass.NOT_READY)))
    assert lead_next(PoolState(), {}) == Led("", Why.WAITING)


def kept_in(desk: Desk) -> list[tuple[str, ...]]:
    return [event.body.kept for event in desk.last.events]


def test_who_held_a_place_already_is_recorded_with_those_who_scan_together() -> None:
    desk = Desk(5)
    scan_together(desk, ["v1", "v2"])
    assert kept_in(desk) == [()]
    scan_together(desk, ["v1", "v3", "v2"], NOW + MINUTE)
    assert kept_in(desk) == [("v1", "v2")]
    scan_together(desk, ["v1", "v3"], NOW + 10 * MINUTE)
    assert kept_in(desk) == [("v3",)]  # the ten minutes of v1 are over: a new place was looked for


def test_who_scans_alone_and_held_a_place_is_recorded_beside_the_scan() -> None:
    desk = Desk(5)
    desk.scan("v1")
    assert [type(event.body) for event in desk.last.events] == [Scanned]
    desk.scan("v1", NOW + MINUTE)
    assert [event.body for event in desk.last.events] == [Scanned("abc", "v1", "main"), PlacesKept(("v1",))]
    scan_together(desk, ["v1"], NOW + 2 * MINUTE)  # last stands what was kept: who reads backwards meets it first
    assert [type(event.body) for event in desk.last.events] == [Scanned, PlacesKept]


def scan_at(placed: str, kept: bool = False, **fields: Any) -> PastScan:
    return PastScan(1, fields.get("at", NOW), "v", placed, kept)


MARKS = (
    EntryMark("g0", NOW - 9 * MINUTE, NOW - 8 * MINUTE, gone_at=NOW + 5 * MINUTE),
    EntryMark("g1", NOW - 7 * MINUTE, NOW + MINUTE),
    EntryMark("g2", NOW - 6 * MINUTE, NOW - 5 * MINUTE),
    EntryMark("g3", NOW + 9 * MINUTE, NOW + 9 * MINUTE),
)


def test_a_past_scan_is_explained_by_what_was_so_then() -> None:
    assert explain(scan_at("g0"), MARKS) == Led("g0", Why.FIRST)
    assert explain(scan_at("g2"), MARKS) == Led("g2", Why.PASSED, (("g0", Pass.FULL), ("g1", Pass.NOT_READY)))
    later = scan_at("g2", at=NOW + 6 * MINUTE)
    assert explain(later, MARKS) == Led("g2", Why.PASSED, (("g0", Pass.GONE), ("g1", Pass.FULL)))
    assert explain(scan_at("g2", kept=True), MARKS) == Led("g2", Why.KEPT)
    waited = explain(scan_at(""), MARKS)
    assert waited.why is Why.WAITING and [entry for entry, _ in waited.passed] == ["g0", "g1", "g2"]
