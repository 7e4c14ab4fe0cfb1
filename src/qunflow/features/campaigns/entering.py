"""Entering a campaign and being in its groups: pure rules on one participant's stream (campaigns.md §0.4, §5.4, §7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from qunflow.community.model import PersonState, person_stream
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent, Timer, reject
from qunflow.domain.events import (
    CodeReady,
    Confirmed,
    Departed,
    Joined,
    MemberLeft,
    Participating,
    ScriptDue,
    Spreading,
)
from qunflow.domain.facts import CodeFact, GroupPlace, InvitedThrough
from qunflow.domain.inbound import ContactAdded, Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.model import (
    LIVE,
    CampaignCoded,
    CampaignState,
    CodeGiven,
    GroupChanged,
    HoldOver,
    Involved,
    InvolvedState,
    OpenPoster,
    ParticipationState,
    RemindDue,
    RemoveParticipant,
    campaign_stream,
    involved_stream,
    participation_stream,
)
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plays.arriving import arrival, load_promoter
from qunflow.features.campaigns.plays.model import player_stream
from qunflow.features.campaigns.races import entered_race
from qunflow.features.campaigns.screening import DENIED, HELD

LAST_CALL = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """The code that was scanned, its campaign, when the person was first met, and the unit of the code's owner."""

    code: CodeFact | None = None
    campaign: CampaignState | None = None
    met: PersonState | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class MembershipFacts:
    """The campaigns of a person whose pool the group belongs to, and one that this join begins (Matrix)."""

    campaigns: tuple[CampaignState, ...] = ()
    begins: EntryFacts | None = None


async def load_entry(reader: Reader, message: Message) -> EntryFacts:
    """Read the code in the contact's state, and its campaign."""
    body: ContactAdded = message.body
    code: CodeFact | None = await reader.ask(CodeFact, body.state)
    if code is None or not code.campaign:
        return EntryFacts(code)
    campaign = await reader.state(campaign_stream(code.campaign))
    met = await reader.state(person_stream(message.person))
    return EntryFacts(code, campaign, met, await load_promoter(reader, campaign, code, message.person))


async def load_membership(reader: Reader, message: Message) -> MembershipFacts:
    """Read the person's campaigns, and keep those whose pool has this group."""
    place: GroupPlace | None = await reader.ask(GroupPlace, message.group)
    if place is None or not place.pool:
        return MembershipFacts()
    involved: InvolvedState | None = await reader.state(involved_stream(message.person))
    names = involved.campaigns if involved is not None else ()
    found = [await reader.state(campaign_stream(name), stale_ok=True) for name in names]
    inside = tuple(state for state in found if state is not None and state.pool == place.pool)
    if isinstance(message.body, MemberLeft):
        return MembershipFacts(inside)
    begins = await _load_invited(reader, message, place.pool, names)
    if message.body.is_staff and begins is not None and (begins.campaign is None or begins.campaign.status != "draft"):
        begins = None  # staff walk the path before launch (M14) and take part in nothing after it
    return MembershipFacts(inside, begins)


async def _load_invited(reader: Reader, message: Message, pool: str, known: tuple[str, ...]) -> EntryFacts | None:
    through: InvitedThrough | None = await reader.ask(InvitedThrough, message.person)
    for name in through.codes if through is not None else ():
        code: CodeFact | None = await reader.ask(CodeFact, name)
        if code is None or code.pool != pool or not code.campaign or code.campaign in known:
            continue
        campaign = await reader.state(campaign_stream(code.campaign), stale_ok=True)
        return EntryFacts(code, campaign, await reader.state(person_stream(message.person)))
    return None


def need_entry(message: Message, facts: EntryFacts) -> Needs:
    """The participant's stream and list of campaigns."""
    if facts.campaign is None:
        return Needs()
    name, person = facts.campaign.campaign, message.person
    player = (player_stream(name, person),) if facts.unit else ()
    return Needs(streams=(participation_stream(name, person), involved_stream(person), *player))


def need_membership(message: Message, facts: MembershipFacts) -> Needs:
    """The participant's streams in these campaigns."""
    names = [item.campaign for item in facts.campaigns]
    streams = [participation_stream(name, message.person) for name in names]
    if facts.begins is not None and facts.begins.campaign is not None:
        streams.append(participation_stream(facts.begins.campaign.campaign, message.person))
        streams.append(involved_stream(message.person))
    return Needs(streams=tuple(streams))


