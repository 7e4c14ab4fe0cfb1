"""``qunflow todo``: what staff are asked to do by hand."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application, Channels
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.features.todos import acts
from qunflow.features.todos.kinds import MAX_HOURS
from qunflow.features.todos.model import DONE, GIVEN_UP, OPEN, SUPERSEDED, TodoState

app = typer.Typer(help="List, ask for, tick off and drop to-dos of staff.", no_args_is_help=True, add_completion=False)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Name = Annotated[str, typer.Argument(help="Name of the to-do, from the list.")]
By = Annotated[str, typer.Option("--by", help="Who says so.")]
_ALL = "all"


@app.command("list")
def list_all(
    status: Annotated[str, typer.Option("--status", help="open, done, given_up, superseded or all.")] = OPEN,
    campaign: Annotated[str, typer.Option("--campaign", help="Only those of this campaign.")] = "",
    as_json: AsJson = False,
) -> None:
    """List to-dos, the oldest first."""
    if status not in (OPEN, DONE, GIVEN_UP, SUPERSEDED, _ALL):
        raise InvalidInput("todo_status", "open, done, given_up, superseded or all", field="--status")
    wanted = "" if status == _ALL else status
    found = run(lambda application: acts.list_todos(application.door, WORKSPACE, wanted, campaign))
    show([acts.data_of(state) for state in found], [line_of(state) for state in found] or ["nothing to do"], as_json)


@app.command()
def done(todo: Name, by: By = "cli", as_json: AsJson = False) -> None:
    """Say that a to-do is done; what waits for it goes on."""
    _mark(todo, DONE, by, as_json)


@app.command()
def drop(todo: Name, by: By = "cli", as_json: AsJson = False) -> None:
    """Drop a to-do; what waits for it ends as refused."""
    _mark(todo, GIVEN_UP, by, as_json)


@app.command()
def ask(
    action: Annotated[str, typer.Argument(help="What to do, such as rename_group, dissolve_group or mute_group.")],
    channel: Annotated[str, typer.Option("--channel", help="Name of the channel.")],
    chat: Annotated[str, typer.Option("--chat", help="Id of the group.")] = "",
    name: Annotated[str, typer.Option("--name", help="Name of the new group, or the new name.")] = "",
    member: Annotated[str, typer.Option("--member", help="Platform id of the person.")] = "",
    staff: Annotated[str, typer.Option("--staff", help="Who is asked first; else the group's owner.")] = "",
    text: Annotated[str, typer.Option("--text", help="The text to post, to set or to choose.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, for the person who does it.")] = "",
    evidence: Annotated[str, typer.Option("--evidence", help="What shows it.")] = "",
    link: Annotated[str, typer.Option("--link", help="Where the evidence can be seen.")] = "",
    hours: Annotated[int, typer.Option("--hours", min=0, max=MAX_HOURS, help="Until the deadline; 0: as usual.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Ask staff to do by hand what the channel cannot; an open card for the same is replaced."""
    given: dict[str, Any] = {
        "chat": chat,
        "name": name,
        "external": member,
        "staff": staff,
        "text": text,
        "reason": reason,
        "evidence": evidence,
        "link": link,
        "hours": hours,
    }
    data = {key: value for key, value in given.items() if value}

    async def act(application: Application) -> TodoState:
        if await Channels(application.home).row(channel) is None:
            raise NotFound("channel_unknown", "there is no channel of this name", field=channel)
        return await acts.ask_todo(application.door, WORKSPACE, channel, action, data)

    state = run(act)
    show(acts.data_of(state), [line_of(state)], as_json)


def _mark(todo: str, status: str, by: str, as_json: bool) -> None:
    state = run(lambda application: acts.mark_todo(application.door, WORKSPACE, todo, status, by))
    show(acts.data_of(state), [line_of(state)], as_json)


def line_of(state: TodoState) -> str:
    """A to-do for a terminal."""
    due = state.due_at.isoformat(timespec="minutes") if state.due_at is not None else "-"
    about = " ".join(str(state.data[key]) for key in ("name", "chat", "external") if state.data.get(key))
    return f"{state.todo}  {state.outcome:10} due {due}  {state.staff or '-'}  {state.action} {about}".rstrip()
