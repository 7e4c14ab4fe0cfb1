"""Grants on paper under random words of the campaign, staff, holders and timers, doubled and late.

Whatever comes: what stands as given is what the campaign calls due, stock is never oversold and adds up, no fen and no
point appears or vanishes, nothing that is over changes, and folding the log anew gives the same states.
"""

from __future__ import annotations

from collections import Counter as Tally
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.unit.features.paper import CHANCE, NOW, Paper, message

from qunflow.domain.decisions import Decision
from qunflow.domain.events import Event
from qunflow.domain.payments import PayoutTold, TransferSeen
from qunflow.domain.prizes import PrizeDue
from qunflow.features.payouts import decide as paying_out
from qunflow.features.payouts import ending, for_prizes
from qunflow.features.payouts.model import BACK, PAID, RejectPayout
from qunflow.features.payouts.rules import PayRules
from qunflow.features.payouts.workflow import PAYOUTS
from qunflow.features.rewards import decide, parcels, paying, stocking
from qunflow.features.rewards.items import (
    AddItem,
    AddStock,
    PumpQueue,
    RewardItem,
    item_stream,
    queue_scope,
    stock_counter,
)
from qunflow.features.rewards.model import (
    ACTS,
    CANCELLED,
    FAILED,
    GIVEN,
    HELD,
    MANUAL,
    NEXT,
    OVER,
    REVERSED,
    WAITING,
    DecideGrant,
    ExpireGrant,
    ForfeitParcel,
    GiveAddress,
    GrantState,
    MoveParcel,
    RedeemGrant,
    TryGrant,
    grant_id,
    grant_stream,
)
from qunflow.features.rewards.turn import GrantFacts, needs_of
from qunflow.features.rewards.workflow import REWARDS

ITEMS = (
    RewardItem("coupon", "coupon_template", "Coupon", 300, 500, total=1, valid_days=2, substitute="stars"),
    RewardItem("stars", "points", "Stars", amount=20, total=1),
    RewardItem("cash", "cash", "Cash", face_value=400, total=4),
    RewardItem("cup", "physical", "Cup", 700, 900, total=1, sponsor="Acme"),
    RewardItem("draws", "draw", "Draws", 0, 100, amount=2, total=3),
)
#: One of five people's payouts needs somebody's word besides the plan's.
RULES = PayRules(channel="pay", four_eyes_fen=500, person_count=2, person_fen=900)
NAMES = tuple(item.name for item in ITEMS)
PEOPLE = ("p1", "p2", "p3")
CAMPAIGN = "spring"


