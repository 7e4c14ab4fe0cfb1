"""Bonus, ranking and races on the real engine and database: timers, cards, prizes, freezes that really race."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.features.conftest import CAMPAIGN, HOUR, WORKSPACE, Stage, person_of

from qunflow.bootstrap import Application
from qunflow.domain.decisions import Rejection
from qunflow.domain.inbound import GroupHinted, Message
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns import acts
from qunflow.features.campaigns.boards import sure_entrant
from qunflow.features.campaigns.contest import RANKING, AwardPrize, BoardState, FreezeBoard, board_stream
from qunflow.features.campaigns.leaderboard import Boards
from qunflow.features.campaigns.model import RaiseBudget, SetStatus
from qunflow.features.campaigns.plan import RacePlan, RankingPlan
from qunflow.features.campaigns.store import find_lines, find_own
from qunflow.ledger.settle import Amounts

HOLD = timedelta(hours=24)
MINUTE = timedelta(minutes=1)
#: Ten in the morning in Shanghai, an hour after the start of every test.
RACE = RacePlan(600, times=2, minutes=30, per_head_fen=100, prizes=(300, 200, 100))
CONTESTS: dict[str, Any] = {
    "ladder": None,
    "breakthrough": ((2, 700),),
    "ranking": RankingPlan((900, 400), min_count=1),
    "reward_per_user_max_fen": 20_000,
}


async def bring(stage: Stage, owner: str, *names: str, chat: str = "g1") -> None:
    """These people come through the owner's code and join."""
    own = await stage.own_code(owner)
    for name in names:
        await stage.add(name, own)
        await stage.join(name, chat)


async def begin(stage: Stage, *owners: str, **plan: Any) -> None:
    """A running campaign in which these people take part."""
    code = await stage.launch(**{**CONTESTS, **plan})
    for name in owners:
        await stage.add(name, code)


async def board(stage: Stage, name: str) -> BoardState:
    found = await stage.application.door.look.state(WORKSPACE, board_stream(CAMPAIGN, name))
    return found or BoardState()


async def places(stage: Stage, name: str) -> list[tuple[str, int, int]]:
    """(who, count, fen) of a frozen board."""
    names = {person_of(one): one for one in "abcdefgh"}
    return [(names[place.person], place.count, place.fen) for place in (await board(stage, name)).places]


async def end(stage: Stage) -> None:
    await stage.application.door.ask(WORKSPACE, SetStatus("ended"), campaign=CAMPAIGN)
    await stage.settle()


async def let_it_freeze(stage: Stage) -> None:
    """The holds are over first, the ranking an hour later."""
    await stage.wait(HOLD)
    await stage.wait(HOUR)


async def catch_up(stage: Stage) -> None:
    """Timers that were set for a time that has passed come as soon as the clock moves."""
    for _ in range(8):
        await stage.wait(timedelta(seconds=1))


async def test_the_bonus_is_reserved_earned_and_taken_back_before_the_freeze_and_kept_after_it(stage: Stage) -> None:
    await begin(stage, "a", "d", ranking=None)
    await bring(stage, "a", "b", "c")
    await bring(stage, "d", "e", "f")
    assert (await stage.of("a")).posted["breakthrough"] == Amounts(0, 700)
    await stage.wait(HOLD)
    assert (await stage.of("a")).posted["breakthrough"] == Amounts(700, 0)
    await stage.leave("c", removed=True)
    assert (await stage.of("a")).posted["breakthrough"] == Amounts(0, 0)
    await end(stage)
    await stage.wait(HOLD + HOUR)
    assert (await stage.campaign()).frozen_at == stage.now
    await stage.leave("f", removed=True)
    assert (await stage.of("d")).posted["breakthrough"] == Amounts(700, 0)
    assert await stage.balance("budget:winter") == 100_000 - 700
    await stage.check()


