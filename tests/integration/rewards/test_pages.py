"""A campaign's prize from the plan to the phone: the code and the address over HTTP, on the holder's link alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from tests.integration.pages.conftest import CAMPAIGN, PHONE, Stage, state_of
from tests.integration.rewards.conftest import WORKSPACE, Depot

from qunflow.domain.facts import PrizeCosts
from qunflow.domain.prizes import PrizeDue
from qunflow.features.campaigns.plan import PrizePlan
from qunflow.features.campaigns.report import campaign_report, cost_view
from qunflow.features.livecodes.model import AskInvite
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.rewards import acts
from qunflow.features.rewards.costing import read_views
from qunflow.features.rewards.pages import slug_of
from qunflow.features.rewards.reading import CostSheet, read_costs
from qunflow.features.rewards.shortage import read_short
from qunflow.features.scripts.model import scripts_stream
from qunflow.features.todos.model import todo_stream
from qunflow.pages.shell import phone_routes

ADDRESS = {"name": "王小明", "phone": "13800138000", "region": "浙江省杭州市", "street": "文三路 100 号"}
FIRST, TENTH = f"{CAMPAIGN}:{{}}:invites:1:1", f"{CAMPAIGN}:{{}}:invites:2:1"


@pytest.fixture
async def stage(depot: Depot) -> AsyncIterator[Stage]:
    """A running campaign: one friend wins a coupon, two win a cup; ``inviter`` brought two, who stayed."""
    home, posters = depot.application.home, PosterDesk()
    routes = phone_routes(depot.door, home.links, home.blobs, posters, AskInvite, vault=depot.vault)
    transport = httpx.ASGITransport(app=Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url=home.links.base_url, headers=PHONE) as http:
        yield Stage(depot.application, http)
    posters.close()


async def win(stage: Stage, depot: Depot, cups: int = 5) -> tuple[str, str, list[str]]:
    """The inviter's link, a stranger's, and the friends' names."""
    await depot.add("coffee", "coupon_code", unit_cost=800, face_value=1500)
    await depot.load("coffee", "COFFEE-0001", "COFFEE-0002", "COFFEE-0003")
    await depot.add("cup", "physical", unit_cost=2000, face_value=3000, total=cups, blocked_regions=("海南",))
    prizes = (PrizePlan("invites", "coffee", at=1, cost_fen=800), PrizePlan("invites", "cup", at=2, cost_fen=2000))
    code = await stage.draft(prizes=prizes, hold_hours=0, leave_policy="revoke_until_end")
    await stage.open_group()
    await stage.open_contact(code)
    await stage.launch()
    owner, stranger = await stage.add_contact("owner", code), await stage.add_contact("stranger", code)
    await stage.join("g1", "owner", "stranger")
    await stage.http.get(f"/p/{owner}/poster.jpg")
    await stage.settle()
    own = await stage.own_code(owner)
    for friend in ("ann", "bob"):
        await stage.add_contact(friend, own)
    await stage.join("g1", "owner", "stranger", "ann", "bob")
    return owner, stranger, ["ann", "bob"]


async def test_the_holder_sees_the_code_when_asked_for_and_nobody_else_does(stage: Stage, depot: Depot) -> None:
    owner, stranger, _ = await win(stage, depot)
    person = depot.application.home.links.open(owner).person
    first = slug_of(FIRST.format(person))
    listed = await stage.http.get(f"/p/{owner}/rewards")
    assert listed.status_code == 200 and state_of(listed.text) == "rewards"
    assert 'data-kind="coupon_code"' in listed.text and "COFFEE" not in listed.text
    assert 'id="rewards"' in (await stage.http.get(f"/p/{owner}")).text
    assert (await stage.http.get(f"/p/{owner}/rewards/{first}/code")).status_code == 405
    shown = [await stage.http.post(f"/p/{owner}/rewards/{first}/code") for _ in range(2)]
    assert all("COFFEE-0001" in page.text for page in shown)
    assert shown[0].headers["cache-control"] == "no-store"
    assert (await stage.http.post(f"/p/{stranger}/rewards/{first}/code")).status_code == 404
    assert (await stage.http.post(f"/p/{owner}x/rewards/{first}/code")).status_code == 404
    await acts.redeem(depot.door, depot.vault, WORKSPACE, "COFFEE-0001", "till")
    assert "已使用" in (await stage.http.get(f"/p/{owner}/rewards")).text


async def test_a_wrong_address_stands_on_the_form_again_with_its_reason(stage: Stage, depot: Depot) -> None:
    owner, _, _ = await win(stage, depot)
    person = depot.application.home.links.open(owner).person
    where = f"/p/{owner}/rewards/{slug_of(TENTH.format(person))}/address"
    assert state_of((await stage.http.get(where)).text) == "reward_address"
    for wrong, status, field in (
        ({"phone": "call me"}, 400, "phone"),
        ({"street": ""}, 400, "street"),
        ({"region": "海南省海口市"}, 409, ""),
    ):
        page = await stage.http.post(where, data={**ADDRESS, **wrong})
        assert (page.status_code, "王小明" in page.text, 'id="notice"' in page.text) == (status, True, True)
        assert not field or f'data-field="{field}"' in page.text
    assert (await stage.http.post(where, data={"name": "x" * 9_000})).status_code == 413
    saved = await stage.http.post(where, data=ADDRESS)
    assert (saved.status_code, saved.headers["location"]) == (303, f"/p/{owner}/rewards")
    assert "13800138000" in (await stage.http.get(where)).text
    assert "待发货" in (await stage.http.get(f"/p/{owner}/rewards")).text
    robot = {"user-agent": "Googlebot/2.1"}
    assert "13800138000" not in (await stage.http.get(where, headers=robot)).text


