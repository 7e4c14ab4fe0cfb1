"""Risk on the real engine and database: holds, denials, who decides, and a ledger that pays nothing in between."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from tests.integration.features.conftest import CAMPAIGN, CHANNEL, HOUR, WORKSPACE, Stage, person_of
from tests.integration.features.test_plays import BARGAIN, VOTING, begin, fen, opened, play

from qunflow.bootstrap import Application
from qunflow.bootstrap.channels import add_channel
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.signals import Signals
from qunflow.features.campaigns.plays import acts as plays
from qunflow.features.campaigns.risk import acts
from qunflow.features.campaigns.risk.model import FlagState, trace_stream
from qunflow.features.campaigns.risk.rules import RiskPlan
from qunflow.features.campaigns.risk.store import forget, handles_of
from qunflow.storage.people import find_externals

HOLD, WAIT = timedelta(hours=24), timedelta(hours=72)
CUPS = {**BARGAIN, "helpers": 5, "unit_ttl_hours": 200}


async def see(stage: Stage, who: str, device: str = "", ip: str = "") -> None:
    await acts.sight(stage.application.door, WORKSPACE, CAMPAIGN, person_of(who), Signals(device, ip))
    await stage.settle()


async def flags(stage: Stage) -> list[FlagState]:
    async with stage.application.home.database.read(WORKSPACE) as unit:
        return await acts.list_flags(unit, CAMPAIGN)


async def decide(stage: Stage, flag: str, approve: bool) -> str:
    done = await acts.decide(stage.application.door, WORKSPACE, CAMPAIGN, flag, approve, "op", "看过了")
    await stage.settle()
    return done


async def invite(stage: Stage, owner: str, *friends: str, device: str = "", ip: str = "") -> None:
    """Friends come through the owner's code, open their page and join."""
    code = await stage.own_code(owner)
    for name in friends:
        await stage.add(name, code)
        if device or ip:
            await see(stage, name, device, ip)
        await stage.join(name)


async def started(stage: Stage, **changes: object) -> None:
    code = await stage.launch(**changes)
    await stage.add("owner", code)
    await stage.join("owner")


async def money(stage: Stage) -> tuple[int, int]:
    return await fen(stage, "owner"), await fen(stage, "owner", "pending")


async def test_the_third_friend_on_one_device_is_denied_and_earns_nothing(stage: Stage) -> None:
    await started(stage)
    await invite(stage, "owner", "a", "b", "c", device="phone")
    assert [(flag.status, flag.hits[0].rule, flag.hits[0].seen) for flag in await flags(stage)] == [
        ("denied", "device_farm", 3)
    ]
    assert await money(stage) == (0, 1000)
    await stage.wait(HOLD + HOUR)
    assert await money(stage) == (1000, 0)
    assert (await stage.of("c")).help == "revoked"
    await stage.leave("c")
    await stage.join("c")
    assert (await stage.of("c")).help == "revoked"
    await stage.check()


async def test_a_friend_on_the_owners_device_is_denied(stage: Stage) -> None:
    await started(stage)
    await see(stage, "owner", "phone")
    await invite(stage, "owner", "a", device="phone")
    assert [(flag.status, flag.hits[0].rule) for flag in await flags(stage)] == [("denied", "self_device")]
    assert await money(stage) == (0, 0)
    await stage.check()


async def test_a_device_that_is_seen_after_the_join_is_looked_at_too(stage: Stage) -> None:
    await started(stage)
    await see(stage, "owner", "phone")
    await invite(stage, "owner", "a")
    assert await money(stage) == (0, 500)
    await see(stage, "a", "phone")
    assert (await stage.of("a")).screened == "denied"
    assert await money(stage) == (0, 0)
    await stage.check()


async def crowd(stage: Stage) -> None:
    """Six friends from one address: the sixth is held."""
    await started(stage)
    await invite(stage, "owner", *"abcdef", ip="line")
    (flag,) = await flags(stage)
    assert (flag.status, flag.hits[0].rule, flag.helper) == ("held", "ip", person_of("f"))
    await stage.wait(HOLD + HOUR)
    assert (await stage.of("f")).help == "pending"
    assert (await money(stage))[1] == 800


async def test_what_is_held_is_paid_when_somebody_approves(stage: Stage) -> None:
    await crowd(stage)
    before = (await money(stage))[0]
    assert await decide(stage, (await flags(stage))[0].flag, True) == "approved"
    assert await money(stage) == (before + 800, 0)
    await stage.wait(WAIT)
    assert [flag.status for flag in await flags(stage)] == ["approved"]
    await stage.check()


async def test_what_is_held_goes_back_to_the_budget_when_somebody_denies(stage: Stage) -> None:
    await crowd(stage)
    budget, before = await stage.balance(f"budget:{CAMPAIGN}"), (await money(stage))[0]
    flag = (await flags(stage))[0].flag
    with pytest.raises(InvalidInput, match="says why"):
        await acts.decide(stage.application.door, WORKSPACE, CAMPAIGN, flag, False, "op")
    assert await decide(stage, flag, False) == "refused"
    assert await money(stage) == (before, 0)
    assert await stage.balance(f"budget:{CAMPAIGN}") == budget + 800
    await stage.check()


