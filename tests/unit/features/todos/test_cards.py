"""A to-do: one card with everything on it, opened once, closed once by what proves it."""

from __future__ import annotations

import pytest
from tests.unit.features.paper import message
from tests.unit.features.todos.board import ABOUT, TEXTS, Board, need

from qunflow.domain.actions import TellStaff
from qunflow.domain.decisions import Decision
from qunflow.domain.events import GroupFound, GroupGone, MemberJoined, MemberLeft
from qunflow.domain.inbound import GroupHinted, GroupRead
from qunflow.domain.outcomes import Outcome
from qunflow.features.todos.card import About, card_lines, card_title
from qunflow.features.todos.decide import OpeningFacts, need_proved
from qunflow.features.todos.kinds import KINDS, is_by_hand, proof_of_wish
from qunflow.rehearsal.staff import asked_groups

MAKE = need("action-1", "create_group", name="福利群1", request="p:1", admins=["amy", "lin"])
KICK = need("action-2", "remove_member", chat="g1", external="b", reason="ads", staff="amy")


def test_a_card_goes_to_the_first_in_order_with_all_that_is_needed_and_its_page() -> None:
    tell = Board().need(MAKE).wishes[0].action
    assert isinstance(tell, TellStaff)
    assert tell.staff == "amy" and "\n群名：福利群1\n" in f"\n{tell.text}" and "2 小时" in tell.text
    assert tell.url == "https://qun.example/t/main/action-1"


def test_a_card_names_group_person_reason_evidence_and_link() -> None:
    told = {"evidence": "三条广告", "link": "https://qun.example/e/1"}
    kick = need("a", "remove_member", chat="g1", external="b", reason="发广告", **told)
    text = Board(about=About("冬日群", "小白")).need(kick).wishes[0].action.text
    for part in ("群：冬日群", "成员：小白 (b)", "原因：发广告", "证据：三条广告", "https://qun.example/e/1"):
        assert part in text


def test_what_others_wrote_is_cut_on_the_card_and_whole_on_the_page() -> None:
    data = {"chat": "g1", "external": "b", "reason": "长" * 500}
    card = card_lines(TEXTS.say, "remove_member", data, ABOUT, "gone:g1:b", 2)
    page = card_lines(TEXTS.say, "remove_member", data, ABOUT, "gone:g1:b", 2, 4_000)
    assert "长" * 500 not in "\n".join(card) and "长" * 500 in "\n".join(page)


def test_without_anybody_to_ask_the_to_do_is_open_and_no_card_is_sent() -> None:
    board = Board(order=())
    assert board.need(MAKE).wishes == ()
    assert board.status("action-1") == "open"


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


@pytest.mark.parametrize(
    ("action", "data", "wrong", "right"),
    [
        ("rename_group", {"name": "新名"}, GroupHinted("g1", "notice"), GroupHinted("g1", "renamed")),
        ("rename_group", {"name": "新名"}, GroupRead("g1", None, "旧名"), GroupRead("g1", None, "新名")),  # type: ignore[arg-type]
        ("set_topic", {"topic": "每晚八点"}, GroupHinted("g2", "notice"), GroupHinted("g1", "notice")),
        ("dissolve_group", {}, GroupHinted("g1", "renamed"), GroupHinted("g1", "dismissed")),
        ("dissolve_group", {}, GroupHinted("g2", "dismissed"), GroupGone()),
        ("transfer_group", {"new_owner": "lin"}, GroupHinted("g1", "renamed"), GroupHinted("g1", "owner")),
        ("ban_member", {"external": "b"}, MemberLeft("c", 3), MemberLeft("b", 3)),
        ("invite_member", {"external": "b"}, MemberLeft("b", 3), MemberJoined("b", 3, True, None)),  # type: ignore[arg-type]
    ],
)
def test_each_wish_closes_by_its_own_event_and_by_no_other(
    action: str, data: dict[str, str], wrong: object, right: object
) -> None:
    board = Board()
    board.need(need("a", action, chat="g1", **data))
    board.happen(wrong)
    assert board.status("a") == "open"
    board.happen(right)
    assert (board.status("a"), board.open, board.paper.timers) == ("done", {}, {})


