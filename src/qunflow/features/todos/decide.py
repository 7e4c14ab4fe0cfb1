"""Opening a to-do with a card to the named staff member, and closing it by what proves it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from qunflow.domain.actions import TellStaff, Wish
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent, Timer
from qunflow.domain.events import GroupFound, GroupGone, MemberJoined, MemberLeft
from qunflow.domain.inbound import ActionEnded, GroupHinted, GroupRead, Message, TodoNeeded
from qunflow.domain.outcomes import Outcome
from qunflow.domain.prizes import RefillEnded
from qunflow.engine.feature import View
from qunflow.features.todos.card import About, Say, card_lines, card_title
from qunflow.features.todos.kinds import periods_of, proof_of_wish
from qunflow.features.todos.model import (
    ESCALATE,
    GIVE_UP,
    REMIND,
    STEPS,
    OpenTodos,
    TodoClosed,
    TodoOpened,
    TodoPlanned,
    TodoState,
    TodoStep,
    TodoSuperseded,
    open_stream,
    todo_stream,
)

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class OpeningFacts:
    """What is known when a wish is left to a person: the equal card, who can do it, and names for the eye."""

    older: str = ""
    order: tuple[str, ...] = ()
    campaign: str = ""
    about: About = About()


@dataclass(frozen=True, slots=True)
class Cards:
    """Makes cards: ``say`` tells the texts, ``url(workspace, todo)`` the address of a to-do's page."""

    say: Say
    url: Callable[[str, str], str]

    def first(self, workspace: str, opened: TodoOpened, about: About, hours: int, replaces: bool) -> TellStaff:
        """The card of a new to-do."""
        lines = card_lines(self.say, opened.action, opened.data, about, opened.proof, hours)
        if replaces:
            lines.append(self.say(about.language, "todo.line.replaces"))
        title = card_title(self.say, about.language, opened.action)
        return TellStaff(opened.staff, title, "\n".join(lines), self.url(workspace, opened.todo))

    def again(self, workspace: str, state: TodoState, staff: str, about: About, step: str, now: datetime) -> TellStaff:
        """The reminder, or the card to the next member of staff after the deadline."""
        left = max(0, round((state.due_at - now) / _HOUR)) if state.due_at is not None else 0
        lines = [self.say(about.language, f"todo.step.{step}", staff=state.staff or "-")]
        lines += card_lines(self.say, state.action, state.data, about, state.proof, left)
        title = card_title(self.say, about.language, state.action)
        return TellStaff(staff, title, "\n".join(lines), self.url(workspace, state.todo))

    def decide_needed(self, message: Message, facts: OpeningFacts, view: View, chance: Chance) -> Decision:
        """A wish that the channel leaves to a person: one card with everything needed; an older equal one ends."""
        body: TodoNeeded = message.body
        stream, channel = todo_stream(body.todo), message.channel
        state: TodoState = view.state(stream)
        if state.todo:
            return NOTHING
        proof = proof_of_wish(body.action, body.data)
        listed: OpenTodos = view.state(open_stream(channel))
        older = listed.proofs.get(proof, "")
        before: TodoState = view.state(todo_stream(older)) if older else TodoState()
        staff = facts.order[0] if facts.order else ""
        opened = TodoOpened(body.todo, body.action, body.data, staff, proof)
        periods = periods_of(body.action, body.data)
        wish = str(body.data.get("wish", ""))
        wishes = (*before.wishes, *((wish,) if wish else ()))
        planned = TodoPlanned(body.todo, message.at + periods.due, facts.order, wishes)
        ended = (NewEvent(todo_stream(older), TodoSuperseded(older, body.todo), channel=channel),) if older else ()
        events = (
            *ended,
            NewEvent(stream, opened, channel=channel, campaign=facts.campaign),
            NewEvent(stream, planned, channel=channel, campaign=facts.campaign),
            NewEvent(open_stream(channel), opened, channel=channel),
        )
        hours = round(periods.due / _HOUR)
        tell = self.first(message.workspace, opened, facts.about, hours, bool(older))
        after = {REMIND: periods.remind, ESCALATE: periods.due, GIVE_UP: periods.give_up}
        timers = tuple(
            Timer(stream, step, message.at + time, TodoStep(body.todo, step), campaign=facts.campaign)
            for step, time in after.items()
        )
        wished = (Wish(channel, tell, lane_key=stream),) if staff else ()
        return Decision(events=events, wishes=wished, timers=timers, timers_off=timers_off(older) if older else ())


def need_todo(message: Message, facts: OpeningFacts) -> Needs:
    """The to-do, the channel's list of open ones, and the equal one that it replaces."""
    older = (todo_stream(facts.older),) if facts.older else ()
    return Needs(streams=(todo_stream(message.body.todo), open_stream(message.channel), *older))


def timers_off(todo: str) -> tuple[tuple[str, str], ...]:
    """No timer of a to-do goes off any more."""
    return tuple((todo_stream(todo), step) for step in STEPS)


def need_proved(message: Message, facts: object) -> Needs:
    """The channel's open to-dos, and the one that this event may prove."""
    todo = facts.get(proof_of(message)) if isinstance(facts, dict) else None
    return Needs(streams=(open_stream(message.channel), todo_stream(todo)) if todo else ())


def proof_of(message: Message) -> str:
    """What an event proves."""
    body = message.body
    if isinstance(body, GroupFound):
        return f"group:{body.name}"
    if isinstance(body, GroupHinted):
        return f"{body.change}:{body.chat}"
    if isinstance(body, GroupRead):
        return f"renamed:{body.chat}"
    if isinstance(body, RefillEnded):
        return f"stock:{body.item}"
    chat = message.group.partition(":")[2].partition(":")[2]
    if isinstance(body, GroupGone):
        return f"dismissed:{chat}"
    if isinstance(body, MemberJoined):
        return f"in:{chat}:{body.external}"
    assert isinstance(body, MemberLeft)
    return f"gone:{chat}:{body.external}"


def decide_proved(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """Close the to-do that this event proves."""
    proof = proof_of(message)
    todo = facts.get(proof) if isinstance(facts, dict) else None
    if not todo:
        return NOTHING
    listed: OpenTodos = view.state(open_stream(message.channel))
    if listed.proofs.get(proof) != todo:
        return NOTHING
    state: TodoState = view.state(todo_stream(todo))
    if isinstance(message.body, GroupRead) and message.body.name != str(state.data.get("name", "")):
        return NOTHING  # a reading proves a new name only when it is the one that was asked for
    closed = TodoClosed(todo, proof)
    return Decision(
        commands=ended_wishes(state, Outcome.STAFF_CONFIRMED),
        events=(
            NewEvent(todo_stream(todo), closed, channel=message.channel, campaign=state.campaign),
            NewEvent(open_stream(message.channel), closed, channel=message.channel),
        ),
        timers_off=timers_off(todo),
    )


def ended_wishes(state: TodoState, outcome: Outcome, reason: str = "") -> tuple[tuple[str, ActionEnded], ...]:
    """The end of every wish that hangs on a to-do; one opened before plans were kept has its own in its data."""
    wishes = state.wishes or tuple(filter(None, (str(state.data.get("wish", "")),)))
    return tuple((f"wish:{wish}", ActionEnded(wish, outcome, reason)) for wish in wishes)