async def test_the_ranking_is_frozen_once_at_the_end_and_pays_its_places(stage: Stage) -> None:
    await begin(stage, "a", "d", "g")
    await bring(stage, "a", "b")
    await stage.wait(HOUR)
    await bring(stage, "d", "e", "f")
    await bring(stage, "g", "h")
    await end(stage)
    await stage.wait(HOLD)
    assert (await board(stage, RANKING)).frozen_at is None
    await stage.wait(HOUR)
    assert await places(stage, RANKING) == [("d", 2, 900), ("a", 1, 400)]
    assert await stage.balance(f"available:{person_of('d')}") == 700 + 900
    assert await stage.balance(f"available:{person_of('a')}") == 400
    await stage.leave("e", removed=True)
    await stage.wait(HOLD)
    assert await places(stage, RANKING) == [("d", 2, 900), ("a", 1, 400)]
    assert await stage.balance(f"available:{person_of('d')}") == 700 + 900
    await stage.check()


async def test_a_campaign_is_not_closed_before_its_ranking_is_frozen(stage: Stage) -> None:
    await begin(stage, "a")
    await end(stage)
    open_now = await acts.close(stage.application.door, WORKSPACE, CAMPAIGN)
    assert "ranking not frozen" in open_now["open"]
    stage.application.home.clock.advance_to(stage.now + HOLD + HOUR)  # type: ignore[attr-defined]
    answer = await stage.application.door.ask(WORKSPACE, SetStatus("settling"), campaign=CAMPAIGN)
    assert answer.value == "settling"
    answer = await stage.application.door.ask(WORKSPACE, SetStatus("closed"), campaign=CAMPAIGN)
    assert isinstance(answer.rejection, Rejection) and answer.rejection.reason == Reason.WRONG_STATE
    await stage.settle()
    answer = await stage.application.door.ask(WORKSPACE, SetStatus("closed"), campaign=CAMPAIGN)
    assert answer.value == "closed"
    await stage.check()


async def test_timers_that_run_hours_late_freeze_what_was_true_in_time(stage: Stage) -> None:
    await begin(stage, "a", "d")
    await bring(stage, "a", "b")
    await bring(stage, "d", "e")
    await end(stage)
    await stage.wait(timedelta(days=3))  # nobody worked meanwhile: holds, settling and freeze all come now
    await catch_up(stage)
    assert [row[:2] for row in await places(stage, RANKING)] == [("a", 1), ("d", 1)]
    await stage.check()


async def test_the_cap_of_one_person_cuts_a_prize_too(stage: Stage) -> None:
    await begin(stage, "a", reward_per_user_max_fen=850, breakthrough=())
    await bring(stage, "a", "b")
    await end(stage)
    await let_it_freeze(stage)
    assert (await stage.of("a")).posted["ranking"] == Amounts(850)
    await stage.check()


async def test_what_was_held_is_posted_by_a_raise_and_once(stage: Stage) -> None:
    await begin(stage, "a", budget_total_fen=850, ranking=RankingPlan((700,)))
    await bring(stage, "a", "b", "c")
    await end(stage)
    await let_it_freeze(stage)
    assert (await stage.of("a")).posted == {"breakthrough": Amounts(700)}
    report = await acts.close(stage.application.door, WORKSPACE, CAMPAIGN)
    assert any("the budget was short" in item for item in report["open"])
    for _ in range(2):
        await stage.application.door.ask(WORKSPACE, RaiseBudget(1000), campaign=CAMPAIGN)
        await stage.settle()
    assert (await stage.of("a")).posted == {"breakthrough": Amounts(700), "ranking": Amounts(700)}
    assert await stage.balance("budget:winter") == 850 + 2000 - 1400
    await stage.check()


# --- races ------------------------------------------------------------------------------------------------------------


async def test_a_race_is_announced_by_card_counts_its_half_hour_and_pays_after_the_hold(stage: Stage) -> None:
    await begin(stage, "a", "d", ranking=None, breakthrough=(), race=RACE)
    await bring(stage, "a", "b")  # an hour too early
    await stage.wait(HOUR)
    assert (await board(stage, "race-1")).opened_at == stage.now
    await bring(stage, "a", "c")
    await stage.wait(10 * MINUTE)
    await bring(stage, "d", "e", "f")
    await stage.wait(20 * MINUTE)
    await bring(stage, "a", "g", "h")  # the window is half-open
    assert (await board(stage, "race-1")).over_at == stage.now
    await stage.wait(HOLD)
    assert (await board(stage, "race-1")).frozen_at is None
    await stage.wait(10 * MINUTE)
    assert await places(stage, "race-1") == [("d", 2, 500), ("a", 1, 300)]
    assert await stage.balance(f"available:{person_of('d')}") == 500
    cards = [card.text for card in stage.platform.cards if "群里" in card.title]
    assert len(cards) == 5  # start, over, the next day's start and over, result
    assert "10:30 前的 30 分钟内" in cards[0] and "3.00 / 2.00 / 1.00" in cards[0]
    assert "共 3 位好友进群" in cards[1]
    result = next(text for text in cards if "名次公布" in text)
    assert "1. n** 2 人 +5.00 元\n2. n** 1 人 +3.00 元" in result
    assert (await stage.outcomes_of("everybody"))["race_result@race-1:0"] == "delivered"
    await stage.check()


