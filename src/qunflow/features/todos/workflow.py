"""The feature's door."""

from __future__ import annotations

from qunflow.community.model import GroupState, group_stream
from qunflow.domain.events import GroupFound, MemberLeft
from qunflow.domain.inbound import GroupHinted, Message, TodoNeeded
from qunflow.engine.feature import Feature, Handler, Reader, StreamType
from qunflow.features.todos import decide
from qunflow.features.todos.model import EVENTS, OpenTodos, TodoState, evolve, evolve_open, open_stream


async def load_open(reader: Reader, message: Message) -> dict[str, str]:
    """The channel's open to-dos by their proof."""
    found: OpenTodos | None = await reader.state(open_stream(message.channel))
    return dict(found.proofs) if found is not None else {}


async def load_owner(reader: Reader, message: Message) -> str:
    """The owner of the group that the wish is about: who can act in it."""
    chat = str(message.body.data.get("chat", ""))
    group: GroupState | None = await reader.state(group_stream(message.channel, chat)) if chat else None
    return group.owner if group is not None else ""


TODOS = Feature(
    name="todos",
    handlers=(
        Handler("todos.needed", TodoNeeded, decide.need_todo, decide.decide_needed, load_owner),
        Handler("todos.group_found", GroupFound, decide.need_proved, decide.decide_proved, load_open),
        Handler("todos.group_hinted", GroupHinted, decide.need_proved, decide.decide_proved, load_open),
        Handler("todos.member_left", MemberLeft, decide.need_proved, decide.decide_proved, load_open),
    ),
    streams=(
        StreamType("todo", TodoState, TodoState(), evolve),
        StreamType("todos", OpenTodos, OpenTodos(), evolve_open),
    ),
    events=EVENTS,
)
