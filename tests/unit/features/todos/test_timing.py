"""What time and people's words do to a to-do; and that whatever happens, it ends once and its wishes end with it."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some
from tests.unit.features.paper import NOW
from tests.unit.features.todos.board import Board, need

from qunflow.domain.decisions import Decision
from qunflow.domain.events import MemberLeft
from qunflow.domain.outcomes import Outcome
from qunflow.domain.reasons import Reason
from qunflow.features.todos.kinds import KINDS, periods_of

KICK = need("a", "remove_member", chat="g1", external="b", reason="ads", wish="act:1:done")
POST = need("p", "send_text", chat="g1", text="hi", wish="act:2:done")
HOUR = timedelta(hours=1)


def test_three_timers_wait_in_order_for_every_kind() -> None:
    for action in KINDS:
        board = Board()
        board.need(need("a", action, chat="g1", external="b", name="n"))
        due = {step: timer.due_at - NOW for (_, step), timer in board.paper.timers.items()}
        assert timedelta(0) < due["remind"] < due["escalate"] < due["give_up"]


def test_a_wish_may_bring_its_own_deadline() -> None:
    periods = periods_of("set_topic", {"hours": 4})
    assert (periods.remind, periods.due) == (HOUR, 4 * HOUR)
    for nonsense in (0, -1, 10_000, "4", True):
        assert periods_of("set_topic", {"hours": nonsense}) == periods_of("set_topic", {})


def test_one_reminder_goes_to_the_same_person_and_no_second() -> None:
    board = Board()
    board.need(KICK)
    tell = board.step("a", "remind", NOW + HOUR).wishes[0].action
    assert tell.staff == "amy" and "提醒" in tell.text and "ads" in tell.text
    assert board.step("a", "remind", NOW + HOUR) == Decision()


def test_after_the_deadline_the_next_in_order_is_asked_and_told_who_did_not() -> None:
    board = Board()
    board.need(KICK)
    tell = board.step("a", "escalate", NOW + 2 * HOUR).wishes[0].action
    assert tell.staff == "lin" and "amy" in tell.text and "超时" in tell.text
    assert board.todo("a").staff == "lin"


def test_with_nobody_else_to_ask_it_stays_open_and_is_late_when_done() -> None:
    board = Board(order=("amy",))
    board.need(KICK)
    assert board.step("a", "escalate", NOW + 2 * HOUR) == Decision()
    board.happen(MemberLeft("b", 3), at=NOW + 5 * HOUR)
    assert board.todo("a").outcome == "late"


def test_done_until_the_deadline_is_in_time() -> None:
    board = Board()
    board.need(KICK)
    board.happen(MemberLeft("b", 3), at=NOW + 2 * HOUR)
    assert board.todo("a").outcome == "done"


def test_giving_up_ends_the_wish_as_expired() -> None:
    board = Board()
    board.need(KICK)
    ended = board.step("a", "give_up", NOW + 72 * HOUR).commands
    assert [(b.wish, b.outcome, b.reason) for _, b in ended] == [
        ("act:1:done", Outcome.REFUSED_BY_PLATFORM, Reason.EXPIRED)
    ]
    assert (board.todo("a").outcome, board.open, board.paper.timers) == ("given_up", {}, {})


def test_a_person_says_that_it_is_done() -> None:
    board = Board()
    board.need(POST)
    ended = board.mark("p", "done").commands
    assert [(b.wish, b.outcome) for _, b in ended] == [("act:2:done", Outcome.STAFF_CONFIRMED)]
    assert (board.todo("p").closed_by, board.open, board.paper.timers) == ("amy", {}, {})


def test_a_second_word_is_refused_and_so_is_a_strange_one() -> None:
    board = Board()
    board.need(POST)
    for word in ("painted", ""):
        assert board.mark("p", word).rejection is not None
    board.mark("p", "done")
    refused = board.mark("p", "given_up").rejection
    assert refused is not None and refused.reason is Reason.WRONG_STATE


def test_a_timer_that_comes_after_the_end_does_nothing() -> None:
    board = Board()
    board.need(KICK)
    board.happen(MemberLeft("b", 3))
    for step in ("remind", "escalate", "give_up"):
        assert board.step("a", step, NOW + 72 * HOUR) == Decision()


ACTS = some.lists(
    some.tuples(
        some.sampled_from(["need", "left", "remind", "escalate", "give_up", "done", "given_up"]),
        some.integers(0, 3),  # which to-do
        some.integers(0, 1),  # which member
    ),
    max_size=25,
)


@given(ACTS)
def test_whatever_happens_each_wish_ends_at_most_once_and_the_log_gives_the_states(
    acts: list[tuple[str, int, int]],
) -> None:
    board, ended, at = Board(), [], NOW
    for act, number, who in acts:
        at += timedelta(minutes=20)
        if act == "need":
            wish = f"act:{number}:done"
            body = need(f"t{number}", "remove_member", chat="g1", external=f"m{number % 2}", wish=wish)
            decision = board.need(body, at)
        elif act == "left":
            decision = board.happen(MemberLeft(f"m{who}", 3), at=at)
        elif act in ("done", "given_up"):
            decision = board.mark(f"t{number}", act, at)
        else:
            decision = board.step(f"t{number}", act, at)
        ended += [body.wish for _, body in decision.commands]
    states = [board.todo(f"t{number}") for number in range(4)]
    assert len(ended) == len(set(ended))
    open_ones = {state.todo for state in states if state.status == "open"}
    assert set(board.open.values()) == open_ones
    assert len(open_ones) <= 2  # one for each member
    assert {stream for stream, _ in board.paper.timers} <= {f"todo:{todo}" for todo in open_ones}
    waiting = {wish for state in states if state.status == "open" for wish in state.wishes}
    asked = {f"act:{number}:done" for number, state in enumerate(states) if state.todo}
    assert waiting | set(ended) == asked and waiting.isdisjoint(ended)
    assert board.paper.replayed() == board.paper.states
