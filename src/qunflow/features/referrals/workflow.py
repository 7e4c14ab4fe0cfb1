"""The feature's door: what is read ahead, and the handlers."""

from __future__ import annotations

from qunflow.community.model import PersonState, person_stream
from qunflow.domain.facts import PaidOrder
from qunflow.domain.inbound import ContactAdded, ContactCodeOpened, Message
from qunflow.domain.payments import OrderRefunded
from qunflow.engine.feature import Feature, Handler, Reader, StreamType
from qunflow.features.referrals import commands, decide, model, program, settling, winning
from qunflow.features.referrals.model import LeadState, RecommenderState, lead_stream, recommender_stream
from qunflow.features.referrals.program import ProgramState, program_stream

#: A contact code's State that is one of ours has this many letters, like every public code.
_MAX_CODE = 32


async def load_friend(reader: Reader, message: Message) -> decide.FriendFacts:
    """The code that a friend came through, its program, and when a contact was first met."""
    body = message.body
    contact = isinstance(body, ContactAdded)
    code = body.state if contact else body.code
    if not code or len(code) > _MAX_CODE:
        return decide.FriendFacts()
    recommender: RecommenderState | None = await reader.state(recommender_stream(code), stale_ok=True)
    if recommender is None or not recommender.code:
        return decide.FriendFacts()
    found: ProgramState | None = await reader.state(program_stream(recommender.program), stale_ok=True)
    met: PersonState | None = await reader.state(person_stream(message.person), stale_ok=True) if contact else None
    return decide.FriendFacts(recommender, found or ProgramState(), met)


async def load_over(reader: Reader, message: Message) -> tuple[str, ...]:
    """Browsers of recommenders that are to be forgotten."""
    return await reader.expired_claims(decide.device_scope(message.body.program), message.at)


async def load_lead(reader: Reader, message: Message) -> winning.LeadFacts:
    """The lead, to find its locks."""
    found: LeadState | None = await reader.state(lead_stream(message.body.lead))
    return winning.LeadFacts(found or LeadState())


async def load_deal(reader: Reader, message: Message) -> winning.LeadFacts:
    """The lead, and the order as it was paid here, if it was."""
    found: LeadState | None = await reader.state(lead_stream(message.body.lead))
    lead = found or LeadState()
    order = str(getattr(message.body, "order", "")) or (lead.order if lead.tied else "")
    paid: PaidOrder | None = await reader.ask(PaidOrder, order) if order else None
    return winning.LeadFacts(lead, paid)


_FRIEND = (decide.need_friend, decide.decide_friend, load_friend)
_PROGRAM_HANDLERS = (
    Handler("referrals.set", program.SetProgram, program.need_program, program.decide_set),
    Handler("referrals.close", program.CloseProgram, program.need_program, program.decide_close),
    Handler("referrals.open", commands.OpenRecommender, decide.need_recommender, decide.decide_recommender, load_over),
    Handler("referrals.linked", ContactCodeOpened, decide.need_linked, decide.decide_linked),
)
_LEAD_HANDLERS = (
    Handler("referrals.recommend", commands.RecommendFriend, *_FRIEND),
    Handler("referrals.contact_added", ContactAdded, *_FRIEND),
    Handler("referrals.contacted", commands.ContactLead, winning.need_lead, winning.decide_contacted),
    Handler("referrals.win", commands.WinLead, winning.need_deal, winning.decide_win, load_deal),
    Handler("referrals.agree", commands.AgreeLead, winning.need_deal, winning.decide_agree, load_lead),
    Handler("referrals.lose", commands.LoseLead, winning.need_end, winning.decide_lose, load_lead),
    Handler("referrals.expire", commands.ExpireLead, winning.need_end, winning.decide_expire, load_lead),
    Handler("referrals.forget", commands.ForgetLead, winning.need_lead, winning.decide_forget),
    Handler("referrals.refund", commands.RefundLead, settling.need_money, settling.decide_refund, load_lead),
    Handler("referrals.settle", commands.SettleLead, settling.need_money, settling.decide_settle, load_deal),
    Handler("referrals.order_refunded", OrderRefunded, settling.need_order, settling.decide_order_refunded),
)

REFERRALS = Feature(
    name="referrals",
    handlers=(*_PROGRAM_HANDLERS, *_LEAD_HANDLERS),
    streams=(
        StreamType("referral_program", ProgramState, ProgramState(), program.evolve_program),
        StreamType("recommender", RecommenderState, RecommenderState(), model.evolve_recommender),
        StreamType("lead", LeadState, LeadState(), model.evolve_lead),
    ),
    events=(*program.PROGRAM_EVENTS, *model.LEAD_EVENTS),
    bodies=(*program.PROGRAM_BODIES, *commands.COMMANDS),
)
