"""Two persons who are one human, on the real engine and database: what stays, what goes back, and racing merges."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from tests.integration.features.conftest import CAMPAIGN, CHANNEL, HOUR, WORKSPACE, Stage, person_of
from tests.integration.features.test_plays import BARGAIN, begin, fen, opened, play, shown

from qunflow.bootstrap import Application
from qunflow.community.model import person_stream
from qunflow.domain.inbound import ContactAdded, ContactRead
from qunflow.domain.merging import OPERATOR
from qunflow.domain.payments import RequestPayout
from qunflow.domain.reasons import Reason
from qunflow.engine.commands import Answer
from qunflow.features.campaigns.plays import acts as play_acts
from qunflow.features.campaigns.plays.model import unit_stream
from qunflow.features.merging.model import MergePersons
from qunflow.pages.leading_on import seat_of
from qunflow.web.links import PersonLink


async def merge(stage: Stage, one: str, other: str, application: Application | None = None) -> Answer:
    door = (application or stage.application).door
    return await door.ask(WORKSPACE, MergePersons(person_of(one), person_of(other), OPERATOR, "eve"))


async def invited(stage: Stage, code: str, *names: str) -> None:
    for name in names:
        await stage.add(name, code)
        await stage.join(name)
        await stage.wait(HOUR / 60)


async def couple(stage: Stage, **changes: Any) -> str:
    """An inviter, and two friends through the same code; the inviter's code."""
    await invited(stage, await stage.launch(**changes), "owner")
    code = await stage.own_code("owner")
    await invited(stage, code, "old", "new")
    return code


async def test_of_two_helps_for_one_inviter_the_earliest_stays_and_the_reward_follows(stage: Stage) -> None:
    await couple(stage)
    await stage.wait(25 * HOUR)
    assert await fen(stage, "owner") == 1000
    answer = await merge(stage, "new", "old")
    assert answer.value == person_of("old")
    await stage.settle()
    owner = await stage.of("owner")
    assert owner.invitees == {person_of("old"): "confirmed", person_of("new"): "revoked"}
    assert await fen(stage, "owner") == 500
    assert (await stage.rows("SELECT data->>'reason' FROM events WHERE type = 'help_voided'")) == [("merged",)]
    await stage.check()


async def test_money_that_was_withdrawn_meanwhile_becomes_a_debt(stage: Stage) -> None:
    await couple(stage)
    await stage.wait(25 * HOUR)
    paid = await stage.application.door.ask(
        WORKSPACE, RequestPayout("p1", 1000), person=person_of("owner"), campaign=CAMPAIGN
    )
    assert paid.rejection is None
    await merge(stage, "old", "new")
    await stage.settle()
    assert (await fen(stage, "owner"), await fen(stage, "owner", "debt")) == (0, -500)
    await stage.check()


async def test_who_left_and_comes_again_does_not_count_a_second_time(stage: Stage) -> None:
    await couple(stage)
    await merge(stage, "old", "new")
    await stage.settle()
    await stage.leave("new")
    await stage.join("new")
    await stage.wait(25 * HOUR)
    assert (await stage.of("owner")).invitees[person_of("old")] == "confirmed"
    assert await fen(stage, "owner") == 500
    await stage.check()


async def test_nobody_helped_themselves(stage: Stage) -> None:
    code = await stage.launch()
    await invited(stage, code, "old")
    await invited(stage, await stage.own_code("old"), "new", "friend")
    await stage.wait(25 * HOUR)
    assert await fen(stage, "old") == 1000
    await merge(stage, "old", "new")
    await stage.settle()
    assert (await stage.of("old")).invitees == {person_of("new"): "revoked", person_of("friend"): "confirmed"}
    assert await fen(stage, "old") == 500
    await stage.check()


