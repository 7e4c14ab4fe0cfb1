"""The diagnosis says what is low, ranks its causes by how far they lie beyond their limit, and admits not to know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qunflow.analytics.diagnosis import MIN_SAMPLE, RULES, Finding, diagnose
from qunflow.analytics.funnel import Funnel

HEALTHY = Funnel(
    launched=100,
    scanned=500,
    joined=400,
    completed=200,
    scans=800,
    turned_away=0,
    entered=450,
    left_1h=4,
    left_24h=10,
    still_in=390,
    submitted=250,
    proofs=260,
    rejected=20,
    review_wait_median=300.0,
    early_rewards=0,
    invited=380,
    confirmed=350,
)
NOBODY = Funnel(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, None, 0, 0, 0)


def judged(funnel: Funnel) -> dict[str, Finding]:
    return {finding.metric: finding for finding in diagnose(funnel)}


def codes(finding: Finding) -> list[str]:
    return [cause.code for cause in finding.causes]


def test_a_healthy_funnel_is_fine_and_names_no_cause() -> None:
    assert {finding.verdict for finding in diagnose(HEALTHY)} == {"fine"}
    assert all(not finding.causes for finding in diagnose(HEALTHY))


def test_nobody_at_all_is_not_enough_data_and_not_a_low_rate() -> None:
    assert [(item.verdict, item.value) for item in diagnose(NOBODY)] == [("not_enough_data", None)] * 3


@pytest.mark.parametrize(("joined", "verdict"), [(MIN_SAMPLE - 1, "not_enough_data"), (MIN_SAMPLE, "low")])
def test_a_rate_of_few_people_is_not_judged(joined: int, verdict: str) -> None:
    found = judged(replace(HEALTHY, joined=joined, completed=1, submitted=2))["completion_rate"]
    assert found.verdict == verdict


@pytest.mark.parametrize(("completed", "verdict"), [(120, "fine"), (119, "low")])
def test_a_rate_is_low_below_its_threshold(completed: int, verdict: str) -> None:
    found = judged(replace(HEALTHY, completed=completed))["completion_rate"]
    assert (found.verdict, found.threshold) == (verdict, 0.30)


def test_a_low_join_rate_is_laid_to_the_middle_page_when_people_drop_there() -> None:
    found = judged(replace(HEALTHY, entered=200, joined=190))["join_rate"]
    assert found.verdict == "low"
    assert codes(found) == ["middle_page"]
    assert "60.0%" in found.causes[0].evidence and "300/500" in found.causes[0].evidence


def test_causes_are_ranked_by_how_far_they_lie_beyond_their_limit() -> None:
    found = judged(replace(HEALTHY, entered=300, joined=250, turned_away=250, left_1h=50))["join_rate"]
    assert codes(found) == ["groups_full", "middle_page", "leave_at_once"]
    strengths = [cause.strength for cause in found.causes]
    assert strengths == sorted(strengths, reverse=True) and strengths[0] == 0.9


def test_a_low_completion_rate_looks_at_task_review_and_early_rewards() -> None:
    sick = replace(
        HEALTHY, completed=40, submitted=150, proofs=160, rejected=80, review_wait_median=7200.0, early_rewards=3
    )
    assert set(codes(judged(sick)["completion_rate"])) == {
        "task_too_hard",
        "many_rejects",
        "slow_review",
        "reward_too_early",
    }


def test_few_launchers_and_low_reach_explain_few_scans() -> None:
    found = judged(replace(HEALTHY, launched=20, scanned=40, scans=44))["scan_yield"]
    assert codes(found) == ["few_launchers", "low_reach"]


def test_many_launchers_whom_nobody_scans_is_low_and_not_missing_data() -> None:
    assert judged(replace(HEALTHY, launched=100, scanned=40, scans=44))["scan_yield"].verdict == "low"
    assert judged(replace(HEALTHY, launched=100, scanned=5, scans=6))["scan_yield"].verdict == "low"


def test_every_cause_says_what_to_do_next() -> None:
    assert all(check.next.endswith("。") for rule in RULES for check in rule.checks)
