"""The feature's door: what is read ahead for a card, and the handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qunflow.community.model import GroupState, group_stream
from qunflow.domain.events import Event, GroupFound, GroupGone, MemberJoined, MemberLeft
from qunflow.domain.facts import CampaignVoice, GroupPlace
from qunflow.domain.inbound import GroupHinted, GroupRead, Message, TodoNeeded
from qunflow.domain.prizes import RefillEnded
from qunflow.engine.feature import Feature, Handler, Reader, StreamType
from qunflow.features.todos.card import About, Say
from qunflow.features.todos.decide import Cards, OpeningFacts, decide_proved, need_proved, need_todo
from qunflow.features.todos.kinds import proof_of_wish
from qunflow.features.todos.model import (
    EVENTS,
    MarkTodo,
    OpenTodos,
    TodoState,
    TodoStep,
    evolve,
    evolve_open,
    open_stream,
    todo_stream,
)
from qunflow.features.todos.timing import LaterFacts, decide_mark, need_later, step_decider
from qunflow.storage.people import store_names
from qunflow.storage.unit_of_work import UnitOfWork

_MAX_ORDER = 20


async def load_open(reader: Reader, message: Message) -> dict[str, str]:
    """The channel's open to-dos by their proof."""
    found: OpenTodos | None = await reader.state(open_stream(message.channel))
    return dict(found.proofs) if found is not None else {}


async def load_opening(reader: Reader, message: Message) -> OpeningFacts:
    """The equal card that is open, who can do it (in this order), the campaign, and names for the eye."""
    body: TodoNeeded = message.body
    listed = await load_open(reader, message)
    older = listed.get(proof_of_wish(body.action, body.data), "")
    chat = str(body.data.get("chat", ""))
    group = await _group(reader, message.channel, chat)
    campaign = await _campaign(reader, message, chat)
    voice: CampaignVoice | None = await reader.ask(CampaignVoice, campaign) if campaign else None
    about = await load_about(reader, message.channel, body.data, voice)
    return OpeningFacts(older, staff_order(body.data, group, voice), campaign if voice is not None else "", about)


async def _group(reader: Reader, channel: str, chat: str) -> GroupState:
    found: GroupState | None = await reader.state(group_stream(channel, chat), stale_ok=True) if chat else None
    return found if found is not None else GroupState()


async def _campaign(reader: Reader, message: Message, chat: str) -> str:
    """The campaign of a wish: named, or that of the pool which asks for a group or which the group is in."""
    data = message.body.data
    named = message.campaign or str(data.get("campaign", "")) or str(data.get("request", "")).rpartition(":")[0]
    if named or not chat:
        return named
    place: GroupPlace | None = await reader.ask(GroupPlace, group_stream(message.channel, chat))
    return place.pool if place is not None else ""


async def load_about(
    reader: Reader, channel: str, data: Mapping[str, object], voice: CampaignVoice | None = None
) -> About:
    """The names behind a wish's group and person, and the campaign's language."""
    chat, external = str(data.get("chat", "")), str(data.get("external", ""))
    group = await reader.name(group_stream(channel, chat)) if chat else ""
    person = await reader.name(await reader.person(channel, external)) if external else ""
    return About(group, person, voice.language if voice is not None else "zh")


def staff_order(data: Mapping[str, object], group: GroupState, voice: CampaignVoice | None) -> tuple[str, ...]:
    """Who may be asked: those that the wish names, the group's owner, the campaign's staff, then staff inside."""
    admins = data.get("admins")
    named = [str(data.get("staff", "")), *(map(str, admins) if isinstance(admins, (list, tuple)) else ())]
    inside = sorted(external for external, member in group.members.items() if member.staff)
    campaign = voice.staff if voice is not None else ()
    order = dict.fromkeys(name for name in (*named, group.owner, *campaign, *inside) if name)
    return tuple(order)[:_MAX_ORDER]


async def load_later(reader: Reader, message: Message) -> LaterFacts:
    """The channel of the to-do, and the names of its card."""
    state: TodoState | None = await reader.state(todo_stream(message.body.todo))
    if state is None:
        return LaterFacts()
    voice: CampaignVoice | None = await reader.ask(CampaignVoice, state.campaign) if state.campaign else None
    return LaterFacts(state.channel, await load_about(reader, state.channel, state.data, voice))


async def keep_group_names(unit: UnitOfWork, messages: Sequence[Message], events: Sequence[Event]) -> None:
    """Store the names of groups that were read, beside the log like those of people: cards show them."""
    names = {
        group_stream(message.channel, message.body.chat): message.body.name
        for message in messages
        if isinstance(message.body, GroupRead) and message.body.name
    }
    await store_names(unit, names)


def todos_feature(say: Say, url: Callable[[str, str], str]) -> Feature:
    """The feature; ``say`` tells the texts of cards, ``url(workspace, todo)`` the address of a to-do's page."""
    cards = Cards(say, url)
    proofs = (GroupFound, GroupGone, GroupHinted, GroupRead, MemberJoined, MemberLeft, RefillEnded)
    return Feature(
        name="todos",
        handlers=(
            Handler("todos.needed", TodoNeeded, need_todo, cards.decide_needed, load_opening),
            *(Handler(f"todos.{body.KIND}", body, need_proved, decide_proved, load_open) for body in proofs),
            Handler("todos.step", TodoStep, need_later, step_decider(cards), load_later),
            Handler("todos.mark", MarkTodo, need_later, decide_mark, load_later),
        ),
        streams=(
            StreamType("todo", TodoState, TodoState(), evolve),
            StreamType("todos", OpenTodos, OpenTodos(), evolve_open),
        ),
        events=EVENTS,
        bodies=(TodoStep, MarkTodo),
    )
