"""From a contact to a participant: once, with one welcome, brought by whoever's code came first."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.features.conftest import Stage, person_of

from qunflow.domain.inbound import ContactAdded


async def test_a_contact_through_the_live_code_becomes_a_participant_with_a_code_of_their_own(stage: Stage) -> None:
    code = await stage.launch()
    await stage.add("b", code)
    state = await stage.of("b")
    assert (state.person, state.parent, state.test) == (person_of("b"), "", False)
    assert state.code and state.code != code
    assert stage.platform.welcomes == [("b", "welcome-b")]
    assert (await stage.outcomes("b")) == {"join": "delivered"}
    await stage.check()


async def test_one_welcome_although_the_callback_comes_three_times(stage: Stage) -> None:
    code = await stage.launch()
    body = ContactAdded("b", "amy", code, "welcome-b")
    for _ in range(3):
        await stage.tell(body, key="callback")
        await stage.settle()
    for number in range(3):
        await stage.tell(body, key=f"again-{number}")
    await stage.settle()
    assert stage.platform.asked["send_welcome"] == 1
    assert stage.platform.welcomes == [("b", "welcome-b")]
    assert await stage.rows("SELECT count(*) FROM events WHERE type = 'participating'") == [(1,)]
    await stage.check()


async def test_the_welcome_carries_the_persons_own_links(stage: Stage) -> None:
    code = await stage.launch()
    await stage.add("b", code, settled=False)
    await stage.think()
    ((urls,),) = await stage.rows("SELECT body->'attachments' FROM outbox WHERE kind = 'send_welcome'")
    links = stage.application.home.links
    sealed = str(urls).split("/p/")[1].split("/")[0]
    assert links.open(sealed).person == person_of("b")


async def test_the_first_who_brought_somebody_is_the_only_one(stage: Stage) -> None:
    code = await stage.launch()
    await stage.add("a", code)
    await stage.add("b", code)
    await stage.add("c", await stage.own_code("a"))
    await stage.add("c", await stage.own_code("b"))
    assert (await stage.of("c")).parent == person_of("a")
    await stage.join("c")
    assert (await stage.of("a")).invitees == {person_of("c"): "pending"}
    assert (await stage.of("b")).invitees == {}
    await stage.check()


async def test_the_own_code_and_the_code_of_ones_invitee_bring_nobody(stage: Stage) -> None:
    code = await stage.launch()
    await stage.add("a", code)
    await stage.add("a", await stage.own_code("a"))
    await stage.add("b", await stage.own_code("a"))
    await stage.add("a", await stage.own_code("b"))
    assert (await stage.of("a")).parent == ""
    assert (await stage.of("b")).parent == person_of("a")


async def test_before_launch_it_is_a_test_run_that_counts_nowhere(stage: Stage) -> None:
    code = await stage.draft()
    await stage.add("a", code)
    await stage.add("b", await stage.own_code("a"))
    await stage.join("b")
    await stage.wait(timedelta(hours=25))
    assert ((await stage.of("b")).test, (await stage.of("a")).posted) == (True, {})
    assert stage.platform.welcomes == [("a", "welcome-a"), ("b", "welcome-b")]
    await stage.check()


async def test_a_code_that_is_none_of_ours_makes_nobody_a_participant(stage: Stage) -> None:
    await stage.launch()
    await stage.add("b", "no-code-of-ours")
    assert (await stage.of("b")).person == ""
    assert stage.platform.welcomes == []
    await stage.check()


async def test_a_welcome_that_comes_too_late_is_refused_and_not_sent(stage: Stage) -> None:
    code = await stage.launch()
    await stage.add("b", code, settled=False)
    await stage.think()
    await stage.wait(timedelta(seconds=21))
    assert stage.platform.asked["send_welcome"] == 0
    assert await stage.outcomes("b") == {"join": "refused_by_platform(expired)"}
    await stage.check()


async def test_a_welcome_that_is_just_in_time_is_sent(stage: Stage) -> None:
    code = await stage.launch()
    await stage.add("b", code, settled=False)
    await stage.think()
    await stage.wait(timedelta(seconds=20))
    assert await stage.outcomes("b") == {"join": "delivered"}


async def test_two_hundred_people_at_once_are_two_hundred_participants_with_two_hundred_codes(stage: Stage) -> None:
    code = await stage.launch()
    for number in range(200):
        await stage.add(f"p{number}", code, settled=False)
    await stage.settle()
    found = await stage.rows("SELECT count(DISTINCT state->>'person'), count(DISTINCT state->>'code') FROM streams "
                             "WHERE kind = 'participation'")  # fmt: skip
    assert found == [(200, 200)]
    assert len(stage.platform.welcomes) == len(set(stage.platform.welcomes)) == 200
    await stage.check()
