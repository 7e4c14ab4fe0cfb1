"""Flags: raised, waited for, appealed against, decided by a person or by time; and what follows for the help. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent, Rejection, Timer
from qunflow.domain.events import Confirmed
from qunflow.domain.facts import AccountPersons
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns import screening
from qunflow.features.campaigns.mechanics.mechanic import REVOKED
from qunflow.features.campaigns.model import (
    LIVE,
    CampaignState,
    HoldOver,
    ParticipationState,
    campaign_stream,
    participation_stream,
)
from qunflow.features.campaigns.owing import own
from qunflow.features.campaigns.plays.model import Play, PlayerState, player_stream, unit_stream
from qunflow.features.campaigns.risk.commands import (
    AnswerChallenge,
    AppealFlag,
    DecideFlag,
    FlagDue,
    RaiseFlag,
    ScreenHelp,
    WaitForFlag,
)
from qunflow.features.campaigns.risk.flagging import due_timer, says, turned
from qunflow.features.campaigns.risk.model import (
    APPROVED,
    BAD,
    CLEARED,
    DENIED,
    EXPIRED,
    GOOD,
    HELD,
    INVITE,
    MAX_TRIES,
    OWNER,
    PASSED,
    REFUSED,
    RETURN,
    VOTE,
    WAITING,
    Challenged,
    ChallengeTried,
    FlagAppealed,
    FlagDecided,
    FlagState,
    FlagWaited,
    flag_claim,
    flag_name,
    flag_stream,
)
from qunflow.features.campaigns.screening import Screened

Named = RaiseFlag | WaitForFlag | FlagDue | DecideFlag | AnswerChallenge | AppealFlag


@dataclass(frozen=True, slots=True)
class FlagFacts:
    """The campaign, the flag as it was read ahead (what it is about never changes), and the owner's pending friends.

    ``votes`` are the keys of what the voter gave since the flag let them, ``parties`` the ids of both people and of who
    brought the one that is looked at, ``judge`` the people who the deciding account is.
    """

    campaign: CampaignState
    flag: FlagState
    pending: tuple[str, ...] = ()
    votes: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    judge: tuple[str, ...] = ()


async def load_flag(reader: Reader, message: Message) -> FlagFacts | None:
    """What the flag is about."""
    body: Named = message.body
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign))
    if campaign is None or campaign.plan is None:
        return None
    flag: FlagState = await reader.state(flag_stream(message.campaign, body.flag)) or FlagState()
    facts = FlagFacts(campaign, flag)
    if isinstance(body, DecideFlag):
        named: AccountPersons | None = await reader.ask(AccountPersons, body.by)
        judge = named.persons if named is not None else ()
        facts = replace(facts, parties=await _parties(reader, message.campaign, flag), judge=judge)
    if flag.kind == VOTE and flag.stands and flag.decided_at is not None:
        since = flag.decided_at + timedelta(hours=campaign.plan.hold_hours)
        player: PlayerState = await reader.state(player_stream(message.campaign, flag.helper)) or PlayerState()
        given = ((key, help) for key, help in player.helps.items() if key.startswith(f"{flag.unit}/"))
        facts = replace(facts, votes=tuple(key for key, help in given if help.state != REVOKED and help.until >= since))
    if flag.kind != OWNER:
        return facts
    owner = await reader.state(participation_stream(message.campaign, flag.owner)) or ParticipationState()
    return replace(facts, pending=tuple(who for who, state in owner.invitees.items() if state == "pending"))


async def _parties(reader: Reader, campaign: str, flag: FlagState) -> tuple[str, ...]:
    """Our ids and the platform's of the helper, of the owner, and of who brought the helper: none of them decides."""
    found = [flag.helper, flag.owner]
    for person in {flag.helper, flag.owner} - {""}:
        state: ParticipationState | None = await reader.state(participation_stream(campaign, person), stale_ok=True)
        found.append(state.external if state is not None else "")
        if state is not None and state.parent and person == flag.helper:
            found += [state.parent, *(await reader.externals(state.parent)).values()]
    return tuple(name for name in found if name)


def need_flag(message: Message, facts: FlagFacts | None) -> Needs:
    """The flag, its claim, and the participation that it is about."""
    if facts is None:
        return Needs()
    body: Named = message.body
    streams = [flag_stream(message.campaign, body.flag)]
    if facts.flag.kind == INVITE:
        streams.append(participation_stream(message.campaign, facts.flag.helper))
    return Needs(tuple(streams), (flag_claim(message.campaign, body.flag),))