async def test_a_friend_who_leaves_takes_the_prize_that_was_not_given_yet_back(stage: Stage, depot: Depot) -> None:
    owner, _, _ = await win(stage, depot)
    person = depot.application.home.links.open(owner).person
    await stage.join("g1", "owner", "stranger", "ann")
    await stage.settle()
    assert (await depot.grant(TENTH.format(person))).status == "cancelled"
    assert (await depot.grant(FIRST.format(person))).status == "issued"
    assert await depot.stock("cup") == (0, 5)
    assert (await depot.balances())[f"prizes:{CAMPAIGN}"] == 800
    await stage.join("g1", "owner", "stranger")
    await stage.settle()
    assert (await depot.grant(FIRST.format(person))).status == "reversed"
    assert await depot.codes("coffee") == {"void": 1, "free": 2}


async def test_the_holder_is_told_once_of_each_prize_in_the_campaigns_words(stage: Stage, depot: Depot) -> None:
    owner, _, _ = await win(stage, depot)
    person = depot.application.home.links.open(owner).person
    body = PrizeDue("invites", "1", 1, "due", "coffee")
    for _ in range(3):  # the campaign's word comes again
        await depot.door.ask(WORKSPACE, body, person=person, campaign=CAMPAIGN)
    await stage.settle()
    told = await depot.door.look.state(WORKSPACE, scripts_stream(CAMPAIGN, person))
    mine = {key: wish for key, wish in told.wishes.items() if wish.script.startswith("reward_")}
    assert set(mine) == {"reward_code@invites:1:1", "reward_address@invites:2:1"}
    assert {wish.way for wish in mine.values()} == {"page"} and not any(wish.outcome for wish in mine.values())
    rows = await read_log(depot, "script_wished", "reward_")
    assert len(rows) == 2
    where = f"/p/{owner}/rewards/{slug_of(TENTH.format(person))}/address"
    assert (await stage.http.post(where, data=ADDRESS)).status_code == 303
    for tracking in ("SF1", "SF2"):  # a number that is corrected is no second message
        await acts.move_parcel(depot.door, WORKSPACE, TENTH.format(person), "shipped", "amy", "顺丰", tracking)
    await stage.settle()
    assert len(await read_log(depot, "script_wished", "reward_shipped")) == 1


async def read_log(depot: Depot, kind: str, script: str) -> list[str]:
    """The scripts of that name in events of a kind."""
    async with depot.application.home.database.read(WORKSPACE) as unit:
        rows = await unit.fetch(
            "SELECT data->>'script' FROM events WHERE workspace_id = $1 AND type = $2 "
            "AND starts_with(data->>'script', $3)",
            *(WORKSPACE, kind, script),
        )
    return [row[0] for row in rows]


async def test_staff_are_asked_to_refill_what_is_out_and_more_of_it_closes_the_card(stage: Stage, depot: Depot) -> None:
    await win(stage, depot, cups=1)
    await stage.settle()
    (todo,) = [one for one in await depot.door.look.all_of(WORKSPACE, "todo") if one.action == "refill_reward"]
    assert (todo.status, todo.data["item"], todo.campaign) == ("open", "cup", CAMPAIGN)
    assert todo.staff and "0 / 1" in todo.data["text"]
    async with depot.application.home.database.read(WORKSPACE) as unit:
        short = await read_short(unit, depot.application.home.clock.now())
    assert [(item.name, item.free, item.total) for item in short] == [("cup", 0, 1)]
    await acts.add_stock(depot.door, WORKSPACE, "cup", 20)
    await stage.settle()
    closed = await depot.door.look.state(WORKSPACE, todo_stream(todo.todo))
    assert (closed.status, closed.closed_by) == ("done", "event")
    async with depot.application.home.database.read(WORKSPACE) as unit:
        assert await read_short(unit, depot.application.home.clock.now()) == []


async def test_the_report_tells_own_and_sponsored_costs_apart(stage: Stage, depot: Depot) -> None:
    await win(stage, depot)
    costs = (await campaign_report(depot.door, WORKSPACE, CAMPAIGN))["costs"]
    assert (costs["own_prizes"], costs["sponsored"], costs["zero_cost"]) == (2800, 0, False)
    await depot.add("lamp", "coupon_template", unit_cost=4000, face_value=5000, total=5, sponsor="Lumen Ltd")
    await depot.tell("p9", "lamp")
    asked = await depot.door.look.ask(WORKSPACE, PrizeCosts, CAMPAIGN)
    assert (asked.own, asked.own_count, asked.sponsored_count) == (2800, 2, 1)
    assert asked.sponsors == (("Lumen Ltd", 4000),)
    async with depot.application.home.database.read(WORKSPACE) as unit:
        (row,) = await read_views(unit)
        assert await read_costs(unit, CAMPAIGN) == CostSheet(2800, 4000, 2)
    assert (row.campaign, row.own, row.sponsored, row.view) == (CAMPAIGN, 2800, 4000, "shared")
    gift = cost_view(0, PrizeCosts(CAMPAIGN, 0, (("Lumen Ltd", 4000),), 0, 1))
    assert (gift["sponsored"], gift["sponsored_bps"], gift["zero_cost"]) == (4000, 10_000, True)
