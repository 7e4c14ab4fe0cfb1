"""The risk rules under random helps, sights, leaves, answers, appeals, decisions, repeats, late timers, reordering."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.unit.features.plays.table import NAME, Table, plan_with
from tests.unit.features.risk.guests import come, go, guest

from qunflow.features.campaigns.mechanics.mechanic import CONFIRMED, REVOKED
from qunflow.features.campaigns.plays.model import Play
from qunflow.features.campaigns.risk.commands import AnswerChallenge, AppealFlag, DecideFlag, Sight
from qunflow.features.campaigns.risk.model import (
    DENIED,
    EXPIRED,
    HELD,
    HOUR,
    KEPT,
    MAX_TRIES,
    PASSED,
    WAITING,
    ChallengeTried,
    FlagDecided,
    Flagged,
    FlagState,
)
from qunflow.features.campaigns.risk.reading import read_risk

PEOPLE = tuple("abcdef")
GUESTS = {"c": "a", "d": "a", "e": "a"}
CUPS = {
    "kind": "bargain", "item": "mug", "original_fen": 9900, "floor_fen": 990, "stock_total": 5, "helpers": 4,
    "unit_ttl_hours": 150, "helps_per_helper": 4, "helps_per_day": 4,
}  # fmt: skip
#: Limits so small that seven people reach them.
RISK = read_risk("risk", {"rules": {"velocity": {"most": 1}, "night": {"most": 1}, "ip": {"most": 2}}})
PLACES = st.integers(0, 30)


class RiskMachine(RuleBasedStateMachine):
    """One campaign whose rules everybody breaks."""

    @initialize()
    def begin(self) -> None:
        self.table = Table(plan_with(CUPS, risk=RISK))
        for name in PEOPLE:
            if name in GUESTS:
                guest(self.table, name, GUESTS[name])
                self.table.wait(timedelta(minutes=11))
            else:
                self.table.enter(name)
        self.units = [self.table.play(name, "open") for name in "abc"]

    def tell(self, body: object, person: str = "", key: str = "", twice: bool = False) -> None:
        for _ in range(2 if twice else 1):
            self.table.send(body, person, key)
        if not self.table.slow:
            self.table.settle()

    # --- what happens -------------------------------------------------------------------------------------------------

    @rule(who=st.sampled_from(PEOPLE), place=st.integers(0, 2), twice=st.booleans())
    def help(self, who: str, place: int, twice: bool) -> None:
        self.tell(Play("help", self.units[place]), who, f"h{self.table.sent}", twice)

    @rule(first=st.integers(0, 5), place=st.integers(0, 2), many=st.integers(2, 4))
    def rush(self, first: int, place: int, many: int) -> None:
        """Several people help one after the other."""
        for number in range(many):
            self.tell(Play("help", self.units[place]), PEOPLE[(first + number) % len(PEOPLE)])

    @rule(
        who=st.sampled_from(PEOPLE),
        device=st.sampled_from(["", "d1", "d2"]),
        ip=st.sampled_from(["", "i1"]),
        payee=st.sampled_from(["", "", "p1"]),
        address=st.sampled_from(["", "", "", "a1"]),
        twice=st.booleans(),
    )
    def see(self, who: str, device: str, ip: str, payee: str, address: str, twice: bool) -> None:
        self.tell(Sight(device, ip, payee, address), who, twice=twice)

    @rule(who=st.sampled_from(PEOPLE), reason=st.sampled_from(["left", "left", "kicked"]))
    def leave(self, who: str, reason: str) -> None:
        if who in GUESTS:
            go(self.table, who, reason)
        else:
            self.table.leave(who, reason)

    @rule(who=st.sampled_from(PEOPLE))
    def come(self, who: str) -> None:
        if who not in GUESTS:
            self.table.join(who)
        else:
            come(self.table, who)

    @precondition(lambda self: self.flags())
    @rule(place=PLACES, approve=st.booleans(), twice=st.booleans())
    def decide(self, place: int, approve: bool, twice: bool) -> None:
        if flag := self.pick(place):
            self.tell(DecideFlag(flag.flag, approve, "op"), twice=twice)

    @precondition(lambda self: any(flag.challenge for flag in self.flags()))
    @rule(place=PLACES, right=st.booleans(), nonce=st.sampled_from(["n1", "n2", "n3", "n4"]), twice=st.booleans())
    def answer(self, place: int, right: bool, nonce: str, twice: bool) -> None:
        if flag := self.pick(place, asks=True):
            self.tell(AnswerChallenge(flag.flag, nonce, right), flag.helper, twice=twice)

    @precondition(lambda self: self.flags())
    @rule(place=PLACES)
    def appeal(self, place: int) -> None:
        if flag := self.pick(place):
            self.tell(AppealFlag(flag.flag, "words"), flag.helper)

    @rule(minutes=st.sampled_from([1, 11, 61, 1500, 4380]))
    def wait(self, minutes: int) -> None:
        self.table.wait(timedelta(minutes=minutes))

    @rule(slow=st.booleans())
    def set_pace(self, slow: bool) -> None:
        """From now on what goes round waits, or not any more."""
        self.table.slow = slow
        if not slow:
            self.table.settle()
            self.table.wait(timedelta(0))  # what became due while messages waited

    @precondition(lambda self: self.table.queue)
    @rule(choice=st.integers(0, 9))
    def hand_on(self, choice: int) -> None:
        self.table.deliver(choice)

    # --- what must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def money_is_whole(self) -> None:
        if hasattr(self, "table"):
            self.table.check_money()

    @invariant()
    def what_is_held_is_never_confirmed(self) -> None:
        for name, word in self.words():
            if word in WAITING:
                assert self.counts(name) != CONFIRMED, name
        for who in PEOPLE if hasattr(self, "table") else ():
            state = self.table.person(who)
            assert not (state.screened == HELD and state.help == CONFIRMED), who

    @invariant()
    def what_is_denied_does_not_count(self) -> None:
        if not hasattr(self, "table") or self.table.queue:
            return
        for name, word in self.words():
            if word == DENIED and not name.startswith("o."):
                assert self.counts(name) in ("", REVOKED), name

    @invariant()
    def a_hold_ends_once_and_in_time(self) -> None:
        for flag in self.flags():
            events = [event.body for event in self.table.paper.log if event.stream == f"flag:{NAME}:{flag.flag}"]
            raised = [body for body in events if isinstance(body, Flagged)]
            decided = [body for body in events if isinstance(body, FlagDecided)]
            assert len(raised) == 1 and raised[0] == events[0] and raised[0].hits
            assert not any(body.status in (EXPIRED, PASSED) for body in decided[1:])
            assert not decided or decided[0].status not in (EXPIRED, PASSED) or raised[0].status == HELD
            if flag.status == HELD and not self.table.slow:
                assert flag.severe or (flag.until is not None and flag.until > self.table.now)

    @invariant()
    def questions_are_few_and_each_is_answered_once(self) -> None:
        for flag in self.flags():
            events = [event.body for event in self.table.paper.log if event.stream == f"flag:{NAME}:{flag.flag}"]
            nonces = [body.nonce for body in events if isinstance(body, ChallengeTried)]
            assert len(nonces) <= MAX_TRIES and len(set(nonces)) == len(nonces)
            assert not nonces or flag.challenge

    @invariant()
    def evidence_is_kept_no_longer_than_it_may(self) -> None:
        for name, state in self.states("trace:"):
            newest = max((spot.at for spot in state.spots), default=None)
            kept = KEPT if name.removeprefix("trace:")[0] in "dpa" else HOUR
            assert newest is None or all(spot.at > newest - kept for spot in state.spots)

    def teardown(self) -> None:
        if not hasattr(self, "table"):
            return
        self.table.slow = False
        self.table.settle()
        self.table.wait(timedelta(days=12))
        self.table.check()
        assert not self.table.queue
        self.what_is_held_is_never_confirmed()
        self.what_is_denied_does_not_count()
        assert all(flag.severe for flag in self.flags() if flag.status == HELD)

    # --- what is ------------------------------------------------------------------------------------------------------

    def states(self, prefix: str) -> list[tuple[str, Any]]:
        states = self.table.paper.states if hasattr(self, "table") else {}
        return [(name, state) for name, state in states.items() if name.startswith(prefix)]

    def flags(self) -> list[FlagState]:
        return [state for _, state in self.states("flag:") if state.status]

    def pick(self, place: int, asks: bool = False) -> FlagState | None:
        flags = [flag for flag in self.flags() if flag.challenge or not asks]
        return flags[place % len(flags)] if flags else None

    def words(self) -> list[tuple[str, str]]:
        claims = self.table.paper.claims if hasattr(self, "table") else {}
        return [(key.partition(":")[2], claim.holder) for (scope, key), claim in claims.items() if scope == "risk"]

    def counts(self, flag: str) -> str:
        """The state of the help that a flag is on; empty for one that is not there, or whose unit is over."""
        kind, _, rest = flag.partition(".")
        if kind == "i":
            return self.table.person(rest).help
        if kind == "o":
            return ""
        unit, _, helper = rest.partition(".")
        found = self.table.unit(unit)
        help = found.helps.get(helper)
        return help.state if help is not None and found.status != "closed" else ""


def test_the_rules_keep_their_promises_whatever_happens_in_whatever_order() -> None:
    run_state_machine_as_test(
        RiskMachine,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
