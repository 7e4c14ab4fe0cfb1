"""The model of docs/new-model.md, exactly as it stands there, plays."""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from tests.unit.features.plays.table import HOLD, HOUR, Table, plan_with, refused

from qunflow.features.campaigns.gate import liability
from qunflow.features.campaigns.mechanics.models import MODELS
from qunflow.rehearsal import games_friends

PAGE = Path(__file__).parents[4] / "docs" / "new-model.md"
PLAN = {"kind": "high-five", "reward_fen": 500, "walls": 1, "fives": 2}


def blocks() -> list[str]:
    """The model of the page, and the game that a crowd plays with it."""
    found = re.findall(r"```python\n(.+?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return [textwrap.dedent(code) for code in found]


@pytest.fixture(autouse=True)
def high_five(monkeypatch: pytest.MonkeyPatch) -> Any:
    code, _ = blocks()
    module = ModuleType("high_five_of_the_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(code, str(PAGE), "exec"), module.__dict__)
    monkeypatch.setitem(MODELS, "high-five", module.MODEL)  # type: ignore[arg-type]


def table() -> Table:
    made = Table(plan_with(PLAN), 1000)
    for name in ("owner", "other", "a", "b", "c"):
        made.enter(name)
    return made


def test_it_pays_when_enough_friends_stayed() -> None:
    made = table()
    unit = made.play("owner", "open")
    for name in ("a", "b"):
        assert not refused(made.play(name, "help", unit))
    assert refused(made.play("c", "help", unit)) == "unit_full"
    assert made.balance("pending:owner") == 500
    made.wait(HOLD + HOUR)
    assert made.balance("available:owner") == 500 and made.unit(unit).outcome == "done"
    made.check()


def test_a_leave_takes_it_back_and_the_wall_ends() -> None:
    made = table()
    unit = made.play("owner", "open")
    made.play("a", "help", unit)
    made.wait(23 * HOUR)
    made.play("b", "help", unit)
    made.wait(timedelta(hours=2))
    made.leave("b")
    assert made.unit(unit).outcome == "expired" and made.balance("pending:owner") == 0
    assert not refused(made.play("other", "open"))
    made.check()


def test_walls_run_out_and_bound_what_it_can_cost() -> None:
    made = table()
    made.play("owner", "open")
    assert refused(made.play("other", "open")) == "stock_out"
    assert liability(made.plan) == 500


async def test_the_game_of_the_page_helps_the_friend_and_opens_a_wall() -> None:
    player, moves = SimpleNamespace(), []

    async def help_friends(who: Any, move: str) -> None:
        moves.append((who, move))

    async def open_own(who: Any) -> None:
        moves.append((who, "open"))

    names: dict[str, Any] = {"help_friends": help_friends, "open_own": open_own, "Player": object, "datetime": datetime}
    exec(compile(blocks()[1], str(PAGE), "exec"), names)
    await names["HighFive"]().visit(player, datetime.now(UTC))
    assert moves == [(player, "help"), (player, "open")]
    assert inspect.signature(games_friends.help_friends).parameters.keys() >= {"player", "move"}
    assert inspect.signature(games_friends.open_own).parameters.keys() >= {"player"}
