"""A campaign's prize from the plan to the phone: the code and the address over HTTP, on the holder's link alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from tests.integration.pages.conftest import CAMPAIGN, PHONE, Stage, state_of
from tests.integration.rewards.conftest import WORKSPACE, Depot

from qunflow.features.campaigns.plan import PrizePlan
from qunflow.features.livecodes.model import AskInvite
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.rewards import acts
from qunflow.features.rewards.pages import slug_of
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


async def win(stage: Stage, depot: Depot) -> tuple[str, str, list[str]]:
    """The inviter's link, a stranger's, and the friends' names."""
    await depot.add("coffee", "coupon_code", unit_cost=800, face_value=1500)
    await depot.load("coffee", "COFFEE-0001", "COFFEE-0002", "COFFEE-0003")
    await depot.add("cup", "physical", unit_cost=2000, face_value=3000, total=5, blocked_regions=("海南",))
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