def need_own(message: Message, facts: CampaignState | None) -> Needs:
    """The message's person in the message's campaign."""
    return Needs(streams=(participation_stream(message.campaign, message.person),)) if facts is not None else Needs()


async def load_campaign(reader: Reader, message: Message) -> CampaignState | None:
    """The message's campaign."""
    found: CampaignState | None = await reader.state(campaign_stream(message.campaign)) if message.campaign else None
    return found


def decide_contact(message: Message, facts: EntryFacts, view: View, chance: Chance) -> Decision:
    """A new contact came through a campaign's code: a participation begins; the code's owner brought them.

    Before launch it is a test run (M14): it takes the whole path and counts nowhere.
    """
    body: ContactAdded = message.body
    campaign, code = facts.campaign, facts.code
    if campaign is None or code is None or campaign.plan is None:
        return NOTHING
    if campaign.status not in ("draft", "running"):
        return reject(Reason.NOT_RUNNING, campaign=campaign.campaign)
    stream = participation_stream(campaign.campaign, message.person)
    if view.state(stream).person:
        unit = facts.unit if code.owner != message.person else ""
        return _welcome_again(message, view.state(stream), body) + arrival(campaign, message.person, unit)
    return begin(message, campaign, code, facts.met, view, body.external, body.welcome_code)


def _welcome_again(message: Message, state: ParticipationState, body: ContactAdded) -> Decision:
    """Somebody who takes part already added a contact again: a chance to send the links, if they never arrived."""
    if not body.welcome_code:
        return Decision(stop=Reason.ALREADY_PARTICIPATING)
    stream = participation_stream(state.campaign, message.person)
    joining = ScriptDue("join", f"join@{message.message_id[-16:]}", body.external, {}, body.welcome_code)
    return Decision(events=(NewEvent(stream, joining, message.person, "", state.campaign, state.channel),))


def begin(
    message: Message,
    campaign: CampaignState,
    code: CodeFact,
    met: PersonState | None,
    view: View,
    external: str,
    welcome_code: str = "",
    chat: str = "",
) -> Decision:
    """The events with which a participation begins; once for each person."""
    plan = campaign.plan
    stream = participation_stream(campaign.campaign, message.person)
    if plan is None or view.state(stream).person:
        return Decision(stop=Reason.ALREADY_PARTICIPATING)
    new = met is None or met.met_at is None or met.met_at >= plan.starts_at
    parent = code.owner if code.owner != message.person else ""
    entered = Participating(
        external, code.code, parent, campaign.version, new, campaign.pool, campaign.status == "draft"
    )
    joining = ScriptDue("join", "join", external, {"chat": chat} if chat else {}, welcome_code)
    common = {"person": message.person, "campaign": campaign.campaign, "channel": code.channel}
    events = [
        NewEvent(stream, entered, **common),
        NewEvent(involved_stream(message.person), Involved(), **common),
        NewEvent(stream, joining, **common),
    ]
    if chat:  # everybody in the room reads what is said there, so the personal link goes to the person alone
        events.append(NewEvent(stream, ScriptDue("link", "link", external, {"direct": True}), **common))
    return Decision(events=tuple(events), timers=_reminders(message, plan, stream))


def _reminders(message: Message, plan: Plan, stream: str) -> tuple[Timer, ...]:
    if plan.task is None:
        return ()
    remind_at = message.at + timedelta(hours=plan.remind_after_hours)
    last_at = plan.ends_at - LAST_CALL
    timers = []
    if remind_at < last_at:
        timers.append(Timer(stream, "remind", remind_at, RemindDue("remind"), message.person, plan.campaign))
    if message.at < last_at:
        timers.append(Timer(stream, "last_call", last_at, RemindDue("last_call"), message.person, plan.campaign))
    return tuple(timers)


def decide_joined(message: Message, facts: MembershipFacts, view: View, chance: Chance) -> Decision:
    """A participant is in a group of the campaign: first time, again, or in one group more."""
    decision = NOTHING
    for campaign in facts.campaigns:
        state: ParticipationState = view.state(participation_stream(campaign.campaign, message.person))
        if message.group not in state.groups and state.person and campaign.plan is not None:
            decision += _joined(message, campaign, campaign.plan, state)
    return decision + _begin_by_joining(message, facts.begins, view)


