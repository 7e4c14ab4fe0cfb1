"""``qunflow campaign stage``, ``stage-import`` and ``void-votes``: facts that staff tell about people of a campaign."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qunflow.bootstrap import Application
from qunflow.cli.noting import noted
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.features.campaigns import stage_acts, voiding
from qunflow.features.campaigns.stage_acts import REFUSED, TAKEN, UNKNOWN, StageResult
from qunflow.features.campaigns.stage_files import MAX_BYTES, StageLine
from qunflow.features.campaigns.voiding import VoidReport

Name = Annotated[str, typer.Argument(help="Name of the campaign.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def stage(
    name: Name,
    person: Annotated[str, typer.Argument(help="The friend: their id on the platform, or ours.")],
    stage_name: Annotated[str, typer.Argument(metavar="STAGE", help="Name of the stage, as in the plan.")],
    fen: Annotated[int, typer.Option("--fen", help="What the order was worth.")] = 0,
    order: Annotated[str, typer.Option("--order", help="Number of the order: told twice, it counts once.")] = "",
    reverse: Annotated[bool, typer.Option("--reverse", help="Take it back: the order was refunded.")] = False,
    as_json: AsJson = False,
) -> None:
    """Record that a friend reached a stage of a nested reward, or take that back."""
    told = StageLine(0, person, stage_name, fen, order, reverse)
    act = "campaign.stage_back" if reverse else "campaign.stage"
    details = {"person": person, "stage": stage_name, "fen": fen, "order": order}

    async def record(app: Application) -> StageResult:
        return await noted(app, act, name, lambda: stage_acts.record_stage(app.door, WORKSPACE, name, told), **details)

    found = run(record)
    what = "taken back" if reverse else "reached"
    said = f"{stage_name} {what}" if found.outcome == TAKEN else "nothing changed, this was known"
    show({"campaign": name, **found.as_data()}, [f"{name}: {person}: {said}"], as_json)


def stage_import(
    name: Name,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file: person,stage,fen,order.")],
    as_json: AsJson = False,
) -> None:
    """Record the stages of a file, line by line; the same file again changes nothing."""
    with file.open("rb") as opened:
        content = opened.read(MAX_BYTES + 1)

    async def take(app: Application) -> tuple[StageResult, ...]:
        async def work() -> tuple[StageResult, ...]:
            return await stage_acts.import_stages(app.door, WORKSPACE, name, content)

        return await noted(app, "campaign.stage_import", name, work, file=file.name, bytes=len(content))

    results = run(take)
    counts = stage_acts.count_outcomes(results)
    data = {"campaign": name, **counts, "lines": [result.as_data() for result in results]}
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    bad = [line_words(result) for result in results if result.outcome in (REFUSED, UNKNOWN)]
    show(data, [f"{name}: {told}", *bad], as_json)


def line_words(result: StageResult) -> str:
    """A line that did not count, for a terminal."""
    why = " ".join(word for word in (result.outcome, result.reason, result.detail and f"({result.detail})") if word)
    return f"  line {result.told.line}: {result.told.person[:60]} {result.told.stage[:60]}: {why}"


def void_votes(
    name: Name,
    voter: Annotated[str, typer.Option("--voter", help="Whose votes: their id on the platform, or ours.")],
    entry: Annotated[str, typer.Option("--entry", help="Only those for this entry.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why: kept in the audit log.")] = "",
    as_json: AsJson = False,
) -> None:
    """Void votes that were fraud, until the rank is frozen; the rank follows at once."""

    async def void(app: Application) -> VoidReport:
        async def work() -> VoidReport:
            return await voiding.void_votes(app.door, WORKSPACE, name, voter, entry)

        return await noted(app, "campaign.void_votes", name, work, voter=voter, entry=entry, reason=reason)

    found = run(void)
    data = {"campaign": name, "voter": voter, "votes": found.votes, "entries": list(found.entries)}
    show(data, [f"{name}: {found.votes} votes of {voter} are void, of {len(found.entries)} entries"], as_json)
