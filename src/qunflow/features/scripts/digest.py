"""The daily digest: one mass send for all whose scripts nobody has looked at; staff confirm, we ask how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from qunflow.domain.actions import Broadcast, ReadBroadcast, Wish
from qunflow.domain.clock import at_local_hour
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent, Timer
from qunflow.domain.facts import CampaignVoice
from qunflow.domain.inbound import BroadcastFiled, BroadcastRead, Message
from qunflow.domain.outcomes import Outcome
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.scripts.decide import ScriptFacts, render
from qunflow.features.scripts.model import (
    DigestDue,
    DigestFiled,
    DigestPolled,
    DigestState,
    DigestTasked,
    PollDigest,
    SettleScripts,
    digest_stream,
    scripts_stream,
)

MAX_PEOPLE = 10_000
FIRST_POLL = timedelta(minutes=15)
MAX_POLLS = 200
REASONS: Mapping[str, str] = {"not_contact": Reason.NOT_CONTACT, "quota": Reason.QUOTA}


@dataclass(frozen=True, slots=True)
class DigestFacts:
    """The campaign's voice and everybody with scripts that wait on the page."""

    voice: CampaignVoice | None = None
    people: Mapping[str, str] = field(default_factory=dict)


async def load_digest(reader: Reader, message: Message) -> DigestFacts:
    """Look at every participant's scripts, once a day."""
    voice: CampaignVoice | None = await reader.ask(CampaignVoice, message.campaign)
    if voice is None:
        return DigestFacts()
    found = await reader.states("scripts", scripts_stream(message.campaign, ""))
    waiting = {state.external: state.person for state in found.values() if state.open_on_page() and state.external}
    return DigestFacts(voice, dict(sorted(waiting.items())[:MAX_PEOPLE]))


async def load_voice(reader: Reader, message: Message) -> DigestFacts:
    """The campaign's voice only."""
    return DigestFacts(await reader.ask(CampaignVoice, message.campaign))


def digest_name(message: Message) -> str:
    """The name of the digest that is due at this instant."""
    return f"{message.campaign}@{message.at:%Y%m%dT%H%M%S}"


def need_due(message: Message, facts: DigestFacts) -> Needs:
    """The new digest's stream."""
    return Needs(streams=(digest_stream(digest_name(message)),))


def need_nothing(message: Message, facts: DigestFacts) -> Needs:
    """The first digest only sets its timer."""
    return Needs()


def decide_launched(message: Message, facts: DigestFacts, view: View, chance: Chance) -> Decision:
    """A campaign began: its first digest has its time."""
    return Decision(timers=_next(message, facts))


def decide_digest(message: Message, facts: DigestFacts, view: View, chance: Chance) -> Decision:
    """File one mass send for all who wait; tomorrow again while the campaign is open."""
    voice = facts.voice
    if voice is None or not voice.open:
        return NOTHING
    again = Decision(timers=_next(message, facts))
    name = digest_name(message)
    stream = digest_stream(name)
    if not facts.people or view.state(stream).digest:
        return again
    text = render("digest", ScriptFacts(voice), {})
    # No sender: each contact is told by the staff member who last spoke with them (wecom-api.md §6).
    filed = NewEvent(stream, DigestFiled(name, "", facts.people), "", "", voice.campaign, voice.channel)
    action = Broadcast(name, tuple(facts.people), text)
    return again + Decision(events=(filed,), wishes=(Wish(voice.channel, action, lane_key=stream),))


def _next(message: Message, facts: DigestFacts) -> tuple[Timer, ...]:
    if facts.voice is None or not facts.voice.open:
        return ()
    due = at_local_hour(message.at, facts.voice.tz, facts.voice.digest_hour)
    return (Timer(f"digests:{message.campaign}", "due", due, DigestDue(), campaign=message.campaign),)


def need_digest(message: Message, facts: object) -> Needs:
    """The digest that an answer is about."""
    body = message.body
    name = body.digest if isinstance(body, PollDigest) else body.broadcast
    return Needs(streams=(digest_stream(name),))


def decide_filed(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """The platform took the task; those it can never reach are settled at once."""
    body: BroadcastFiled = message.body
    stream = digest_stream(body.broadcast)
    state: DigestState = view.state(stream)
    if not state.digest or state.task:
        return NOTHING
    campaign = body.broadcast.partition("@")[0]
    tasked = NewEvent(stream, DigestTasked(body.task), "", "", campaign, state.channel)
    poll = Timer(stream, "poll", message.at + FIRST_POLL, PollDigest(body.broadcast), campaign=campaign)
    lost = dict.fromkeys(body.refused, "not_contact")
    return Decision(events=(tasked,), timers=(poll,)) + _settle(message, state, lost)


def decide_poll(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """Ask how far the task is."""
    body: PollDigest = message.body
    stream = digest_stream(body.digest)
    state: DigestState = view.state(stream)
    if not state.task or len(state.settled) >= len(state.people):
        return NOTHING
    action = ReadBroadcast(body.digest, state.task, state.sender)
    return Decision(wishes=(Wish(state.channel, action, lane_key=stream),))


def decide_read(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """Settle everybody whose result is final; ask again for the others."""
    body: BroadcastRead = message.body
    stream = digest_stream(body.broadcast)
    state: DigestState = view.state(stream)
    if not state.digest:
        return NOTHING
    final = {
        external: result
        for external, result in body.results.items()
        if result != "waiting" and external in state.people and external not in state.settled
    }
    decision = _settle(message, state, final)
    left = len(state.people) - len(state.settled) - len(final)
    if left and state.polls < MAX_POLLS:
        campaign = state.digest.partition("@")[0]
        poll = Timer(stream, "poll", message.at + FIRST_POLL, PollDigest(state.digest), campaign=campaign)
        decision += Decision(timers=(poll,))
    return decision


def _settle(message: Message, state: DigestState, results: Mapping[str, str]) -> Decision:
    if not results:
        return NOTHING
    stream = digest_stream(state.digest)
    campaign = state.digest.partition("@")[0]
    polled = NewEvent(stream, DigestPolled(tuple(sorted(results))), "", "", campaign, state.channel)
    commands = []
    for external, result in sorted(results.items()):
        person = state.people.get(external)
        if person is None or state.filed_at is None:
            continue
        outcome = Outcome.STAFF_CONFIRMED if result == "sent" else Outcome.REFUSED_BY_PLATFORM
        body = SettleScripts(campaign, person, outcome, state.filed_at, REASONS.get(result, ""))
        commands.append((scripts_stream(campaign, person), body))
    return Decision(events=(polled,), commands=tuple(commands))
