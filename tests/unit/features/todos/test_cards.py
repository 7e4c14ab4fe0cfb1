"""A to-do: one card with everything on it, opened once, closed once by what proves it."""

from __future__ import annotations

from tests.unit.features.paper import CHANCE, Paper, message

from qunflow.domain.actions import TellStaff
from qunflow.domain.decisions import Decision
from qunflow.domain.events import GroupFound, MemberLeft
from qunflow.domain.inbound import GroupHinted, TodoNeeded
from qunflow.domain.outcomes import Outcome
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

    def happen(self, body: GroupFound | MemberLeft | GroupHinted, group: str = "group:wx:g1") -> Decision:
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


def test_a_ban_names_the_black_list_and_closes_with_the_leave() -> None:
    board = Board()
    ban = TodoNeeded("action-3", "ban_member", {"chat": "g1", "external": "b", "reason": "ads"})
    tell = board.need(ban).wishes[0].action
    assert isinstance(tell, TellStaff) and "黑名单" in tell.text and "ads" in tell.text
    board.happen(MemberLeft("b", 3))
    assert board.status("action-3") == "done"


def test_a_notice_carries_its_text_and_closes_when_that_groups_notice_changes() -> None:
    board = Board()
    tell = board.need(TodoNeeded("action-4", "set_topic", {"chat": "g1", "topic": "每晚八点"})).wishes[0].action
    assert isinstance(tell, TellStaff) and "每晚八点" in tell.text
    board.happen(GroupHinted("g1", "renamed"))
    board.happen(GroupHinted("g2", "notice"))
    assert board.status("action-4") == "open"
    board.happen(GroupHinted("g1", "notice"))
    assert board.status("action-4") == "done"


def test_the_act_behind_a_to_do_ends_when_it_is_proved() -> None:
    board = Board()
    data = {"chat": "g1", "external": "b", "reason": "ads", "wish": "act:a1:done"}
    board.need(TodoNeeded("action-5", "ban_member", data))
    ended = board.happen(MemberLeft("b", 3)).commands
    assert [(body.wish, body.outcome) for _, body in ended] == [("act:a1:done", Outcome.STAFF_CONFIRMED)]
