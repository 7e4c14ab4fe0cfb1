"""Circles, nights, shared accounts and addresses on the paper table: who is held or denied, and what is taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.features.plays.table import HOLD, HOUR, NAME, REGISTRY, Table, plan_with, refused
from tests.unit.features.risk.guests import guest

from qunflow.connectors.wecom.readings import contact_read
from qunflow.domain.facts import AccountPersons
from qunflow.domain.inbound import ContactRead
from qunflow.features.campaigns.mechanics.mechanic import CONFIRMED, PENDING, REVOKED
from qunflow.features.campaigns.model import participation_stream
from qunflow.features.campaigns.risk.commands import AnswerChallenge, DecideFlag, Sight
from qunflow.features.campaigns.risk.model import FlagState, flag_name, flag_stream
from qunflow.features.campaigns.risk.reading import read_risk

CUPS = {
    "kind": "bargain", "item": "mug", "original_fen": 9900, "floor_fen": 990, "stock_total": 20, "helpers": 30,
    "unit_ttl_hours": 150, "helps_per_helper": 8, "helps_per_day": 20,
}  # fmt: skip
NIGHT = timedelta(hours=16)  # from nine in the morning to one at night


def table(*people: str, risk: dict[str, Any] | None = None) -> Table:
    made = Table(plan_with(CUPS, risk=read_risk("risk", risk) if risk else None))
    for name in people:
        made.enter(name)
    return made


def tell(made: Table, body: object, person: str = "") -> Any:
    found = made.send(body, person)
    made.settle()
    return found


def help(made: Table, who: str, unit: str) -> str:
    found = made.play(who, "help", unit)
    made.settle()
    return refused(found)


def flag(made: Table, who: str, unit: str = "") -> FlagState:
    name = flag_name("play" if unit else "invite", who, unit)
    state: FlagState = made.paper.state(flag_stream(NAME, name))
    return state


def rules(state: FlagState) -> list[tuple[str, int]]:
    return [(hit.rule, hit.seen) for hit in state.hits]


def test_who_help_one_another_all_around_are_held_once_they_are_more_than_half() -> None:
    people = tuple("abcde")
    made = table(
        *people, risk={"rules": {"farming": {"most": 9}, "velocity": {"most": 90}, "ring": {"reaction": "off"}}}
    )
    units = {name: made.play(name, "open") for name in people}
    held = []
    for helper in people:
        for owner in people:
            if helper != owner:
                made.wait(HOUR)
                assert help(made, helper, units[owner]) == ""
                if flag(made, helper, units[owner]).status:
                    held.append((helper, owner, rules(flag(made, helper, units[owner]))))
    pairs = [("d", "e"), ("e", "a"), ("e", "b"), ("e", "c"), ("e", "d")]
    assert held == [(*pair, [("clique", 100)]) for pair in pairs]
    made.check()


def test_a_crowd_that_helps_one_person_is_no_circle() -> None:
    made = table("o", *(f"h{number}" for number in range(8)))
    unit, other = made.play("o", "open"), made.play("h0", "open")
    for number in range(8):
        made.wait(HOUR)
        assert help(made, f"h{number}", unit) == ""
    assert help(made, "h7", other) == ""
    assert not any(name.startswith("flag:") for name in made.paper.states)


def test_six_helps_in_ten_minutes_at_night_are_held_and_by_day_are_none() -> None:
    made = table("o", *"abcdefghijkl")
    unit = made.play("o", "open")
    for who in "abcdef":
        assert help(made, who, unit) == ""
    assert not any(name.startswith("flag:") for name in made.paper.states)
    made.wait(NIGHT)
    for who in "ghijkl":
        assert help(made, who, unit) == ""
    state = flag(made, "l", unit)
    assert (state.status, rules(state), state.challenge) == ("held", [("night", 6)], False)
    assert not flag(made, "k", unit).status
    made.wait(HOLD + HOUR)
    assert (made.unit(unit).helps["k"].state, made.unit(unit).helps["l"].state) == (CONFIRMED, PENDING)
    made.check()


def rushed(made: Table) -> str:
    """Eleven helps within ten minutes: the eleventh gets a question."""
    unit = made.play("o", "open")
    for who in "abcdefghijk":
        assert help(made, who, unit) == ""
    state = flag(made, "k", unit)
    assert (state.status, rules(state), state.asks) == ("held", [("velocity", 11)], True)
    return str(unit)


def test_the_right_answer_lets_a_hasty_help_count_after_its_own_hold() -> None:
    made = table("o", *"abcdefghijk")
    unit = rushed(made)
    name = flag_name("play", "k", unit)
    assert refused(tell(made, AnswerChallenge(name, "n1", True), "a")) == "wrong_state"
    assert tell(made, AnswerChallenge(name, "n1", False), "k") == 2
    assert refused(tell(made, AnswerChallenge(name, "n1", True), "k")) == "already_done"
    assert tell(made, AnswerChallenge(name, "n2", True), "k") == "passed"
    assert flag(made, "k", unit).status == "passed"
    assert refused(tell(made, AnswerChallenge(name, "n3", True), "k")) == "wrong_state"
    made.wait(HOLD + HOUR)
    assert made.unit(unit).helps["k"].state == CONFIRMED
    made.check()


def test_three_wrong_answers_leave_it_to_staff_or_to_time() -> None:
    made = table("o", *"abcdefghijk")
    unit = rushed(made)
    name = flag_name("play", "k", unit)
    assert [tell(made, AnswerChallenge(name, f"n{number}", False), "k") for number in range(3)] == [2, 1, 0]
    assert refused(tell(made, AnswerChallenge(name, "n9", True), "k")) == "wrong_state"
    made.wait(HOLD + HOUR)
    assert made.unit(unit).helps["k"].state == PENDING
    made.wait(timedelta(hours=72))
    assert (made.unit(unit).helps["k"].state, flag(made, "k", unit).status) == (CONFIRMED, "expired")
    made.check()


@pytest.mark.parametrize(("first", "second"), [("o", "a"), ("a", "o")])
@pytest.mark.parametrize("sign", ["payee", "address"])
def test_a_shared_account_or_address_takes_back_a_help_that_is_confirmed(first: str, second: str, sign: str) -> None:
    made = table("o", "a", "b")
    unit = made.play("o", "open")
    help(made, "a", unit), help(made, "b", unit)
    made.wait(HOLD + HOUR)
    assert made.unit(unit).helps["a"].state == CONFIRMED
    tell(made, Sight(**{sign: "p1"}), first)
    tell(made, Sight(**{sign: "p1"}), second)
    state = flag(made, "a", unit)
    rule = "same_account" if sign == "payee" else "same_address"
    assert (state.status, rules(state)) == ("denied", [(rule, 1)])
    assert {who: one.state for who, one in made.unit(unit).helps.items()} == {"a": REVOKED, "b": CONFIRMED}
    tell(made, DecideFlag(flag_name("play", "a", unit), True, "op"))
    assert made.unit(unit).helps["a"].state == PENDING
    made.wait(HOLD + HOUR)
    assert made.unit(unit).helps["a"].state == CONFIRMED
    tell(made, Sight(**{sign: "p1"}), second)
    assert made.unit(unit).helps["a"].state == CONFIRMED, "what a person approved stands"
    tell(made, DecideFlag(flag_name("play", "a", unit), False, "op"))
    assert made.unit(unit).helps["a"].state == REVOKED
    made.check()


def test_who_shared_an_account_before_is_denied_at_once() -> None:
    made = table("o", "a")
    tell(made, Sight(payee="p1"), "o")
    tell(made, Sight(payee="p1"), "a")
    unit = made.play("o", "open")
    assert help(made, "a", unit) == "risk_denied"
    assert rules(flag(made, "a", unit)) == [("same_account", 1)]


def test_an_invited_friend_with_the_inviters_account_is_revoked_and_comes_back_by_an_approval() -> None:
    made = table("o")
    guest(made, "a", "o")
    made.wait(HOLD + HOUR)
    assert made.person("a").help == "confirmed"
    tell(made, Sight(payee="p1"), "o")
    tell(made, Sight(payee="p1"), "a")
    assert (made.person("a").help, flag(made, "a").status) == ("revoked", "denied")
    tell(made, DecideFlag(flag_name("invite", "a"), True, "op"))
    assert made.person("a").help == "pending"
    made.check()


def test_a_help_that_waits_is_denied_when_an_account_is_found_to_be_shared() -> None:
    made = table("o", *"abcdefghijk")
    unit = rushed(made)
    tell(made, Sight(payee="p1"), "o")
    tell(made, Sight(payee="p1"), "k")
    state = flag(made, "k", unit)
    assert (state.status, state.by) == ("refused", "rule:same_account")
    assert made.unit(unit).helps["k"].state == REVOKED
    made.check()


def test_neither_of_two_decides_about_their_own_help() -> None:
    made = table("o", *"abcdefghijk")
    unit = rushed(made)
    for own in ("o", "k"):
        assert refused(tell(made, DecideFlag(flag_name("play", "k", unit), True, own))) == "own_invitee"
    assert tell(made, DecideFlag(flag_name("play", "k", unit), True, "op")) == "approved"


def test_no_account_decides_that_is_one_of_the_two_or_brought_who_helped(monkeypatch: pytest.MonkeyPatch) -> None:
    async def persons(reader: object, account: str) -> AccountPersons:
        return AccountPersons({"acc-k": ("x", "k"), "acc-p": ("p",), "acc-x": ("x",)}.get(account, ()))

    monkeypatch.setitem(REGISTRY.answers, AccountPersons, persons)
    made = table("p", "o", *"abcdefghij")
    made.enter("k", "p")
    unit = rushed(made)
    for own in ("acc-k", "acc-p", "p"):
        assert refused(tell(made, DecideFlag(flag_name("play", "k", unit), True, own))) == "own_invitee"
    assert tell(made, DecideFlag(flag_name("play", "k", unit), True, "acc-x")) == "approved"


def test_votes_that_were_let_through_are_taken_back_by_a_later_denial() -> None:
    made = Table(plan_with({"kind": "voting", "entry_review": False, "prizes": [100], "max_per_minute": 2}))
    for name in ("x", "v0", "v1", "v2"):
        made.enter(name)
    unit = made.play("x", "enter", work="picture")
    for name in ("v0", "v1"):
        assert refused(made.play(name, "vote", unit)) == ""
    assert refused(made.play("v2", "vote", unit)) == "risk_challenge"
    made.settle()
    state = flag(made, "v2", unit)
    assert (state.kind, rules(state), state.asks, made.unit(unit).play.score) == ("vote", [("vote_rush", 3)], True, 2)
    assert refused(made.play("v2", "vote", unit)) == "risk_challenge"
    assert tell(made, AnswerChallenge(state.flag, "n1", True), "v2") == "passed"
    assert made.unit(unit).play.score == 3
    tell(made, DecideFlag(state.flag, False, "op"))
    assert made.unit(unit).play.score == 2
    tell(made, DecideFlag(state.flag, False, "op"))
    assert made.unit(unit).play.score == 2
    made.check()


def test_staff_neither_help_nor_open_nor_are_helped() -> None:
    made = table("a", "amy")
    unit, stream = made.play("a", "open"), participation_stream(NAME, "amy")
    made.paper.states[stream] = replace(made.person("amy"), external=made.plan.staff[0])
    assert refused(made.play("amy", "open")) == "risk_denied"
    assert help(made, "amy", unit) == "risk_denied"
    assert rules(flag(made, "amy", unit)) == [("staff", 1)]


def test_a_picture_is_known_from_the_contact_and_its_lack_alone_stops_nothing() -> None:
    shown = [contact_read("wm1", {"external_contact": one}).pictured for one in ({}, {"avatar": ""}, {"avatar": "x"})]
    assert shown == [None, False, True]
    made = table("o", "a", "b", risk={"rules": {"ring": {"weight": 75}}})
    for pictured in (True, None, False, False):
        tell(made, ContactRead("wm1", pictured=pictured), "a")
    noted = [event.body.has for event in made.paper.log if event.body.KIND == "risk_pictured"]
    assert noted == [False]
    unit, other = made.play("o", "open"), made.play("a", "open")
    assert help(made, "a", unit) == "" and not flag(made, "a", unit).status
    assert help(made, "b", other) == ""
    other = made.play("b", "open")
    assert help(made, "a", other) == "risk_denied"
    assert rules(flag(made, "a", other)) == [("ring", 1), ("no_avatar", 1)]