async def test_what_the_gone_one_has_is_the_kept_ones_and_only_they_withdraw(stage: Stage) -> None:
    code = await stage.launch()
    await invited(stage, code, "old", "new")
    await invited(stage, await stage.own_code("new"), "a", "b")
    await stage.wait(25 * HOUR)
    await invited(stage, await stage.own_code("new"), "c")
    assert await fen(stage, "new") == 1000
    await merge(stage, "old", "new")
    await stage.settle()
    assert (await fen(stage, "old"), await fen(stage, "new"), await fen(stage, "new", "pending")) == (1000, 0, 500)
    await stage.wait(25 * HOUR)
    assert await fen(stage, "new") == 500  # ripened since, and the kept one's all the same
    door = stage.application.door
    refused = await door.ask(WORKSPACE, RequestPayout("g", 500), person=person_of("new"), campaign=CAMPAIGN)
    assert refused.rejection is not None and refused.rejection.reason is Reason.MERGED
    paid = await door.ask(WORKSPACE, RequestPayout("k", 1500), person=person_of("old"), campaign=CAMPAIGN)
    assert paid.rejection is None, paid
    assert (await fen(stage, "old"), await fen(stage, "new")) == (0, 0)
    await stage.check()


async def test_messages_and_links_of_the_gone_one_are_the_kept_ones(stage: Stage) -> None:
    code = await stage.launch()
    await invited(stage, code, "old", "new")
    await merge(stage, "old", "new")
    await stage.settle()
    door = stage.application.door
    gone, kept = (PersonLink(WORKSPACE, CAMPAIGN, person_of(name)) for name in ("new", "old"))
    assert await seat_of(door, gone, "progress") == kept and await seat_of(door, kept, "progress") is None
    rows = await stage.rows("SELECT DISTINCT person FROM identities WHERE value IN ('old', 'new')")
    assert rows == [(person_of("old"),)]
    await stage.leave("new")
    assert (await stage.of("old")).groups == ("group:wx:g1",)  # one account is still inside
    await stage.leave("old")
    assert (await stage.of("old")).groups == () == (await stage.of("new")).groups
    await stage.check()


async def test_where_only_the_gone_one_takes_part_it_goes_on_and_is_no_new_user(stage: Stage) -> None:
    await stage.tell(ContactAdded("old", "amy", "", ""))
    await stage.settle()
    await stage.wait(2 * HOUR)
    await invited(stage, await stage.launch(helper_scope="new_only"), "owner")
    own = await stage.own_code("owner")
    await invited(stage, own, "new")
    assert (await stage.of("owner")).invitees == {person_of("new"): "pending"}
    await merge(stage, "old", "new")
    await stage.settle()
    assert (await stage.of("owner")).invitees == {person_of("new"): "revoked"}
    await stage.add("old", own)  # adds the contact again: takes part already
    assert (await stage.of("old")).person == ""
    kept = PersonLink(WORKSPACE, CAMPAIGN, person_of("old"))
    assert await seat_of(stage.application.door, kept, "progress") == replace(kept, person=person_of("new"))
    await stage.check()


async def test_the_same_union_id_makes_one_person_of_two_contacts_who_are_read_at_once(stage: Stage) -> None:
    await couple(stage)
    other = Application.join(stage.application.home)
    await asyncio.gather(
        *(
            application.intake.store(WORKSPACE, CHANNEL, f"read-{name}", [ContactRead(name, name, "u-1")], b"<xml/>")
            for application, name in ((stage.application, "old"), (other, "new"))
        )
    )
    runners = (stage.runner, other.runner())
    await asyncio.gather(*(runner.turn() for runner in runners))
    await stage.settle()
    state = await stage.application.door.look.state(WORKSPACE, person_stream(person_of("new")))
    assert state.merged_into == person_of("old")
    assert await stage.rows("SELECT count(*) FROM identities WHERE kind = 'union_id'") == [(1,)]
    assert (await stage.of("owner")).invitees[person_of("new")] == "revoked"
    await stage.check()


