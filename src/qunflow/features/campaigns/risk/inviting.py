"""The rules on the invitation path: looked at when a friend joins, and when they are seen at a device. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent
from qunflow.domain.events import Departed, Joined
from qunflow.domain.inbound import ContactRead, Message
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns import screening
from qunflow.features.campaigns.model import (
    CampaignState,
    ParticipationState,
    campaign_stream,
    participation_stream,
)
from qunflow.features.campaigns.owing import own
from qunflow.features.campaigns.risk.commands import ScreenHelp, Sight
from qunflow.features.campaigns.risk.flagging import end_of, raised, says
from qunflow.features.campaigns.risk.looking import Help, look, need_help, note, read_circle, seen_at, traced
from qunflow.features.campaigns.risk.model import (
    ADDRESS,
    CLEARED,
    DENIED,
    HELD,
    INVITE,
    OWNER,
    PAYEE,
    Marked,
    Pictured,
    Seen,
    WatchState,
    flag_claim,
    flag_name,
    watch_stream,
)
from qunflow.features.campaigns.risk.rules import (
    ALLOW,
    DENY,
    FLAG,
    RiskPlan,
    Rules,
    Verdict,
    hold_hours_of,
    leavers,
    risk,
    rules_of,
)
from qunflow.features.campaigns.risk.sharing import compared
from qunflow.features.campaigns.screening import Screened


@dataclass(frozen=True, slots=True)
class InviteFacts:
    """The campaign, its rules, and the help that is looked at."""

    campaign: CampaignState
    rules: Rules
    help: Help

    @property
    def flag(self) -> str:
        """The name of a flag on this help."""
        return flag_name(INVITE, self.help.helper)

    @property
    def owner_flag(self) -> str:
        """The name of a flag on the owner."""
        return flag_name(OWNER, self.help.owner)

    @property
    def risk(self) -> RiskPlan | None:
        """What the plan says about risk."""
        return self.campaign.plan.risk if self.campaign.plan is not None else None


async def load_join(reader: Reader, message: Message) -> InviteFacts | None:
    """Where the friend was seen last: one look besides the campaign. None where there is nothing to look at."""
    body: Joined = message.body
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign), stale_ok=True)
    rules = rules_of(campaign.plan.risk) if campaign is not None and campaign.plan is not None else {}
    if campaign is None or not rules or not body.parent or body.help != "pending":
        return None
    watch: WatchState = await reader.state(watch_stream(message.person)) or WatchState()
    help = seen_at(_help(message, campaign, body.parent), watch)
    if rules["clique"].weight:
        circle = await read_circle(reader, watch, help.helper, help.owner, help.campaign, message.at)
        help = replace(help, circle=circle)
    return InviteFacts(campaign, rules, help)


def _help(message: Message, campaign: CampaignState, owner: str) -> Help:
    tz = campaign.plan.tz if campaign.plan is not None else "UTC"
    return Help(message.campaign, message.person, owner, tz=tz)


def need_join(message: Message, facts: InviteFacts | None) -> Needs:
    """Both people, what is watched of them, and what flags say."""
    if facts is None:
        return Needs()
    help, name = facts.help, message.campaign
    people = (participation_stream(name, help.helper), participation_stream(name, help.owner))
    claims = (flag_claim(name, facts.flag), flag_claim(name, facts.owner_flag))
    return Needs((*people, *need_help(help).streams), claims)


def decide_join(message: Message, facts: InviteFacts | None, view: View, chance: Chance) -> Decision:
    """An invited friend joined: let it count, hold it, or deny it."""
    if facts is None:
        return NOTHING
    return _screen(message, facts, view, fresh=True)


def _screen(message: Message, facts: InviteFacts, view: View, fresh: bool) -> Decision:
    state: ParticipationState = view.state(participation_stream(message.campaign, facts.help.helper))
    if state.help != "pending" or state.test:
        return NOTHING
    owner = says(view, message.campaign, facts.owner_flag)
    if owner in (HELD, DENIED) and state.screened is None:
        return Decision(events=(own(state, _screened(facts, owner, facts.owner_flag)),))
    known = says(view, message.campaign, facts.flag)
    if known:
        return note(facts.help, view, message.at, fresh) if known == CLEARED else NOTHING
    help = _with_staff(facts, state, view)
    verdict = risk(look(help, view, message.at, facts.rules, fresh), facts.rules)
    noted = note(help, view, message.at, fresh) if verdict.outcome != DENY else NOTHING
    if verdict.outcome in (ALLOW, FLAG):
        return noted
    until = end_of(message.at, hold_hours_of(facts.risk))
    flag = raised(message.campaign, facts.flag, INVITE, help.helper, help.owner, verdict, until)
    said = own(state, _screened(facts, DENIED if verdict.outcome == DENY else HELD, facts.flag))
    return noted + flag + Decision(events=(said,))


def _screened(facts: InviteFacts, status: str, flag: str) -> Screened:
    if status == DENIED:
        return Screened(facts.help.owner, screening.DENIED, flag, "revoked")
    return Screened(facts.help.owner, screening.HELD, flag)


def _with_staff(facts: InviteFacts, state: ParticipationState, view: View) -> Help:
    plan = facts.campaign.plan
    owner: ParticipationState = view.state(participation_stream(facts.help.campaign, facts.help.owner))
    staff = plan is not None and bool({state.external, owner.external} & set(plan.staff))
    return replace(facts.help, staff=staff)


# --- seen at a device -------------------------------------------------------------------------------------------------


async def load_sight(reader: Reader, message: Message) -> InviteFacts | None:
    """Who brought the person; that never changes in a campaign."""
    body: Sight = message.body
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign), stale_ok=True)
    rules = rules_of(campaign.plan.risk) if campaign is not None and campaign.plan is not None else {}
    state = await reader.state(participation_stream(message.campaign, message.person), stale_ok=True)
    if campaign is None or not rules or state is None:
        return None
    help = replace(_help(message, campaign, state.parent), device=body.device, ip=body.ip)
    return InviteFacts(campaign, rules, replace(help, payee=body.payee, address=body.address))


def need_sight(message: Message, facts: InviteFacts | None) -> Needs:
    """As for a join; of somebody whom nobody brought only the handles."""
    if facts is None:
        return Needs()
    if facts.help.owner:
        return need_join(message, facts)
    return Needs((watch_stream(facts.help.helper), *facts.help.traces))


def decide_sight(message: Message, facts: InviteFacts | None, view: View, chance: Chance) -> Decision:
    """The person moves from a device and an address: noted, and a help that is still pending is looked at again.

    The same for an account that is to be paid and an address of a parcel; helps among all who share one of these are
    compared, also those that are confirmed.
    """
    if facts is None:
        return NOTHING
    help = facts.help
    stream = watch_stream(help.helper)
    watch: WatchState = view.state(stream)
    bodies: list[object] = []
    if (help.device or help.ip) and (help.device not in ("", watch.device) or help.ip != watch.ip):
        bodies.append(Seen(help.device, help.ip))
    for kind, handle, known in ((PAYEE, help.payee, watch.payee), (ADDRESS, help.address, watch.address)):
        if handle not in ("", known):
            bodies.append(Marked(kind, handle))
    events = [NewEvent(stream, body, help.helper, "", message.campaign) for body in bodies]
    seen = replace(help, owner="")
    handles = (help.device, help.ip, help.payee, help.address)
    decision = Decision(events=(*events, *traced(seen, view, message.at, handles))) + compared(help, view)
    return decision + _screen(message, facts, view, fresh=False) if help.owner else decision


# --- what a contact shows ---------------------------------------------------------------------------------------------


def need_contact(message: Message, facts: object) -> Needs:
    """What is watched of the person, where the platform says something about a picture."""
    body: ContactRead = message.body
    return Needs((watch_stream(message.person),)) if message.person and body.pictured is not None else Needs()


def decide_contact(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """Note who has no picture, and when they have one after all; of most people nothing is to be noted."""
    body: ContactRead = message.body
    if not message.person or body.pictured is None:
        return NOTHING
    stream = watch_stream(message.person)
    watch: WatchState = view.state(stream)
    if body.pictured == (watch.pictured is not False):
        return NOTHING
    return Decision(events=(NewEvent(stream, Pictured(body.pictured), message.person),))


# --- those who leave --------------------------------------------------------------------------------------------------


async def load_leave(reader: Reader, message: Message) -> InviteFacts | None:
    """Only a help that ended says something about who invited."""
    body: Departed = message.body
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign), stale_ok=True)
    rules = rules_of(campaign.plan.risk) if campaign is not None and campaign.plan is not None else {}
    if campaign is None or not rules or not body.parent or body.help != "revoked":
        return None
    return InviteFacts(campaign, rules, Help(message.campaign, message.person, body.parent))


def need_leave(message: Message, facts: InviteFacts | None) -> Needs:
    """Who invited, and what a flag on them says."""
    if facts is None:
        return Needs()
    stream = participation_stream(message.campaign, facts.help.owner)
    return Needs((stream,), (flag_claim(message.campaign, facts.owner_flag),))


def decide_leave(message: Message, facts: InviteFacts | None, view: View, chance: Chance) -> Decision:
    """Too many of the own invitees left early: everything that is still pending for the owner is held."""
    if facts is None or says(view, message.campaign, facts.owner_flag):
        return NOTHING
    owner: ParticipationState = view.state(participation_stream(message.campaign, facts.help.owner))
    invitees = {**owner.invitees, message.person: "revoked"}
    verdict = risk({"leavers": leavers(invitees)}, facts.rules)
    if verdict.outcome in (ALLOW, FLAG) or not owner.person or owner.test:
        return NOTHING
    return _hold_owner(message, facts, verdict, [person for person, state in invitees.items() if state == "pending"])


def _hold_owner(message: Message, facts: InviteFacts, verdict: Verdict, pending: list[str]) -> Decision:
    flag, owner, campaign = facts.owner_flag, facts.help.owner, message.campaign
    until = end_of(message.at, hold_hours_of(facts.risk))
    found = raised(campaign, flag, OWNER, owner, owner, verdict, until)
    word = screening.DENIED if verdict.outcome == DENY else screening.HELD
    screens = ((participation_stream(campaign, person), ScreenHelp(flag, person, word)) for person in pending)
    return found + Decision(commands=tuple(screens))
