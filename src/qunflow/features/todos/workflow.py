"""The feature's door."""

from __future__ import annotations

from qunflow.domain.events import GroupFound, MemberLeft
from qunflow.domain.inbound import Message, TodoNeeded
from qunflow.engine.feature import Feature, Handler, Reader, StreamType
from qunflow.features.todos import decide
from qunflow.features.todos.model import EVENTS, OpenTodos, TodoState, evolve, evolve_open, open_stream


async def load_open(reader: Reader, message: Message) -> dict[str, str]:
    """The channel's open to-dos by their proof."""
    found: OpenTodos | None = await reader.state(open_stream(message.channel))
    return dict(found.proofs) if found is not None else {}


TODOS = Feature(
    name="todos",
    handlers=(
        Handler("todos.needed", TodoNeeded, decide.need_todo, decide.decide_needed),
        Handler("todos.group_found", GroupFound, decide.need_proved, decide.decide_proved, load_open),
        Handler("todos.member_left", MemberLeft, decide.need_proved, decide.decide_proved, load_open),
    ),
    streams=(
        StreamType("todo", TodoState, TodoState(), evolve),
        StreamType("todos", OpenTodos, OpenTodos(), evolve_open),
    ),
    events=EVENTS,
)
