"""The phone pages of somebody who turned out to be somebody else: real HTTP, old links, both languages."""

from __future__ import annotations

import asyncio

from tests.integration.pages.conftest import CAMPAIGN, WORKSPACE, Stage

from qunflow.domain.merging import OPERATOR
from qunflow.features.merging.any_merged import BELIEVED_SECONDS
from qunflow.features.merging.model import MergePersons


async def test_an_old_link_leads_on_to_the_page_of_who_goes_on(stage: Stage) -> None:
    code = await stage.draft()
    await stage.open_group()
    await stage.open_contact(code)
    await stage.launch()
    links = [await stage.add_contact(name, code, name) for name in ("mei", "mei-2")]
    await stage.join("g1", "mei", "mei-2")
    people = [stage.application.home.links.open(link).person for link in links]
    assert (await stage.http.get(f"/p/{links[1]}")).status_code == 200
    answer = await stage.application.door.ask(WORKSPACE, MergePersons(*people, OPERATOR))
    await stage.settle()
    await asyncio.sleep(BELIEVED_SECONDS)  # that nobody was merged may have been seen just before
    kept = links[people.index(str(answer.value))]
    gone = next(link for link in links if link != kept)
    for page in ("", "/leaderboard", "/play"):
        led = await stage.http.get(f"/p/{gone}{page}?lang=en")
        assert (led.status_code, led.headers["location"]) == (307, f"/p/{kept}{page}?lang=en")
    posted = await stage.http.post(f"/p/{gone}/submit")
    assert (posted.status_code, posted.headers["location"]) == (307, f"/p/{kept}/submit")
    assert (await stage.http.get(f"/p/{gone}", follow_redirects=True)).status_code == 200
    assert (await stage.http.get(f"/p/{kept}")).status_code == 200
    moved = await stage.application.door.look.states(WORKSPACE, [f"participation:{CAMPAIGN}:{one}" for one in people])
    assert {state.seat for state in moved} == {"", str(answer.value)}
