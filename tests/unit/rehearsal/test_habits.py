"""The crowd's dice: what people do follows from the seed alone, in the shares that the profile says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from qunflow.domain.errors import InvalidInput
from qunflow.rehearsal.crowd import plan_crowd
from qunflow.rehearsal.profile import RehearsalSettings, read_profile
from qunflow.rehearsal.settings import CrowdSettings
from qunflow.rehearsal.steps import BUY, JOIN, LEAVE, PLAY, SAY
from qunflow.rehearsal.waves import grid_up

START = datetime(2027, 3, 1, 1, tzinfo=UTC)
END = START + timedelta(days=7)
QUIET = CrowdSettings(600, "habits", START, END, END + timedelta(days=2))
PLAYING = replace(QUIET, plays_bps=8_000, comes_back_bps=5_000, buys_bps=5_000)


def test_a_crowd_that_plays_joins_and_invites_as_one_that_does_not() -> None:
    for quiet, playing in zip(plan_crowd(QUIET).people, plan_crowd(PLAYING).people, strict=True):
        assert [step for step in playing.steps if step.kind not in (PLAY, BUY)] == list(quiet.steps)
        assert playing.inviter == quiet.inviter


def test_people_play_after_joining_before_leaving_and_before_the_end() -> None:
    visits = 0
    for person in plan_crowd(PLAYING).people:
        left = person.at(LEAVE)
        for step in person.steps:
            if step.kind in (PLAY, BUY):
                visits += 1
                joined = person.at(JOIN)
                assert joined is not None and joined < step.at < END
                assert left is None or step.at < left
    assert visits > 400


def test_people_come_at_the_hours_of_the_model() -> None:
    crowd = plan_crowd(replace(PLAYING, hours=(12 * 60, 20 * 60)))
    exact = [step.at.astimezone(ZoneInfo("Asia/Shanghai")) for p in crowd.people for step in p.steps if step.exact]
    assert {(at.hour, at.minute) for at in exact} == {(12, 0), (20, 0)}


def test_half_of_those_who_played_come_back_on_the_next_day() -> None:
    early = [p for p in plan_crowd(PLAYING).people if (at := p.at(JOIN)) and at < END - timedelta(days=4)]
    played = [p for p in early if p.at(PLAY) and not p.at(LEAVE)]
    again = [p for p in played if sum(step.kind == PLAY for step in p.steps) > 1]
    assert len(played) > 30 and 0.3 < len(again) / len(played) < 0.7


def test_cheats_come_in_their_shares_and_do_what_cheats_do() -> None:
    crowd = plan_crowd(
        replace(PLAYING, shared_device_bps=1_000, ring_bps=1_000, quitter_bps=1_000, ad_bps=1_000, leaver_bps=0)
    )
    kinds = Counter(person.fraud for person in crowd.people if person.fraud)
    members = sum(person.at(JOIN) is not None for person in crowd.people)
    assert all(0.05 < kinds[kind] / members < 0.16 for kind in ("device", "ring", "quitter", "ad"))
    for person in crowd.people:
        if person.fraud == "device":
            assert person.device == person.inviter
        else:
            assert person.device == person.number
        joined, left = person.at(JOIN), person.at(LEAVE)
        if person.fraud == "quitter" and joined and left:
            assert left > joined + timedelta(hours=24)
        assert (person.at(SAY) is not None) <= (person.fraud == "ad")


def test_the_same_seed_is_the_same_crowd_and_another_seed_another_one() -> None:
    assert plan_crowd(PLAYING) == plan_crowd(PLAYING)
    assert plan_crowd(PLAYING) != plan_crowd(replace(PLAYING, seed="other"))


def test_a_coarse_grid_moves_instants_up_to_its_steps() -> None:
    grid = replace(PLAYING, grid_minutes=120).grid
    assert grid_up(START, grid) == START + timedelta(hours=1)
    assert grid_up(START + timedelta(hours=1), grid) == START + timedelta(hours=1)


def test_a_profile_takes_what_it_is_given_and_keeps_the_rest() -> None:
    found = read_profile("scan_bps: 4000\nfriends: [0, 10000]\ngroups_a_day: 2\n")
    assert (found.scan_bps, found.friends, found.groups_a_day) == (4_000, (0, 10_000), 2)
    assert found.join_bps == RehearsalSettings().join_bps
    assert read_profile("") == RehearsalSettings()


@pytest.mark.parametrize(
    ("text", "field"),
    [("scan_bps: 10001", "scan_bps"), ("scan_bps: yes", "scan_bps"), ("speed: 3", "speed"), ("friends: 3", "friends")],
)
def test_a_profile_that_does_not_fit_is_refused_by_its_entry(text: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_profile(text)
    assert caught.value.field == field


def test_staff_minutes_follow_from_counted_acts() -> None:
    profile = RehearsalSettings(group_minutes=5, review_seconds=30, send_minutes=2)
    acts = {"groups_made": 3, "reviewed": 10, "approved": 2, "sends_confirmed": 4}
    assert profile.staff_minutes(acts) == 15 + 6 + 8
