"""Codes of a closed campaign lead nowhere, and their contact codes are given back: a corp has 500,000 (§5.4)."""

from __future__ import annotations

from qunflow.domain.actions import CloseContactCode, Wish
from qunflow.domain.decisions import Chance, Decision, Needs, NewEvent
from qunflow.domain.events import CodesDone
from qunflow.domain.inbound import Message
from qunflow.engine.feature import View
from qunflow.features.livecodes.model import CodeClosed, CodeState, code_stream


def need_done(message: Message, facts: None) -> Needs:
    """The codes."""
    body: CodesDone = message.body
    return Needs(streams=tuple(code_stream(code) for code in body.codes))


def decide_done(message: Message, facts: None, view: View, chance: Chance) -> Decision:
    """Close those that are open; a contact code behind one is deleted at the platform."""
    body: CodesDone = message.body
    events: list[NewEvent] = []
    wishes: list[Wish] = []
    for name in body.codes:
        code: CodeState = view.state(code_stream(name))
        if not code.code or code.closed:
            continue
        events.append(NewEvent(code_stream(name), CodeClosed(), code.owner, "", code.campaign, code.channel))
        if code.config:
            wishes.append(Wish(code.channel, CloseContactCode(code.config), lane_key=code_stream(name)))
    return Decision(events=tuple(events), wishes=tuple(wishes))
