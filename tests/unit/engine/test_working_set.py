"""A batch in memory: guards hold, nothing is looked at that was not locked, and overtaken facts wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest

from qunflow.domain.decisions import Claim, Counter, CounterMove, Decision, Needs, NewEvent, Posting, Timer
from qunflow.domain.errors import Conflict
from qunflow.domain.events import Event
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Feature, Handler, Registry, StreamType
from qunflow.engine.pipeline import Decided, Dice, Prepared, decide_batch, follow_ups
from qunflow.engine.working_set import StaleFacts, WorkingSet, join_needs

NOW = datetime(2026, 12, 1, 16, 30, tzinfo=UTC)
DICE = Dice(lambda: b"seed", lambda: "event", lambda: NOW)


@dataclass(frozen=True, slots=True)
class Counted:
    KIND: ClassVar[str] = "counted"
    SCHEMA: ClassVar[int] = 1
    number: int


@dataclass(frozen=True, slots=True)
class Count:
    KIND: ClassVar[str] = "count"
    number: int


@dataclass(frozen=True, slots=True)
class Total:
    number: int = 0


def add(total: Total, event: Event) -> Total:
    return Total(total.number + event.body.number)


def count(message: Message, facts: Any, view: Any, chance: Any) -> Decision:
    return Decision(events=(NewEvent("total:a", Counted(message.body.number)),), answer=view.state("total:a").number)


def needs(message: Message, facts: Any) -> Needs:
    return Needs(streams=("total:a",))


HANDLER = Handler("count", Count, needs, count)
REGISTRY = Registry(
    [Feature("count", (HANDLER,), (StreamType("total", Total, Total(), add),), (Counted,), (Count,))], (), ()
)
MESSAGE = Message("main", "m", NOW, Count(1))


def working(**changes: Any) -> WorkingSet:
    values: dict[str, Any] = {
        "states": {"total:a": Total()},
        "versions": {"total:a": 0},
        "claims": {},
        "counters": {"seats": Counter(1, 2)},
        "balances": {"budget:c": 10, "pending:p": 0, "external:c": 0},
        "loaded_claims": frozenset({("seat", "1")}),
    }
    return WorkingSet(REGISTRY, **{**values, **changes})


def event(number: int = 1) -> Event:
    return Event("e", "main", "total:a", 1, Counted(number), NOW, date(2026, 12, 2), "Asia/Shanghai", NOW)


def conflict(decision: Decision, **changes: Any) -> str:
    with pytest.raises(Conflict) as caught:
        working(**changes).apply(MESSAGE, decision, [event()] if decision.postings else [])
    return caught.value.code


def test_what_was_not_locked_cannot_be_looked_at() -> None:
    found = working()
    for look in (
        lambda: found.state("total:b"),
        lambda: found.claim("seat", "2"),
        lambda: found.counter("chairs"),
        lambda: found.balance("budget:d"),
        lambda: found.version("total:b"),
    ):
        with pytest.raises(StaleFacts):
            look()


def test_a_counter_never_leaves_its_bounds() -> None:
    assert conflict(Decision(counters=(CounterMove("seats", 2),))) == "counter_bound"
    assert conflict(Decision(counters=(CounterMove("seats", -2),))) == "counter_bound"
    assert conflict(Decision(counters=(CounterMove("seats", 1), CounterMove("seats", 1)))) == "counter_bound"
    found = working()
    found.apply(MESSAGE, Decision(counters=(CounterMove("seats", 1),)), [])
    assert found.counter("seats") == Counter(2, 2)


def test_a_bound_may_fall_below_what_is_used_but_then_nothing_more_is_given() -> None:
    found = working()
    found.apply(MESSAGE, Decision(counters=(CounterMove("seats", limit=0),)), [])
    assert found.counter("seats").free == -1
    with pytest.raises(Conflict):
        found.apply(MESSAGE, Decision(counters=(CounterMove("seats", 1),)), [])


def test_a_claim_is_held_once_until_it_is_released() -> None:
    found = working()
    found.apply(MESSAGE, Decision(claims=(Claim("seat", "1", "b"),)), [])
    with pytest.raises(Conflict, match="claim_taken"):
        found.apply(MESSAGE, Decision(claims=(Claim("seat", "1", "c"),)), [])
    found.apply(MESSAGE, Decision(releases=(("seat", "1"),), claims=(Claim("seat", "1", "c"),)), [])
    assert found.claims[("seat", "1")].holder == "c"
    assert (list(found.taken), found.released) == ([("seat", "1")], set())


def test_a_stored_claim_that_is_replaced_is_released_first() -> None:
    found = working(claims={("seat", "1"): Claim("seat", "1", "b")})
    found.apply(MESSAGE, Decision(releases=(("seat", "1"),), claims=(Claim("seat", "1", "c"),)), [])
    assert (list(found.taken), found.released) == ([("seat", "1")], {("seat", "1")})


def test_no_account_is_overdrawn_but_the_outside_and_debts() -> None:
    assert conflict(Decision(postings=(Posting("k", "budget:c", "pending:p", 11),))) == "overdrawn"
    found = working()
    found.apply(MESSAGE, Decision(postings=(Posting("k", "external:c", "budget:c", 11),)), [event()])
    assert (found.balance("budget:c"), found.balance("external:c")) == (21, -11)


def test_a_posting_moves_something_and_has_an_event_that_tells_why() -> None:
    assert conflict(Decision(postings=(Posting("k", "budget:c", "pending:p", 0),))) == "posting_amount"
    with pytest.raises(Conflict, match="posting_without_event"):
        working().apply(MESSAGE, Decision(postings=(Posting("k", "budget:c", "pending:p", 1),)), [])


def test_a_timer_that_is_set_and_turned_off_in_one_batch_stays_off() -> None:
    found = working()
    found.apply(MESSAGE, Decision(timers=(Timer("total:a", "t", NOW, Count(1)),)), [])
    found.apply(MESSAGE, Decision(timers_off=(("total:a", "t"),)), [])
    assert found.timers == {("total:a", "t"): None}


def prepared(number: int, reads: frozenset[str] = frozenset()) -> Prepared:
    message = Message("main", f"m{number}", NOW, Count(number))
    return Prepared(message, (HANDLER,), (None,), (Needs(),), reads)


def decide(*items: Prepared) -> tuple[Decided, WorkingSet]:
    found = working()
    return decide_batch(items, found, DICE, "Asia/Shanghai"), found


def test_each_message_of_a_batch_sees_what_the_ones_before_it_did() -> None:
    decided, found = decide(prepared(1), prepared(2), prepared(3))
    assert decided.answers == {"m1": 0, "m2": 1, "m3": 3}
    assert [item.version for item in found.events] == [1, 2, 3]
    assert found.state("total:a") == Total(6)


def test_a_message_whose_facts_were_overtaken_waits_and_so_do_those_behind_it() -> None:
    decided, _ = decide(prepared(1), prepared(2, frozenset({"total:a"})), prepared(3))
    assert decided.count == 1
    assert set(decided.answers) == {"m1"}


def test_the_first_message_is_always_decided() -> None:
    assert decide(prepared(1, frozenset({"total:a"})))[0].count == 1


def test_a_kind_that_nobody_handles_is_counted() -> None:
    lonely = Prepared(MESSAGE, (), (), ())
    assert decide(lonely)[0].reasons == {("count", Reason.UNKNOWN_KIND): 1}


def test_events_are_dated_in_domain_time_and_by_the_local_day() -> None:
    _, found = decide(prepared(1))
    recorded = found.events[0]
    assert (recorded.at, recorded.local_date, recorded.tz) == (NOW, date(2026, 12, 2), "Asia/Shanghai")
    assert (recorded.cause, recorded.command_id) == ("m1", "m1")


def test_commands_and_handled_events_go_round_one_deeper() -> None:
    decision = Decision(commands=(("lane", Count(5)),))
    found = follow_ups(MESSAGE, decision, [event()], REGISTRY)
    assert [(item.message_id, item.depth, item.lane_key) for item in found] == [("m/0", 1, "lane")]


def test_needs_are_joined_without_repeats() -> None:
    joined = join_needs([Needs(("a", "b"), (("s", "k"),)), Needs(("b",), (("s", "k"),), ("n",), ("x",))])
    assert (set(joined.streams), joined.claims, joined.counters, joined.accounts) == (
        {"a", "b"},
        (("s", "k"),),
        ("n",),
        ("x",),
    )


def test_nothing_is_registered_twice() -> None:
    feature = Feature("count", (), (), (Counted,))
    with pytest.raises(ValueError, match="registered twice"):
        Registry([feature, feature], (), ())
