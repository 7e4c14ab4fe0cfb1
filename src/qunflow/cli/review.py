"""``qunflow review``: proofs that a person must look at."""

from __future__ import annotations

from typing import Annotated

import typer

from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.features.tasks import acts

app = typer.Typer(help="List, approve and reject proofs.", no_args_is_help=True, add_completion=False)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Submission = Annotated[str, typer.Argument(help="Name of the submission, from the list.")]
Reviewer = Annotated[str, typer.Option(help="Who decides.")]


@app.command("list")
def list_queue(campaign: Annotated[str, typer.Argument(help="Name of the campaign.")], as_json: AsJson = False) -> None:
    """List the proofs that wait, oldest first."""
    found = run(lambda application: acts.queue(application.door, WORKSPACE, campaign))
    lines = [f"{item['submission']}  attempt {item['attempt']}  {', '.join(item['findings'])}" for item in found]
    show(found, lines or ["nothing waits for a review"], as_json)


@app.command()
def approve(submission: Submission, reviewer: Reviewer = "cli", as_json: AsJson = False) -> None:
    """Approve the attempt that waits."""
    found = run(lambda application: acts.review(application.door, WORKSPACE, submission, True, reviewer))
    show(found, [f"{submission}: {found['status']}"], as_json)


@app.command()
def reject(
    submission: Submission,
    reason: Annotated[str, typer.Option(help="Reason code, such as not_target_page.")],
    reviewer: Reviewer = "cli",
    as_json: AsJson = False,
) -> None:
    """Reject the attempt that waits, with a reason."""
    found = run(lambda application: acts.review(application.door, WORKSPACE, submission, False, reviewer, reason))
    show(found, [f"{submission}: {found['status']}"], as_json)