def _begin_by_joining(message: Message, entry: EntryFacts | None, view: View) -> Decision:
    """Where rooms are joined by name the join itself begins the participation, and the room hears the script."""
    if entry is None or entry.campaign is None or entry.code is None or entry.campaign.plan is None:
        return NOTHING
    campaign, body = entry.campaign, message.body
    if campaign.status not in ("draft", "running"):
        return reject(Reason.NOT_RUNNING, campaign=campaign.campaign)
    chat = message.group.split(":", 2)[2]
    begun = begin(message, campaign, entry.code, entry.met, view, body.external, chat=chat)
    if begun.stop is not None:
        return NOTHING
    entered: Participating = begun.events[0].body
    state = ParticipationState(
        person=message.person, parent=entered.parent, test=entered.test, new_user=entered.new_user
    )
    return begun + _joined(message, campaign, entry.campaign.plan, state)


def _joined(message: Message, campaign: CampaignState, plan: Plan, state: ParticipationState) -> Decision:
    stream = participation_stream(campaign.campaign, message.person)
    where = {
        "person": message.person,
        "group": message.group,
        "campaign": campaign.campaign,
        "channel": message.channel,
    }
    if state.groups:
        return Decision(events=(NewEvent(stream, GroupChanged(message.group, True), **where),))
    counts = bool(state.parent) and state.screened != DENIED and (state.new_user or plan.helper_scope == "any")
    open_now = campaign.status in ("running", "paused", "draft") and not state.test and not state.voided
    if not counts or not open_now or state.help == "confirmed":
        return Decision(events=(NewEvent(stream, Joined(state.parent, state.joined_at is not None), **where),))
    until = message.at + timedelta(hours=plan.hold_hours)
    joined = Joined(state.parent, state.joined_at is not None, "pending", until)
    timer = Timer(stream, "hold", until, HoldOver(until), message.person, campaign.campaign)
    raced = entered_race(campaign, state, message.group, message.body.joined_at)
    bodies = (joined, raced) if raced is not None else (joined,)
    return Decision(events=tuple(NewEvent(stream, body, **where) for body in bodies), timers=(timer,))


def decide_left(message: Message, facts: MembershipFacts, view: View, chance: Chance) -> Decision:
    """A participant left a group; out of the last one, a help that is not yet earned is revoked."""
    body: MemberLeft = message.body
    decision = NOTHING
    for campaign in facts.campaigns:
        stream = participation_stream(campaign.campaign, message.person)
        state: ParticipationState = view.state(stream)
        if message.group not in state.groups or campaign.plan is None:
            continue
        where = {
            "person": message.person,
            "group": message.group,
            "campaign": campaign.campaign,
            "channel": message.channel,
        }
        if len(state.groups) > 1:
            decision += Decision(events=(NewEvent(stream, GroupChanged(message.group, False), **where),))
            continue
        events = []
        over = state.hold_until is not None and state.hold_until <= message.at
        if state.help == "pending" and over and state.screened != HELD:
            # The hold was over before the leave; its timer only runs late (campaigns.md §7).
            events.append(NewEvent(stream, Confirmed(state.parent), **where))
            state = replace(state, help="confirmed", hold_until=None)
        revoked = "revoked" if _revokes(state, campaign, campaign.plan, body.removed) else ""
        departed = Departed(state.parent, "kicked" if body.removed else "left", revoked)
        events.append(NewEvent(stream, departed, **where))
        off = ((stream, "hold"),) if state.help != "pending" or revoked else ()
        decision += Decision(events=tuple(events), timers_off=off)
    return decision


def _revokes(state: ParticipationState, campaign: CampaignState, plan: Plan, removed: bool) -> bool:
    if plan.leave_policy == "never" and not removed:
        return False
    if state.help == "pending":
        return True
    if state.help != "confirmed" or campaign.status not in LIVE:
        return False
    return removed or plan.leave_policy == "revoke_until_end"


