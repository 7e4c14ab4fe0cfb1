"""Accounts that are people of the workspace, on a real PostgreSQL: reviews, flags, the command line and its notes."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.integration.features.conftest import CAMPAIGN, WORKSPACE, Stage, person_of
from tests.integration.features.proofs import hand_in, proof
from tests.integration.features.test_risk import flags, invite, started
from tests.integration.features.test_stage_facts import at_the_terminal
from typer.testing import CliRunner

from qunflow.bootstrap import Application
from qunflow.cli.app import app
from qunflow.community.self_desk import name_self, persons_of, search_people, unname_self
from qunflow.domain.errors import Conflict, InvalidInput, NotFound, QunflowError
from qunflow.domain.inbound import ContactRead
from qunflow.domain.rights import Role
from qunflow.features.campaigns.plan import TaskPlan
from qunflow.features.campaigns.risk import acts as risk
from qunflow.features.tasks import acts
from qunflow.features.tasks.model import UNDO_SECONDS
from qunflow.features.tasks.store import QueueFilter
from qunflow.storage.audit import AuditFilter, AuditRow, list_notes
from qunflow.storage.operators import AccountRow, add_account, set_seat

BIG = 5_000


async def account(stage: Stage, name: str) -> str:
    """An account of the console; its id."""
    row = AccountRow(f"acc-{name}", name, "-", "zh", "auto", False, datetime.now(UTC), None)
    async with stage.application.home.database.directory() as connection:
        await add_account(connection, row)
        await set_seat(connection, row.account, WORKSPACE, Role.REVIEWER, row.created_at)
    return row.account


async def is_person(stage: Stage, who: str, external: str) -> None:
    await name_self(stage.application.door, WORKSPACE, who, external)


async def friends_of_a(stage: Stage, *names: str, reward_fen: int = 200) -> list[str]:
    """A brought these people, and their proofs wait; the names of the submissions."""
    await stage.add("a", await stage.launch(task=TaskPlan(reward_fen=reward_fen)))
    await stage.join("a")
    for name in names:
        await stage.add(name, await stage.own_code("a"))
        await stage.join(name)
    return [await hand_in(stage, name) for name in names]


async def outcome(work: Any) -> str:
    try:
        return str((await work)["status"])
    except QunflowError as error:
        return error.code


async def notes(stage: Stage, act: str = "") -> list[AuditRow]:
    async with stage.application.home.database.read(WORKSPACE) as unit:
        return await list_notes(unit, AuditFilter(act=act), limit=50)


def terminal(*words: str) -> Any:
    """What a command prints; raises what ended it."""
    found = CliRunner().invoke(app, [*words, "--json"])
    if found.exception is not None:
        raise found.exception
    return json.loads(found.stdout)


async def test_who_said_that_they_are_the_inviter_decides_about_no_friend_of_theirs(stage: Stage) -> None:
    """Case 23: the reviewer is the inviter."""
    names = await friends_of_a(stage, "b", "c")
    door, lin = stage.application.door, await account(stage, "lin")
    await is_person(stage, lin, "a")
    for name in names:
        assert await outcome(acts.decide(door, WORKSPACE, (name, 1), True, lin)) == "own_invitee"
        assert await outcome(acts.decide(door, WORKSPACE, (name, 1), False, lin, "edited")) == "own_invitee"
    assert await acts.step(door, WORKSPACE, QueueFilter(), lin) == "", "the queue has nothing for them"
    many = await acts.approve_many(door, WORKSPACE, [(name, 1) for name in names], lin)
    assert (many.done, [reason for _, reason in many.refused]) == ((), ["own_invitee"] * 2)
    assert {(await proof(stage, name)).status for name in names} == {"queued"}
    await unname_self(door, WORKSPACE, lin, "a")
    assert await outcome(acts.decide(door, WORKSPACE, (names[0], 1), True, lin)) == "approved"
    await stage.check()


async def test_one_human_with_two_accounts_in_two_processes_is_one_of_two_judges(stage: Stage) -> None:
    names = await friends_of_a(stage, *(f"b{number}" for number in range(8)), reward_fen=BIG)
    await stage.add("p", await stage.own_code("a"))
    doors = [Application.join(stage.application.home).door for _ in range(2)]
    both = [await account(stage, "lin"), await account(stage, "lin2")]
    for each in both:
        await is_person(stage, each, "p")
    jobs = [acts.decide(doors[place], WORKSPACE, (name, 1), True, both[place]) for name in names for place in (0, 1)]
    answers = await asyncio.gather(*map(outcome, jobs))
    for pair in zip(answers[::2], answers[1::2], strict=True):
        assert sorted(pair) == ["needs_second", "same_reviewer"]
    assert await outcome(acts.decide(doors[0], WORKSPACE, (names[0], 1), True, await account(stage, "z"))) == "approved"
    await stage.settle()
    await stage.check()


async def test_the_other_account_of_a_reviewer_takes_back_and_a_strangers_does_not(stage: Stage) -> None:
    (name,) = await friends_of_a(stage, "b")
    await stage.add("p", await stage.own_code("a"))
    door, lin, lin2 = stage.application.door, await account(stage, "lin"), await account(stage, "lin2")
    for each in (lin, lin2):
        await is_person(stage, each, "p")
    await acts.decide(door, WORKSPACE, (name, 1), True, lin, hold=UNDO_SECONDS)
    with pytest.raises(Conflict):
        await acts.undo(door, WORKSPACE, (name, 1), await account(stage, "zhou"))
    await acts.undo(door, WORKSPACE, (name, 1), lin2)
    assert (await proof(stage, name)).status == "queued"


async def test_flags_are_decided_by_nobody_who_is_in_them_or_brought_the_one_they_are_on(stage: Stage) -> None:
    await started(stage)
    await invite(stage, "owner", "a", "b", "c", device="phone")
    (flag,) = await flags(stage)
    door = stage.application.door
    for name in ("owner", "c"):
        one = await account(stage, f"is-{name}")
        await is_person(stage, one, name)
        with pytest.raises(Conflict) as told:
            await risk.decide(door, WORKSPACE, CAMPAIGN, flag.flag, True, one)
        assert told.value.code == "flag_own"
    other = await account(stage, "other")
    await is_person(stage, other, "a")
    assert await risk.decide(door, WORKSPACE, CAMPAIGN, flag.flag, True, other) == "approved"
    await stage.settle()
    await stage.check()


async def test_people_are_found_by_name_and_id_and_only_known_ones_are_named(stage: Stage) -> None:
    await stage.add("a", await stage.launch())
    await stage.tell(ContactRead("a", "小安安"))
    await stage.settle()
    door, lin = stage.application.door, await account(stage, "lin")
    for words in ("安", "a", person_of("a")):
        (found,) = await search_people(door, WORKSPACE, words)
        assert (found.person, found.name, found.known_as) == (person_of("a"), "小安安", ("wx: a",))
    assert await search_people(door, WORKSPACE, "nobody") == []
    for wrong in ("", "x" * 256, "a\x00"):
        with pytest.raises(InvalidInput):
            await search_people(door, WORKSPACE, wrong)
    with pytest.raises(NotFound):
        await name_self(door, WORKSPACE, lin, "nobody")
    with pytest.raises(NotFound):
        await unname_self(door, WORKSPACE, lin, "a")
    assert await name_self(door, WORKSPACE, lin, "a") == await name_self(door, WORKSPACE, lin, person_of("a"))
    assert [one.person for one in await persons_of(door, WORKSPACE, lin)] == [person_of("a")]
    await stage.check()


async def test_the_command_line_names_accounts_decides_as_them_and_is_noted(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_terminal(stage, monkeypatch)
    (name,) = await friends_of_a(stage, "b")
    lin = await account(stage, "lin")
    await account(stage, "zhou")
    found = await asyncio.to_thread(terminal, "account", "self", "lin", "a")
    assert [one["person"] for one in found["people"]] == [person_of("a")]
    (note,) = await notes(stage, "account.name_self")
    assert (note.name, note.target, dict(note.details)) == (
        "command line",
        lin,
        {"whom": "lin", "person": person_of("a")},
    )
    with pytest.raises(Conflict) as told:
        await asyncio.to_thread(terminal, "review", "approve", name, "--reviewer", "Lin")
    assert told.value.code == "own_invitee"
    assert (await asyncio.to_thread(terminal, "account", "self", "lin", "a", "--remove"))["people"] == []
    assert (await asyncio.to_thread(terminal, "review", "approve", name, "--reviewer", "Lin"))["status"] == "approved"
    assert (await proof(stage, name)).by == lin, "the account, not what was typed"
    approved, refused = await notes(stage, "review.approve")
    assert (refused.target, refused.outcome, refused.reason) == (name, "refused", "own_invitee")
    assert (approved.outcome, dict(approved.details)) == ("done", {"reviewer": "Lin"})
    with pytest.raises(NotFound):
        await asyncio.to_thread(terminal, "account", "self", "nobody", "a")
