"""A sender that dies at any moment: its successor doubles nothing that a person would see, and loses nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.integration.features.conftest import CAMPAIGN, HOUR, WORKSPACE, Stage, person_of
from tests.integration.features.platform import Killed

from qunflow.domain import actions
from qunflow.domain.events import ScriptDue
from qunflow.domain.inbound import ContactAdded, GroupHinted, Message
from qunflow.engine.deciding import inbox_row
from qunflow.storage.inbox import put_messages
from qunflow.storage.leases import LANES
from qunflow.storage.outbox import take_actions

MOMENTS = ["die_before", "die_after"]


async def kill_at(stage: Stage, moment: str, kind: str) -> None:
    """Run the sender until it dies at this moment of this kind of action; another one takes over."""
    setattr(stage.platform, moment, kind)
    with pytest.raises(Killed):
        await stage.settle()
    setattr(stage.platform, moment, "")
    await stage.new_sender()


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_welcome_reaches_the_person_once(stage: Stage, moment: str) -> None:
    code = await stage.launch()
    await stage.tell(ContactAdded("b", "amy", code, "welcome-b"))
    await kill_at(stage, moment, actions.SendWelcome.KIND)
    await stage.settle()
    assert stage.platform.welcomes == [("b", "welcome-b")]
    assert stage.platform.asked["send_welcome"] == 2
    assert await stage.outcomes("b") == {"join": "delivered"}
    await stage.check()


async def test_a_welcome_that_was_taken_and_never_called_is_sent_by_the_successor(stage: Stage) -> None:
    code = await stage.launch()
    await stage.tell(ContactAdded("b", "amy", code, "welcome-b"))
    await stage.think()
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        taken = await take_actions(unit, list(range(LANES)), "dead", stage.now, stage.now, 100)
    assert "send_welcome" in {row.kind for row in taken}
    await stage.new_sender()
    await stage.settle()
    assert stage.platform.welcomes == [("b", "welcome-b")]
    assert await stage.outcomes("b") == {"join": "delivered"}
    await stage.check()


async def test_after_the_receipt_nothing_is_sent_again(stage: Stage) -> None:
    code = await stage.launch()
    await stage.add("b", code)
    await stage.new_sender()
    await stage.settle()
    assert stage.platform.asked["send_welcome"] == 1
    await stage.check()


async def test_a_welcome_that_went_out_before_the_death_is_delivered_even_if_its_time_is_over_meanwhile(
    stage: Stage,
) -> None:
    code = await stage.launch()
    await stage.tell(ContactAdded("b", "amy", code, "welcome-b"))
    await kill_at(stage, "die_after", actions.SendWelcome.KIND)
    await stage.wait(HOUR)
    assert stage.platform.welcomes == [("b", "welcome-b")]
    assert await stage.outcomes("b") == {"join": "delivered"}
    await stage.check()


@pytest.mark.parametrize(("moment", "filed"), [("die_before", 2), ("die_after", 1)])
async def test_a_mass_send_exists_once_because_it_is_looked_for_before_it_is_filed_again(
    stage: Stage, moment: str, filed: int
) -> None:
    code = await stage.launch(task=None, digest_hour=20)
    await stage.add("b", code)
    await stage.join("b")
    await _script_on_page(stage)
    setattr(stage.platform, moment, actions.Broadcast.KIND)
    with pytest.raises(Killed):
        await stage.wait(11 * HOUR)
    setattr(stage.platform, moment, "")
    await stage.new_sender()
    await stage.settle()
    assert [task.externals for task in stage.platform.broadcasts] == [("b",)]
    assert stage.platform.asked["broadcast"] == filed
    await stage.check()


async def _script_on_page(stage: Stage) -> None:
    """Something that ``b`` has not seen yet."""

    due = ScriptDue("remind", "remind", "b", {})
    message = Message(WORKSPACE, "due", stage.now, due, "wx", "lane", person=person_of("b"), campaign=CAMPAIGN)
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        await put_messages(unit, [inbox_row(message, stage.now)])
    await stage.settle()


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_reading_that_was_lost_is_read_again(stage: Stage, moment: str) -> None:
    code = await stage.launch()
    await stage.add("b", code)
    stage.platform.groups["g1"].append("b")
    await stage.tell(GroupHinted("g1", "members_added", ("b",)))
    await kill_at(stage, moment, actions.ReadGroup.KIND)
    await stage.settle()
    assert (await stage.of("b")).groups == ("group:wx:g1",)
    await stage.check()


async def test_a_dozen_deaths_in_a_crowd_lose_and_double_nothing(stage: Stage) -> None:
    code = await stage.launch()
    kinds = ["send_welcome", "open_contact_code", "read_contact"]
    for death in range(12):
        moment = MOMENTS[death % 2]
        for number in range(5 * death, 5 * death + 5):
            await stage.add(f"p{number}", code, settled=False)
        setattr(stage.platform, moment, kinds[death % 3])
        with pytest.raises(Killed):
            await stage.settle()
        setattr(stage.platform, moment, "")
        await stage.new_sender()
    await stage.settle()
    assert sorted(stage.platform.welcomes) == sorted((f"p{number}", f"welcome-p{number}") for number in range(60))
    outcomes = await stage.rows("SELECT data->>'outcome', count(*) FROM events WHERE type = 'script_ended' GROUP BY 1")
    assert outcomes == [("delivered", 60)]
    await stage.check()


async def test_two_senders_side_by_side_send_each_welcome_once(stage: Stage) -> None:
    code = await stage.launch()
    for number in range(40):
        await stage.add(f"p{number}", code, settled=False)
    await stage.think()
    await stage.new_sender()  # the lanes are free again
    both = [replace(stage.application, owner=name).sender(stage.platform) for name in ("one", "two")]
    await asyncio.gather(*(sender.turn() for sender in both))
    await stage.new_sender()
    await stage.settle()
    assert len(stage.platform.welcomes) == stage.platform.asked["send_welcome"] == 40
    await stage.check()
