"""Asking for a payout, agreeing to it, refusing it (campaigns.md §3.1, §9). Pure.

The money leaves what is available at once and lies in ``clearing:{channel}`` until the payout is known to be paid or
not: it cannot be asked for twice, and nothing is in two places.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from qunflow.domain.actions import Wish
from qunflow.domain.clock import local_date
from qunflow.domain.decisions import (
    Chance,
    Claim,
    CounterMove,
    Decision,
    Needs,
    NewEvent,
    Posting,
    Timer,
    reject,
)
from qunflow.domain.facts import SamePerson, WithdrawalTerms
from qunflow.domain.inbound import Message
from qunflow.domain.money import share_bps
from qunflow.domain.payments import CancelTransfer, PayoutWanted, RequestPayout, SendTransfer
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.payouts.model import (
    AUDITED,
    MANUAL,
    REJECT_REASONS,
    REQUESTED,
    RETURNED,
    WAITING,
    ApprovePayout,
    CheckPayout,
    PayoutApproved,
    PayoutBack,
    PayoutCharged,
    PayoutRequested,
    PayoutSent,
    PayoutState,
    RejectPayout,
    clearing,
    merchant_number,
    payout_stream,
)
from qunflow.features.payouts.rules import PayRules
from qunflow.features.payouts.swept import Swept
from qunflow.features.payouts.telling import told
from qunflow.ledger.accounts import available, debt, external, revenue
from qunflow.ledger.sweeping import sweep

CLAIM = "payout_number"
CHECK = "check"
#: Waits until a transfer is asked after, in seconds; the last one repeats. Notices usually come first.
CHECKS = (60, 300, 1_800, 7_200, 21_600, 86_400)
MAX_CHECKS = 60


@dataclass(frozen=True, slots=True)
class PayoutFacts:
    """The rules, the person's id at the payment account, the payout as far as it is known (to find its locks), and
    what the campaign asks of a withdrawal. ``same`` is who the person is after merges.
    """

    rules: PayRules = PayRules()
    external: str = ""
    state: PayoutState = PayoutState()
    terms: WithdrawalTerms | None = None
    same: SamePerson | None = None

    @property
    def gone(self) -> tuple[str, ...]:
        """Those who went into the person: what they have is the person's."""
        return self.same.gone if self.same is not None else ()


def number_of(message: Message) -> str:
    """The number of the payout that a message is about."""
    body = message.body
    if isinstance(body, PayoutWanted):
        return merchant_number(message.workspace, "prize", body.key)
    return merchant_number(message.workspace, "payout", body.key) if isinstance(body, RequestPayout) else body.number


def count_counter(person: str, day: date) -> str:
    """Payouts to one person on one day."""
    return f"payout_count:{person}:{day.isoformat()}"


def fen_counter(person: str, day: date) -> str:
    """Fen to one person on one day."""
    return f"payout_fen:{person}:{day.isoformat()}"


def channel_counter(channel: str, day: date) -> str:
    """Fen of one channel on one day."""
    return f"payout_channel_fen:{channel}:{day.isoformat()}"


def need_payout(message: Message, facts: PayoutFacts) -> Needs:
    """The payout, its number's claim, its person's accounts, and the counters of its days and of today."""
    number, state = number_of(message), facts.state
    person = state.person or message.person
    channel = state.channel or facts.rules.channel or MANUAL
    today = local_date(message.at, facts.rules.tz)
    day, sent = state.day or today, state.sent_day or today
    accounts: tuple[str, ...] = (available(person), debt(person)) if person else ()
    accounts += tuple(account for one in facts.gone for account in (available(one), debt(one)))
    counters = (count_counter(person, day), fen_counter(person, day)) if person else ()
    kept = (revenue(state.campaign),) if state.fee else ()
    source = state.account or (message.body.account if isinstance(message.body, PayoutWanted) else "")
    kept = (*kept, source) if source else kept
    return Needs(
        streams=(payout_stream(number),),
        claims=((CLAIM, number),),
        counters=(*counters, *{channel_counter(channel, one) for one in (sent, today)}),
        accounts=(*accounts, clearing(channel), external(channel), *kept),
    )


