"""A to-do: one card with everything on it, opened once, closed once by what proves it."""

from __future__ import annotations

from tests.unit.features.paper import CHANCE, Paper, message

from qunflow.domain.actions import TellStaff
from qunflow.domain.decisions import Decision
from qunflow.domain.events import GroupFound, MemberLeft
from qunflow.domain.inbound import TodoNeeded
from qunflow.features.todos.decide import card, decide_needed, decide_proved
from qunflow.features.todos.workflow import TODOS

MAKE = TodoNeeded("action-1", "create_group", {"name": "福利群1", "request": "p:1", "admins": ["amy", "lin"]})
KICK = TodoNeeded("action-2", "remove_member", {"chat": "g1", "external": "b", "reason": "ads", "staff": "amy"})


class Board:
    """The to-dos of one channel on paper."""

    def __init__(self) -> None:
        self.paper = Paper.of(TODOS.streams)

    @property
    def open(self) -> dict[str, str]:
        return dict(self.paper.state("todos:wx").proofs)

    def status(self, todo: str) -> str:
        return str(self.paper.state(f"todo:{todo}").status)

    def need(self, body: TodoNeeded) -> Decision:
        decision = decide_needed(message(body), None, self.paper, CHANCE)
        self.paper.take(message(body), decision)
        return decision

    def happen(self, body: GroupFound | MemberLeft, group: str = "group:wx:g1") -> Decision:
        cause = message(body, group=group)
        decision = decide_proved(cause, self.open, self.paper, CHANCE)
        self.paper.take(cause, decision)
        return decision


def test_a_card_goes_to_the_first_of_the_named_staff_with_all_that_is_needed() -> None:
    tell = Board().need(MAKE).wishes[0].action
    assert isinstance(tell, TellStaff)
    assert tell.staff == "amy" and "福利群1" in tell.text


def test_the_same_need_twice_is_one_card() -> None:
    board = Board()
    board.need(MAKE)
    assert board.need(MAKE) == Decision()


def test_the_group_of_that_name_closes_the_to_do_and_another_does_not() -> None:
    board = Board()
    board.need(MAKE)
    board.happen(GroupFound("g7", name="别的群"))
    assert board.status("action-1") == "open"
    board.happen(GroupFound("g1", name="福利群1"))
    assert (board.status("action-1"), board.open) == ("done", {})


def test_the_leave_of_that_member_from_that_group_closes_a_removal() -> None:
    board = Board()
    board.need(KICK)
    board.happen(MemberLeft("c", 3))
    board.happen(MemberLeft("b", 3), group="group:wx:g2")
    assert board.status("action-2") == "open"
    board.happen(MemberLeft("b", 3))
    assert board.status("action-2") == "done"


def test_a_proof_that_comes_twice_closes_once() -> None:
    board = Board()
    board.need(MAKE)
    board.happen(GroupFound("g1", name="福利群1"))
    assert board.happen(GroupFound("g1", name="福利群1")) == Decision()


def test_any_other_action_becomes_a_card_too() -> None:
    title, text, _, _ = card("send_image", {"chat": "g1"})
    assert "send_image" in title and "g1" in text
