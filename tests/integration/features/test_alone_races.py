"""Who buys alone races with who joins a group, for the same last pieces, on a real PostgreSQL."""

from __future__ import annotations

from tests.integration.features.conftest import CAMPAIGN, Stage
from tests.integration.features.test_plays import begin, opened
from tests.integration.features.test_plays_lines import MINUTE
from tests.integration.features.test_plays_races import CROWD, outcomes, race
from tests.integration.features.test_plays_sales import GROUP, asks, pay, used

from qunflow.features.campaigns.plays.model import Play


async def test_the_last_pieces_go_to_groups_and_to_people_alone_and_none_is_oversold(stage: Stage) -> None:
    model = {**GROUP, "size": 10, "solo_price_fen": 1500, "stock_total": 6, "fill_policy": "none"}
    await begin(stage, model, *CROWD[:12])
    team = await opened(stage, CROWD[0])
    await pay(stage, team, f"{team}-0")
    moves = [(name, "join", team) for name in CROWD[1:6]] + [(name, "alone", "") for name in CROWD[6:12]]
    answers = await race(stage, moves)
    assert outcomes(answers) == {"": 5, "stock_out": 6} and await used(stage, "stock") == 6
    alone = [str(one.value) for one in answers[5:] if one.rejection is None]
    paid = [(Play("pay", unit, {"order": f"{unit}-0", "fen": 1500}, "system"), "") for unit in alone[:1]] * 3
    assert outcomes(await asks(stage, paid)) == ({"": 1, "already_done": 2} if alone else {})
    await stage.wait(16 * MINUTE)
    assert await used(stage, "stock") == 1 + len(alone[:1]), "who did not pay gave it back"
    assert await stage.balance(f"revenue:{CAMPAIGN}") == 1500 * len(alone[:1])
    await stage.check()
