"""What people ask of to-dos: the list, a word that one is done or dropped, and one more for staff to do."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.inbound import TodoNeeded
from qunflow.engine.door import Door
from qunflow.features.todos.kinds import KINDS, is_by_hand
from qunflow.features.todos.model import MarkTodo, TodoState, todo_stream

MAX_TEXT = 2_000
MAX_BY = 64


async def list_todos(door: Door, workspace: str, status: str = "", campaign: str = "") -> list[TodoState]:
    """To-dos, the oldest first; of one status and one campaign when they are named."""
    found: list[TodoState] = await door.look.all_of(workspace, "todo", status=status or None)
    chosen = [state for state in found if not campaign or state.campaign == campaign]
    return sorted(chosen, key=lambda state: (state.opened_at is None, state.opened_at, state.todo))


async def find_todo(door: Door, workspace: str, todo: str) -> TodoState:
    """One to-do. Raises NotFound."""
    state: TodoState | None = await door.look.state(workspace, todo_stream(todo))
    if state is None:
        raise NotFound("todo_unknown", "there is no such to-do", field=todo[:64], way_out="See qunflow todo list.")
    return state


async def mark_todo(door: Door, workspace: str, todo: str, status: str, by: str) -> TodoState:
    """Say that a to-do is ``done``, or drop it (``given_up``). Raises NotFound, and Conflict when it is over."""
    if not 1 <= len(by) <= MAX_BY:
        raise InvalidInput("todo_by", f"a name of 1 to {MAX_BY} characters", field="by")
    before = await find_todo(door, workspace, todo)
    answer = await door.ask(workspace, MarkTodo(todo, status, by), campaign=before.campaign, channel=before.channel)
    if answer.rejection is not None:
        raise Conflict("todo_over", f"this to-do is {before.status}", field=todo[:64])
    return await find_todo(door, workspace, todo)


async def ask_todo(door: Door, workspace: str, channel: str, action: str, data: Mapping[str, Any]) -> TodoState:
    """Ask staff for one thing by hand; an open card for the same is replaced. Raises InvalidInput."""
    if action not in KINDS:
        raise InvalidInput("todo_action", f"one of {', '.join(sorted(KINDS))}", field="action")
    for name, value in data.items():
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise InvalidInput("todo_text", f"at most {MAX_TEXT} characters", field=name)
    if action == "create_group" and not data.get("name"):
        raise InvalidInput("todo_name", "a new group needs its name", field="name")
    if action not in ("create_group", "keyword_replies") and not data.get("chat"):
        raise InvalidInput("todo_chat", "it needs the group", field="chat")
    todo = f"asked-{secrets.token_hex(8)}"
    await door.ask(workspace, TodoNeeded(todo, action, dict(data)), channel=channel)
    return await find_todo(door, workspace, todo)


def data_of(state: TodoState) -> dict[str, Any]:
    """A to-do as plain data."""
    return {
        "todo": state.todo,
        "action": state.action,
        "channel": state.channel,
        "campaign": state.campaign,
        "staff": state.staff,
        "outcome": state.outcome,
        "opened_at": _instant(state.opened_at),
        "due_at": _instant(state.due_at),
        "closed_at": _instant(state.closed_at),
        "closed_by": state.closed_by,
        "closes_by_itself": not is_by_hand(state.proof),
        "data": dict(state.data),
    }


def _instant(at: Any) -> str | None:
    return at.isoformat() if at is not None else None
