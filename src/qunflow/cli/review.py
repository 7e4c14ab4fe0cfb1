"""``qunflow review``: proofs that a person must look at."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application
from qunflow.cli.noting import account_called, noted
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.features.tasks import acts

app = typer.Typer(help="List, approve and reject proofs.", no_args_is_help=True, add_completion=False)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Submission = Annotated[str, typer.Argument(help="Name of the submission, from the list.")]
Reviewer = Annotated[str, typer.Option(help="Who decides: the name of an account of the console, or any other.")]


@app.command("list")
def list_queue(campaign: Annotated[str, typer.Argument(help="Name of the campaign.")], as_json: AsJson = False) -> None:
    """List the proofs that wait: a last chance or a risk first, then the oldest."""
    found = run(lambda application: acts.queue(application.door, WORKSPACE, campaign))
    lines = [f"{item['submission']}  attempt {item['attempt']}  {', '.join(item['findings'])}" for item in found]
    show(found, lines or ["nothing waits for a review"], as_json)


@app.command()
def approve(submission: Submission, reviewer: Reviewer = "cli", as_json: AsJson = False) -> None:
    """Approve the attempt that waits, at once."""

    async def work(application: Application) -> dict[str, Any]:
        by = await account_called(application, reviewer)
        return await acts.review(application.door, WORKSPACE, submission, True, by)

    found = run(lambda app: noted(app, "review.approve", submission, lambda: work(app), reviewer=reviewer))
    show(found, [f"{submission}: {found['status']}"], as_json)


@app.command()
def reject(
    submission: Submission,
    reason: Annotated[str, typer.Option(help="Reason code, such as not_target_page.")],
    words: Annotated[str, typer.Option(help="Why, in words; needed for the reason other.")] = "",
    reviewer: Reviewer = "cli",
    as_json: AsJson = False,
) -> None:
    """Reject the attempt that waits, with a reason."""

    async def work(application: Application) -> dict[str, Any]:
        door, blobs = application.door, application.home.blobs
        by = await account_called(application, reviewer)
        digest = await acts.keep_words(door, blobs, WORKSPACE, submission, words) if words else ""
        return await acts.review(door, WORKSPACE, submission, False, by, reason, digest)

    details = {"reviewer": reviewer, "reason": reason}
    found = run(lambda app: noted(app, "review.reject", submission, lambda: work(app), **details))
    show(found, [f"{submission}: {found['status']}"], as_json)