async def test_a_friend_who_leaves_within_the_hold_wins_nothing_for_the_inviter(stage: Stage) -> None:
    await begin(stage, "a", ranking=None, breakthrough=(), race=RACE)
    await stage.wait(HOUR)
    await bring(stage, "a", "b", "c")
    await stage.wait(2 * HOUR)
    await stage.leave("b")
    await stage.join("b")
    await stage.wait(2 * HOLD)
    await catch_up(stage)
    assert await places(stage, "race-1") == [("a", 1, 400)]
    assert (await stage.of("a")).invitees == {person_of("b"): "confirmed", person_of("c"): "confirmed"}
    await stage.check()


async def test_no_race_opens_once_the_campaign_is_over(stage: Stage) -> None:
    await begin(stage, "a", ranking=None, breakthrough=(), race=RACE)
    await end(stage)
    await stage.wait(HOUR)
    assert (await board(stage, "race-1")).opened_at is None
    await stage.check()


async def test_a_start_that_comes_after_the_race_is_not_said_any_more(stage: Stage) -> None:
    await begin(stage, "a", ranking=None, breakthrough=(), race=RACE)
    await stage.wait(2 * HOUR)
    await catch_up(stage)
    assert (await stage.outcomes_of("everybody"))["race_start@race-1:0"].startswith("refused_by_platform(expired)")
    assert (await board(stage, "race-1")).over_at is not None
    await stage.check()


# --- freezes that race ------------------------------------------------------------------------------------------------


def tell(stage: Stage, body: Any, number: int) -> Message:
    return Message(
        workspace=WORKSPACE, message_id=f"raced-{number}", at=stage.now, body=body, channel="wx", campaign=CAMPAIGN
    )


async def work_together(stage: Stage, others: list[Application], rounds: int, step: timedelta) -> None:
    """Several workers at once, each with its share of the lanes; the clock moves on between the rounds.

    Shares are settled by wall time, so a round is over when every lane has found a worker and is empty.
    """
    await stage.runner.lanes.give_back()
    runners = [replace(other, owner=f"o{n}").runner() for n, other in enumerate(others)]
    for _ in range(rounds):
        for _ in range(200):
            done = sum(await asyncio.gather(stage.sender.turn(), *(runner.turn() for runner in runners)))
            if not done and not await stage.rows("SELECT 1 FROM inbox WHERE state = 'new' LIMIT 1"):
                break
            await asyncio.sleep(0 if done else 0.1)
        stage.application.home.clock.advance_to(stage.now + step)  # type: ignore[attr-defined]
    for runner in runners:
        await runner.lanes.give_back()


async def test_two_freezes_and_a_removal_at_the_same_moment_give_one_table_and_one_payment(stage: Stage) -> None:
    await begin(stage, "a", "d")
    await bring(stage, "a", "b", "c")
    await bring(stage, "d", "e")
    await end(stage)
    await stage.wait(HOLD)
    home = stage.application.home
    others = [Application.join(home) for _ in range(4)]
    stage.platform.groups["g1"].remove("c")
    freezes = [other.commands.ask(tell(stage, FreezeBoard(RANKING, 40), n)) for n, other in enumerate(others)]
    await asyncio.gather(*freezes, stage.tell(*_removed("c")))
    await work_together(stage, others, 4, timedelta(seconds=1))
    frozen = await stage.rows("SELECT data FROM events WHERE type = 'board_frozen'")
    assert len(frozen) == 1
    table = await places(stage, RANKING)
    assert table in ([("a", 2, 900), ("d", 1, 400)], [("a", 1, 900), ("d", 1, 400)])
    assert (await stage.of("a")).posted["ranking"] == Amounts(900)
    assert await stage.balance(f"available:{person_of('d')}") == 400
    won = await stage.rows("SELECT person, count(*) FROM events WHERE type = 'prize_won' GROUP BY 1")
    assert sorted(won) == sorted([(person_of("a"), 1), (person_of("d"), 1)])
    await stage.check()


