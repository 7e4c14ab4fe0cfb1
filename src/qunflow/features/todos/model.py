"""A to-do: what is to be done, by whom, and the proof that closes it. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id


@dataclass(frozen=True, slots=True)
class TodoState:
    """One to-do. ``status``: '' | open | done."""

    todo: str = ""
    action: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    staff: str = ""
    channel: str = ""
    status: str = ""
    opened_at: datetime | None = None
    told: bool = False


@dataclass(frozen=True, slots=True)
class OpenTodos:
    """The open to-dos of a channel, with what would prove each."""

    proofs: Mapping[str, str] = field(default_factory=dict)  # proof → to-do


@dataclass(frozen=True, slots=True)
class TodoOpened:
    """A person is asked to do what the channel cannot."""

    KIND: ClassVar[str] = "todo_opened"
    SCHEMA: ClassVar[int] = 1
    todo: str
    action: str
    data: Mapping[str, Any]
    staff: str
    proof: str


@dataclass(frozen=True, slots=True)
class TodoClosed:
    """The platform showed that it was done."""

    KIND: ClassVar[str] = "todo_closed"
    SCHEMA: ClassVar[int] = 1
    todo: str
    proof: str


def todo_stream(todo: str) -> str:
    """The stream of one to-do."""
    return stream_id("todo", todo)


def open_stream(channel: str) -> str:
    """The stream of a channel's open to-dos."""
    return stream_id("todos", channel)


def evolve(state: TodoState, event: Event) -> TodoState:
    """Fold one event of a to-do."""
    body = event.body
    if isinstance(body, TodoOpened):
        return replace(
            state,
            todo=body.todo,
            action=body.action,
            data=body.data,
            staff=body.staff,
            channel=event.channel,
            status="open",
            opened_at=event.at,
        )
    if isinstance(body, TodoClosed):
        return replace(state, status="done")
    return state


def evolve_open(state: OpenTodos, event: Event) -> OpenTodos:
    """Fold one event of a channel's open to-dos."""
    body = event.body
    if isinstance(body, TodoOpened):
        return replace(state, proofs={**state.proofs, body.proof: body.todo})
    if isinstance(body, TodoClosed):
        return replace(state, proofs={key: todo for key, todo in state.proofs.items() if key != body.proof})
    return state


EVENTS = (TodoOpened, TodoClosed)
