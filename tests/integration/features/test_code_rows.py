"""What the pages of live codes and groups read: from indexes, in pieces, and as the engine wrote it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.features.conftest import CAMPAIGN, CHANNEL, HOUR, WORKSPACE, Stage, person_of

from qunflow.analytics.funnel import _SCANS, load_funnel
from qunflow.community.roster import MemberQuestion, campaigns_of, group_curve, group_names, list_members, list_rows
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.inbound import GroupHinted
from qunflow.features.campaigns.board import load_sheet
from qunflow.features.campaigns.board_numbers import count_people
from qunflow.features.campaigns.plan import PoolPlan
from qunflow.features.livecodes import acts, code_store
from qunflow.features.livecodes.arrange import MAX_REQUESTS
from qunflow.features.livecodes.code_store import ScanCount
from qunflow.features.livecodes.leading import Pass, Why, explain
from qunflow.features.livecodes.model import PoolSettings, Scan, Scans

GROUP = f"group:{CHANNEL}:g1"


async def scan(stage: Stage, code: str, *visitors: str) -> None:
    await stage.application.door.ask(WORKSPACE, Scans(code, visitors))


async def test_codes_of_people_are_no_public_codes_and_scans_are_counted(stage: Stage) -> None:
    code = await stage.launch()
    await stage.add("wm1", code)
    await stage.join("wm1")
    own = await stage.own_code("wm1")
    assert own and own != code
    async with stage.application.door.database.read(WORKSPACE) as unit:
        parts = await campaigns_of(unit, (await stage.campaign()).pool, [person_of("wm1"), person_of("wm2")])
    assert parts == {person_of("wm1"): "冬日邀请季"}
    await scan(stage, code, "v1", "v2")
    await stage.wait(25 * HOUR)
    midnight = stage.now - timedelta(hours=10)
    await scan(stage, code, "v1")
    await scan(stage, own, "v3")
    async with stage.application.door.database.read(WORKSPACE) as unit:
        assert [found.code for found in await code_store.public_codes(unit)] == [code]
        assert await code_store.count_scans(unit, [code], midnight) == {code: ScanCount(1, 3)}
        slots = await code_store.scan_slots(unit, code, "day", "Asia/Shanghai", stage.now - timedelta(days=3))
    assert slots == {"2026-12-01 00:00": 2, "2026-12-02 00:00": 1}
    await stage.check()


@pytest.mark.parametrize("together", [True, False])
async def test_every_scan_is_explained_and_counted_however_it_is_recorded(stage: Stage, together: bool) -> None:
    code = await stage.launch(pool=PoolPlan("福利群", soft_limit=3, low_at=1))

    async def come(*visitors: str) -> None:
        for body in [Scans(code, visitors)] if together else [Scan(code, visitor) for visitor in visitors]:
            await stage.application.door.ask(WORKSPACE, body)

    await come("v1", "v2")
    await come("v3", "v1")
    await stage.settle()
    await stage.make_group("g2", "福利群2")
    await stage.wait(timedelta(minutes=5))
    await come("v3", "v2")
    async with stage.application.door.database.read(WORKSPACE) as unit:
        scans = await code_store.last_scans(unit, code, 10)
        marks = await code_store.entry_marks(unit, (await stage.campaign()).pool)
    told = {(item.visitor, item.version): explain(item, marks) for item in scans}
    assert [(visitor, led.entry, led.why) for (visitor, _), led in told.items()] == [
        ("v2", "g1", Why.KEPT),
        ("v3", "g2", Why.PASSED),
        ("v1", "g1", Why.KEPT),
        ("v3", "", Why.WAITING),
        ("v2", "g1", Why.FIRST),
        ("v1", "g1", Why.FIRST),
    ]
    assert [led.passed for led in told.values()][1] == (("g1", Pass.FULL),)
    async with stage.application.door.database.read(WORKSPACE) as unit:
        assert [item.visitor for item in await code_store.last_scans(unit, code, 3)] == ["v2", "v3", "v1"]
        since = stage.now - timedelta(minutes=1)
        assert await code_store.count_scans(unit, [code, "other"], since) == {code: ScanCount(2, 6)}
        slots = await code_store.scan_slots(unit, code, "day", "Asia/Shanghai", stage.now - timedelta(days=3))
        assert list(slots.values()) == [6]
        funnel = await load_funnel(unit, CAMPAIGN)
        assert await count_people(unit, [CAMPAIGN]) == {CAMPAIGN: (0, 3, 0, 0)}
        kinds = dict(await unit.fetch("SELECT type, count(*) FROM events WHERE stream = $1 GROUP BY 1", f"code:{code}"))
        shown = await unit.fetch("SELECT visitor, placed, person, campaign FROM scans ORDER BY version, number")
        assert await unit.fetch("SELECT FROM scans WHERE workspace_id <> $1", WORKSPACE) == []
    recorded = {kind: kinds[kind] for kind in ("scanned_together", "scanned", "places_kept") if kind in kinds}
    assert recorded == ({"scanned_together": 3} if together else {"scanned": 6, "places_kept": 2})
    assert [tuple(row) for row in shown] == [
        (visitor, placed, "", CAMPAIGN)
        for visitor, placed in zip(
            ("v1", "v2", "v3", "v1", "v3", "v2"), ("g1", "g1", "", "g1", "g2", "g1"), strict=True
        )
    ]
    sheet = await load_sheet(stage.application.door, WORKSPACE, CAMPAIGN)
    assert (funnel.scans, funnel.scanned, funnel.turned_away) == (6, 3, 0)
    assert sheet.funnel == funnel and sheet.arrivals is not None and sheet.arrivals.scans[:2] == (4, 2)
    await stage.check()


async def test_scans_are_read_from_their_index_alone(stage: Stage) -> None:
    code = await stage.launch()
    await stage.application.door.ask(WORKSPACE, Scan(code, "v1"))
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        await unit.execute("SET LOCAL enable_seqscan = off")
        values = (unit.workspace, [f"code:{code}"], stage.now)
        counted = "\n".join(row[0] for row in await unit.fetch("EXPLAIN " + code_store._COUNTS, *values))
        public = "\n".join(row[0] for row in await unit.fetch("EXPLAIN " + code_store._PUBLIC, unit.workspace, 10))
        marks = "\n".join(row[0] for row in await unit.fetch("EXPLAIN " + code_store._MARKS, unit.workspace, "pool:x"))
        slots = "\n".join(
            row[0]
            for row in await unit.fetch(
                "EXPLAIN " + code_store._SLOTS, unit.workspace, f"code:{code}", "day", "Asia/Shanghai", stage.now
            )
        )
        visits = "\n".join(row[0] for row in await unit.fetch("EXPLAIN " + _SCANS, unit.workspace, CAMPAIGN))
    for plan in (counted, slots):
        assert "Index Only Scan using events_scans on" in plan and "using events_scans_together on" in plan
    assert "Seq Scan" not in counted + slots + visits
    assert "events_public_codes" in public and "events_entries" in marks


async def test_a_pool_and_a_code_without_a_campaign(stage: Stage) -> None:
    door = stage.application.door
    with pytest.raises(NotFound):
        await acts.make_pool(door, WORKSPACE, PoolSettings("nowhere", "门店群", ("amy",)))
    with pytest.raises(NotFound):
        await acts.make_code(door, WORKSPACE, "nowhere")
    code = await stage.launch()
    pool = (await stage.campaign()).pool
    other = await acts.make_code(door, WORKSPACE, pool)
    assert other != code and (await acts.find_code(door, WORKSPACE, other)).campaign == ""
    await stage.settle()
    assert (await acts.find_code(door, WORKSPACE, other)).config == f"config-{other}"
    assert await acts.ask_group(door, WORKSPACE, pool) == "福利群2"
    with pytest.raises(InvalidInput):
        await acts.raise_soft_limit(door, WORKSPACE, pool, 150)
    assert await acts.raise_soft_limit(door, WORKSPACE, pool, 180) == 180
    for _ in range(MAX_REQUESTS - 1):
        await acts.ask_group(door, WORKSPACE, pool)
    with pytest.raises(Conflict) as refused:
        await acts.ask_group(door, WORKSPACE, pool)
    assert refused.value.code == "quota"
    await stage.check()


async def test_members_are_cut_sorted_and_found_by_the_database(stage: Stage) -> None:
    await stage.launch()
    people = [f"wm{number:02d}" for number in range(30)]
    stage.platform.groups["g1"].extend(people)
    await stage.tell(GroupHinted("g1", "members_added", tuple(people)))
    await stage.settle()
    await stage.wait(HOUR)
    await stage.leave("wm07")
    await stage.leave("wm08", removed=True)
    async with stage.application.door.database.read(WORKSPACE) as unit:
        (row,) = await list_rows(unit)
        assert (row.chat, row.name, row.owner, row.members) == ("g1", "福利群1", "amy", 29)
        assert await group_names(unit, [GROUP, "group:wx:none"]) == {GROUP: "福利群1"}
        by_id = MemberQuestion(sort="external", descending=False, limit=5, offset=25)
        found, total = await list_members(unit, GROUP, by_id)
        assert (total, [item.external for item in found]) == (29, ["wm26", "wm27", "wm28", "wm29"])
        found, total = await list_members(unit, GROUP, MemberQuestion(search="wm_0"))
        assert (total, found) == (0, [])  # an underscore is a letter here
        found, total = await list_members(unit, GROUP, MemberQuestion(staff=True))
        assert [item.external for item in found] == ["amy"]
        since = stage.now - timedelta(minutes=30)
        before, curve = await group_curve(unit, GROUP, "hour", "Asia/Shanghai", since)
    assert (before, curve) == (31, [("2026-12-01 10:00", 0, 2, 29)])
