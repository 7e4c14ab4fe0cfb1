"""Opening a to-do with a card to the named staff member, and closing it by what proves it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qunflow.domain.actions import TellStaff, Wish
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent
from qunflow.domain.events import GroupFound, MemberLeft
from qunflow.domain.inbound import ActionEnded, GroupHinted, Message, TodoNeeded
from qunflow.domain.outcomes import Outcome
from qunflow.engine.feature import View
from qunflow.features.todos.model import OpenTodos, TodoClosed, TodoOpened, TodoState, open_stream, todo_stream


def need_todo(message: Message, facts: object) -> Needs:
    """The to-do and the channel's list of open ones."""
    return Needs(streams=(todo_stream(message.body.todo), open_stream(message.channel)))


def decide_needed(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """A wish that the channel leaves to a person: one card with everything needed."""
    body: TodoNeeded = message.body
    stream, channel = todo_stream(body.todo), message.channel
    state: TodoState = view.state(stream)
    if state.todo:
        return NOTHING
    title, text, named, proof = card(body.action, body.data)
    staff = named or str(facts)  # the group's owner
    opened = TodoOpened(body.todo, body.action, body.data, staff, proof)
    events = (
        NewEvent(stream, opened, channel=channel),
        NewEvent(open_stream(channel), opened, channel=channel),
    )
    tell = TellStaff(staff, title, text)
    return Decision(events=events, wishes=(Wish(channel, tell, lane_key=stream),))


def card(action: str, data: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """(title, text, staff, proof) of the card for an action."""
    if action == "create_group":
        name = str(data["name"])
        staff = str((data.get("admins") or [""])[0])
        text = f"群名：{name}\n请新建一个客户群，群名照抄上一行；建好后会自动接入活码，无需其他操作。"
        return "请新建一个客户群", text, staff, f"group:{name}"
    if action == "remove_member":
        text = f"群：{data['chat']}\n成员：{data['external']}\n{data['reason']}\n请在客户端把该成员移出群。"
        return "请移出一名群成员", text, "", f"gone:{data['chat']}:{data['external']}"
    if action == "ban_member":
        text = f"群：{data['chat']}\n成员：{data['external']}\n{data['reason']}\n请把该成员移出群，并加入群聊黑名单。"
        return "请移出并拉黑一名群成员", text, "", f"gone:{data['chat']}:{data['external']}"
    if action == "set_topic":
        text = f"群：{data['chat']}\n请把群公告改为下面的内容：\n{data['topic']}"
        return "请修改群公告", text, "", f"notice:{data['chat']}"
    return f"待办：{action}", str(dict(data)), "", f"{action}:{data}"


def need_proved(message: Message, facts: object) -> Needs:
    """The channel's open to-dos, and the one that this event may prove."""
    streams = [open_stream(message.channel)]
    todo = facts.get(proof_of(message)) if isinstance(facts, dict) else None
    if todo:
        streams.append(todo_stream(todo))
    return Needs(streams=tuple(streams) if todo else ())


def proof_of(message: Message) -> str:
    """What an event proves."""
    body = message.body
    if isinstance(body, GroupFound):
        return f"group:{body.name}"
    if isinstance(body, GroupHinted):
        return f"{body.change}:{body.chat}"
    assert isinstance(body, MemberLeft)
    return f"gone:{message.group.split(':', 2)[2]}:{body.external}"


def decide_proved(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """Close the to-do that this event proves."""
    proof = proof_of(message)
    todo = facts.get(proof) if isinstance(facts, dict) else None
    if not todo:
        return NOTHING
    listed: OpenTodos = view.state(open_stream(message.channel))
    if proof not in listed.proofs:
        return NOTHING
    closed = TodoClosed(todo, proof)
    wish = str(view.state(todo_stream(todo)).data.get("wish", ""))
    ended = ((f"wish:{wish}", ActionEnded(wish, Outcome.STAFF_CONFIRMED)),) if wish else ()
    return Decision(
        commands=ended,
        events=(
            NewEvent(todo_stream(todo), closed, channel=message.channel),
            NewEvent(open_stream(message.channel), closed, channel=message.channel),
        ),
    )
