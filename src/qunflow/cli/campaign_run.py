"""``qunflow campaign`` while it runs: pause, resume, more budget, the leaderboard."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import MAX_FEN, yuan
from qunflow.features.campaigns import acts
from qunflow.features.campaigns.contest import RANKING, race_board
from qunflow.features.campaigns.leaderboard import Board, Boards
from qunflow.features.campaigns.model import RaiseBudget, SetStatus
from qunflow.features.campaigns.report import find_campaign

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Name = Annotated[str, typer.Argument(help="Name of the campaign.")]


def pause(name: Name, as_json: AsJson = False) -> None:
    """Let nobody new in; holds, races and rewards of those inside go on."""
    _set_status(name, "paused", as_json)


def resume(name: Name, as_json: AsJson = False) -> None:
    """Let people in again."""
    _set_status(name, "running", as_json)


def _set_status(name: str, status: str, as_json: bool) -> None:
    async def act(application: Application) -> str:
        await find_campaign(application.door, WORKSPACE, name)
        return str(acts.accepted(await application.door.ask(WORKSPACE, SetStatus(status), campaign=name)))

    found = run(act)
    show({"campaign": name, "status": found}, [f"{name}: {found}"], as_json)


def raise_budget(
    name: Name,
    by_fen: Annotated[int, typer.Option("--by-fen", help="How much more the campaign may pay, in fen.")],
    as_json: AsJson = False,
) -> None:
    """Add money to the budget; what was held for want of it is posted by the running server."""
    if not 1 <= by_fen <= MAX_FEN:
        raise InvalidInput("budget_amount", f"a whole number of fen from 1 to {MAX_FEN}", field="--by-fen")

    async def act(application: Application) -> int:
        await find_campaign(application.door, WORKSPACE, name)
        return int(acts.accepted(await application.door.ask(WORKSPACE, RaiseBudget(by_fen), campaign=name)))

    total = run(act)
    show({"campaign": name, "budget_fen": total}, [f"{name}: the budget is {yuan(total)} yuan now"], as_json)


def raise_stock(
    name: Name,
    by: Annotated[int, typer.Option("--by", help="How many pieces more.")],
    tier: Annotated[int, typer.Option("--tier", min=0, max=9, help="Of which size, counted from 0.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Add pieces of what the campaign's model gives; never fewer."""
    total = run(lambda application: acts.raise_stock(application.door, WORKSPACE, name, by, tier))
    show({"campaign": name, "stock": total}, [f"{name}: there are {total} in all now"], as_json)


def leaderboard(
    name: Name,
    top: Annotated[int, typer.Option("--top", min=1, max=1000, help="How many lines.")] = 10,
    race: Annotated[int, typer.Option("--race", min=0, max=60, help="The board of a race by its number.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Show the ranking or the board of one race, as it stands or as it was frozen."""

    async def act(application: Application) -> Board:
        state = await find_campaign(application.door, WORKSPACE, name)
        plan = state.plan
        if plan is None or (not plan.ranked if not race else plan.race is None or race > plan.race.times):
            raise InvalidInput("leaderboard_none", "the plan has no such board", field="--race" if race else name)
        return await Boards(application.door).view(WORKSPACE, state, race_board(race) if race else RANKING, top)

    board = run(act)
    show(board_data(name, board), board_lines(name, board), as_json)


def board_data(name: str, board: Board) -> dict[str, Any]:
    """A board as plain data."""
    lines = [{key: value for key, value in asdict(line).items() if key != "own"} for line in board.lines]
    return {"campaign": name, "board": board.board, "frozen": board.frozen, "lines": lines}


def board_lines(name: str, board: Board) -> list[str]:
    """A board for a terminal."""
    head = f"{name}, {board.board}: {'frozen' if board.frozen else 'as it stands'}"
    rows = [
        f"{line.place:>4} {line.name:8} {line.count:>6} invites" + (f"  {yuan(line.fen)} yuan" if line.fen else "")
        for line in board.lines
    ]
    return [head, *(rows or ["  nobody yet"])]
