"""Who an account is: its own invitees, its own proofs, and one human under two accounts, on paper."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.features.paper import CHANCE, NOW, Paper, message
from tests.unit.features.tasks.test_reviewing import FACTS, MINUTE, Room, told

from qunflow.community.selves import MAX_SELVES, NameSelf, Selves, account_stream, decide_self
from qunflow.community.workflow import COMMUNITY
from qunflow.domain.reasons import Reason
from qunflow.features.tasks.reviewing import judges_of

BIG = 5_000


def room(reward_fen: int = 200, **selves: tuple[str, ...]) -> Room:
    """A proof of b, whom a brought; ``selves`` are accounts with the people they are."""
    return Room(replace(FACTS, reward_fen=reward_fen, selves=selves, inviter_names=("wx-a",)))


def test_an_account_that_is_the_inviter_neither_opens_nor_decides_and_others_do() -> None:
    made = room(lin=("x", "a"), zhou=("x",))
    assert (made.open("lin"), told(made.decide("lin"))) == (Reason.OWN_INVITEE, Reason.OWN_INVITEE)
    assert told(made.decide("lin", False, Reason.EDITED)) is Reason.OWN_INVITEE
    assert made.open("zhou") is None and told(made.decide("zhou")) is None


def test_nobody_judges_their_own_proof_nor_under_the_name_that_the_inviter_has_on_the_channel() -> None:
    made = room(lin=("b",))
    assert (made.open("lin"), made.open("wx-a"), made.open("a")) == (Reason.OWN_INVITEE,) * 3


def test_two_accounts_of_one_human_are_one_of_the_two_who_must_agree() -> None:
    made = room(BIG, lin=("p", "q"), lin2=("q",), zhou=("r",))
    assert made.decide("lin").answer == "needs_second"
    assert (made.open("lin2"), told(made.decide("lin2"))) == (Reason.SAME_REVIEWER, Reason.SAME_REVIEWER)
    assert made.decide("zhou").answer == "decided"


def test_the_second_account_of_one_human_takes_back_what_the_first_decided_and_nobody_else_does() -> None:
    made = room(lin=("p",), lin2=("p",), zhou=("r",))
    made.decide("lin")
    assert made.undo("zhou") is Reason.WRONG_STATE
    assert made.undo("lin2") is None and made.state.status == "queued"
    big = room(BIG, lin=("p",), lin2=("p",))
    big.decide("lin")
    assert big.undo("lin2") is None and big.state.first == ""


def test_accounts_that_are_nobody_are_not_the_same() -> None:
    made = room(BIG, lin=(), zhou=())
    assert made.decide("lin").answer == "needs_second" and made.decide("zhou").answer == "decided"


WHO = ("l", "m", "n", "o")
PEOPLE = st.dictionaries(st.sampled_from(WHO), st.lists(st.sampled_from("abpq"), max_size=2).map(tuple))
STEPS = st.lists(st.tuples(st.sampled_from(["approve", "reject", "undo", "wait"]), st.sampled_from(WHO)), max_size=20)


@settings(max_examples=150, deadline=None)
@given(PEOPLE, STEPS)
def test_whatever_is_tried_two_humans_agreed_and_none_of_them_is_the_inviter_or_the_participant(
    selves: dict[str, tuple[str, ...]], steps: list[tuple[str, str]]
) -> None:
    made = room(BIG, **selves)
    humans = {who: {who, *selves.get(who, ())} for who in WHO}
    for what, who in steps:
        if what == "wait":
            made.pass_time(MINUTE)
        elif what == "undo":
            made.undo(who)
        else:
            made.decide(who, what == "approve", "" if what == "approve" else Reason.EDITED)
        deciders = [judge for judge in judges_of(made.state) if judge]
        assert all(humans[judge].isdisjoint({"a", "b", "wx-a"}) for judge in deciders)
        assert all(humans[one].isdisjoint(humans[two]) for one, two in combinations(deciders, 2))


# --- naming -----------------------------------------------------------------------------------------------------------


def test_naming_is_said_once_taken_away_once_and_bounded() -> None:
    paper = Paper.of(COMMUNITY.streams)

    def name(person: str, is_it: bool = True) -> object:
        cause = message(NameSelf("lin", person, is_it), NOW)
        decision = decide_self(cause, None, paper, CHANCE)
        paper.take(cause, decision)
        return decision.rejection.reason if decision.rejection is not None else decision.answer

    assert [name("p"), name("p"), name("q"), name("p", False), name("p", False)] == [True, False, True, True, False]
    assert paper.state(account_stream("lin")) == Selves(("q",))
    assert paper.state(account_stream("zhou")) == Selves()
    for number in range(MAX_SELVES - 1):
        assert name(f"n{number}") is True
    assert name("one more") is Reason.QUOTA
    assert paper.replayed()[account_stream("lin")] == paper.state(account_stream("lin"))