def decide_hold_over(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """The invited person stayed through the hold: the help is confirmed. A timer of an older hold does nothing."""
    body: HoldOver = message.body
    stream = participation_stream(message.campaign, message.person)
    state: ParticipationState = view.state(stream)
    if facts is None or facts.plan is None or state.help != "pending" or state.hold_until != body.until:
        return NOTHING
    if state.screened == HELD or (not state.groups and facts.plan.leave_policy != "never"):
        return NOTHING
    confirmed = Confirmed(state.parent)
    return Decision(events=(NewEvent(stream, confirmed, message.person, "", message.campaign, state.channel),))


def decide_remind(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """Nudge those who are in a group and have not finished (M07)."""
    body: RemindDue = message.body
    stream = participation_stream(message.campaign, message.person)
    state: ParticipationState = view.state(stream)
    if facts is None or facts.status not in ("running", "draft") or state.completed or state.seat or not state.groups:
        return NOTHING
    last_at = facts.plan.ends_at - LAST_CALL if facts.plan is not None else message.at
    if body.script == "last_call" and last_at > message.at:  # the campaign was extended since the timer was set
        again = Timer(stream, "last_call", last_at, body, message.person, message.campaign)
        return Decision(timers=(again,))
    due = ScriptDue(body.script, body.script, state.external, room_of(state, facts))
    return Decision(events=(NewEvent(stream, due, message.person, "", message.campaign, state.channel),))


def decide_remove(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """Ask for the removal from every group of the campaign, with the reason that the person and the staff read."""
    body: RemoveParticipant = message.body
    stream = participation_stream(message.campaign, message.person)
    if facts is None or not view.state(stream).person:
        return reject(Reason.NOT_PARTICIPATING)
    state: ParticipationState = view.state(stream)
    if not state.groups:
        return reject(Reason.NOT_IN_GROUP)
    events: list[NewEvent] = []
    for group in state.groups:
        params = {"reason": body.reason, "remove": group.split(":", 2)[2]}
        key = f"kick@{message.message_id[-16:]}:{len(events)}"
        due = ScriptDue("kick", key, state.external, params)
        events.append(NewEvent(stream, due, message.person, group, message.campaign, state.channel))
    return Decision(events=tuple(events), answer=len(events))


def room_of(state: ParticipationState, campaign: CampaignState) -> dict[str, str]:
    """Where a script is spoken: the person's room on a channel without contacts; else nothing (page and digest)."""
    if campaign.contact or not state.groups:
        return {}
    return {"chat": state.groups[-1].split(":", 2)[2]}


def decide_code_ready(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """A code of the campaign can be shown: the campaign's own, or a participant's."""
    body: CodeReady = message.body
    if facts is None:
        return NOTHING
    if not body.owner:
        stream = campaign_stream(message.campaign)
        if view.state(stream).code:
            return NOTHING
        return Decision(events=(NewEvent(stream, CampaignCoded(body.code), campaign=message.campaign),))
    stream = participation_stream(message.campaign, body.owner)
    state: ParticipationState = view.state(stream)
    if state.code or not state.person:
        return NOTHING
    given = NewEvent(stream, CodeGiven(body.code), body.owner, "", message.campaign, state.channel)
    room = room_of(state, facts)
    if not room:
        return Decision(events=(given,))
    poster = ScriptDue("poster", "poster", state.external, {**room, "code": body.code})
    return Decision(events=(given, NewEvent(stream, poster, body.owner, "", message.campaign, state.channel)))


def need_coded(message: Message, facts: CampaignState | None) -> Needs:
    """The stream that gets the code."""
    if facts is None:
        return Needs()
    owner = message.body.owner
    name = participation_stream(message.campaign, owner) if owner else campaign_stream(message.campaign)
    return Needs(streams=(name,))


def decide_open_poster(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """The personal poster was opened: the first time makes one more launcher."""
    body: OpenPoster = message.body
    stream = participation_stream(message.campaign, message.person)
    if facts is None or body is None or not view.state(stream).person:
        return reject(Reason.NOT_PARTICIPATING)
    state: ParticipationState = view.state(stream)
    if state.spreading or not state.code:
        return Decision(answer=state.code)
    event = NewEvent(stream, Spreading(), message.person, "", message.campaign, state.channel)
    return Decision(events=(event,), answer=state.code)