async def test_one_help_of_two_on_a_unit_stays_and_the_human_gives_no_third(stage: Stage) -> None:
    await begin(stage, {**BARGAIN, "helpers": 5, "helps_per_helper": 2}, "owner", "third")
    await invited(stage, (await stage.campaign()).code, "old", "new")
    unit, second = await opened(stage, "owner"), await opened(stage, "third")
    for name in ("new", "old"):
        assert (await play(stage, name, "help", unit)).rejection is None
        await stage.wait(HOUR / 60)
    await play(stage, "new", "help", second)
    await merge(stage, "old", "new")
    await stage.settle()
    found = await stage.application.door.look.state(WORKSPACE, unit_stream(CAMPAIGN, unit))
    assert {helper: help.state for helper, help in found.helps.items()} == {
        person_of("new"): "pending",
        person_of("old"): "revoked",
    }
    again = await play(stage, "old", "help", second)
    assert again.rejection is not None and again.rejection.reason is Reason.ALREADY_HELPED
    away = await play(stage, "new", "help", second)
    assert away.rejection is not None and away.rejection.reason is Reason.MERGED
    await stage.leave("old")
    await stage.leave("new")
    await stage.join("old")
    assert (await shown(stage, unit))["missing"] == 5
    await stage.check()


# --- races ------------------------------------------------------------------------------------------------------------


async def test_merges_the_same_and_the_other_way_round_at_once_are_one_merge(stage: Stage) -> None:
    await couple(stage)
    await stage.wait(25 * HOUR)
    other = Application.join(stage.application.home)
    pairs = [("old", "new"), ("new", "old")] * 4
    answers = await asyncio.gather(
        *(merge(stage, *pair, (stage.application, other)[number % 2]) for number, pair in enumerate(pairs))
    )
    assert sorted(str(one.rejection.reason) if one.rejection else "" for one in answers) == [""] + ["already_done"] * 7
    await stage.settle()
    assert await stage.rows("SELECT count(*) FROM events WHERE type = 'person_merged'") == [(1,)]
    assert await fen(stage, "owner") == 500
    await stage.check()


async def test_three_who_are_merged_in_a_ring_at_once_are_one(stage: Stage) -> None:
    await invited(stage, await stage.launch(), "owner")
    await invited(stage, await stage.own_code("owner"), "x", "y", "z")
    await stage.wait(25 * HOUR)
    other = Application.join(stage.application.home)
    pairs = [("x", "y"), ("y", "z"), ("z", "x")]
    await asyncio.gather(
        *(merge(stage, *pair, (stage.application, other)[number % 2]) for number, pair in enumerate(pairs))
    )
    await stage.settle()
    states = (await stage.of("owner")).invitees
    assert sorted(states.values()) == ["confirmed", "revoked", "revoked"]
    assert states[person_of("x")] == "confirmed" and await fen(stage, "owner") == 500
    await stage.check()


async def test_helps_of_both_while_they_are_merged_count_once(stage: Stage) -> None:
    pairs = [(f"old{number}", f"new{number}") for number in range(6)]
    names = [name for pair in pairs for name in pair]
    await begin(stage, {**BARGAIN, "helpers": 20, "helps_per_helper": 1}, "owner", *names)
    unit = await opened(stage, "owner")
    other = Application.join(stage.application.home)
    doors = (stage.application.door, other.door)
    moves = []
    for number, (old, new) in enumerate(pairs):
        moves += [play_acts.play(doors[number % 2], WORKSPACE, CAMPAIGN, person_of(new), "help", unit)]
        moves += [merge(stage, old, new, (other, stage.application)[number % 2])]
        moves += [play_acts.play(doors[1 - number % 2], WORKSPACE, CAMPAIGN, person_of(old), "help", unit)]
    await asyncio.gather(*moves)
    await stage.settle()
    found = await stage.application.door.look.state(WORKSPACE, unit_stream(CAMPAIGN, unit))
    for pair in pairs:
        counted = [name for name in pair if (help := found.helps.get(person_of(name))) and help.state != "revoked"]
        assert len(counted) == 1, pair
    assert (await shown(stage, unit))["missing"] == 14
    await stage.check()
