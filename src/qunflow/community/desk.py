"""An operator's desk: find a group, ask for an act on it, wait for its end, see who knocks. For every surface."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from qunflow.community.acts import JOIN_RULES, MAX_ID, MAX_NOTE, MAX_TOPIC, Act, ActOnGroup, ActState, act_stream
from qunflow.community.model import GroupState, Knock
from qunflow.community.words import read_names, read_words
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.engine.door import Door

MAX_WAIT = 120.0
_LOOK_EVERY = 0.1
#: A message's link as clients copy it: the room and the message behind the #.
_LINK = re.compile(r"https://matrix\.to/#/[^/?]{1,255}/(?P<message>(?:\$|%24)[^/?]{1,255})(?:\?.*)?")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who asks to be let in, with the words that lie in the erasable tables."""

    external: str
    name: str
    reason: str
    at: datetime


async def list_groups(door: Door, workspace: str, channel: str = "") -> list[GroupState]:
    """The groups that are there, of one channel or of all."""
    found: list[GroupState] = await door.look.all_of(workspace, "group", f"group:{channel}:" if channel else "")
    return [group for group in found if group.chat and not group.gone]


async def find_group(door: Door, workspace: str, chat: str, channel: str = "") -> GroupState:
    """One group by the platform's id. Raises NotFound, or Conflict when two channels have one of this id."""
    found = [group for group in await list_groups(door, workspace, channel) if group.chat == chat]
    if not found:
        raise NotFound("unknown_group", "there is no such group", field=chat[:100], way_out="See: qunflow group list.")
    if len(found) > 1:
        names = ", ".join(group.channel for group in found)
        raise Conflict("group_ambiguous", f"{names} have it", field=chat[:100], way_out="Name one with --channel.")
    return found[0]


async def ask_act(door: Door, workspace: str, group: GroupState, body: ActOnGroup) -> ActState:
    """Ask for an act on a group; it is carried out by the running server. Raises InvalidInput or Conflict."""
    check_act(body)
    answer = await door.ask(workspace, body, channel=group.channel)
    if answer.rejection is not None:
        detail = ", ".join(f"{name} {value}" for name, value in answer.rejection.detail.items())
        reason = str(answer.rejection.reason)
        raise Conflict(reason, detail or "the present state does not allow this", field=body.chat)
    state: ActState = await door.look.state(workspace, act_stream(body.name))
    return state


async def wait_for_end(door: Door, workspace: str, name: str, seconds: float) -> ActState:
    """The act once it has an outcome, or as it is after so many wall seconds."""
    deadline = time.monotonic() + min(seconds, MAX_WAIT)
    while True:
        state: ActState = await door.look.state(workspace, act_stream(name))
        if state.outcome or time.monotonic() >= deadline:
            return state
        await asyncio.sleep(_LOOK_EVERY)


async def list_acts(door: Door, workspace: str, chat: str) -> list[ActState]:
    """What was asked for a group, oldest first, with what became of it."""
    found: list[ActState] = await door.look.all_of(workspace, "act")
    return sorted((act for act in found if act.chat == chat and act.asked_at), key=lambda act: (act.asked_at, act.name))


async def list_knocks(door: Door, workspace: str, group: GroupState) -> list[Waiting]:
    """Who asks to be let into a group, the longest waiting first."""
    knocks: Sequence[tuple[str, Knock]] = sorted(group.knocks.items(), key=lambda item: (item[1].at, item[0]))
    async with door.database.read(workspace) as unit:
        words = await read_words(unit, [knock.message for _, knock in knocks])
        names = await read_names(unit, [knock.person for _, knock in knocks])
    return [
        Waiting(external, names.get(knock.person, ""), words.get(knock.message, ""), knock.at)
        for external, knock in knocks
    ]


def new_act_name() -> str:
    """A name for an act that nobody can have used; later ones sort behind earlier ones."""
    return f"{time.time_ns() // 1000:014x}{secrets.token_hex(6)}"


def message_id(said: str) -> str:
    """The platform's id of a message, from itself or from the link that a client copies."""
    found = _LINK.fullmatch(said.strip())
    return found["message"].replace("%24", "$") if found else said.strip()


def check_act(body: ActOnGroup) -> None:
    """Raises InvalidInput for a field that is missing or too long."""
    bounds = (
        ("chat", body.chat, MAX_ID),
        ("member", body.external, MAX_ID),
        ("message", body.message, MAX_ID),
        ("note", body.note, MAX_NOTE),
        ("topic", body.value, MAX_TOPIC),
        ("by", body.by, MAX_ID),
    )
    for name, value, most in bounds:
        if len(value) > most or "\x00" in value:
            raise InvalidInput("too_long", f"at most {most} characters and no NUL", field=name, way_out="Shorten it.")
    about_message = body.act in (Act.REDACT, Act.PIN, Act.UNPIN)
    if about_message and not body.message:
        raise InvalidInput("message_missing", "a message must be named", field="message", way_out="Copy its link.")
    if body.act == Act.JOIN_RULE and body.value not in JOIN_RULES:
        raise InvalidInput("join_rule", f"must be one of {', '.join(JOIN_RULES)}", field="rule")
