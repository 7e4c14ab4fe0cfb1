"""``settle`` over any history of due amounts and budgets: the ledger is whole and shows what is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from qunflow.ledger.settle import Amounts, Settlement, account_names, settle

BUDGET, PENDING, AVAILABLE, DEBT = account_names("c", "p")
amounts = st.builds(Amounts, st.integers(0, 3000), st.integers(0, 3000))
dues = st.dictionaries(st.sampled_from(["ladder", "stages", "task"]), amounts, max_size=3)


@dataclass
class Book:
    """Accounts, and what was posted for each rule."""

    balances: dict[str, int]
    posted: dict[str, Amounts] = field(default_factory=dict)
    revision: int = 0
    keys: set[str] = field(default_factory=set)
    external: int = 0

    def fund(self, amount: int) -> None:
        self.balances[BUDGET] += amount
        self.external -= amount

    def spend(self, amount: int) -> None:
        """A payout: what is available leaves."""
        paid = min(amount, self.balances[AVAILABLE])
        self.balances[AVAILABLE] -= paid
        self.external += paid

    def settle(self, due: Mapping[str, Amounts]) -> Settlement:
        revision = self.revision + 1
        found = settle("c", "p", due, self.posted, self.balances, revision)
        for posting in found.postings:
            assert posting.amount > 0
            assert posting.key not in self.keys, "a posting's key was used before"
            self.keys.add(posting.key)
            self.balances[posting.debit] -= posting.amount
            self.balances[posting.credit] += posting.amount
        for change in found.changes:
            if change.held:
                assert (change.available, change.pending) == (0, 0), "something was held in part"
                continue
            before = self.posted.get(change.rule, Amounts())
            self.posted[change.rule] = Amounts(before.available + change.available, before.pending + change.pending)
            self.revision = revision
        return found


def book(budget: int) -> Book:
    made = Book(dict.fromkeys((BUDGET, PENDING, AVAILABLE, DEBT), 0))
    made.fund(budget)
    return made


def held(found: Settlement) -> set[str]:
    return {change.rule for change in found.changes if change.held}


steps = st.lists(
    st.one_of(dues, st.integers(1, 4000).map(lambda fen: ("fund", fen)), st.just(("pay", 500))), max_size=12
)


@given(st.integers(0, 9000), steps)
def test_any_history_leaves_the_ledger_whole_and_posted_as_due(budget: int, history: list[object]) -> None:
    kept = book(budget)
    for step in history:
        if isinstance(step, tuple):
            kept.fund(step[1]) if step[0] == "fund" else kept.spend(step[1])
            continue
        assert isinstance(step, dict)
        found = kept.settle(step)
        for rule in {*step, *kept.posted}:
            if rule not in held(found):
                assert kept.posted.get(rule, Amounts()) == step.get(rule, Amounts())
        assert sum(kept.balances.values()) + kept.external == 0
        assert all(balance >= 0 for name, balance in kept.balances.items() if name != DEBT)
        assert kept.balances[DEBT] <= 0
        assert kept.balances[PENDING] == sum(item.pending for item in kept.posted.values())


@given(st.integers(0, 9000), dues)
def test_settling_again_posts_nothing(budget: int, due: dict[str, Amounts]) -> None:
    kept = book(budget)
    first = kept.settle(due)
    again = kept.settle(due)
    assert again.postings == ()
    assert {change.rule for change in again.changes} == held(first)


@given(dues)
def test_a_large_enough_budget_holds_nothing_and_ends_with_the_rest(due: dict[str, Amounts]) -> None:
    total = sum(item.total for item in due.values())
    kept = book(total + 7)
    assert held(kept.settle(due)) == set()
    assert kept.balances[BUDGET] == 7


def test_a_rise_that_the_budget_cannot_carry_is_held_whole_and_posted_when_it_can() -> None:
    kept = book(799)
    found = kept.settle({"ladder": Amounts(800)})
    assert [(change.rule, change.held) for change in found.changes] == [("ladder", 800)]
    assert found.postings == ()
    kept.fund(1)
    assert kept.settle({"ladder": Amounts(800)}).changes[0].available == 800
    assert kept.balances[AVAILABLE] == 800


def test_one_rule_that_is_held_does_not_stop_another() -> None:
    kept = book(300)
    found = kept.settle({"ladder": Amounts(800), "task": Amounts(200)})
    assert held(found) == {"ladder"}
    assert kept.balances[AVAILABLE] == 200


def test_pending_ripens_without_touching_the_budget() -> None:
    kept = book(500)
    kept.settle({"ladder": Amounts(0, 500)})
    kept.settle({"ladder": Amounts(500, 0)})
    assert (kept.balances[BUDGET], kept.balances[PENDING], kept.balances[AVAILABLE]) == (0, 0, 500)


def test_a_revoked_pending_goes_back_to_the_budget() -> None:
    kept = book(500)
    kept.settle({"ladder": Amounts(0, 500)})
    kept.settle({"ladder": Amounts()})
    assert (kept.balances[BUDGET], kept.balances[PENDING]) == (500, 0)


def test_what_was_paid_out_and_is_not_due_any_more_is_a_debt_that_later_income_repays() -> None:
    kept = book(2000)
    kept.settle({"ladder": Amounts(800)})
    kept.spend(500)
    kept.settle({})
    assert (kept.balances[AVAILABLE], kept.balances[DEBT], kept.balances[BUDGET]) == (0, -500, 2000)
    kept.settle({"ladder": Amounts(1100)})
    assert (kept.balances[AVAILABLE], kept.balances[DEBT], kept.balances[BUDGET]) == (600, 0, 900)


def test_each_posting_names_its_rule_and_its_revision() -> None:
    found = settle("c", "p", {"task": Amounts(200)}, {}, {BUDGET: 200, PENDING: 0, AVAILABLE: 0, DEBT: 0}, 7)
    assert [posting.key for posting in found.postings] == ["c:p:task:7:grant"]