class Grants(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.paper = Paper.of((*REWARDS.streams, *PAYOUTS.streams))
        self.paid: Tally[str] = Tally()  # what the platform paid out, by number
        self.paper.balances = {f"budget:{CAMPAIGN}": 2_500, f"external:{CAMPAIGN}": -2_500}
        self.now = NOW
        self.told: dict[tuple[str, str], tuple[str, int]] = {}
        self.ended: dict[str, GrantState] = {}
        self.turns = 0
        for item in ITEMS:
            self.send(AddItem(item), stocking.decide_add)

    # --- the engine on paper ----------------------------------------------------------------------------------

    def send(self, body: Any, rule_: Any, grant: str = "", facts: Any = None) -> Decision:
        self.turns += 1
        campaign, person = (*grant.split(":"), "", "")[:2]
        at = message(body, self.now, message_id=f"m{self.turns}", person=person, campaign=campaign, channel="pay")
        decision: Decision = rule_(at, facts, self.paper, CHANCE)
        if decision.rejection is None:
            events = self.paper.take(at, decision)
            for _, follow in decision.commands:
                self.hand_on(follow)
            for event in events:
                self.go_round(event)
        return decision

    def go_round(self, event: Event) -> None:
        """A prize of money asks for its payout; the word comes twice now and then."""
        if event.body.KIND == "payout_wanted":
            for _ in range(1 + self.turns % 2):
                asked = f"{event.campaign}:{event.person}"
                self.send(event.body, for_prizes.decide_wanted, asked, paying_out.PayoutFacts(RULES, "o-1"))

    def hand_on(self, body: Any) -> None:
        if isinstance(body, PumpQueue):
            scope = queue_scope(body.item)
            waiting = [claim for (kind, _), claim in self.paper.claims.items() if kind == scope]
            keys = [claim.key for claim in sorted(waiting, key=lambda one: (one.until, one.key))]
            self.send(body, stocking.decide_pump, facts=tuple(keys))
        elif isinstance(body, PayoutTold):
            self.about(body.grant, body, paying.decide_told)
        else:
            self.about(body.grant, body, decide.decide_try)

    def about(self, grant: str, body: Any, rule_: Any, asked: str = "") -> Decision:
        asked = asked or self.paper.state(grant_stream(grant)).asked
        chain = [self.paper.state(item_stream(asked))]
        if chain[0].substitute:
            chain.append(self.paper.state(item_stream(chain[0].substitute)))
        units = ("u1",) if self.turns % 3 else ()
        facts = GrantFacts(grant, tuple(chain), units)
        needs = needs_of(facts)
        assert grant_stream(grant) in needs.streams
        return self.send(body, rule_, grant, facts)

    def grants(self) -> dict[str, GrantState]:
        return {name[6:]: state for name, state in self.paper.states.items() if name.startswith("grant:")}

    def some(self, data: st.DataObject) -> str:
        known = sorted(self.grants())
        return data.draw(st.sampled_from(known)) if known else ""

    def payouts(self) -> dict[str, Any]:
        return {name[7:]: state for name, state in self.paper.states.items() if name.startswith("payout:")}

    # --- what happens -----------------------------------------------------------------------------------------

    @rule(person=st.sampled_from(PEOPLE), item=st.sampled_from(NAMES), state=st.sampled_from(("held", "due", "due")))
    def campaign_tells(self, person: str, item: str, state: str) -> None:
        self.word(person, item, state)

    def word(self, person: str, item: str, state: str) -> None:
        known, revision = self.told.get((person, item), ("gone", 0))
        if state == known or (known, state) == ("due", "held"):
            return
        revision += known == "gone"
        self.told[(person, item)] = (state, revision)
        self.tell(person, item)

    @rule(item=st.sampled_from(NAMES), state=st.sampled_from(("held", "due", "due")))
    def everybody_gets_there(self, item: str, state: str) -> None:
        for person in PEOPLE:
            self.word(person, item, state)

    @rule(data=st.data())
    def campaign_takes_back(self, data: st.DataObject) -> None:
        standing = sorted(key for key, (state, _) in self.told.items() if state != "gone")
        if standing:
            person, item = data.draw(st.sampled_from(standing))
            self.told[(person, item)] = ("gone", self.told[(person, item)][1])
            self.tell(person, item)

    @rule(data=st.data())
    def campaign_tells_again(self, data: st.DataObject) -> None:
        if self.told:
            self.tell(*data.draw(st.sampled_from(sorted(self.told))))

    def tell(self, person: str, item: str) -> None:
        state, revision = self.told[(person, item)]
        grant = grant_id(CAMPAIGN, person, "invites", item, revision)
        freeze, review = (3, False) if item == "coupon" else (0, item == "cup")
        body = PrizeDue("invites", item, revision, state, item, 0, freeze, review)
        self.about(grant, body, decide.decide_prize, item)

    @rule(data=st.data(), act=st.sampled_from(ACTS))
    def staff_decide(self, data: st.DataObject, act: str) -> None:
        grant = self.some(data)
        if grant and act not in ("cancel", "reverse"):  # these leave the campaign's word; they have a rule of their own
            self.about(grant, DecideGrant(grant, act, "amy"), decide.decide_act)

    @rule(data=st.data(), to=st.sampled_from(("picking", "shipped", "delivered", "returned")))
    def staff_pack(self, data: st.DataObject, to: str) -> None:
        if grant := self.some(data):
            self.about(grant, MoveParcel(grant, to, "amy", "SF", "1"), parcels.decide_parcel)

    @rule(data=st.data(), street=st.sampled_from(("a", "b")))
    def holder_says_where(self, data: st.DataObject, street: str) -> None:
        if grant := self.some(data):
            self.about(grant, GiveAddress(grant, "here", street, ""), parcels.decide_address)

    @rule(data=st.data())
    def holder_redeems(self, data: st.DataObject) -> None:
        if grant := self.some(data):
            self.about(grant, RedeemGrant(grant, "till"), decide.decide_redeem)

    @rule(
        data=st.data(), to=st.sampled_from(("SUCCESS", "SUCCESS", "WAIT_USER_CONFIRM", "FAIL", "LAPSED", "CANCELLED"))
    )
    def the_platform_tells(self, data: st.DataObject, to: str) -> None:
        """In any order, twice, and a success after a failure, too: what it paid once it has paid."""
        known = self.payouts()
        if not known:
            return
        number = data.draw(st.sampled_from(sorted(known)))
        state = known[number]
        if state.sent_day is None or (number in self.paid and to != "SUCCESS"):
            return
        if to == "SUCCESS":
            self.paid[number] = state.net
        code = {"FAIL": "ACCOUNT_FROZEN", "LAPSED": "OVERDUE_CLOSE"}.get(to, "")
        seen = TransferSeen(number, "FAIL" if to == "LAPSED" else to, state.net, "b", "p", code)
        self.send(seen, ending.decide_seen, facts=paying_out.PayoutFacts(RULES, state=state))

    @rule(data=st.data())
    def staff_refuse_a_payout(self, data: st.DataObject) -> None:
        if known := sorted(number for number, one in self.payouts().items() if one.status == "requested"):
            number = data.draw(st.sampled_from(known))
            facts = paying_out.PayoutFacts(RULES, state=self.payouts()[number])
            self.send(RejectPayout(number, "amy", "fraud"), paying_out.decide_reject, facts=facts)

    @rule(person=st.sampled_from(PEOPLE))
    def holder_spends(self, person: str) -> None:
        """Money and points leave the product; what is taken back later is a debt."""
        for account, outside in ((f"available:{person}", "external:world"), (f"points:{person}", "external:points.w")):
            self.paper.balances[outside] = self.paper.balance(outside) + self.paper.balance(account)
            self.paper.balances[account] = 0

    @rule(item=st.sampled_from(NAMES), count=st.integers(1, 2))
    def stock_comes(self, item: str, count: int) -> None:
        self.send(AddStock(item, count), stocking.decide_stock)

    @rule(hours=st.sampled_from((1, 4, 30, 200)), again=st.booleans())
    def time_passes(self, hours: int, again: bool) -> None:
        """Timers run, some of them twice."""
        self.now += timedelta(hours=hours)
        rules = {TryGrant: decide.decide_try, ExpireGrant: decide.decide_expire, ForfeitParcel: parcels.decide_forfeit}
        for key, timer in sorted(self.paper.timers.items()):
            mine = type(timer.body) in rules and timer.due_at <= self.now  # who asks after a payout is not played here
            if mine and self.paper.timers.pop(key, None) is not None:
                for _ in range(1 + again):
                    self.about(timer.body.grant, timer.body, rules[type(timer.body)])

    # --- what always holds ------------------------------------------------------------------------------------

    @invariant()
    def what_stands_is_what_is_due(self) -> None:
        """Σ grants − Σ reversals = due (I8): of each prize at most one grant stands, and none that is gone."""
        standing: Tally[tuple[str, str]] = Tally()
        for state in self.grants().values():
            if state.status not in (CANCELLED, REVERSED) and state.told != "gone":
                standing[(state.person, state.asked)] += 1
        assert all(count == 1 for count in standing.values())
        due = {key for key, (state, _) in self.told.items() if state != "gone"}
        ended = ("forfeited", "unclaimed")
        over = {(one.person, one.asked) for one in self.grants().values() if one.reason in ended}
        assert set(standing) <= due and due - set(standing) <= over

    @invariant()
    def nothing_is_given_that_is_only_promised(self) -> None:
        for state in self.grants().values():
            if state.told == "held":
                assert state.status in (WAITING, HELD, CANCELLED)

    @invariant()
    def stock_adds_up(self) -> None:
        """available + reserved + sold = total (I3)."""
        taken = Tally(state.item for state in self.grants().values() if state.reserved)
        for name in NAMES:
            counter = self.paper.counter(stock_counter(name))
            assert counter.used == taken[name] and 0 <= counter.used <= counter.limit
            assert counter.limit == self.paper.state(item_stream(name)).total

    @invariant()
    def money_adds_up(self) -> None:
        """Every unit sums to zero, and nothing but outside and debts is below zero (I1, I2)."""
        points = {name: sum_ for name, sum_ in self.paper.balances.items() if "points" in name}
        fen = {name: sum_ for name, sum_ in self.paper.balances.items() if "points" not in name}
        assert sum(points.values()) == 0 and sum(fen.values()) == 0
        for name, sum_ in self.paper.balances.items():
            assert sum_ >= 0 or name.partition(":")[0] in ("external", "debt")
        paid = ("cash", "red_packet")
        kept = [one for one in self.grants().values() if one.reserved and not one.sponsor]
        costs = sum(one.cost for one in kept if one.kind not in paid or one.status not in (*GIVEN, REVERSED))
        repaid = sum(one.repaid for one in kept if one.status not in (*GIVEN, REVERSED))
        going = sum(one.fen for one in self.payouts().values() if one.status not in (PAID, *BACK))
        assert self.paper.balance("clearing:pay") == going
        assert self.paper.balance(f"prizes:{CAMPAIGN}") + going + repaid == costs
        given = sum(one.cost for one in self.grants().values() if one.kind in paid and one.status in GIVEN)
        owed = sum(one.body.debt for one in self.paper.log if one.body.KIND == "grant_ended" and self.of_budget(one))
        assert self.paper.balance(f"budget:{CAMPAIGN}") == 2_500 - costs - given + owed

    @invariant()
    def nothing_is_paid_twice_but_what_is_owed_back(self) -> None:
        """What left for people is what their prizes of money are worth, but for debts that stand against it."""
        assert self.paper.balance("external:pay") == sum(self.paid.values())
        for person in PEOPLE:
            mine = [
                one for one in self.grants().values() if one.person == person and one.kind in ("cash", "red_packet")
            ]
            numbers = [number for number, one in self.payouts().items() if one.person == person]
            due = sum(one.cost for one in mine if one.status in (*GIVEN, REVERSED)) + sum(one.repaid for one in mine)
            assert sum(self.paid[number] for number in numbers) <= due - self.paper.balance(f"debt:{person}")
            going = [one for one in mine if one.status == "issuing"]
            asked = {one.payout for one in going}
            open_ = [one for one in self.payouts().values() if one.person == person and one.status not in (PAID, *BACK)]
            assert {one.key for one in open_} == asked and all(
                one.grant in {two.grant for two in going} for one in open_
            )

    def of_budget(self, event: Any) -> bool:
        """Whether what is owed for something that was taken back goes to the budget beside its price."""
        state = self.grants()[event.body.grant]
        return not state.sponsor and state.kind not in ("cash", "points")

    @invariant()
    def who_waits_for_stock_stands_in_the_queue(self) -> None:
        waiting = {one.grant for one in self.grants().values() if (one.status, one.reason) == (WAITING, "stock")}
        assert waiting == {key for scope, key in self.paper.claims if scope.startswith("reward_wait:")}

    @invariant()
    def what_is_over_stays(self) -> None:
        for grant, state in self.grants().items():
            assert self.ended.get(grant, state) == state
            if state.status in OVER:
                self.ended[grant] = state

    @invariant()
    def tries_are_bounded(self) -> None:
        assert all(one.tries <= 5 for one in self.grants().values() if one.status in (FAILED, MANUAL))

    def teardown(self) -> None:
        assert self.paper.replayed() == self.paper.states


Grants.TestCase.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)
TestGrants = Grants.TestCase


def test_every_status_can_be_reached_and_only_what_is_over_has_no_way_on() -> None:
    reached = {status for ways in NEXT.values() for status in ways}
    assert reached == set(NEXT) - {""}
    assert {status for status, ways in NEXT.items() if not ways} == set(OVER)
