"""Referral rules on paper: who keeps a friend, what is refused, and what a deal earns to the fen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.features.paper import NOW
from tests.unit.features.referrals.book import DAY, PROGRAM, SHARE, Book

from qunflow.domain.decisions import Decision
from qunflow.domain.errors import InvalidInput
from qunflow.domain.reasons import Reason
from qunflow.features.referrals import program
from qunflow.features.referrals.program import budget_account, check_terms, reward_of


def reason(decision: Decision) -> Reason | None:
    return decision.rejection.reason if decision.rejection is not None else None


@pytest.fixture
def book() -> Book:
    found = Book()
    found.link("ann", "ann-phone")
    found.link("bob")
    return found


@pytest.mark.parametrize(
    ("net", "reward"),
    [
        (0, 0),
        (99, 1),
        (66, 0),
        (67, 1),
        (1_000_000, 15_000),
        (3_999_999, 59_999),
        (4_000_000, 60_000),
        (9_000_000, 60_000),
    ],
)
def test_a_share_floors_to_the_fen_and_stops_at_the_cap(net: int, reward: int) -> None:
    assert reward_of(SHARE, net) == reward


def test_a_fixed_reward_is_due_from_the_least_order_on() -> None:
    terms = replace(SHARE, reward_bps=0, reward_fen=8_000, cap_fen=0, least_order_fen=500)
    assert [reward_of(terms, net) for net in (0, 499, 500, 10_000_000)] == [0, 0, 8_000, 8_000]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reward_fen": 100}, "reward_fen"),
        ({"reward_bps": 0}, "reward_fen"),
        ({"cap_fen": 0}, "cap_fen"),
        ({"budget_daily_fen": 59_999}, "budget_daily_fen"),
        ({"protect_days": 0}, "protect_days"),
        ({"staff": ("amy",)}, "staff"),
        ({"tz": "Moon/Sea"}, "tz"),
        ({"title": "a\nb"}, "title"),
    ],
)
def test_wrong_terms_are_refused_by_their_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as told:
        check_terms(PROGRAM, replace(SHARE, **changes))
    assert told.value.field == field


def test_the_first_recommender_keeps_a_friend_until_the_protection_ends(book: Book) -> None:
    first = book.recommend("ann", "f1")
    assert reason(book.recommend("bob", "f1")) is Reason.ALREADY_REFERRED
    assert book.recommend("ann", "f1").answer == first.answer, "the same friend again is the same lead"
    book.wait(29 * DAY)
    assert reason(book.recommend("bob", "f1")) is Reason.ALREADY_REFERRED
    book.wait(DAY)
    assert book.lead(str(first.answer)).status == "expired"
    second = book.recommend("bob", "f1")
    assert second.rejection is None and second.answer != first.answer
    assert reason(book.win(str(first.answer), "A1", 100)) is Reason.WRONG_STATE


def test_a_claim_whose_time_is_over_does_not_wait_for_its_late_timer(book: Book) -> None:
    first = str(book.recommend("ann", "f1").answer)
    book.now += 30 * DAY  # the timer has not gone off yet
    assert reason(book.win(first, "A1", 100)) is Reason.EXPIRED
    second = str(book.recommend("bob", "f1").answer)
    book.wait(timedelta(0))
    assert book.lead(first).status == "expired"
    assert reason(book.recommend("ann", "f1")) is Reason.ALREADY_REFERRED, "the late timer left the new claim alone"
    assert book.win(second, "A1", 1_000).rejection is None


def test_nobody_recommends_themselves_by_person_or_by_browser(book: Book) -> None:
    assert reason(book.add("ann", "ann")) is Reason.SELF_HELP
    assert reason(book.recommend("ann", "f1", "ann-phone")) is Reason.SELF_HELP
    assert book.recommend("bob", "f1", "ann-phone").rejection is None
    book.wait(91 * DAY)
    assert book.recommend("ann", "f2", "ann-phone").rejection is None, "a browser is remembered for 90 days"


def test_somebody_known_before_is_no_new_friend(book: Book) -> None:
    assert reason(book.add("ann", "cat", met=NOW - DAY)) is Reason.NOT_NEW_USER
    assert book.add("ann", "dan", met=NOW).rejection is None


def test_one_recommender_brings_so_many_a_day(book: Book) -> None:
    assert [reason(book.recommend("ann", f"f{n}")) for n in range(4)] == [None, None, None, Reason.HELPER_DAILY_QUOTA]
    book.wait(DAY)
    assert book.recommend("ann", "f3").rejection is None


def test_a_closed_program_takes_nobody_but_finishes_what_is_under_way(book: Book) -> None:
    lead = str(book.recommend("ann", "f1").answer)
    book.send(program.CloseProgram(PROGRAM, True, "amy"), program.decide_close)
    assert reason(book.recommend("ann", "f2")) is Reason.NOT_RUNNING
    assert book.win(lead, "A1", 100_000).rejection is None


def test_a_large_deal_entered_by_hand_needs_a_second_person(book: Book) -> None:
    lead = str(book.recommend("ann", "f1").answer)
    assert book.win(lead, "A1", 2_000_000).answer == "proposed"
    assert (book.lead(lead).shown, book.balance("pending:ann")) == ("proposed", 0)
    assert reason(book.agree(lead, "amy")) is Reason.SAME_REVIEWER
    assert book.agree(lead, "ben").answer == "won"
    assert book.balance("pending:ann") == 30_000
    assert reason(book.agree(lead, "cid")) is Reason.WRONG_STATE


def test_a_doubted_deal_gives_its_order_back_and_may_be_too_late(book: Book) -> None:
    lead, other = str(book.recommend("ann", "f1").answer), str(book.recommend("bob", "f2").answer)
    book.wait(29 * DAY)
    book.win(lead, "A1", 2_000_000)
    book.wait(5 * DAY)
    assert book.lead(lead).shown == "proposed", "it was entered in time"
    assert reason(book.recommend("bob", "f1")) is Reason.ALREADY_REFERRED, "the friend waits with the deal"
    assert book.lead(other).status == "expired"
    book.agree(lead, "ben", agree=False)
    assert book.lead(lead).status == "expired"
    assert book.recommend("bob", "f1").rejection is None
    third = str(book.recommend("bob", "f2").answer)
    assert book.win(third, "A1", 1_000).rejection is None


def test_an_order_pays_one_recommender_once(book: Book) -> None:
    first, second = str(book.recommend("ann", "f1").answer), str(book.recommend("bob", "f2").answer)
    assert book.win(first, "A1", 1_000_000).rejection is None
    assert reason(book.win(second, "A1", 1_000_000)) is Reason.ORDER_USED
    assert reason(book.win(first, "A2", 1_000_000)) is Reason.WRONG_STATE


def test_a_reward_waits_for_its_hold_and_refunds_take_it_back_exactly(book: Book) -> None:
    lead = str(book.recommend("ann", "f1").answer)
    book.win(lead, "A1", 1_000_001)
    assert (book.balance("pending:ann"), book.balance("available:ann")) == (15_000, 0)
    book.wait(10 * DAY)
    assert (book.balance("pending:ann"), book.balance("available:ann")) == (0, 15_000)
    for n in range(3):
        assert book.refund(lead, f"r{n}", 1).rejection is None
        assert book.refund(lead, f"r{n}", 1).rejection is None, "the same refund counts once"
    assert book.lead(lead).kept_fen == 999_998
    assert book.balance("available:ann") == 14_999
    book.paper.balances["available:ann"] = 9_999  # 5,000 of it went out
    assert reason(book.refund(lead, "all", 1_000_000)) is Reason.REFUND_TOO_LARGE
    book.refund(lead, "all", 999_998)
    assert (book.balance("available:ann"), book.balance("debt:ann")) == (0, -5_000)
    assert book.balance(budget_account(PROGRAM)) == SHARE.budget_total_fen


def test_an_order_paid_here_is_looked_up_not_believed(book: Book) -> None:
    lead = str(book.recommend("ann", "f1").answer)
    book.wait(DAY)
    book.pay("q1", "fay", 3_000_000)
    assert reason(book.win(lead, "q1", 2_999_999)) is Reason.AMOUNT_DIFFERS
    assert book.win(lead, "q1").answer == "won", "no second person: the payment itself says so"
    assert book.lead(lead).friend == "fay" and book.balance("pending:ann") == 45_000
    book.give_back("q1", 1_000_000)
    assert book.balance("pending:ann") == 30_000
    assert reason(book.refund(lead, "by-hand", 5)) is Reason.WRONG_STATE
    book.wait(10 * DAY)
    book.give_back("q1", 2_000_000)
    assert (book.balance("available:ann"), book.balance(budget_account(PROGRAM))) == (0, SHARE.budget_total_fen)


def test_an_order_of_oneself_of_another_or_from_before_wins_nothing(book: Book) -> None:
    book.pay("old", "fay", 100_000)
    book.wait(DAY)
    lead = str(book.add("ann", "fay", met=book.now).answer)
    book.wait(DAY)
    book.pay("own", "ann", 100_000)
    book.pay("other", "gil", 100_000)
    told = [reason(book.win(lead, order)) for order in ("old", "own", "other", "nothing")]
    assert told == [Reason.OUT_OF_WINDOW, Reason.SELF_HELP, Reason.ORDER_UNKNOWN, Reason.ORDER_UNKNOWN]


def test_one_buyer_earns_one_recommender_however_they_were_recommended(book: Book) -> None:
    phone, person = str(book.recommend("ann", "f1").answer), str(book.add("bob", "fay", met=book.now).answer)
    book.wait(DAY)
    book.pay("q1", "fay", 100_000)
    assert reason(book.win(phone, "q1")) is Reason.ALREADY_REFERRED
    assert book.win(person, "q1").rejection is None
    book.wait(400 * DAY)
    assert reason(book.add("ann", "fay", met=book.now)) is Reason.ALREADY_REFERRED, "a buyer is nobody's new friend"


def test_a_budget_without_room_holds_the_whole_reward_until_there_is_some(book: Book) -> None:
    leads = [str(book.recommend("ann", f"f{n}").answer) for n in range(3)]
    for n, lead in enumerate(leads):
        book.win(lead, f"A{n}", 4_000_000, by="amy")
        book.agree(lead, "ben")
    assert [book.lead(lead).held for lead in leads] == [0, 0, 60_000], "120,000 fen a day"
    assert book.balance("pending:ann") == 120_000
    book.wait(DAY)
    assert book.lead(leads[2]).held == 0 and book.balance("pending:ann") == 180_000
    last = str(book.recommend("bob", "f9").answer)
    book.win(last, "A9", 4_000_000)
    book.agree(last, "ben")
    assert book.lead(last).held == 60_000, "20,000 fen of the whole budget are left"
    book.send(program.SetProgram(PROGRAM, replace(SHARE, budget_total_fen=300_000), "amy"), program.decide_set)
    book.wait(DAY)
    assert (book.lead(last).held, book.balance("pending:bob")) == (0, 60_000)


def test_a_budget_never_shrinks(book: Book) -> None:
    less = program.SetProgram(PROGRAM, replace(SHARE, budget_total_fen=199_999), "amy")
    assert reason(book.send(less, program.decide_set)) is Reason.WORSE_FOR_PEOPLE


def test_new_terms_do_not_touch_friends_who_are_recommended_already(book: Book) -> None:
    lead = str(book.recommend("ann", "f1").answer)
    book.send(program.SetProgram(PROGRAM, replace(SHARE, reward_bps=1, hold_days=90), "amy"), program.decide_set)
    book.win(lead, "A1", 1_000_000)
    book.wait(10 * DAY)
    assert book.balance("available:ann") == 15_000


def test_name_and_phone_are_forgotten_a_month_after_nothing_came_of_it(book: Book) -> None:
    lead, other = str(book.recommend("ann", "f1").answer), str(book.recommend("bob", "f2").answer)
    book.lose(lead)
    assert book.recommend("bob", "f1").rejection is None, "a lost friend is free again"
    book.wait(29 * DAY)
    assert not book.lead(lead).forgotten
    book.wait(2 * DAY)
    assert book.lead(lead).forgotten and not book.lead(other).forgotten
