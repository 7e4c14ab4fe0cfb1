"""A whole crowd against a real sandbox: it does what its plan says, through nothing but doors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import orjson
import pytest
from tests.unit.rehearsal.conftest import START, StartSandbox
from tests.unit.rehearsal.little_server import serving
from tests.unit.rehearsal.paper_product import AES_KEY, STAFF, TOKEN, PaperProduct

from qunflow.domain.errors import Conflict
from qunflow.rehearsal import driver
from qunflow.rehearsal.driver import CrowdReport, CrowdSettings, Doors, run_crowd
from qunflow.rehearsal.http import HttpClient
from qunflow.storage.clock import SharedClock

END = START + timedelta(hours=60)
SETTINGS = CrowdSettings(60, "run", START, END, END + timedelta(hours=2), seeds_bps=1_500, forger_bps=2_500)


@asynccontextmanager
async def open_product(sandbox: str) -> AsyncIterator[PaperProduct]:
    client = HttpClient()
    product = PaperProduct(client, sandbox)

    async def post(path: str, **body: object) -> None:
        answer = await client.request("POST", sandbox + path, {}, orjson.dumps(body))
        assert answer.status == 200, answer.text

    async with serving(product.handle) as server:
        product.url = server.url
        await post("/staff/new", userid=STAFF, name="林夏")
        await post("/admin/corp", callback_url=f"{server.url}/callback", token=TOKEN, aes_key=AES_KEY)
        await product.make_code("public")
        yield product
    client.close()


async def run(sandbox: str, clock: SharedClock, settings: CrowdSettings = SETTINGS) -> tuple[CrowdReport, PaperProduct]:
    async with open_product(sandbox) as product:

        async def quiet() -> bool:
            status = orjson.loads((await product.client.request("GET", f"{sandbox}/status")).body)
            return not status["pending_callbacks"] and not product.busy

        async def next_due() -> datetime | None:
            return clock.now() + timedelta(hours=5)

        async def review() -> int:
            decided = len(product.waiting_proofs)
            product.verdicts["reviewed"] += decided
            product.waiting_proofs.clear()
            return decided

        doors = Doors(sandbox, f"{product.url}/poster.jpg", (STAFF,))
        report = await run_crowd(settings, doors, clock, quiet, next_due, lambda *_: None, review)
    return report, product


async def test_a_crowd_does_what_its_plan_says(start_sandbox: StartSandbox) -> None:
    sandbox, clock = start_sandbox()
    report, product = await run(sandbox, clock)
    assert report.errors == {}, report.examples
    assert report.missed() == {}
    done = report.outcomes()
    assert done["contact"] == len(product.members) == len(report.welcomes)
    assert report.welcomed_twice() == []
    assert clock.now() == SETTINGS.until
    forged = {name: count for name, count in done.items() if name.startswith("forged_")}
    assert product.verdicts["approved"] == done["submit"] - sum(forged.values())
    assert product.verdicts["duplicate"] == forged.get("forged_copied", 0)
    assert product.verdicts["qr_mismatch"] == forged.get("forged_foreign", 0)
    assert product.verdicts["reviewed"] == forged.get("forged_plain", 0) == report.staff["reviewed"]
    assert len(product.posts) == done["submit"]
    assert report.retries == {"broken": product.drops}
    assert report.staff["groups_made"] == product.asked_for >= 2
    assert report.waiting["waiting"] >= 2
    owners = {member.code for member in product.members.values()} | {"public"}
    assert {member.came_by for member in product.members.values()} <= owners


async def test_two_runs_of_one_seed_come_to_the_same(start_sandbox: StartSandbox) -> None:
    settings = replace(SETTINGS, people=25, seed="twice", until=END)
    once, _ = await run(*start_sandbox(), settings)
    again, _ = await run(*start_sandbox(), settings)
    assert once.outcomes() == again.outcomes()
    assert once.outcomes()["scan"] > 10


async def test_a_product_that_never_gets_quiet_is_reported(
    start_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, clock = start_sandbox()
    monkeypatch.setattr(driver, "_QUIET_MOST", 0.1)

    async def never() -> bool:
        return False

    async def none() -> datetime | None:
        return None

    async def nothing() -> int:
        return 0

    with pytest.raises(Conflict) as caught:
        await run_crowd(SETTINGS, Doors(sandbox, b"", ()), clock, never, none, lambda *_: None, nothing)
    assert caught.value.code == "rehearsal_not_quiet"