async def test_a_hold_that_nobody_decides_ends_by_itself_after_three_days(stage: Stage) -> None:
    await crowd(stage)
    before = (await money(stage))[0]
    await stage.wait(WAIT - HOLD - 2 * HOUR)
    assert (await money(stage))[1] == 800
    await stage.wait(2 * HOUR)
    assert await money(stage) == (before + 800, 0)
    assert [flag.status for flag in await flags(stage)] == ["expired"]
    await stage.check()


async def test_a_held_friend_who_leaves_is_revoked_and_an_approval_pays_nothing(stage: Stage) -> None:
    await crowd(stage)
    before = (await money(stage))[0]
    await stage.leave("f")
    assert await money(stage) == (before, 0)
    await decide(stage, (await flags(stage))[0].flag, True)
    assert await money(stage) == (before, 0)
    await stage.check()


async def test_friends_who_leave_early_hold_what_is_pending_for_who_invited(stage: Stage) -> None:
    await started(stage)
    await invite(stage, "owner", *"abcde")
    for name in "abc":
        await stage.leave(name)
    (flag,) = await flags(stage)
    assert (flag.kind, flag.status, flag.hits[0].rule, flag.hits[0].seen) == ("owner", "held", "leavers", 3)
    await invite(stage, "owner", "f")
    assert [(await stage.of(name)).screened for name in "def"] == ["held"] * 3
    await stage.wait(HOLD + HOUR)
    assert await money(stage) == (0, 1500)
    await decide(stage, flag.flag, True)
    assert await money(stage) == (1500, 0)
    await stage.check()


async def test_an_appeal_is_read_answered_and_made_good_with_a_new_hold(stage: Stage) -> None:
    await started(stage)
    await see(stage, "owner", "phone")
    await invite(stage, "owner", "a", device="phone")
    door, flag = stage.application.door, (await flags(stage))[0].flag
    with pytest.raises(NotFound):
        await acts.appeal(door, WORKSPACE, CAMPAIGN, person_of("owner"), flag, "不是我的")
    await acts.appeal(door, WORKSPACE, CAMPAIGN, person_of("a"), flag, "我们是一家人")
    with pytest.raises(Conflict, match="appealed already"):
        await acts.appeal(door, WORKSPACE, CAMPAIGN, person_of("a"), flag, "再试一次")
    assert [item.appeal for item in await flags(stage)] == ["open"]
    assert await decide(stage, flag, True) == "approved"
    words = await acts.words_about(door, WORKSPACE, CAMPAIGN, flag)
    assert (words["appeal"].words, words["answer"].words, words["answer"].by) == ("我们是一家人", "看过了", "op")
    assert await stage.rows("SELECT 1 FROM events WHERE data::text LIKE '%一家人%' OR data::text LIKE '%看过了%'") == []
    assert await money(stage) == (0, 500)
    await stage.wait(HOLD)
    assert await money(stage) == (500, 0)
    await stage.check()


async def test_helps_of_one_device_that_race_pass_exactly_twice(stage: Stage) -> None:
    await begin(stage, CUPS, "owner", *"abcdefgh")
    for name in "abcdefgh":
        await see(stage, name, "phone")
    unit = await opened(stage, "owner")
    doors = (stage.application.door, Application.join(stage.application.home).door)
    answers = await asyncio.gather(
        *(
            plays.play(doors[number % 2], WORKSPACE, CAMPAIGN, person_of(name), "help", unit)
            for number, name in enumerate("abcdefgh")
        )
    )
    await stage.settle()
    found = Counter("" if one.rejection is None else str(one.rejection.reason) for one in answers)
    assert found == {"": 2, "risk_denied": 6}
    assert Counter(flag.status for flag in await flags(stage)) == {"denied": 6}
    await stage.check()


async def rushed(stage: Stage) -> tuple[str, str]:
    """Two people help each other in one campaign: the second help is held. Its unit, and the flag."""
    model = {**BARGAIN, "helpers": 3, "unit_ttl_hours": 300, "stock_total": 9}
    await begin(stage, model, "one", "two")
    first, second = await opened(stage, "one"), await opened(stage, "two")
    assert (await play(stage, "two", "help", first)).rejection is None
    assert (await play(stage, "one", "help", second)).rejection is None
    await stage.settle()
    (flag,) = await flags(stage)
    assert (flag.kind, flag.status, flag.hits[0].rule) == ("play", "held", "ring")
    await stage.wait(HOLD + HOUR)
    return second, flag.flag


async def state_of(stage: Stage, unit: str, who: str) -> str:
    return (await plays.find_unit(stage.application.door, WORKSPACE, CAMPAIGN, unit)).helps[person_of(who)].state


async def test_a_held_help_on_a_unit_is_confirmed_by_an_approval(stage: Stage) -> None:
    unit, flag = await rushed(stage)
    assert await state_of(stage, unit, "one") == "pending"
    await decide(stage, flag, True)
    assert await state_of(stage, unit, "one") == "confirmed"
    await stage.check()