def decide_raise(message: Message, facts: FlagFacts | None, view: View, chance: Chance) -> Decision:
    """The flag is there from now on; a hold has its end."""
    body: RaiseFlag = message.body
    stream = flag_stream(message.campaign, body.flag)
    if facts is None or view.state(stream).status:
        return NOTHING
    asks = _told(message, facts, body.flag, Challenged(), body.what.helper) if body.challenge else NOTHING
    told = _told(message, facts, body.flag, body.what, body.what.helper) + asks
    return told + due_timer(message, body.flag, body.what.until)


def decide_wait(message: Message, facts: FlagFacts | None, view: View, chance: Chance) -> Decision:
    """A help's own hold is over. If the flag was decided in the meantime, what was decided happens at once."""
    body: WaitForFlag = message.body
    state: FlagState = view.state(flag_stream(message.campaign, body.flag))
    if facts is None or not state.status or (body.unit, body.helper) in state.waiting:
        return NOTHING
    if state.status == HELD:
        return _told(message, facts, body.flag, FlagWaited(body.unit, body.helper))
    return Decision(commands=(_release(message, body.unit, body.helper, state.status not in BAD),))


def decide_due(message: Message, facts: FlagFacts | None, view: View, chance: Chance) -> Decision:
    """Nobody looked in time: a hold ends as if it had been approved."""
    body: FlagDue = message.body
    state: FlagState = view.state(flag_stream(message.campaign, body.flag))
    if facts is None or state.status != HELD or state.until != body.until:
        return NOTHING
    return _conclude(message, facts, view, state, EXPIRED, "")


def decide_flag(message: Message, facts: FlagFacts | None, view: View, chance: Chance) -> Decision:
    """An operator approves or denies; what is decided already can be decided otherwise."""
    body: DecideFlag = message.body
    state: FlagState = view.state(flag_stream(message.campaign, body.flag))
    if facts is None or not state.status:
        return Decision(rejection=Rejection(Reason.UNIT_UNKNOWN))
    if not {body.by, *facts.judge}.isdisjoint(facts.parties):
        return Decision(rejection=Rejection(Reason.OWN_INVITEE))
    status = APPROVED if body.approve else REFUSED
    if state.status == status and state.appeal != "open":
        return Decision(answer=status)
    return _conclude(message, facts, view, state, status, body.by) + Decision(answer=status)


def decide_answer(message: Message, facts: FlagFacts | None, view: View, chance: Chance) -> Decision:
    """The person answered a question: rightly, and what was held counts; three times wrongly, and it waits for staff.

    The answer is ``passed``, or how many tries are left. Each question is answered once.
    """
    body: AnswerChallenge = message.body
    state: FlagState = view.state(flag_stream(message.campaign, body.flag))
    if facts is None or message.person != state.helper or not state.asks:
        return Decision(rejection=Rejection(Reason.WRONG_STATE, {"status": state.status}))
    if body.nonce in state.tried:
        return Decision(rejection=Rejection(Reason.ALREADY_DONE))
    tried = _told(message, facts, body.flag, ChallengeTried(body.nonce, body.right))
    if body.right:
        return tried + _conclude(message, facts, view, state, PASSED, "") + Decision(answer=PASSED)
    left = MAX_TRIES - len(state.tried) - 1
    over = turned(message.campaign, body.flag, view, HELD) if not left else NOTHING
    return tried + over + Decision(answer=left)


def decide_appeal(message: Message, facts: FlagFacts | None, view: View, chance: Chance) -> Decision:
    """Who was denied may ask once to be looked at again."""
    body: AppealFlag = message.body
    state: FlagState = view.state(flag_stream(message.campaign, body.flag))
    if facts is None or message.person != state.helper or state.status not in BAD:
        return Decision(rejection=Rejection(Reason.WRONG_STATE, {"status": state.status}))
    if state.appeal:
        return Decision(rejection=Rejection(Reason.ALREADY_DONE))
    return _told(message, facts, body.flag, FlagAppealed()) + Decision(answer="open")


def _conclude(message: Message, facts: FlagFacts, view: View, state: FlagState, status: str, by: str) -> Decision:
    """The flag is decided: the claim says so, and the help counts or does not."""
    good = status in GOOD
    stream = flag_stream(message.campaign, state.flag)
    decision = _told(message, facts, state.flag, FlagDecided(status, by))
    word = CLEARED if good else DENIED
    decision += turned(message.campaign, state.flag, view, word) + Decision(timers_off=((stream, "due"),))
    if state.kind == INVITE:
        person: ParticipationState = view.state(participation_stream(message.campaign, state.helper))
        return decision + screen(message, facts.campaign, person, state.flag, good)
    waiting = [_release(message, unit, helper, good) for unit, helper in state.waiting]
    if state.kind == OWNER:
        told = screening.CLEARED if good else screening.DENIED
        screens = [
            (participation_stream(message.campaign, who), ScreenHelp(state.flag, who, told)) for who in facts.pending
        ]
        return decision + Decision(commands=(*waiting, *screens))
    if good != state.stands:
        waiting += _turn(message, facts, state, good)
    return decision + Decision(commands=tuple(waiting))


