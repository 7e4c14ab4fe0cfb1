"""Opening, deciding and taking back, on paper: the rules for each moment and each reviewer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.features.paper import CHANCE, NOW, Paper, message

from qunflow.domain.decisions import Decision
from qunflow.domain.events import Approved, Refused
from qunflow.domain.inbound import ProofExamined
from qunflow.domain.reasons import Reason
from qunflow.features.tasks.decide import ProofFacts, decide_examined, decide_submit
from qunflow.features.tasks.model import (
    LEASE,
    REVIEW,
    UNDO_SECONDS,
    LeaveProof,
    OpenProof,
    ReviewProof,
    SubmissionState,
    SubmitProof,
    UndoReview,
)
from qunflow.features.tasks.reviewing import decide_leave, decide_open, decide_review, decide_settle, decide_undo
from qunflow.features.tasks.workflow import tasks_feature

NAME = "submission:winter:b"
FACTS = ProofFacts("winter", True, True, True, False, 3, 600, 0, "https://q.example/c/mine", "a")
SEEN = ProofExamined(NAME, 1, "hash-1", "0" * 16, 1080, 2340, "jpeg")
MINUTE = timedelta(seconds=UNDO_SECONDS)


class Room:
    """A proof that waits, on paper, and a clock."""

    def __init__(self, facts: ProofFacts = FACTS) -> None:
        self.facts, self.now = facts, NOW
        self.paper = Paper.of(tasks_feature(lambda code: code).streams)
        self.hand_in()

    def hand_in(self) -> None:
        self.take(decide_submit, SubmitProof("blob"), "b")
        self.take(decide_examined, replace(SEEN, attempt=self.state.attempt, sha256=f"hash-{self.state.attempt}"))

    @property
    def state(self) -> SubmissionState:
        state: SubmissionState = self.paper.state(NAME)
        return state

    def take(self, rule: Any, body: Any, person: str = "") -> Decision:
        cause = message(body, self.now, person=person, campaign="winter")
        decision: Decision = rule(cause, self.facts, self.paper, CHANCE)
        self.paper.take(cause, decision)
        return decision

    def open(self, who: str) -> Reason | None:
        return told(self.take(decide_open, OpenProof(NAME, self.state.attempt, who)))

    def leave(self, who: str) -> None:
        self.take(decide_leave, LeaveProof(NAME, who))

    def decide(self, who: str, approve: bool = True, reason: str = "", hold: int = UNDO_SECONDS) -> Decision:
        return self.take(decide_review, ReviewProof(NAME, self.state.attempt, approve, who, reason, hold=hold))

    def undo(self, who: str) -> Reason | None:
        return told(self.take(decide_undo, UndoReview(NAME, self.state.attempt, who)))

    def pass_time(self, time: timedelta) -> None:
        self.now += time
        for key, timer in sorted(self.paper.timers.items()):
            if timer.due_at <= self.now:
                del self.paper.timers[key]
                cause = message(timer.body, timer.due_at, campaign="winter")
                self.paper.take(cause, decide_settle(cause, None, self.paper, CHANCE))

    def holder(self) -> tuple[str, datetime | None] | None:
        claim = self.paper.claim(REVIEW, NAME)
        return None if claim is None else (claim.holder, claim.until)


def told(decision: Decision) -> Reason | None:
    return decision.rejection.reason if decision.rejection is not None else None


def test_a_proof_has_its_place_in_the_queue_as_long_as_it_waits() -> None:
    room = Room()
    assert room.holder() == ("", None)
    room.open("lin")
    assert room.holder() == ("lin", NOW + LEASE)
    room.leave("zhou")
    assert room.holder() == ("lin", NOW + LEASE)
    room.leave("lin")
    assert room.holder() == ("", None)
    room.decide("lin")
    assert room.holder() is None
    room.undo("lin")
    assert room.holder() == ("lin", NOW + LEASE)


def test_a_decision_takes_effect_after_the_minute_under_the_name_of_its_reviewer() -> None:
    room = Room()
    assert room.decide("lin", False, Reason.EDITED).answer == "decided"
    room.pass_time(MINUTE - timedelta(seconds=1))
    assert room.state.status == "decided" and room.state.reason == "" and room.state.by == ""
    room.pass_time(timedelta(seconds=1))
    last = room.paper.log[-1]
    assert last.body == Refused(NAME, 1, "lin", Reason.EDITED, 2) and last.at == NOW + MINUTE
    assert (room.state.status, room.state.by, room.state.reason) == ("rejected", "lin", Reason.EDITED)


def test_no_new_picture_is_taken_while_a_decision_is_held() -> None:
    room = Room()
    room.decide("lin")
    cause = message(SubmitProof("other"), person="b", campaign="winter")
    assert told(decide_submit(cause, room.facts, room.paper, CHANCE)) is Reason.WRONG_STATE


def test_a_timer_of_a_decision_that_was_undone_and_made_anew_changes_nothing() -> None:
    room = Room()
    room.decide("lin", False, Reason.EDITED)
    late = room.paper.timers[(NAME, "settle")]
    room.pass_time(timedelta(seconds=5))
    room.undo("lin")
    assert room.paper.timers == {}
    room.decide("lin", True)
    cause = message(late.body, late.due_at)
    assert decide_settle(cause, None, room.paper, CHANCE) == Decision()
    room.pass_time(MINUTE)
    assert [event.body for event in room.paper.log if isinstance(event.body, (Approved, Refused))] == [
        Approved(NAME, 1, "lin")
    ]


def test_at_the_end_of_the_minute_it_is_too_late_to_undo() -> None:
    room = Room()
    room.decide("lin")
    room.now += MINUTE
    assert room.undo("lin") is Reason.UNDO_OVER


def test_no_hold_is_longer_than_the_minute_and_without_one_it_is_in_force_at_once() -> None:
    long, none = Room(), Room()
    long.decide("lin", hold=10_000)
    assert long.state.until == NOW + MINUTE
    assert none.decide("lin", hold=0).answer == "approved" and none.state.status == "approved"


def test_other_needs_words() -> None:
    room = Room()
    assert told(room.decide("lin", False, Reason.OTHER)) is Reason.NEEDS_WORDS
    assert room.state.status == "queued"


@pytest.mark.parametrize(("fen", "answer"), [(4_999, "decided"), (5_000, "needs_second")])
def test_from_fifty_yuan_on_an_approval_needs_a_second_reviewer(fen: int, answer: str) -> None:
    room = Room(replace(FACTS, reward_fen=fen))
    assert room.decide("lin").answer == answer


def test_the_first_of_two_neither_opens_nor_decides_again_and_a_new_attempt_begins_anew() -> None:
    room = Room(replace(FACTS, reward_fen=5_000))
    room.decide("lin")
    assert (room.open("lin"), told(room.decide("lin"))) == (Reason.SAME_REVIEWER, Reason.SAME_REVIEWER)
    assert told(room.decide("lin", False, Reason.EDITED)) is Reason.SAME_REVIEWER
    room.decide("zhou", False, Reason.EDITED, hold=0)
    room.hand_in()
    assert (room.state.attempt, room.state.first) == (2, "")
    assert room.decide("lin").answer == "needs_second"


def test_whom_one_invited_one_neither_opens_nor_judges() -> None:
    room = Room()
    assert (room.open("a"), told(room.decide("a"))) == (Reason.OWN_INVITEE, Reason.OWN_INVITEE)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "leave", "approve", "reject", "undo", "wait", "hand_in"]),
        st.sampled_from(["lin", "zhou", "a"]),
        st.integers(0, 700),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.sampled_from([200, 5_000]))
def test_whatever_happens_each_attempt_ends_once_and_the_queue_holds_what_waits(
    steps: list[tuple[str, str, int]], fen: int
) -> None:
    room = Room(replace(FACTS, reward_fen=fen))
    for what, who, seconds in steps:
        if what == "wait":
            room.pass_time(timedelta(seconds=seconds))
        elif what == "hand_in":
            if room.state.status == "rejected" and room.state.attempt < FACTS.attempts:
                room.hand_in()
        elif what in ("approve", "reject"):
            room.decide(who, what == "approve", Reason.EDITED, hold=seconds % 61)
        else:
            getattr(room, what)(who)
        assert (room.holder() is not None) == (room.state.status == "queued")
    room.pass_time(MINUTE)
    ends = [event.body for event in room.paper.log if isinstance(event.body, (Approved, Refused))]
    attempts = [end.attempt for end in ends]
    assert len(attempts) == len(set(attempts))
    if fen >= 5_000:
        firsts = {(e.body.attempt, e.body.by) for e in room.paper.log if e.body.KIND == "first_approved"}
        for end in ends:
            if isinstance(end, Approved):
                assert any(attempt == end.attempt and by != end.by for attempt, by in firsts)
    assert room.state.status != "decided"