def decide_request(message: Message, facts: PayoutFacts, view: View, chance: Chance) -> Decision:
    """Set a person's money aside; asking again under the same key answers the payout that is there."""
    body: RequestPayout = message.body
    number, person, rules = number_of(message), message.person, facts.rules
    known: PayoutState = view.state(payout_stream(number))
    if known.number:
        same = (known.person, known.fen) == (person, body.fen)
        return Decision(answer=number) if same else reject(Reason.ALREADY_DONE, number=number, fen=known.fen)
    openid = body.external or facts.external
    if facts.same is not None and facts.same.kept != person:
        return reject(Reason.MERGED)
    swept = sweep(facts.gone, person, view.balance, f"{number}:sweep", points_too=False)
    view = Swept(view, swept) if swept else view
    terms = facts.terms or WithdrawalTerms("", 0, 0)
    fee = share_bps(body.fen, terms.fee_bps)
    refusal = _refusal(body.fen, fee, person, openid, rules, terms, view)
    if refusal is not None:
        return refusal
    channel, day = rules.channel or MANUAL, local_date(message.at, rules.tz)
    eyes = 2 if body.fen >= rules.four_eyes_fen else 1
    asked = PayoutRequested(number, body.key, openid, body.fen, eyes, day, body.by)
    whose = {"person": person, "campaign": message.campaign, "channel": channel}
    bodies = (asked, PayoutCharged(number, fee)) if fee else (asked,)
    events = tuple(NewEvent(payout_stream(number), one, **whose) for one in bodies)
    taken = set_aside(number, person, body.fen, channel, day, rules, view, events)
    return taken if taken.rejection is not None else replace(taken, postings=(*swept, *taken.postings))


def set_aside(
    number: str,
    person: str,
    fen: int,
    channel: str,
    day: date,
    rules: PayRules,
    view: View,
    events: tuple[NewEvent, ...],
    account: str = "",
) -> Decision:
    """Take the money from what is available, or from ``account``, as far as the person's day has room."""
    day_refusal = _day_refusal(fen, person, day, rules, view)
    if day_refusal is not None:
        return day_refusal
    return Decision(
        events=events,
        claims=(Claim(CLAIM, number, person),),
        counters=(
            CounterMove(count_counter(person, day), 1, rules.person_count),
            CounterMove(fen_counter(person, day), fen, rules.person_fen),
        ),
        postings=(Posting(f"{number}:take", account or available(person), clearing(channel), fen),),
        answer=number,
    )


def _refusal(
    fen: int, fee: int, person: str, openid: str, rules: PayRules, terms: WithdrawalTerms, view: View
) -> Decision | None:
    if not person or (rules.channel and not openid):
        return reject(Reason.NO_PAYEE, channel=rules.channel)
    least = max(rules.min_fen, terms.least_fen)
    if fen < least or fen - fee < rules.min_fen:
        return reject(Reason.BELOW_MINIMUM, least=least, fee=fee)
    if fen > rules.max_fen:
        return reject(Reason.ABOVE_MAXIMUM, most=rules.max_fen)
    return short(fen, person, view)


def short(fen: int, person: str, view: View) -> Decision | None:
    """A no to who owes something, or has less than that."""
    owed = -view.balance(debt(person))
    if owed > 0:
        return reject(Reason.IN_DEBT, debt=owed)
    has = view.balance(available(person))
    return reject(Reason.BALANCE_SHORT, available=has) if has < fen else None


def _day_refusal(fen: int, person: str, day: date, rules: PayRules, view: View) -> Decision | None:
    if view.counter(count_counter(person, day)).used + 1 > rules.person_count:
        return reject(Reason.DAY_CAP, cap="person_count", most=rules.person_count)
    if view.counter(fen_counter(person, day)).used + fen > rules.person_fen:
        return reject(Reason.DAY_CAP, cap="person_fen", most=rules.person_fen)
    return None


