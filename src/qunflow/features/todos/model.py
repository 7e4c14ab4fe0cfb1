"""A to-do: what is to be done, by whom, until when, and the proof that closes it. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id

OPEN, DONE, GIVEN_UP, SUPERSEDED = "open", "done", "given_up", "superseded"
REMIND, ESCALATE, GIVE_UP = "remind", "escalate", "give_up"
STEPS = (REMIND, ESCALATE, GIVE_UP)


@dataclass(frozen=True, slots=True)
class TodoState:
    """One to-do. ``status``: '' | open | done | given_up | superseded.

    ``order`` are those who may be asked, the first one first; ``staff`` is who was asked last. ``wishes`` end with it:
    its own and those of the cards that it replaced. ``closed_by`` is ``event``, or who said that it is done or dropped.
    """

    todo: str = ""
    action: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    staff: str = ""
    channel: str = ""
    status: str = ""
    opened_at: datetime | None = None
    proof: str = ""
    campaign: str = ""
    order: tuple[str, ...] = ()
    due_at: datetime | None = None
    wishes: tuple[str, ...] = ()
    reminded: bool = False
    closed_at: datetime | None = None
    closed_by: str = ""
    replaced_by: str = ""

    @property
    def late(self) -> bool:
        """Whether it was done after its deadline."""
        return self.status == DONE and None not in (self.closed_at, self.due_at) and self.closed_at > self.due_at  # type: ignore[operator]

    @property
    def outcome(self) -> str:
        """``open``, ``done``, ``late``, ``given_up`` or ``superseded``."""
        return "late" if self.late else self.status


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
class TodoPlanned:
    """Until when it is to be done, who may be asked after the first, and the wishes that end with it."""

    KIND: ClassVar[str] = "todo_planned"
    SCHEMA: ClassVar[int] = 1
    todo: str
    due_at: datetime
    order: tuple[str, ...]
    wishes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TodoReminded:
    """The one reminder went out."""

    KIND: ClassVar[str] = "todo_reminded"
    SCHEMA: ClassVar[int] = 1
    todo: str


@dataclass(frozen=True, slots=True)
class TodoEscalated:
    """The deadline passed: another member of staff is asked."""

    KIND: ClassVar[str] = "todo_escalated"
    SCHEMA: ClassVar[int] = 1
    todo: str
    staff: str


@dataclass(frozen=True, slots=True)
class TodoClosed:
    """The platform showed that it was done."""

    KIND: ClassVar[str] = "todo_closed"
    SCHEMA: ClassVar[int] = 1
    todo: str
    proof: str


@dataclass(frozen=True, slots=True)
class TodoMarked:
    """A person said that it is done, or dropped it; ``by`` nobody when its time simply ran out."""

    KIND: ClassVar[str] = "todo_marked"
    SCHEMA: ClassVar[int] = 1
    todo: str
    status: str  # done | given_up
    by: str = ""


@dataclass(frozen=True, slots=True)
class TodoSuperseded:
    """A newer card asks for the same."""

    KIND: ClassVar[str] = "todo_superseded"
    SCHEMA: ClassVar[int] = 1
    todo: str
    by: str


@dataclass(frozen=True, slots=True)
class TodoStep:
    """A timer: remind, escalate or give up."""

    KIND: ClassVar[str] = "todo_step"
    todo: str
    step: str


@dataclass(frozen=True, slots=True)
class MarkTodo:
    """A person says that a to-do is done, or drops it."""

    KIND: ClassVar[str] = "mark_todo"
    todo: str
    status: str  # done | given_up
    by: str


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
            campaign=event.campaign,
            proof=body.proof,
            status=OPEN,
            opened_at=event.at,
        )
    if isinstance(body, TodoPlanned):
        return replace(state, due_at=body.due_at, order=body.order, wishes=body.wishes)
    if isinstance(body, TodoReminded):
        return replace(state, reminded=True)
    if isinstance(body, TodoEscalated):
        return replace(state, staff=body.staff)
    if isinstance(body, TodoClosed):
        return replace(state, status=DONE, closed_at=event.at, closed_by="event")
    if isinstance(body, TodoMarked):
        return replace(state, status=body.status, closed_at=event.at, closed_by=body.by)
    if isinstance(body, TodoSuperseded):
        return replace(state, status=SUPERSEDED, closed_at=event.at, replaced_by=body.by)
    return state


def evolve_open(state: OpenTodos, event: Event) -> OpenTodos:
    """Fold one event of a channel's open to-dos."""
    body = event.body
    if isinstance(body, TodoOpened):
        return replace(state, proofs={**state.proofs, body.proof: body.todo})
    if isinstance(body, TodoClosed):
        return replace(state, proofs={key: todo for key, todo in state.proofs.items() if key != body.proof})
    if isinstance(body, TodoMarked):
        return replace(state, proofs={key: todo for key, todo in state.proofs.items() if todo != body.todo})
    return state


EVENTS = (TodoOpened, TodoPlanned, TodoReminded, TodoEscalated, TodoClosed, TodoMarked, TodoSuperseded)
