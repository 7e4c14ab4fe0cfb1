"""From a scan to a reward on Matrix: people with clients of their own, a real Synapse, the server as a process."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.journeys.matrix_shop import (
    CAMPAIGN,
    INVITE_FEN,
    TASK_FEN,
    Shop,
    newcomer,
    open_shop,
    personal_links,
    walk_it_oneself_and_launch,
)
from tests.journeys.operator import WORKSPACE, Operator
from tests.journeys.phone import codes_in
from tests.journeys.synapse import NewPerson

from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.engine.replay import check_replay
from qunflow.features.campaigns.report import campaign_report

pytestmark = pytest.mark.journey


@pytest.fixture
async def shop(operator: Operator, account: MatrixSettings, new_person: NewPerson) -> Shop:
    """An open shop with a campaign that is drafted."""
    return await open_shop(operator, account, await new_person("lin", "林"))


async def test_a_campaign_goes_from_a_scan_to_a_reward_in_a_room(shop: Shop, new_person: NewPerson) -> None:
    code, room = await walk_it_oneself_and_launch(shop)
    ann, poster = await newcomer(shop, await new_person("ann", "安安"), code, room)
    (hers,) = codes_in(poster)
    bob, other = await newcomer(shop, await new_person("bob", "小波"), hers, room)
    assert hers != code and hers not in codes_in(other)

    # Ann's proof is approved by the code that it shows; her help by Bob waits for the hold.
    assert "奖励 2.00 元" in await shop.prove(ann, room, poster)
    part, helper = await shop.participant(ann), await shop.participant(bob)
    assert (part.completed, helper.parent, dict(part.invitees)) == (True, part.person, {helper.person: "pending"})
    assert await shop.earned(part) == (TASK_FEN, INVITE_FEN)
    await ann.show(room, other, "image/jpeg")  # a picture after the approval is nobody's proof
    page = await shop.own_page(ann)
    assert await shop.numbers(page, hers) == ("0", "1", "2.00")

    # A day later he is still there.
    await shop.operator.live_through(timedelta(hours=24))
    assert dict((await shop.participant(ann)).invitees) == {helper.person: "confirmed"}
    assert await shop.earned(part) == (TASK_FEN + INVITE_FEN, 0)
    assert await shop.numbers(page, hers) == ("1", "0", "7.00")
    await bob.told(room, "别忘了提交转发截图", to=bob.mxid, within=20.0)
    await ann.sync()
    assert personal_links(str(ann.messages(room))) == []  # the room reads nobody's own link
    assert await shop.operator.count_sent("fetch_media") == 2  # the proofs of Lin and of Ann
    await check_the_books(shop.operator)


async def check_the_books(operator: Operator) -> None:
    """Every script reached its person, every fen is where it belongs, and the log tells the same once more."""
    application = operator.application
    report = await campaign_report(application.door, WORKSPACE, CAMPAIGN)
    assert report["funnel"] == {"launched": 1, "scanned": 2, "joined": 2, "completed": 1}
    assert (report["scripts"]["missing"], report["scripts"]["duplicate"]) == (0, 0)
    assert set(report["scripts"]["outcomes"]) == {"delivered"}
    assert report["rewards"] == {"due": 700, "posted": 700, "pending": 0}
    assert report["ledger"] == {"sum": 0, "balanced": True, "wrong": []}
    assert (report["overfull_groups"], report["bypass_joins"], report["open_proofs"]) == (0, 0, 0)
    assert (await check_replay(application.home.database, application.registry, WORKSPACE)).differing == ()
    assert await operator.dead_letters() == []
    assert await operator.unsent() == []
