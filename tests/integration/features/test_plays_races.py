"""Scarce things on a real PostgreSQL: many people at once, through two processes, and exactly as many succeed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from tests.integration.features.conftest import CAMPAIGN, WORKSPACE, Stage, person_of
from tests.integration.features.test_plays import BARGAIN, LUCKY, PACKETS, VOTING, begin, opened, play, shown, system

from qunflow.bootstrap import Application
from qunflow.engine.commands import Answer
from qunflow.engine.door import Door
from qunflow.features.campaigns.plays import acts

CROWD = tuple(f"p{number}" for number in range(24))
Move = tuple[str, str, str]  # who, move, unit


async def race(stage: Stage, moves: Sequence[Move], **params: Any) -> list[Answer]:
    """All moves at the same time, by turns through two processes; the answers in their order."""
    other = Application.join(stage.application.home)
    doors: tuple[Door, Door] = (stage.application.door, other.door)
    answers = await asyncio.gather(
        *(
            acts.play(doors[number % 2], WORKSPACE, CAMPAIGN, person_of(who), move, unit, params)
            for number, (who, move, unit) in enumerate(moves)
        )
    )
    await stage.settle()
    return list(answers)


def outcomes(answers: Sequence[Answer]) -> dict[str, int]:
    """How many got through ('' ) and how many were refused for which reason."""
    return dict(Counter("" if one.rejection is None else str(one.rejection.reason) for one in answers))


async def test_the_last_cuts_go_to_exactly_as_many_friends_as_there_are(stage: Stage) -> None:
    await begin(stage, {**BARGAIN, "helpers": 5}, "owner", *CROWD)
    unit = await opened(stage, "owner")
    answers = await race(stage, [(name, "help", unit) for name in CROWD])
    assert outcomes(answers) == {"": 5, "unit_full": 19}
    assert (await shown(stage, unit))["price_fen"] == 990
    await stage.check()


async def test_the_last_piece_goes_to_one_of_those_who_reach_the_floor_together(stage: Stage) -> None:
    owners, friends = CROWD[:8], CROWD[8:16]
    await begin(stage, {**BARGAIN, "helpers": 1, "stock_total": 3}, *owners, *friends)
    units = [await opened(stage, name) for name in owners]
    moves = [(name, "help", unit) for name, unit in zip(friends, units, strict=True)]
    assert outcomes(await race(stage, moves)) == {"": 8}
    status = Counter([(await shown(stage, unit))["status"] for unit in units])
    assert status == {"reached": 3, "sold_out": 5}
    assert await stage.rows("SELECT used FROM counters WHERE name = $1", f"play:{CAMPAIGN}:stock") == [(3,)]
    await stage.check()


async def test_the_last_packets_of_a_size_are_opened_by_as_many(stage: Stage) -> None:
    await begin(stage, PACKETS, *CROWD)
    answers = await race(stage, [(name, "open", "") for name in CROWD], tier=0)
    assert outcomes(answers) == {"": 5, "stock_out": 19}
    await stage.check()


async def test_the_last_shares_go_to_as_many_and_cost_exactly_the_packet(stage: Stage) -> None:
    await begin(stage, {**LUCKY, "shares": 7}, *CROWD)
    unit = str((await system(stage, "create", by="staff")).value)
    answers = await race(stage, [(name, "take", unit) for name in CROWD])
    assert len([one for one in answers if one.rejection is None]) == 7
    assert set(outcomes(answers)) <= {"", "unit_full", "unit_closed"}
    paid = sum([await stage.balance(f"available:{person_of(name)}") for name in CROWD])
    assert paid == 1000 and await stage.balance(f"budget:{CAMPAIGN}") == 99_000
    await stage.check()


async def test_one_person_who_taps_many_times_helps_takes_and_votes_once(stage: Stage) -> None:
    await begin(stage, LUCKY, "a")
    unit = str((await system(stage, "create", by="staff")).value)
    answers = await race(stage, [("a", "take", unit)] * 20)
    assert outcomes(answers) == {"": 1, "already_done": 19}
    await stage.check()


async def test_a_voter_never_votes_above_the_daily_quota(stage: Stage) -> None:
    works = CROWD[:6]
    await begin(stage, {**VOTING, "entry_review": False, "votes_per_day": 2}, "v", *works)
    units = [await opened(stage, name, "enter", work="picture") for name in works]
    answers = await race(stage, [("v", "vote", unit) for unit in units * 3])
    assert outcomes(answers)[""] == 2
    assert sum([(await shown(stage, unit))["score"] for unit in units]) == 2
    await stage.check()


async def test_a_crowd_that_votes_for_one_entry_is_counted_to_the_last_vote(stage: Stage) -> None:
    await begin(stage, {**VOTING, "entry_review": False, "max_per_minute": 1000}, "x", *CROWD)
    unit = await opened(stage, "x", "enter", work="picture")
    assert outcomes(await race(stage, [(name, "vote", unit) for name in CROWD])) == {"": 24}
    assert (await shown(stage, unit))["score"] == 24
    await stage.check()


async def test_one_friend_of_two_owners_at_once_helps_one(stage: Stage) -> None:
    await begin(stage, BARGAIN, "one", "two", "a")
    units = [await opened(stage, name) for name in ("one", "two")]
    answers = await race(stage, [("a", "help", unit) for unit in units])
    assert outcomes(answers) == {"": 1, "helper_quota": 1}
    await stage.check()


async def test_a_person_who_opens_many_times_at_once_has_one(stage: Stage) -> None:
    await begin(stage, BARGAIN, "owner")
    assert outcomes(await race(stage, [("owner", "open", "")] * 10)) == {"": 1, "unit_limit": 9}
    await stage.check()


@pytest.mark.parametrize("times", [3])
async def test_the_same_command_sent_again_gives_the_same_answer_and_happens_once(stage: Stage, times: int) -> None:
    await begin(stage, BARGAIN, "owner", "a")
    unit = await opened(stage, "owner")
    door = stage.application.door
    sends = [
        acts.play(door, WORKSPACE, CAMPAIGN, person_of("a"), "help", unit, command_id="tap-1") for _ in range(times)
    ]
    answers = await asyncio.gather(*sends)
    answers.append(await acts.play(door, WORKSPACE, CAMPAIGN, person_of("a"), "help", unit, command_id="tap-1"))
    assert [one.value for one in answers] == [answers[0].value] * (times + 1)
    assert all(one.rejection is None for one in answers)
    assert (await shown(stage, unit))["helped"] == 1
    assert (await play(stage, "a", "help", unit)).rejection is not None
    await stage.check()