async def test_a_held_help_on_a_unit_is_taken_back_by_a_denial_and_does_not_return(stage: Stage) -> None:
    unit, flag = await rushed(stage)
    await decide(stage, flag, False)
    assert await state_of(stage, unit, "one") == "revoked"
    await stage.leave("one")
    await stage.join("one")
    assert await state_of(stage, unit, "one") == "revoked"
    await stage.check()


async def test_a_held_help_on_a_unit_is_confirmed_when_the_time_is_over(stage: Stage) -> None:
    unit, _ = await rushed(stage)
    await stage.wait(WAIT)
    assert await state_of(stage, unit, "one") == "confirmed"
    await stage.check()


async def test_a_held_vote_counts_once_it_is_approved(stage: Stage) -> None:
    await begin(stage, {**VOTING, "entry_review": False}, "x", *"abcdef")
    for name in "abcdef":
        await see(stage, name, "", "line")
    unit = await opened(stage, "x", "enter", work="picture")
    answers = [await play(stage, name, "vote", unit) for name in "abcdef"]
    assert [answer.rejection.reason if answer.rejection else "" for answer in answers] == [""] * 5 + ["risk_hold"]
    assert (await plays.show(stage.application.door, WORKSPACE, CAMPAIGN, unit))["score"] == 5
    await stage.settle()
    (flag,) = await flags(stage)
    assert (flag.kind, flag.status) == ("vote", "held")
    await decide(stage, flag.flag, True)
    assert (await plays.show(stage.application.door, WORKSPACE, CAMPAIGN, unit))["score"] == 6
    await stage.check()


async def test_no_hash_is_in_the_log_and_none_is_older_than_ninety_days(stage: Stage) -> None:
    await started(stage)
    await see(stage, "owner", "secret-hash", "other-hash")
    assert await stage.rows("SELECT 1 FROM events WHERE data::text LIKE '%-hash%' OR stream LIKE '%-hash%'") == []
    database = stage.application.home.database
    async with database.unit(WORKSPACE) as unit:
        before = await handles_of(unit, Signals("secret-hash"), stage.now)
        assert before == await handles_of(unit, Signals("secret-hash"), stage.now + timedelta(days=89))
        assert await forget(unit, stage.now + timedelta(days=90)) == 2
        after = await handles_of(unit, Signals("secret-hash"), stage.now + timedelta(days=90))
    assert after["device"] and after != before
    assert await stage.rows("SELECT hash FROM risk_signals") == [("secret-hash",)]
    assert (await stage.application.door.look.state(WORKSPACE, trace_stream(before["device"]))).spots
    await stage.check()


async def test_a_plan_may_switch_the_rules_off(stage: Stage) -> None:
    await started(stage, risk=RiskPlan("off"))
    await see(stage, "owner", "phone")
    await invite(stage, "owner", *"abc", device="phone")
    assert await flags(stage) == []
    assert await stage.rows("SELECT 1 FROM events WHERE type LIKE 'risk_%'") == []
    await stage.check()


async def test_an_account_that_two_people_share_is_kept_as_a_hash_and_takes_back_a_help(
    stage: Stage,
) -> None:
    await started(stage)
    await invite(stage, "owner", "a", "b")
    await stage.wait(HOLD + HOUR)
    assert await money(stage) == (1000, 0)
    tell = acts.witness(stage.application.door, stage.application.home.links.trace)
    await tell(WORKSPACE, person_of("owner"), "payee", "openid-of-both")
    await tell(WORKSPACE, person_of("a"), "payee", "openid-of-both")
    await tell(WORKSPACE, person_of("b"), "payee", "openid-of-b")
    await stage.settle()
    assert [(flag.status, flag.hits[0].rule, flag.helper) for flag in await flags(stage)] == [
        ("denied", "same_account", person_of("a"))
    ]
    assert (await stage.of("a")).help == "revoked"
    assert await money(stage) == (500, 0)
    assert await stage.rows("SELECT count(*) FROM risk_signals WHERE kind = 'payee'") == [(2,)]
    for table in ("events", "streams", "risk_signals"):
        assert await stage.rows(f"SELECT 1 FROM {table} t WHERE t::text LIKE '%openid-of%'") == []
    await stage.check()


async def test_who_is_paid_to_a_friends_own_account_is_compared_with_that_friend(stage: Stage) -> None:
    await started(stage)
    await invite(stage, "owner", "a", "b")
    home = stage.application.home
    await add_channel(home, "wecom", CHANNEL, {}, {}, WORKSPACE)
    tell = acts.witness(stage.application.door, home.links.trace)
    async with home.database.read(WORKSPACE) as unit:
        (external,) = (await find_externals(unit, [person_of("a")]))[person_of("a")].values()
    await tell(WORKSPACE, person_of("owner"), "payee", external)
    await stage.settle()
    assert [(flag.helper, flag.status) for flag in await flags(stage)] == [(person_of("a"), "denied")]
    assert await money(stage) == (0, 500)
    await stage.check()
