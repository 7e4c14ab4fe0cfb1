from qunflow.bootstrap import Application
from qunflow.features.livecodes.model import MakePool, PoolSettings


async def test_a_pool_is_made_and_asks_for_its_first_group(application: Application) -> None:
    answer = await application.door.ask("main", MakePool("p", PoolSettings("wx", "福利", ("amy",))))
    assert answer.value == "p"
    runner = application.runner()
    while await runner.turn():
        pass
    async with application.home.database.unit("main") as unit:
        rows = await unit.fetch("SELECT kind, body FROM outbox")
        dead = await unit.fetch("SELECT kind, reason FROM inbox WHERE state='dead'")
    assert [tuple(r) for r in dead] == []
    assert [r[0] for r in rows] == ["create_group"]