def _removed(name: str) -> tuple[Any, ...]:
    return (GroupHinted("g1", "members_removed", (name,), True),)


async def test_confirmations_and_the_freeze_due_at_one_instant_on_four_workers_lose_nobody(stage: Stage) -> None:
    await begin(stage, "a", "d", breakthrough=())
    for number in range(6):
        await bring(stage, "a" if number % 3 else "d", f"f{number}")
    await end(stage)
    stage.application.home.clock.advance_to(stage.now + HOLD + HOUR)  # type: ignore[attr-defined]
    others = [Application.join(stage.application.home) for _ in range(3)]
    await work_together(stage, others, 30, 5 * MINUTE)
    assert await places(stage, RANKING) == [("a", 4, 900), ("d", 2, 400)]
    assert len(await stage.rows("SELECT 1 FROM events WHERE type = 'board_frozen'")) == 1
    assert await stage.balance("budget:winter") == 100_000 - 1300
    await stage.check()


async def test_the_same_prize_from_many_sides_at_once_is_paid_once(stage: Stage) -> None:
    await begin(stage, "a")
    others = [Application.join(stage.application.home) for _ in range(4)]
    body = AwardPrize(person_of("a"), "race-1", 1, 300)
    await asyncio.gather(
        *(other.commands.ask(tell(stage, body, 10 * n + m)) for n, other in enumerate(others) for m in range(5))
    )
    assert await stage.balance(f"available:{person_of('a')}") == 300
    assert len(await stage.rows("SELECT 1 FROM events WHERE type = 'prize_won'")) == 1
    await stage.check()


# --- the table beside the streams -------------------------------------------------------------------------------------


async def test_the_table_says_what_the_streams_say_after_joins_and_leaves(stage: Stage) -> None:
    await begin(stage, "a", "d", leave_policy="revoke_until_end")
    await bring(stage, "a", "b", "c")
    await bring(stage, "d", "e")
    await stage.wait(HOLD)
    await stage.leave("e")
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        top = await find_lines(unit, CAMPAIGN, RANKING)
        nobody = await find_own(unit, CAMPAIGN, RANKING, person_of("d"))
    streams = await stage.application.door.look.all_of(WORKSPACE, "standing", f"standing:{CAMPAIGN}:{RANKING}:")
    ranked = [one for state in streams if (one := sure_entrant(state)) is not None]
    assert top == [(-one.count, one.reached_at, one.person) for one in ranked]
    assert nobody is None
    boards = Boards(stage.application.door)
    view = await boards.view(WORKSPACE, await stage.campaign(), RANKING, 10, person_of("a"))
    assert [(line.name, line.count, line.fen, line.own) for line in view.lines] == [("n**", 2, 900, True)]
    await stage.check()


async def test_the_place_among_twenty_thousand_is_the_one_that_sorting_gives(stage: Stage) -> None:
    at = datetime(2026, 12, 2, tzinfo=UTC)
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        await unit.execute(
            "INSERT INTO standings SELECT $1, 'winter', 'ranking', 'p' || lpad(n::text, 5, '0'), 1 + (n * 7919) % 60, "
            "$2::timestamptz + make_interval(secs => (n * 104729) % 5000) FROM generate_series(1, 20000) n",
            WORKSPACE,
            at,
        )
        rows = await unit.fetch("SELECT person, count, reached_at FROM standings WHERE workspace_id = $1", WORKSPACE)
        ordered = sorted(rows, key=lambda row: (-row[1], row[2], row[0]))
        assert [who for *_, who in await find_lines(unit, CAMPAIGN, RANKING)] == [row[0] for row in ordered]
    boards = Boards(stage.application.door)
    await begin(stage, "a")
    for number in (0, 1, 9_999, 19_999):
        view = await boards.view(WORKSPACE, await stage.campaign(), RANKING, 3, ordered[number][0])
        ahead = ordered[number - 1][1] - ordered[number][1] + 1 if number else 0
        assert (view.place, view.count, view.to_next) == (number + 1, ordered[number][1], ahead)
