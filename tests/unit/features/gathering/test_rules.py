"""Gathering on paper: as many rooms as people need, each invited once, no mass send before there is a group."""

from __future__ import annotations

from collections import Counter as Tally
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.features.paper import CHANCE, Paper, message

from qunflow.domain.actions import Broadcast, CreateGroup, InviteMember
from qunflow.domain.decisions import Decision
from qunflow.domain.events import CodeMade, PoolWanted
from qunflow.domain.inbound import BroadcastFiled, BroadcastRead, EntryOpened, GroupCreated, MessagePosted
from qunflow.features.gathering import decide
from qunflow.features.gathering.decide import GatherFacts, is_valid_message
from qunflow.features.gathering.model import Asked, Gather, GatheringState, gathered_stream, gathering_stream
from qunflow.features.gathering.workflow import gathering_feature

FEATURE = gathering_feature(lambda code: f"https://x/c/{code}")
RULES = {str(handler.accepts.KIND): handler for handler in FEATURE.handlers}  # type: ignore[attr-defined]


def asked(automatic: bool, limit: int = 3) -> Asked:
    return Asked("VIP", "active", 30, "", ("amy",), limit, automatic, "来新群")


class Desk:
    """One gathering; ``wished`` are the actions asked for so far."""

    def __init__(self) -> None:
        self.paper = Paper.of(FEATURE.streams)
        self.wished: list[Any] = []

    def send(self, body: Any) -> Decision:
        facts = GatherFacts(self.state)
        told = message(body)
        rule = RULES[str(body.KIND)]
        needed = rule.needs(told, facts)
        decision: Decision = rule.decide(told, facts, self.paper, CHANCE)
        assert {event.stream for event in decision.events} <= set(needed.streams), "what changes was locked"
        self.paper.take(told, decision)
        self.wished += [wish.action for wish in decision.wishes]
        return decision

    @property
    def state(self) -> GatheringState:
        found: GatheringState = self.paper.state(gathering_stream("g"))
        return found

    def of(self, kind: type) -> list[Any]:
        return [action for action in self.wished if isinstance(action, kind)]

    def outcome(self, person: str) -> str:
        return str(self.paper.state(gathered_stream("g", person)).outcome)


def people(*names: str) -> dict[str, str]:
    return {f"wm-{name}": name for name in names}


@settings(max_examples=80, deadline=None)
@given(
    rounds=st.lists(st.lists(st.sampled_from("abcdefghijk"), max_size=6), min_size=1, max_size=5),
    limit=st.integers(1, 4),
    rooms_come=st.lists(st.integers(0, 5), max_size=12),
)
def test_everybody_is_invited_once_into_a_room_that_is_not_overfull(
    rounds: list[list[str]], limit: int, rooms_come: list[int]
) -> None:
    desk, come = Desk(), iter(rooms_come)
    for names in rounds:
        desk.send(Gather("g", asked(True, limit), people(*dict.fromkeys(names)), "op"))
        room = next(come, None)
        if room is not None and room < desk.state.asked_rooms:
            desk.send(GroupCreated(f"!{room}", "VIP", f"gather-g:{room}"))
    for room in range(desk.state.asked_rooms):
        desk.send(GroupCreated(f"!{room}", "VIP", f"gather-g:{room}"))
        desk.send(GroupCreated(f"!other{room}", "VIP", f"gather-g:{room}"))
    wanted = {name for names in rounds for name in names}
    invited = Tally(action.external for action in desk.of(InviteMember))
    assert invited == Tally(f"wm-{name}" for name in wanted)
    sizes = Tally(action.chat for action in desk.of(InviteMember))
    assert all(size <= limit for size in sizes.values())
    assert len(desk.of(CreateGroup)) == -(-len(wanted) // limit)
    assert desk.paper.replayed().get(gathering_stream("g"), GatheringState()) == desk.state


def test_nobody_is_told_before_there_is_a_group_to_come_into() -> None:
    desk = Desk()
    started = desk.send(Gather("g", asked(False), people("a", "b"), "op"))
    assert [type(event.body) for event in started.events].count(PoolWanted) == 1
    desk.send(Gather("g", asked(False), people("b", "c"), "op"))
    assert desk.wished == []
    opened = desk.send(EntryOpened("gather-g", "chat", "config", "qr", chats=("chat",)))
    assert [event.body.contact for event in opened.events] == [False]
    assert desk.send(EntryOpened("gather-g", "chat2", "config", "qr")).events == ()
    desk.send(CodeMade("k7", "gather-g", "wx"))
    (sent,) = desk.of(Broadcast)
    assert (sent.externals, sent.text) == (("wm-a", "wm-b", "wm-c"), "来新群\nhttps://x/c/k7")
    desk.send(CodeMade("k8", "gather-g", "wx"))
    desk.send(Gather("g", asked(False), people("a", "d"), "op"))
    assert [one.externals for one in desk.of(Broadcast)] == [sent.externals, ("wm-d",)]


def test_results_of_a_mass_send_count_once_and_late_ones_change_nothing() -> None:
    desk = Desk()
    desk.send(Gather("g", asked(False), people("a", "b", "c"), "op"))
    desk.send(EntryOpened("gather-g", "chat", "config", "qr"))
    desk.send(CodeMade("k7", "gather-g", "wx"))
    name = desk.of(Broadcast)[0].broadcast
    desk.send(BroadcastFiled(name, "task", ("wm-c",)))
    desk.send(BroadcastRead(name, {"wm-a": "sent", "wm-b": "waiting", "wm-c": "sent"}))
    desk.send(BroadcastRead(name, {"wm-a": "quota", "wm-b": "quota"}))
    outcomes = [desk.outcome(person) for person in "abc"]
    assert outcomes == ["staff_confirmed", "refused_by_platform", "refused_by_platform"]
    assert desk.state.sendings[name].left == ()


def test_answers_that_belong_to_others_are_left_alone() -> None:
    desk = Desk()
    for body in (EntryOpened("pool-1", "main", "c"), CodeMade("k", "winter", "wx"), BroadcastFiled("winter@1", "t")):
        assert desk.send(body).events == ()
    assert decide.of_message(message(GroupCreated("c", "n", "winter:1"))) == ""


@pytest.mark.parametrize(
    ("text", "media", "valid"),
    [
        ("好的", "", True),
        ("1", "", False),
        ("??!!", "", False),
        ("", "mxc://x", True),
        ("", "", False),
        ("ok", "", True),
    ],
)
def test_a_message_counts_when_it_says_something(text: str, media: str, valid: bool) -> None:
    assert is_valid_message(MessagePosted("c", "a", text, media)) is valid
