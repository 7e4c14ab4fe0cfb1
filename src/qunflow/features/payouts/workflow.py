"""The feature's door: what is read ahead, and the handlers."""

from __future__ import annotations

from dataclasses import replace

from qunflow.domain.events import OrderMade, RefundOwed
from qunflow.domain.facts import PaidOrder, PaymentsOpen, SamePerson, WithdrawalTerms
from qunflow.domain.inbound import Message
from qunflow.domain.payments import PaymentOpened, PaymentSeen, PayoutWanted, RefundSeen, RequestPayout, TransferSeen
from qunflow.engine.feature import Feature, Handler, Reader, StreamType
from qunflow.features.payouts import (
    answers,
    decide,
    ending,
    for_prizes,
    model,
    orders,
    orders_model,
    retrying,
    rules,
    taking,
)


async def load_rules(reader: Reader) -> rules.PayRules:
    """The rules as of the last commit."""
    found: rules.PayRules | None = await reader.state(rules.RULES_STREAM)
    return found if found is not None else rules.PayRules()


async def load_payout(reader: Reader, message: Message) -> decide.PayoutFacts:
    """The rules, the payout (to find its locks) and, for a new one, the person's id at the payment account."""
    known: model.PayoutState | None = await reader.state(model.payout_stream(decide.number_of(message)))
    facts = decide.PayoutFacts(await load_rules(reader), state=known or model.PayoutState())
    if known is not None or not message.person:
        return facts
    facts = replace(facts, same=await reader.ask(SamePerson, message.person))
    if message.campaign and not isinstance(message.body, PayoutWanted):
        facts = replace(facts, terms=await reader.ask(WithdrawalTerms, message.campaign))
    if not facts.rules.channel:
        return facts
    ids = await reader.externals(facts.same.kept if facts.same is not None else message.person)
    return replace(facts, external=ids.get(facts.rules.channel, ""))


async def load_order(reader: Reader, message: Message) -> orders.OrderFacts:
    """The rules."""
    return orders.OrderFacts(await load_rules(reader))


_PAYOUT_HANDLERS = (
    Handler("payouts.request", RequestPayout, decide.need_payout, decide.decide_request, load_payout),
    Handler("payouts.wanted", PayoutWanted, decide.need_payout, for_prizes.decide_wanted, load_payout),
    Handler("payouts.approve", model.ApprovePayout, decide.need_payout, decide.decide_approve, load_payout),
    Handler("payouts.reject", model.RejectPayout, decide.need_payout, decide.decide_reject, load_payout),
    Handler("payouts.retry", model.RetryPayout, retrying.need_retry, retrying.decide_retry, load_payout),
    Handler("payouts.list", model.ListPayout, decide.need_payout, ending.decide_list, load_payout),
    Handler("payouts.settle", model.SettlePayout, decide.need_payout, ending.decide_settle, load_payout),
    Handler("payouts.check", model.CheckPayout, decide.need_payout, ending.decide_check, load_payout),
    Handler("payouts.ask", model.AskPayout, decide.need_payout, taking.decide_ask, load_payout),
    Handler("payouts.seen", TransferSeen, decide.need_payout, ending.decide_seen, load_payout),
)
_ORDER_HANDLERS = (
    Handler("payouts.order_made", OrderMade, orders.need_order, orders.decide_made, load_order),
    Handler("payouts.start", orders_model.StartPayment, orders.need_order, orders.decide_start),
    Handler("payouts.opened", PaymentOpened, orders.need_order, orders.decide_opened),
    Handler("payouts.payment", PaymentSeen, orders.need_order, orders.decide_seen),
    Handler("payouts.check_order", orders_model.CheckOrder, orders.need_order, orders.decide_check),
    Handler("payouts.refund_owed", RefundOwed, orders.need_order, orders.decide_owed),
    Handler("payouts.refund", RefundSeen, orders.need_order, orders.decide_refund_seen),
    Handler("payouts.check_refund", orders_model.CheckRefund, orders.need_order, orders.decide_check_refund),
)

PAYOUTS = Feature(
    name="payouts",
    handlers=(
        Handler("payouts.rules", rules.SetPayRules, rules.need_rules, rules.decide_rules),
        *_PAYOUT_HANDLERS,
        *_ORDER_HANDLERS,
    ),
    streams=(
        StreamType("payrules", rules.PayRules, rules.PayRules(), rules.evolve),
        StreamType("payout", model.PayoutState, model.PayoutState(), model.evolve),
        StreamType("payorder", orders_model.OrderState, orders_model.OrderState(), orders_model.evolve),
    ),
    events=(rules.PayRulesSet, *model.EVENTS, *orders_model.EVENTS),
    bodies=(rules.SetPayRules, RequestPayout, *model.COMMANDS, *orders_model.COMMANDS),
    answers={PaymentsOpen: answers.answer_open, PaidOrder: answers.answer_paid},
)