def test_every_kind_has_its_texts_in_both_languages() -> None:
    for action in KINDS:
        for language in ("zh", "en"):
            assert card_title(TEXTS.say, language, action)
            lines = card_lines(TEXTS.say, action, {"chat": "g1"}, About(language=language), "hand:x", 2)
            assert all(lines)


def test_any_other_action_becomes_a_card_too_and_is_said_by_hand() -> None:
    board = Board()
    tell = board.need(need("a", "paint_group", chat="g1")).wishes[0].action
    assert "paint_group" in tell.title and "g1" in tell.text
    assert is_by_hand(board.todo("a").proof)


def test_the_act_behind_a_to_do_ends_when_it_is_proved() -> None:
    board = Board()
    board.need(need("action-5", "ban_member", chat="g1", external="b", reason="ads", wish="act:a1:done"))
    ended = board.happen(MemberLeft("b", 3)).commands
    assert [(body.wish, body.outcome) for _, body in ended] == [("act:a1:done", Outcome.STAFF_CONFIRMED)]


def test_a_newer_equal_card_replaces_the_older_and_ends_its_wish_too() -> None:
    board = Board()
    board.need(need("a", "remove_member", chat="g1", external="b", reason="ads", wish="act:1:done"))
    newer = board.need(need("b", "remove_member", chat="g1", external="b", reason="more ads", wish="act:2:done"))
    assert "代替" in newer.wishes[0].action.text
    assert (board.status("a"), board.todo("a").replaced_by, board.status("b")) == ("superseded", "b", "open")
    assert {stream for stream, _ in board.paper.timers} == {"todo:b"}
    ended = board.happen(MemberLeft("b", 3)).commands
    assert [body.wish for _, body in ended] == ["act:1:done", "act:2:done"]
    assert board.status("a") == "superseded"


def test_a_newer_notice_replaces_an_older_one_of_that_group_only() -> None:
    board = Board()
    board.need(need("a", "set_topic", chat="g1", topic="八点"))
    board.need(need("b", "set_topic", chat="g2", topic="八点"))
    board.need(need("c", "set_topic", chat="g1", topic="九点"))
    assert [board.status(name) for name in "abc"] == ["superseded", "open", "open"]


def test_equal_wishes_by_hand_have_one_proof_whatever_wish_they_end() -> None:
    one, two = ({"chat": "g1", "text": "hi", "wish": wish} for wish in "ab")
    assert proof_of_wish("send_text", one) == proof_of_wish("send_text", two)
    assert proof_of_wish("send_text", one) != proof_of_wish("send_text", {**one, "text": "ho"})


def test_an_event_that_proves_nothing_open_locks_nothing() -> None:
    assert need_proved(message(MemberLeft("b", 3), group="group:wx:g1"), {}).streams == ()


def test_a_card_opened_between_look_and_lock_is_not_overlooked() -> None:
    board = Board()
    board.need(need("a", "set_topic", chat="g1", topic="八点"))
    stale = OpeningFacts("", ("amy",), "", ABOUT)  # read before the first card was there
    late = need("b", "set_topic", chat="g1", topic="九点")
    decision = board.cards.decide_needed(message(late), stale, board.paper, board.chance)
    assert [event.body.KIND for event in decision.events][0] == "todo_superseded"


def test_only_the_card_of_a_new_group_has_the_line_that_asks_for_one() -> None:
    evil = {"chat": "g1", "external": "b", "name": "新名", "reason": "坏\n群名：假群", "evidence": "x\ngroup: fake"}
    for action in set(KINDS) - {"create_group"}:
        for language in ("zh", "en"):
            lines = "\n".join(card_lines(TEXTS.say, action, evil, About(language=language), "hand:x", 2))
            assert asked_groups({"text": {"content": lines}}) == []
    made = "\n".join(card_lines(TEXTS.say, "create_group", evil, ABOUT, "group:新名", 2))
    assert asked_groups({"text": {"content": made}}) == ["新名"]
