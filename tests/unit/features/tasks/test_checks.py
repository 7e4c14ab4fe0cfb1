"""Checks of a proof in their order, and what a person may decide (campaigns.md §8). Nothing passes blindly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.features.paper import CHANCE, Paper, message

from qunflow.domain.decisions import Chance, Decision
from qunflow.domain.events import Approved, Refused
from qunflow.domain.inbound import MessagePosted, ProofExamined
from qunflow.domain.reasons import Reason
from qunflow.features.tasks.decide import (
    ProofFacts,
    decide_examined,
    decide_posted,
    decide_submit,
    hard_failure,
    soft_findings,
)
from qunflow.features.tasks.model import AuditDrawn, ProofQueued, ReviewProof, SubmissionState, SubmitProof
from qunflow.features.tasks.reviewing import decide_review
from qunflow.features.tasks.workflow import tasks_feature

URL = "https://q.example/c/mine"
NAME = "submission:winter:b"
FACTS = ProofFacts("winter", True, True, True, False, 3, 600, 0, URL, "a")
GOOD = ProofExamined(NAME, 1, "hash-1", "d", 1080, 2340, "jpeg", (URL,))


class Desk:
    """The proofs of a campaign on paper."""

    def __init__(self, facts: ProofFacts = FACTS) -> None:
        self.facts = facts
        self.paper = Paper.of(tasks_feature(lambda code: code).streams)

    def state(self, person: str = "b") -> SubmissionState:
        state: SubmissionState = self.paper.state(f"submission:winter:{person}")
        return state

    def _take(self, rule: Any, body: Any, person: str, chance: Chance = CHANCE) -> Decision:
        cause = message(body, person=person, campaign="winter")
        decision: Decision = rule(cause, self.facts, self.paper, chance)
        self.paper.take(cause, decision)
        return decision

    def submit(self, person: str = "b", blob: str = "blob") -> Decision:
        return self._take(decide_submit, SubmitProof(blob), person)

    def examine(self, found: ProofExamined = GOOD, person: str = "b", chance: Chance = CHANCE) -> Decision:
        named = replace(found, submission=f"submission:winter:{person}", attempt=self.state(person).attempt)
        return self._take(decide_examined, named, "", chance)

    def review(self, approve: bool, reviewer: str = "lin", reason: str = "", attempt: int = 1) -> Decision:
        return self._take(decide_review, ReviewProof(NAME, attempt, approve, reviewer, reason), "")


def reason_of(decision: Decision) -> Reason | None:
    return decision.rejection.reason if decision.rejection is not None else None


ORDER = [
    ({"format": ""}, {}, "", Reason.UNREADABLE),
    ({"height": 599}, {}, "", Reason.TOO_SMALL),
    ({"width": 299}, {}, "", Reason.TOO_SMALL),
    ({}, {"in_group": False}, "", Reason.NOT_GROUP_MEMBER),
    ({}, {}, "c", Reason.DUPLICATE_IMAGE),
    ({"qr_texts": ("https://q.example/c/other",)}, {}, "", Reason.QR_MISMATCH),
]


@pytest.mark.parametrize(("seen", "known", "holder", "reason"), ORDER, ids=[str(item[3]) for item in ORDER])
def test_each_check_fails_for_its_own_reason(
    seen: dict[str, Any], known: dict[str, Any], holder: str, reason: Reason
) -> None:
    assert hard_failure(replace(GOOD, **seen), replace(FACTS, **known), holder, "b") is reason


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_the_earliest_check_that_fails_is_the_one_that_is_told(first: int) -> None:
    seen: dict[str, Any] = {}
    known: dict[str, Any] = {}
    for changes, others, _, _ in reversed(ORDER[first:]):
        seen, known = {**seen, **changes}, {**known, **others}
    holder = "c" if first <= 4 else ""
    assert hard_failure(replace(GOOD, **seen), replace(FACTS, **known), holder, "b") is ORDER[first][3]


def test_a_good_proof_fails_no_check_and_the_own_earlier_image_is_no_duplicate() -> None:
    assert hard_failure(GOOD, FACTS, "", "b") is None
    assert hard_failure(GOOD, FACTS, "b", "b") is None
    assert hard_failure(replace(GOOD, qr_texts=("other", URL)), FACTS, "", "b") is None


def test_a_person_must_look_when_no_code_was_found_or_nothing_could_look_for_one() -> None:
    assert soft_findings(GOOD, FACTS) == ()
    assert soft_findings(replace(GOOD, qr_texts=()), FACTS) == ("no_qr",)
    assert soft_findings(replace(GOOD, qr_texts=(), qr_engine=False), FACTS) == ("qr_engine_absent",)


def test_the_own_code_in_the_picture_approves_at_once() -> None:
    desk = Desk()
    desk.submit()
    assert isinstance(desk.examine().events[0].body, Approved)
    assert desk.state().status == "approved"


def test_without_a_code_the_proof_waits_for_a_person() -> None:
    desk = Desk()
    desk.submit()
    assert isinstance(desk.examine(replace(GOOD, qr_texts=())).events[0].body, ProofQueued)
    assert desk.state().findings == ("no_qr", "no_text")


def test_a_participant_without_a_code_of_their_own_is_never_approved_blindly() -> None:
    desk = Desk(replace(FACTS, code_url=""))
    desk.submit()
    desk.examine(replace(GOOD, qr_texts=()))
    assert desk.state().status == "queued"


def test_the_image_of_somebody_else_is_a_duplicate_and_stays_theirs() -> None:
    desk = Desk()
    desk.submit("b")
    desk.submit("c")
    desk.examine(GOOD, "b")
    desk.examine(GOOD, "c")
    assert (desk.state("b").status, desk.state("c").status) == ("approved", "rejected")
    assert desk.state("c").reason == Reason.DUPLICATE_IMAGE
    assert desk.paper.claims[("proof:winter", "hash-1")].holder == "b"


def test_a_rejection_says_how_many_attempts_are_left_and_the_last_one_ends_it() -> None:
    desk = Desk()
    for left in (2, 1, 0):
        desk.submit()
        refused = desk.examine(replace(GOOD, height=10)).events[0].body
        assert isinstance(refused, Refused) and (refused.reason, refused.left) == (Reason.TOO_SMALL, left)
    assert reason_of(desk.submit()) is Reason.TOO_MANY_ATTEMPTS


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"participating": False}, Reason.NOT_PARTICIPATING),
        ({"running": False}, Reason.NOT_RUNNING),
        ({"in_group": False}, Reason.NOT_IN_GROUP),
    ],
)
def test_a_proof_is_only_taken_from_a_participant_in_a_group_while_it_runs(
    known: dict[str, Any], reason: Reason
) -> None:
    desk = Desk(replace(FACTS, **known))
    assert reason_of(desk.submit()) is reason
    assert desk.state().status == ""


def test_one_proof_at_a_time_and_none_after_the_approval() -> None:
    desk = Desk()
    desk.submit()
    assert reason_of(desk.submit()) is Reason.WRONG_STATE
    desk.examine()
    assert reason_of(desk.submit()) is Reason.ALREADY_DONE


def test_a_late_examination_of_an_older_attempt_changes_nothing() -> None:
    desk = Desk()
    desk.submit()
    desk.examine(replace(GOOD, height=10))
    desk.submit()
    cause = message(replace(GOOD, attempt=1))
    assert decide_examined(cause, FACTS, desk.paper, CHANCE) == Decision()
    assert desk.state().status == "checking"


@pytest.mark.parametrize(("share", "drawn"), [(0, False), (10_000, True)])
def test_some_automatic_approvals_are_drawn_for_a_second_look(share: int, drawn: bool) -> None:
    desk = Desk(replace(FACTS, audit_bps=share))
    desk.submit()
    events = desk.examine().events
    assert any(isinstance(event.body, AuditDrawn) for event in events) is drawn
    assert (desk.state().status, desk.state().audit) == ("approved", drawn)


def test_about_one_in_twenty_is_drawn_and_the_same_dice_draw_the_same() -> None:
    drawn = []
    for number in range(400):
        desk = Desk(replace(FACTS, audit_bps=500))
        desk.submit()
        desk.examine(chance=Chance(number.to_bytes(4, "big")))
        drawn.append(desk.state().audit)
    assert 8 <= sum(drawn) <= 40


def queued() -> Desk:
    desk = Desk()
    desk.submit()
    desk.examine(replace(GOOD, qr_texts=()))
    return desk


def test_a_reviewer_approves_or_rejects_with_a_known_reason() -> None:
    approving, rejecting = queued(), queued()
    assert approving.review(True).answer == "approved"
    assert rejecting.review(False, reason=Reason.EDITED).answer == "rejected"
    assert (rejecting.state().reason, rejecting.state().by) == (Reason.EDITED, "lin")


def test_a_rejection_needs_a_known_reason() -> None:
    desk = queued()
    assert reason_of(desk.review(False, reason="ugly")) is Reason.OTHER
    assert desk.state().status == "queued"


def test_nobody_judges_whom_they_invited() -> None:
    assert reason_of(queued().review(True, reviewer="a")) is Reason.OWN_INVITEE


def test_of_two_reviewers_the_second_is_told_that_it_is_decided() -> None:
    desk = queued()
    desk.review(True, "lin")
    assert reason_of(desk.review(False, "zhou", Reason.EDITED)) is Reason.WRONG_STATE
    assert desk.state().status == "approved"


def test_a_decision_about_an_older_attempt_is_void() -> None:
    desk = queued()
    desk.review(False, reason=Reason.EDITED)
    desk.submit()
    desk.examine(replace(GOOD, qr_texts=()))
    assert reason_of(desk.review(True, attempt=1)) is Reason.WRONG_STATE


def test_an_image_in_a_room_is_fetched_first_and_then_a_proof_like_any_other() -> None:
    desk = Desk()
    posted = MessagePosted("room", "ext-b", media="mxc://x")
    fetch = desk._take(decide_posted, posted, "b").wishes[0].action
    assert (fetch.KIND, fetch.media) == ("fetch_media", "mxc://x")
    desk._take(decide_posted, replace(posted, blob="blob"), "b")
    assert desk.state().status == "checking"


def test_likes_are_counted_by_a_person_even_under_the_own_code() -> None:
    desk = Desk(replace(FACTS, likes_required=38))
    desk.submit()
    desk.examine()
    assert desk.state().status == "queued" and desk.state().findings == ("count_likes:38", "no_text")
    desk.review(False, reason="too_few_likes")
    assert desk.state().status == "rejected" and desk.state().reason == "too_few_likes"
    desk.submit()
    desk.examine(replace(GOOD, qr_texts=()))
    assert desk.state().findings == ("no_qr", "count_likes:38", "no_text")
    desk.review(True, attempt=2)
    assert desk.state().status == "approved"