def _turn(message: Message, facts: FlagFacts, state: FlagState, good: bool) -> list[tuple[str, Play]]:
    """A help on a unit that was not there is made, or made again; one that is there is taken back."""
    if not good:
        keys = facts.votes if state.kind == VOTE else (state.unit,)
        return [_release(message, state.unit, state.helper, False, key) for key in keys]
    again = state.made and state.kind != VOTE
    move, params = (RETURN, {}) if again else (state.move, state.params)
    made = Play(move, state.unit, params, "system", state.helper)
    return [(unit_stream(message.campaign, state.unit), made)] if move else []


def screen(message: Message, campaign: CampaignState, state: ParticipationState, flag: str, good: bool) -> Decision:
    """What a decided flag means for an invited friend's help: denied it ends, cleared it counts (again)."""
    if not state.person or not state.parent:
        return NOTHING
    if not good:
        found_out = state.help == "pending" or (state.help == "confirmed" and campaign.status in LIVE)
        ended = "revoked" if found_out else ""
        stream = participation_stream(state.campaign, state.person)
        off = ((stream, "hold"),) if ended else ()
        return Decision(events=(own(state, Screened(state.parent, screening.DENIED, flag, ended)),), timers_off=off)
    plan = campaign.plan
    denied = state.screened == screening.DENIED and state.help == "revoked" and not state.voided
    if denied and state.groups and plan is not None:
        until = message.at + timedelta(hours=plan.hold_hours)
        stream = participation_stream(state.campaign, state.person)
        timer = Timer(stream, "hold", until, HoldOver(until), state.person, state.campaign)
        again = Screened(state.parent, screening.CLEARED, flag, "pending", until)
        return Decision(events=(own(state, again),), timers=(timer,))
    events = [own(state, Screened(state.parent, screening.CLEARED, flag))]
    over = state.hold_until is not None and state.hold_until <= message.at
    stays = bool(state.groups) or (plan is not None and plan.leave_policy == "never")
    if state.help == "pending" and over and stays:
        events.append(own(state, Confirmed(state.parent)))
    return Decision(events=tuple(events))


# --- what a flag on an owner says about their friends -----------------------------------------------------------------


async def load_screen(reader: Reader, message: Message) -> CampaignState | None:
    """The campaign."""
    found: CampaignState | None = await reader.state(campaign_stream(message.campaign), stale_ok=True)
    return found


def need_screen(message: Message, facts: CampaignState | None) -> Needs:
    """The friend's participation, and what a flag of their own says."""
    body: ScreenHelp = message.body
    if facts is None:
        return Needs()
    claim = flag_claim(message.campaign, flag_name(INVITE, body.person))
    return Needs((participation_stream(message.campaign, body.person),), (claim,))


def decide_screen(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """Hold, clear or deny a pending help, unless a flag of its own says something about it."""
    if facts is None:
        return NOTHING
    body: ScreenHelp = message.body
    state: ParticipationState = view.state(participation_stream(message.campaign, body.person))
    if state.help != "pending":
        return NOTHING
    own_word = says(view, message.campaign, flag_name(INVITE, body.person))
    if body.verdict == screening.CLEARED and own_word in WAITING:
        return NOTHING
    if body.verdict == screening.HELD:
        if state.screened is not None:
            return NOTHING
        return Decision(events=(own(state, Screened(state.parent, screening.HELD, body.flag)),))
    return screen(message, facts, state, body.flag, body.verdict == screening.CLEARED)


def _release(message: Message, unit: str, helper: str, good: bool, key: str = "") -> tuple[str, Play]:
    """A help on a unit that waited: confirmed, or taken back."""
    params = {} if good else {"key": key or unit, "reason": str(Reason.FRAUD)}
    return unit_stream(message.campaign, unit), Play("confirm" if good else "revoke", unit, params, "system", helper)


def _told(message: Message, facts: FlagFacts, flag: str, body: object, helper: str = "") -> Decision:
    plan = facts.campaign.plan
    stream = flag_stream(message.campaign, flag)
    channel = plan.channel if plan is not None else ""
    return Decision(events=(NewEvent(stream, body, helper or facts.flag.helper, "", message.campaign, channel),))
