"""``qunflow group gather``: one command makes a group of the active or of the paying."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.connectors.matrix.settings import WAYS as MATRIX_WAYS
from qunflow.connectors.wecom.settings import WAYS as WECOM_WAYS
from qunflow.features.gathering import acts
from qunflow.features.gathering.model import WHO

WAYS = {"wecom": WECOM_WAYS, "matrix": MATRIX_WAYS}
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def gather(
    who: Annotated[str, typer.Option("--who", help=f"One of {', '.join(WHO)}.")],
    channel: Annotated[str, typer.Option("--channel", help="The channel that the group is on.")],
    name: Annotated[str, typer.Option("--name", help="Name of the group; the same name goes on with it.")],
    staff: Annotated[list[str], typer.Option("--staff", help="Who looks after it; may be repeated.")],
    days: Annotated[int, typer.Option("--days", min=1, max=acts.MAX_DAYS, help="In the last so many days.")] = 30,
    campaign: Annotated[str, typer.Option("--campaign", help="Only people of this campaign.")] = "",
    text: Annotated[str, typer.Option("--text", help="What staff send with the link, where they confirm it.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it only show who would be asked.")] = False,
    by: Annotated[str, typer.Option("--by", help="Who decides.")] = "cli",
    as_json: AsJson = False,
) -> None:
    """Make a group of the active or of the paying; each person is asked once."""
    spec = acts.Spec(channel, name, who, days, campaign, tuple(staff), text)

    async def act(application: Application) -> dict[str, Any]:
        planned = acts.preview_data(await acts.preview(application.door, WORKSPACE, spec, WAYS))
        if not yes:
            return {**planned, "gathering": None}
        state = await acts.gather(application.door, WORKSPACE, spec, WAYS, by)
        return {**planned, "gathering": state.gathering}

    found = run(act)
    left_out = ", ".join(f"{reason} {count}" for reason, count in found["left_out"].items() if count) or "nobody"
    lines = [
        f"{found['people']} of {found['found']} people, {found['groups']} groups; left out: {left_out}",
        f"the group: {found['make']}; the people: {found['invite']}",
        f"gathering {found['gathering']}" if yes else "nothing was done; add --yes to do it",
    ]
    show(found, lines, as_json)


def gathered(
    gathering: Annotated[str, typer.Argument(help="Id of a gathering; without it all are listed.")] = "",
    as_json: AsJson = False,
) -> None:
    """How far gatherings are: asked, waiting, told, refused, inside."""

    async def act(application: Application) -> list[dict[str, Any]]:
        door = application.door
        names = [gathering] if gathering else [one.gathering for one in await acts.list_gatherings(door, WORKSPACE)]
        return [acts.progress_data(await acts.read_progress(door, WORKSPACE, name)) for name in names[:100]]

    found = run(act)
    lines = [
        f"{one['gathering']}  {one['name']}  asked {one['asked']}  waiting {one['waiting']}  under way "
        f"{one['under_way']}  done {one['done']}  refused {sum(one['refused'].values())}  inside {one['inside']}"
        for one in found
    ]
    show(found, lines or ["no gathering"], as_json)