def decide_approve(message: Message, facts: PayoutFacts, view: View, chance: Chance) -> Decision:
    """Agree. Nobody agrees to what they asked for themselves, or twice; the last agreement sends it."""
    body: ApprovePayout = message.body
    state: PayoutState = view.state(payout_stream(body.number))
    if not state.number:
        return reject(Reason.PAYOUT_UNKNOWN)
    if state.status != REQUESTED:
        return reject(Reason.WRONG_STATE, status=state.status)
    if body.by in (state.asked_by, *state.approved_by):
        return reject(Reason.SAME_REVIEWER, by=body.by)
    last = len(state.approved_by) + 1 >= state.eyes
    approved = NewEvent(payout_stream(state.number), PayoutApproved(state.number, body.by, last), **envelope(state))
    if not last or state.channel == MANUAL:
        return Decision(events=(approved,), answer=AUDITED if last else REQUESTED)
    sent = send(message, state, facts.rules, view)
    return sent if sent.rejection is not None else Decision(events=(approved,)) + sent


def send(message: Message, state: PayoutState, rules: PayRules, view: View, list_name: str = "") -> Decision:
    """Put a payout on its way, as far as the channel's day has room."""
    day = local_date(message.at, rules.tz)
    counter = channel_counter(state.channel, day)
    if view.counter(counter).used + state.fen > rules.channel_fen:
        return reject(Reason.DAY_CAP, cap="channel_fen", most=rules.channel_fen)
    stream = payout_stream(state.number)
    sent = NewEvent(stream, PayoutSent(state.number, state.fen, day, list_name), **envelope(state))
    decision = Decision(
        events=(sent,), counters=(CounterMove(counter, state.fen, rules.channel_fen),), answer=sent.body.KIND
    )
    if state.channel == MANUAL:
        return decision
    return decision + Decision(wishes=(transfer_wish(state),), timers=(check_timer(message, state, 0),))


def transfer_wish(state: PayoutState) -> Wish:
    """The transfer, always under the payout's own number."""
    action = SendTransfer(state.number, state.external, state.net)
    return Wish(state.channel, action, lane_key=payout_stream(state.number))


def check_timer(message: Message, state: PayoutState, turn: int) -> Timer:
    """Ask after it later, should no notice come."""
    due = message.at + timedelta(seconds=CHECKS[min(turn, len(CHECKS) - 1)])
    return Timer(payout_stream(state.number), CHECK, due, CheckPayout(state.number, turn), state.person, state.campaign)


def decide_reject(message: Message, facts: PayoutFacts, view: View, chance: Chance) -> Decision:
    """Refuse it; what waits for its person is asked to be taken back, and returns only when WeChat says so."""
    body: RejectPayout = message.body
    state: PayoutState = view.state(payout_stream(body.number))
    if not state.number:
        return reject(Reason.PAYOUT_UNKNOWN)
    if body.reason not in REJECT_REASONS:
        return reject(Reason.OTHER, reasons=",".join(REJECT_REASONS))
    if state.status in (REQUESTED, AUDITED):
        return give_back(state, view, RETURNED, body.reason, body.by) + told(state, RETURNED, body.reason)
    if state.status == WAITING:
        action = CancelTransfer(state.number, state.net)
        return Decision(wishes=(Wish(state.channel, action, lane_key=payout_stream(state.number)),), answer="asked")
    return reject(Reason.WRONG_STATE, status=state.status)


def give_back(state: PayoutState, view: View, status: str, code: str, by: str = "") -> Decision:
    """It is not paid: the money is available again, a debt first, and the days have room for it again.

    That of a prize goes back to where it was set aside.
    """
    assert state.day is not None
    back = PayoutBack(state.number, state.fen, status, code, by)
    counters = [
        CounterMove(count_counter(state.person, state.day), -1),
        CounterMove(fen_counter(state.person, state.day), -state.fen),
    ]
    source = state.account or available(state.person)
    postings = [Posting(f"{state.number}:back", clearing(state.channel), source, state.fen)]
    repaid = min(state.fen, max(0, -view.balance(debt(state.person))))
    if repaid and not state.account:
        postings.append(Posting(f"{state.number}:repay", available(state.person), debt(state.person), repaid))
    if state.sent_day is not None:
        counters.append(CounterMove(channel_counter(state.channel, state.sent_day), -state.fen))
    return Decision(
        events=(NewEvent(payout_stream(state.number), back, **envelope(state)),),
        counters=tuple(counters),
        postings=tuple(postings),
        timers_off=((payout_stream(state.number), CHECK),),
        answer=status,
    )


def envelope(state: PayoutState) -> dict[str, str]:
    """Whose and where every event of a payout is."""
    return {"person": state.person, "campaign": state.campaign, "channel": state.channel}
