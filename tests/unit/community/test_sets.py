"""Sets of groups: named folders that keep their groups through renaming, removing and coming back."""

from __future__ import annotations

from typing import Any

from tests.unit.features.paper import CHANCE, Paper, message

from qunflow.community import sets
from qunflow.community.decide import GroupFacts, decide_read_now
from qunflow.community.model import GroupState, ReadNow, group_stream
from qunflow.community.sets import ChangeGroupSet, GroupSet, MakeGroupSet, RemoveGroupSet, set_stream
from qunflow.community.workflow import COMMUNITY
from qunflow.domain.actions import ReadGroup
from qunflow.domain.reasons import Reason

RULES: dict[type, Any] = {
    MakeGroupSet: sets.decide_make_set,
    ChangeGroupSet: sets.decide_change_set,
    RemoveGroupSet: sets.decide_remove_set,
}
ONE, TWO = group_stream("wx", "g1"), group_stream("wx", "g2")
KNOWN = {ONE: GroupState("g1", "wx"), TWO: GroupState("g2", "wx"), "group:wx:gone": GroupState("gone", "wx", gone=True)}


class Shelf:
    """One set on paper."""

    def __init__(self) -> None:
        self.paper = Paper.of(COMMUNITY.streams)

    def tell(self, body: Any) -> Reason | None:
        cause = message(body)
        facts = {stream: KNOWN.get(stream) for stream in getattr(body, "add", ())}
        decision = RULES[type(body)](cause, facts, self.paper, CHANCE)
        self.paper.take(cause, decision)
        return decision.rejection.reason if decision.rejection is not None else None

    @property
    def state(self) -> GroupSet:
        found: GroupSet = self.paper.state(set_stream("a"))
        return found


def test_groups_go_in_once_and_come_out() -> None:
    shelf = Shelf()
    shelf.tell(MakeGroupSet("a", "会员群"))
    shelf.tell(ChangeGroupSet("a", (ONE, TWO, ONE)))
    shelf.tell(ChangeGroupSet("a", (ONE,)))
    assert shelf.state == GroupSet("a", "会员群", (ONE, TWO))
    shelf.tell(ChangeGroupSet("a", (), (ONE,)))
    assert shelf.state.groups == (TWO,)
    assert shelf.paper.replayed() == shelf.paper.states


def test_a_removed_set_comes_back_with_its_groups() -> None:
    shelf = Shelf()
    shelf.tell(MakeGroupSet("a", "会员群"))
    shelf.tell(ChangeGroupSet("a", (ONE,)))
    shelf.tell(RemoveGroupSet("a"))
    assert shelf.state.removed and shelf.tell(ChangeGroupSet("a", (TWO,))) is Reason.UNKNOWN_GROUP
    shelf.tell(MakeGroupSet("a", "老会员"))
    assert shelf.state == GroupSet("a", "老会员", (ONE,))


def test_a_group_that_nobody_knows_or_that_is_gone_stays_out() -> None:
    shelf = Shelf()
    shelf.tell(MakeGroupSet("a", "会员群"))
    assert shelf.tell(ChangeGroupSet("a", (group_stream("wx", "no"),))) is Reason.UNKNOWN_GROUP
    assert shelf.tell(ChangeGroupSet("a", ("group:wx:gone",))) is Reason.UNKNOWN_GROUP
    assert shelf.state.groups == ()


def test_a_set_has_room_for_five_hundred() -> None:
    shelf = Shelf()
    shelf.tell(MakeGroupSet("a", "会员群"))
    full = GroupSet("a", "会员群", tuple(f"group:wx:{number}" for number in range(sets.MAX_GROUPS)))
    shelf.paper.states[set_stream("a")] = full
    assert shelf.tell(ChangeGroupSet("a", (ONE,))) is Reason.QUOTA
    assert shelf.tell(ChangeGroupSet("a", (ONE,), (full.groups[0],))) is None


def test_a_group_is_read_at_once_unless_it_is_gone() -> None:
    paper = Paper.of(COMMUNITY.streams)
    paper.states[ONE] = KNOWN[ONE]
    decision = decide_read_now(message(ReadNow("g1")), GroupFacts(ONE, {}), paper, CHANCE)
    assert [wish.action for wish in decision.wishes] == [ReadGroup("g1")]
    gone = decide_read_now(message(ReadNow("g2")), GroupFacts(TWO, {}), paper, CHANCE)
    assert gone.rejection is not None and gone.rejection.reason is Reason.UNKNOWN_GROUP
