"""Offers of a waiting line on the real engine: told once each, whatever runs twice, and settled like other scripts."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.integration.features.conftest import CAMPAIGN, CHANNEL, HOUR, WORKSPACE, Stage, person_of
from tests.integration.features.test_plays import begin, opened, play
from tests.integration.features.test_plays_lines import LINE, MINUTE
from tests.integration.features.test_plays_races import race

from qunflow.analytics.scripts import count_scripts
from qunflow.features.scripts.model import PageSeen

NAMES = ("a", "b", "c", "d")


async def waiting(stage: Stage, offer_min: int = 20) -> dict[str, str]:
    """a has the only piece; b, c and d wait for it."""
    await begin(stage, {**LINE, "stock_total": 1, "offer_min": offer_min}, *NAMES)
    units = {name: await opened(stage, name) for name in NAMES}
    assert (await play(stage, "a", "reserve", units["a"])).rejection is None
    for name in NAMES[1:]:
        await stage.wait(timedelta(seconds=1))
        assert (await play(stage, name, "wait", units[name])).rejection is None
    return units


async def offers(stage: Stage, name: str) -> list[str]:
    """What became of the news of offers that a person got."""
    return [end for key, end in (await stage.outcomes(name)).items() if key.startswith("piece_offered@")]


async def test_only_who_is_next_is_told_and_once_however_often_the_piece_is_given_up(stage: Stage) -> None:
    units = await waiting(stage)
    await race(stage, [("a", "release", units["a"])] * 4)
    assert [await offers(stage, name) for name in NAMES] == [[], [""], [], []]
    (wished,) = await stage.rows("SELECT data, at FROM events WHERE type = 'script_wished' AND data->>'way' = 'page'")
    offered = await stage.rows("SELECT data->>'until' FROM events WHERE type = 'sale_offered'")
    assert [datetime.fromisoformat(row[0]) for row in offered] == [wished[1] + 20 * MINUTE]
    await stage.new_sender()  # the process died: another takes its work over
    await stage.wait(21 * MINUTE)
    assert [await offers(stage, name) for name in NAMES] == [[], [""], [""], []]
    assert (await play(stage, "c", "reserve", units["c"])).rejection is None
    await stage.wait(5 * MINUTE)
    assert [await offers(stage, name) for name in NAMES] == [[], [""], [""], []]
    await stage.check()


async def test_the_page_or_the_digest_ends_what_was_told(stage: Stage) -> None:
    units = await waiting(stage)
    await play(stage, "a", "release", units["a"])
    await stage.settle()
    door = stage.application.door
    await door.ask(WORKSPACE, PageSeen(), person=person_of("b"), campaign=CAMPAIGN, channel=CHANNEL)
    await stage.settle()
    assert await offers(stage, "b") == ["shown_on_page"]
    assert (await play(stage, "b", "stop_waiting", units["b"])).rejection is None
    await stage.settle()
    assert (await play(stage, "b", "wait", units["b"])).rejection is None
    assert await offers(stage, "c") == [""]
    await stage.wait(42 * MINUTE)
    assert await offers(stage, "d") == [""]
    await stage.wait(12 * HOUR)
    (task,) = stage.platform.broadcasts
    assert {"b", "c", "d"} == set(task.externals), "b was offered the piece a second time"
    stage.platform.confirmed = dict.fromkeys("bcd", "sent")
    await stage.wait(HOUR)
    assert await offers(stage, "b") == ["shown_on_page", "staff_confirmed"]
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        counts = await count_scripts(unit, CAMPAIGN)
    assert (counts.missing, counts.duplicate) == (0, 0)
    await stage.check()
