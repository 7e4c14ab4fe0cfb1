"""``qunflow campaign move``: what staff decide about a unit of a model, and what a shop tells about its orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.features.campaigns.acts import accepted
from qunflow.features.campaigns.plays import acts
from qunflow.features.campaigns.report import find_campaign
from qunflow.storage.people import find_persons

_MOST = 20


def move(
    name: Annotated[str, typer.Argument(help="Name of the campaign.")],
    move_name: Annotated[str, typer.Argument(metavar="MOVE", help="The move, as the model's page calls it.")],
    unit: Annotated[
        str, typer.Option("--unit", help="The unit that it is made on; none for a move that opens one.")
    ] = "",
    person: Annotated[str, typer.Option("--person", help="Whom it is about: their id on the platform.")] = "",
    given: Annotated[list[str] | None, typer.Option("--param", help="name=value; may be given several times.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Make a move of staff (appoint, fulfil, approve) or tell one of the shop (order_paid, received, refunded)."""
    params = read_params(given or [])

    async def act(application: Application) -> Any:
        campaign = await find_campaign(application.door, WORKSPACE, name)
        who = ""
        if person:
            channel = campaign.plan.channel if campaign.plan is not None else ""
            async with application.home.database.read(WORKSPACE) as reading:
                who = (await find_persons(reading, [(channel, person)])).get((channel, person), "")
            if not who:
                raise NotFound("person_unknown", "nobody of this id was ever seen on the channel", field="--person")
        return accepted(await acts.tell(application.door, WORKSPACE, name, move_name, unit, who, params))

    answer = run(act)
    data = {"campaign": name, "move": move_name, "unit": unit, "answer": answer}
    show(data, [f"{name}: {move_name} done" + (f", {answer}" if answer else "")], as_json)


def read_params(given: Sequence[str]) -> dict[str, str]:
    """``name=value`` pairs. Raises InvalidInput."""
    found: dict[str, str] = {}
    for pair in given[: _MOST + 1]:
        name, equals, value = pair.partition("=")
        if not equals or not name or name in found or len(found) >= _MOST:
            rule = f"up to {_MOST} different pairs such as order=o1"
            raise InvalidInput("move_params", rule, field="--param", way_out="Write --param name=value.")
        found[name] = value
    return found
