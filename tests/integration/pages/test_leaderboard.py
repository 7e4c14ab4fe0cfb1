"""The leaderboard over HTTP on the real engine: masked names, the own place, the way up, the race that runs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.integration.pages.conftest import CAMPAIGN, WORKSPACE, Stage, element, state_of

from qunflow.features.campaigns.contest import RANKING, FreezeBoard
from qunflow.features.campaigns.plan import RacePlan, RankingPlan

HOUR = timedelta(hours=1)
PLAN = {
    "ranking": RankingPlan((9000, 4000), min_count=2),
    "breakthrough": ((3, 1000),),
    "race": RacePlan(600, times=1, minutes=30, per_head_fen=200, prizes=(500,)),  # ten in Shanghai, in an hour
    "hold_hours": 1,
    "reward_per_user_max_fen": 50_000,
}


def missing(page: str, name: str) -> str:
    found = re.search(rf'id="{name}" data-missing="(\d+)"', page)
    return found.group(1) if found else ""


def table(page: str, section: str) -> list[list[str]]:
    """The cells of the table in a section."""
    part = page.split(f'id="{section}"')[1].split("</section>")[0]
    rows = re.findall(r"<tr[^>]*>(<td.*?)</tr>", part, re.DOTALL)
    return [re.findall(r"<td>(.*?)</td>", row) for row in rows]


async def wait(stage: Stage, time: timedelta) -> None:
    clock = stage.application.home.clock
    clock.advance_to(clock.now() + time)  # type: ignore[attr-defined]
    await stage.settle()


@pytest.fixture
async def people(stage: Stage) -> dict[str, str]:
    """Links of two inviters in a running campaign: Mei brings two, Lan one."""
    code = await stage.draft(**PLAN)
    await stage.open_group()
    await stage.open_contact(code)
    await stage.launch()
    links = {"mei": await stage.add_contact("mei", code, "小美"), "lan": await stage.add_contact("lan", code, "<b>兰")}
    codes = {name: await stage.own_code(link) for name, link in links.items()}
    for friend, owner in (("x1", "mei"), ("x2", "mei"), ("y1", "lan")):
        links[friend] = await stage.add_contact(friend, codes[owner])
    await stage.join("g1", "mei", "lan", "x1", "x2", "y1")
    return links


async def test_the_board_shows_masked_names_the_own_place_and_what_is_missing(
    stage: Stage, people: dict[str, str]
) -> None:
    await wait(stage, HOUR)
    page = (await stage.http.get(f"/p/{people['lan']}/leaderboard")).text
    assert state_of(page) == "leaderboard"
    assert table(page, "ranking") == [["1", "小**", "2", "90.00"], ["2", "&lt;** （我）", "1", "—"]]
    assert "小美" not in page
    assert element(page, "own") == "我在第 2 名，1 人。"
    assert element(page, "to-next") == "再邀请 2 人升到第 1 名。" and missing(page, "to-next") == "2"
    assert missing(page, "bonus") == "2" and "10.00" in element(page, "bonus")
    assert "至少 2 人" in element(page, "least")
    english = (await stage.http.get(f"/p/{people['mei']}/leaderboard?lang=en")).text
    assert element(english, "own") == "You are number 1 with 2."
    assert missing(english, "to-next") == ""


async def test_who_has_no_valid_invite_reads_how_many_are_missing(stage: Stage, people: dict[str, str]) -> None:
    page = (await stage.http.get(f"/p/{people['x1']}/leaderboard")).text
    assert "还没有人上榜" in page
    assert missing(page, "to-next") == "2" and "再邀请 2 人即可上榜" in page


async def test_the_race_that_runs_stands_on_top_with_its_time_left(stage: Stage, people: dict[str, str]) -> None:
    before = (await stage.http.get(f"/p/{people['lan']}/leaderboard")).text
    assert "2026-12-01 10:00" in before and 'id="race"' not in before
    await wait(stage, HOUR + timedelta(minutes=10))
    code = await stage.own_code(people["lan"])
    await stage.add_contact("y2", code)
    await stage.join("g1", "mei", "lan", "x1", "x2", "y1", "y2")
    page = (await stage.http.get(f"/p/{people['lan']}/leaderboard")).text
    assert 'data-left="20"' in page and 'http-equiv="refresh" content="30"' in page
    assert table(page, "race") == [["1", "&lt;** （我）", "1", "5.00"]]
    await wait(stage, timedelta(minutes=20))
    assert 'id="race"' not in (await stage.http.get(f"/p/{people['lan']}/leaderboard")).text


async def test_a_frozen_ranking_is_shown_as_it_was_frozen(stage: Stage, people: dict[str, str]) -> None:
    await wait(stage, HOUR)
    door = stage.application.door
    await door.ask(WORKSPACE, FreezeBoard(RANKING, 40), campaign=CAMPAIGN)
    await stage.settle()
    await stage.join("g1", "mei", "lan", "y1")
    page = (await stage.http.get(f"/p/{people['mei']}/leaderboard")).text
    assert 'data-frozen="yes"' in page and "最终排名" in page
    assert table(page, "ranking") == [["1", "小** （我）", "2", "90.00"]]
    assert missing(page, "to-next") == "" and 'id="bonus"' not in page


async def test_the_progress_page_leads_there_and_only_where_there_is_a_board(
    stage: Stage, people: dict[str, str]
) -> None:
    page = (await stage.http.get(f"/p/{people['mei']}?lang=en")).text
    assert f'href="/p/{people["mei"]}/leaderboard?lang=en"' in page
    assert 'href="/p/' + people["mei"] in (await stage.http.get(f"/p/{people['mei']}/leaderboard")).text


async def test_a_campaign_without_contests_has_no_board(stage: Stage) -> None:
    code = await stage.draft()
    await stage.open_group()
    await stage.open_contact(code)
    await stage.launch()
    link = await stage.add_contact("mei", code, "小美")
    assert 'id="leaderboard"' not in (await stage.http.get(f"/p/{link}")).text
    answer = await stage.http.get(f"/p/{link}/leaderboard")
    assert answer.status_code == 404 and "没有排行榜" in answer.text


async def test_a_link_that_we_did_not_sign_opens_no_board(stage: Stage) -> None:
    assert (await stage.http.get("/p/abcd/leaderboard")).status_code == 404


async def test_a_robot_reads_no_names(stage: Stage, people: dict[str, str]) -> None:
    await wait(stage, HOUR)
    answer = await stage.http.get(f"/p/{people['mei']}/leaderboard", headers={"user-agent": "Googlebot/2.1"})
    assert "**" not in answer.text
