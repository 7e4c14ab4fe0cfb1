"""What time and people's words do to a to-do: reminder, escalation, giving up, done by hand. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qunflow.domain.actions import Wish
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent, reject
from qunflow.domain.inbound import Message
from qunflow.domain.outcomes import Outcome
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.todos.card import About
from qunflow.features.todos.decide import Cards, ended_wishes, timers_off
from qunflow.features.todos.model import (
    DONE,
    GIVE_UP,
    GIVEN_UP,
    OPEN,
    REMIND,
    MarkTodo,
    TodoEscalated,
    TodoMarked,
    TodoReminded,
    TodoState,
    TodoStep,
    open_stream,
    todo_stream,
)


@dataclass(frozen=True, slots=True)
class LaterFacts:
    """The channel of a to-do, and names for the eye."""

    channel: str = ""
    about: About = About()


def need_later(message: Message, facts: LaterFacts) -> Needs:
    """The to-do and its channel's list of open ones."""
    listed = (open_stream(facts.channel),) if facts.channel else ()
    return Needs(streams=(todo_stream(message.body.todo), *listed))


def step_decider(cards: Cards) -> Callable[[Message, LaterFacts, View, Chance], Decision]:
    """The rule of the timers, with the texts of its cards."""

    def decide_step(message: Message, facts: LaterFacts, view: View, chance: Chance) -> Decision:
        """Remind once, ask the next in order after the deadline, and give up at the end."""
        body: TodoStep = message.body
        state: TodoState = view.state(todo_stream(body.todo))
        if state.status != OPEN:
            return NOTHING
        if body.step == GIVE_UP:
            return end(state, GIVEN_UP, "")
        told: TodoReminded | TodoEscalated
        if body.step == REMIND:
            if state.reminded:
                return NOTHING
            staff, told = state.staff, TodoReminded(body.todo)
        else:
            staff = next_in_order(state)
            told = TodoEscalated(body.todo, staff)
        if not staff:
            return NOTHING  # nobody else can be asked; it stays open and is late from now on
        event = NewEvent(todo_stream(body.todo), told, channel=state.channel, campaign=state.campaign)
        tell = cards.again(message.workspace, state, staff, facts.about, body.step, message.at)
        return Decision(events=(event,), wishes=(Wish(state.channel, tell, lane_key=event.stream),))

    return decide_step


def next_in_order(state: TodoState) -> str:
    """Who is asked after the one who was asked last; empty when there is nobody."""
    after = state.order[state.order.index(state.staff) + 1 :] if state.staff in state.order else ()
    return after[0] if after else ""


def decide_mark(message: Message, facts: LaterFacts, view: View, chance: Chance) -> Decision:
    """A person says that it is done, or drops it."""
    body: MarkTodo = message.body
    state: TodoState = view.state(todo_stream(body.todo))
    if state.status != OPEN or body.status not in (DONE, GIVEN_UP):
        return reject(Reason.WRONG_STATE, status=state.status or "unknown")
    return end(state, body.status, body.by)


def end(state: TodoState, status: str, by: str) -> Decision:
    """A to-do ends by a word or by time, and with it every wish that hangs on it."""
    marked = TodoMarked(state.todo, status, by)
    given_up = status == GIVEN_UP
    outcome = Outcome.REFUSED_BY_PLATFORM if given_up else Outcome.STAFF_CONFIRMED
    reason = (Reason.OTHER if by else Reason.EXPIRED) if given_up else ""
    events = (
        NewEvent(todo_stream(state.todo), marked, channel=state.channel, campaign=state.campaign),
        NewEvent(open_stream(state.channel), marked, channel=state.channel),
    )
    return Decision(
        events=events,
        commands=ended_wishes(state, outcome, str(reason)),
        timers_off=timers_off(state.todo),
        answer=status,
    )
