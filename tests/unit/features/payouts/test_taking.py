"""A payout that waits for its person, on paper: one number, a package whenever there is one, asked for by its own."""

from __future__ import annotations

import pytest
from tests.unit.features.paper import CHANCE, Paper, message

from qunflow.domain.decisions import Decision
from qunflow.domain.errors import QunflowError
from qunflow.domain.payments import ReadTransfer, RequestPayout, SendTransfer, TransferSeen
from qunflow.domain.reasons import Reason
from qunflow.features.payouts import decide, ending, taking
from qunflow.features.payouts.decide import PayoutFacts
from qunflow.features.payouts.model import SENDING, WAITING, ApprovePayout, AskPayout, PayoutState, payout_stream
from qunflow.features.payouts.rules import PayRules
from qunflow.features.payouts.vault import PackageVault
from qunflow.features.payouts.workflow import PAYOUTS
from qunflow.pages.taking import in_wechat
from qunflow.storage.sealing import Keys

FACTS = PayoutFacts(PayRules(channel="pay"))


@pytest.fixture
def sent() -> tuple[Paper, str]:
    """A payout of 6 yuan to p1 that is on its way."""
    paper = Paper.of(PAYOUTS.streams)
    paper.balances |= {"available:p1": 600}
    asked = message(RequestPayout("k", 600, "desk", "o-1"), channel="pay", person="p1")
    paper.take(asked, decide.decide_request(asked, FACTS, paper, CHANCE))
    number = decide.number_of(asked)
    agreed = message(ApprovePayout(number, "amy"), channel="pay")
    paper.take(agreed, decide.decide_approve(agreed, FACTS, paper, CHANCE))
    assert state_of(paper, number).status == SENDING
    return paper, number


def state_of(paper: Paper, number: str) -> PayoutState:
    found: PayoutState = paper.state(payout_stream(number))
    return found


def see(paper: Paper, number: str, package: str, state: str = "WAIT_USER_CONFIRM") -> Decision:
    seen = message(TransferSeen(number, state, 600, "bill", package), channel="pay")
    decision = ending.decide_seen(seen, FACTS, paper, CHANCE)
    paper.take(seen, decision)
    return decision


def ask(paper: Paper, number: str, person: str = "p1") -> Decision:
    asked = message(AskPayout(number), channel="", person=person)
    return taking.decide_ask(asked, FACTS, paper, CHANCE)


def test_a_package_that_no_query_tells_is_asked_for_once_under_the_same_number(
    sent: tuple[Paper, str],
) -> None:
    paper, number = sent
    first = see(paper, number, "")
    assert [wish.action for wish in first.wishes] == [SendTransfer(number, "o-1", 600)]
    assert see(paper, number, "") == Decision(), "no package again: nobody asks in a circle"
    see(paper, number, "opens")
    assert (state_of(paper, number).status, state_of(paper, number).package) == (WAITING, "opens")
    assert see(paper, number, "other") == Decision()


def test_a_person_asks_after_the_own_waiting_payout_and_after_nothing_else(sent: tuple[Paper, str]) -> None:
    paper, number = sent
    assert ask(paper, number).wishes == (), "what is being made is not asked after: it may not be there yet"
    see(paper, number, "opens")
    (wish,) = ask(paper, number).wishes
    assert wish.action == ReadTransfer(number, 600) and wish.coalesce
    for person, which in (("p2", number), ("", number), ("p1", "q0")):
        rejection = ask(paper, which, person).rejection
        assert rejection is not None and rejection.reason == Reason.PAYOUT_UNKNOWN
    see(paper, number, "", "SUCCESS")
    assert (ask(paper, number).answer, ask(paper, number).wishes) == ("paid", ())


def test_without_its_package_asking_makes_the_same_call_again_and_no_other(sent: tuple[Paper, str]) -> None:
    paper, number = sent
    see(paper, number, "")
    actions = [wish.action for wish in ask(paper, number).wishes]
    assert actions == [ReadTransfer(number, 600), SendTransfer(number, "o-1", 600)]
    assert all(wish.coalesce for wish in ask(paper, number).wishes)


def test_a_package_is_sealed_for_its_payout_alone() -> None:
    vault = PackageVault(Keys(bytes(32)))
    sealed = vault.seal("q1", "opens=")
    assert "opens" not in sealed and vault.open("q1", sealed) == "opens="
    assert vault.seal("q1", "") == vault.open("q1", "") == ""
    with pytest.raises(QunflowError):
        vault.open("q2", sealed)
    with pytest.raises(QunflowError):
        PackageVault(Keys(bytes([1]) * 32)).open("q1", sealed)


def test_only_wechats_own_browser_opens_transfers() -> None:
    assert in_wechat("Mozilla/5.0 (iPhone) MicroMessenger/8.0.50")
    assert not in_wechat("Mozilla/5.0 (iPhone) wxwork/4.1 MicroMessenger/7.0.1")
    assert not in_wechat("Mozilla/5.0 (iPhone) Safari/604.1") and not in_wechat("")
