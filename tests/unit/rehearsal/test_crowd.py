"""The crowd's plan: a forest fixed by the seed, with the shares that were asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from qunflow.domain.errors import InvalidInput
from qunflow.rehearsal.crowd import COPIED, JOIN, LEAVE, POSTER, REJOIN, SCAN, SUBMIT, plan_crowd
from qunflow.rehearsal.settings import CrowdSettings
from qunflow.rehearsal.waves import GRID, grid_up

BEGIN = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
END = BEGIN + timedelta(hours=74)
SETTINGS = CrowdSettings(4_000, "a seed", BEGIN, END, END + timedelta(hours=26))
CROWD = plan_crowd(SETTINGS)


def test_the_same_seed_makes_the_same_plan_and_another_seed_another() -> None:
    assert plan_crowd(SETTINGS) == CROWD
    other = plan_crowd(replace(SETTINGS, seed="another"))
    assert other != CROWD
    assert other.expected() != CROWD.expected()


def test_the_invitations_are_a_forest_and_nobody_has_two_inviters() -> None:
    shown_to = [friend for friends in CROWD.friends for friend in friends]
    assert len(shown_to) == len(set(shown_to))
    for person in CROWD.people:
        if person.inviter is None:
            assert person.number not in shown_to
        else:
            assert person.inviter < person.number
            assert person.number in CROWD.friends[person.inviter]
    seeds = sum(person.inviter is None for person in CROWD.people)
    assert seeds == 4_000 * 500 // 10_000


def test_nobody_hears_of_it_from_one_who_does_not_spread_it_or_before_that() -> None:
    for person in CROWD.people:
        shown_at = CROWD.people[person.inviter].at(POSTER) if person.inviter is not None else None
        assert person.inviter is None or shown_at is not None
        if shown_at and person.steps:
            assert person.steps[0].at > shown_at


def test_steps_follow_each_other_on_the_grid_inside_the_window() -> None:
    for person in CROWD.people:
        kinds = [step.kind for step in person.steps]
        assert kinds[:1] in ([], [SCAN])
        assert kinds[1:2] in ([], [JOIN])
        assert SUBMIT not in kinds or kinds.index(SUBMIT) > kinds.index(POSTER)
        times = [step.at for step in person.steps]
        assert times == sorted(times)
        assert all(at == grid_up(at) and BEGIN < at < SETTINGS.until for at in times)
        assert all(step.at < END for step in person.steps if step.kind in (SCAN, JOIN, POSTER, SUBMIT, REJOIN))


def test_leavers_leave_within_the_hold_and_do_nothing_while_away() -> None:
    leavers = [person for person in CROWD.people if person.at(LEAVE)]
    assert leavers
    for person in leavers:
        joined, left, back = person.at(JOIN), person.at(LEAVE), person.at(REJOIN)
        assert joined and left and joined < left < joined + timedelta(hours=SETTINGS.hold_hours)
        away = [step for step in person.steps if step.at > left and (not back or step.at < back)]
        assert {step.kind for step in away} & {POSTER, SUBMIT} == set()


def test_the_shares_are_about_those_asked_for() -> None:
    counts = CROWD.expected()
    assert counts["heard"] == 4_000

    def share(part: str, whole: str) -> float:
        return counts[part] / counts[whole]

    assert share("scan", "heard") == pytest.approx(0.85, abs=0.03)
    assert share("contact", "scan") == pytest.approx(0.92, abs=0.02)
    assert share("join", "contact") == pytest.approx(0.94, abs=0.02)
    assert share("poster", "join") == pytest.approx(0.85, abs=0.03)
    assert share("submit", "poster") == pytest.approx(0.75, abs=0.04)
    assert share("leave", "join") == pytest.approx(0.08, abs=0.02)
    forged = sum(count for name, count in counts.items() if name.startswith("forged_"))
    assert forged / counts["submit"] == pytest.approx(0.05, abs=0.02)


def test_a_copier_copies_what_an_honest_inviter_hands_in_earlier() -> None:
    copiers = [person for person in CROWD.people if person.forgery == COPIED]
    assert copiers
    for person in copiers:
        assert person.inviter is not None
        inviter = CROWD.people[person.inviter]
        theirs, own = inviter.at(SUBMIT), person.at(SUBMIT)
        assert theirs and own and theirs < own and not inviter.forgery


def test_evenings_are_busier_than_nights() -> None:
    hours = [(step.at + timedelta(hours=8)).hour for person in CROWD.people for step in person.steps]
    assert sum(19 <= hour <= 22 for hour in hours) > 10 * sum(1 <= hour <= 4 for hour in hours)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"people": 0}, "people"),
        ({"people": 200_001}, "people"),
        ({"scan_bps": 10_001}, "scan_bps"),
        ({"friends": (5_000, 4_000)}, "friends"),
        ({"friends": ()}, "friends"),
        ({"join_minutes": 0}, "join_minutes"),
        ({"until": BEGIN}, "begins_at"),
        ({"seed": ""}, "seed"),
        ({"tz": "Nowhere/None"}, "tz"),
        ({"ends_at": datetime(2026, 12, 2)}, "ends_at"),  # noqa: DTZ001 - the missing zone is the point
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        replace(SETTINGS, **change)
    assert caught.value.field == field


def test_the_grid_rounds_up() -> None:
    assert grid_up(BEGIN) == BEGIN
    assert grid_up(BEGIN + timedelta(microseconds=1)) == BEGIN + GRID
    assert grid_up(BEGIN + GRID * 1.8) == BEGIN + 2 * GRID
