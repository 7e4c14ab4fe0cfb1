"""An operator may ask for one more group, at most three at a time, and raise the soft limit, never lower it."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.features.livecodes.test_arrange import paper, pool
from tests.unit.features.paper import CHANCE, message

from qunflow.domain.actions import CreateGroup
from qunflow.domain.decisions import Decision
from qunflow.domain.reasons import Reason
from qunflow.features.livecodes.arrange import MAX_REQUESTS
from qunflow.features.livecodes.model import GroupRequested, PoolState, place_counter
from qunflow.features.livecodes.pools import PoolFacts
from qunflow.features.livecodes.running import AskGroup, RaiseSoftLimit, decide_ask_group, decide_raise


def ask(state: PoolState) -> Decision:
    return decide_ask_group(message(AskGroup("p")), PoolFacts(state), paper(state), CHANCE)


def rejected(decision: Decision) -> Reason | None:
    return decision.rejection.reason if decision.rejection is not None else None


def test_a_group_is_asked_for_although_there_is_room() -> None:
    decision = ask(pool({"g1": 1}, "g1"))
    assert [wish.action for wish in decision.wishes] == [CreateGroup("福利群1", "p:1", ("amy",))]
    assert [event.body for event in decision.events] == [GroupRequested("p:1", "福利群1")]


def test_no_more_than_three_are_under_way() -> None:
    waiting = {f"p:{number}": f"福利群{number}" for number in range(MAX_REQUESTS)}
    assert rejected(ask(pool({"g1": 1}, "g1", requests=waiting))) is Reason.QUOTA
    state = pool({"g1": 1}, "g1")
    by_itself = replace(state, settings=replace(state.settings, refill="auto_create"))
    assert rejected(ask(by_itself)) is Reason.WRONG_STATE
    nothing = decide_ask_group(message(AskGroup("p")), PoolFacts(None), paper(state), CHANCE)
    assert rejected(nothing) is Reason.UNKNOWN_GROUP


def test_a_higher_limit_gives_places_at_once_and_survives_a_replay() -> None:
    state = pool({"g1": 149}, "g1")
    desk = paper(state, used=1)
    cause = message(RaiseSoftLimit("p", 180))
    decision = decide_raise(cause, PoolFacts(state), desk, CHANCE)
    desk.take(cause, decision)
    assert desk.counter(place_counter("p", "main")).limit == 31
    after: PoolState = desk.state("pool:p")
    assert after.settings.soft_limit == 180 and after.groups == {"g1": 149}


def test_a_limit_that_is_not_higher_or_above_the_platforms_is_refused() -> None:
    state = pool({"g1": 1}, "g1")
    for limit, reason in ((150, Reason.WORSE_FOR_PEOPLE), (20, Reason.WORSE_FOR_PEOPLE), (201, Reason.QUOTA)):
        decision = decide_raise(message(RaiseSoftLimit("p", limit)), PoolFacts(state), paper(state), CHANCE)
        assert rejected(decision) is reason
