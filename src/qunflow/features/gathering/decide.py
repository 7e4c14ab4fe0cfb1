"""Gathering people: groups made and people invited by the channel itself, or by staff with a card and a mass send.

Each person is asked once in a gathering, however often it is started. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from qunflow.domain.actions import Broadcast, CreateGroup, InviteMember, ReadBroadcast, Wish
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent, Timer, reject
from qunflow.domain.events import CodeMade, CodeWanted, PoolWanted
from qunflow.domain.inbound import (
    ActionEnded,
    BroadcastFiled,
    BroadcastRead,
    EntryOpened,
    GroupCreated,
    Message,
    MessagePosted,
)
from qunflow.domain.outcomes import Outcome
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.gathering.model import (
    MAX_PEOPLE,
    SPOKE_HOURS,
    Asked,
    Gather,
    GatheredState,
    GatheringCoded,
    GatheringStarted,
    GatheringState,
    PeopleGathered,
    PersonAnswered,
    PersonAsked,
    PersonSpoke,
    PollSending,
    RoomFound,
    RoomsAsked,
    SendingFiled,
    SendingRead,
    SendingTasked,
    SpokeState,
    gathered_stream,
    gathering_of,
    gathering_stream,
    pool_of,
    spoke_stream,
)

POLL_EVERY = timedelta(minutes=15)
MAX_POLLS = 200
#: A valid message has at least so many letters or digits, or a picture.
LEAST_LETTERS = 2
_SORT = "gather"
_REASONS: Mapping[str, str] = {"not_contact": Reason.NOT_CONTACT, "quota": Reason.QUOTA}
CodeUrl = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class GatherFacts:
    """The gathering as read ahead, to find the streams of its people."""

    state: GatheringState = GatheringState()


# --- starting ---------------------------------------------------------------------------------------------------------


def need_gather(message: Message, facts: GatherFacts) -> Needs:
    """The gathering and everybody who may be asked."""
    body: Gather = message.body
    people = (gathered_stream(body.gathering, person) for person in body.people.values())
    return Needs(streams=(gathering_stream(body.gathering), *people))


def gather_decider(code_url: CodeUrl) -> Callable[[Message, GatherFacts, View, Chance], Decision]:
    """The rule that starts or goes on; ``code_url`` makes the link of a live code."""

    def decide_gather(message: Message, facts: GatherFacts, view: View, chance: Chance) -> Decision:
        """Ask everybody who was not asked before; with nobody new nothing happens."""
        body: Gather = message.body
        stream = gathering_stream(body.gathering)
        state: GatheringState = view.state(stream)
        known = frozenset(state.people.values())
        new = {external: person for external, person in body.people.items() if person not in known}
        if not new:
            return Decision(answer=body.gathering) if state.gathering else reject(Reason.NOBODY_FITS)
        if len(state.people) + len(new) > MAX_PEOPLE:
            return reject(Reason.QUOTA, people=MAX_PEOPLE)
        events: list[object] = []
        if not state.gathering:
            events.append(GatheringStarted(body.gathering, body.asked, body.by))
            state = GatheringState(body.gathering, message.channel, body.asked, body.by, message.at)
            if not body.asked.automatic:
                events.append(_pool(body.gathering, body.asked))
        events.append(PeopleGathered(new, body.by))
        first = len(state.people)
        state = replace(state, people={**state.people, **new})
        begun = Decision(events=tuple(_event(message, state, one) for one in events), answer=body.gathering)
        if state.asked is not None and state.asked.automatic:
            return begun + _rooms(message, state) + _invites(message, state, first)
        waiting = (*state.waiting, *new)
        return begun + _file(message, replace(state, waiting=waiting), code_url)

    return decide_gather


def _pool(gathering: str, asked: Asked) -> PoolWanted:
    """A pool whose first group staff are asked to make; one more when the last one is full."""
    return PoolWanted(pool_of(gathering), asked.name, asked.staff, asked.limit, asked.limit, 1, "request", True)


def _rooms(message: Message, state: GatheringState) -> Decision:
    """Make as many groups as the people need."""
    assert state.asked is not None
    asked = state.asked
    wanted = -(-len(state.people) // asked.limit)
    if wanted <= state.asked_rooms:
        return NOTHING
    wishes = tuple(
        Wish(
            message.channel,
            CreateGroup(room_name(asked, number), f"{pool_of(state.gathering)}:{number}", asked.staff),
            lane_key=f"create:{pool_of(state.gathering)}:{number}",
        )
        for number in range(state.asked_rooms, wanted)
    )
    return Decision(events=(_event(message, state, RoomsAsked(wanted)),), wishes=wishes)


def room_name(asked: Asked, number: int) -> str:
    """The first group has the plain name, the others are counted."""
    return asked.name if number == 0 else f"{asked.name}{number + 1}"


def _invites(message: Message, state: GatheringState, first: int) -> Decision:
    """Invite the new people whose group is there already."""
    assert state.asked is not None
    limit, listed = state.asked.limit, list(state.people.items())
    decision = NOTHING
    for room, chat in state.rooms.items():
        start = int(room) * limit
        decision += invite(message, state, chat, listed[max(start, first) : start + limit])
    return decision


def invite(message: Message, state: GatheringState, chat: str, people: Sequence[tuple[str, str]]) -> Decision:
    """Invite people into a group, each with a wish whose outcome comes back."""
    events = tuple(_person_event(state, person, PersonAsked(external, chat)) for external, person in people)
    wishes = tuple(
        Wish(
            state.channel,
            InviteMember(chat, external, f"{_SORT}:{state.gathering}:{person}"),
            lane_key=f"group:{state.channel}:{chat}",
        )
        for external, person in people
    )
    return Decision(events=events, wishes=wishes)


# --- the channel does it ----------------------------------------------------------------------------------------------


def need_created(message: Message, facts: GatherFacts) -> Needs:
    """The gathering that asked for the group, and the people who go into it."""
    state, room = facts.state, message.body.request.rpartition(":")[2]
    if not state.gathering or state.asked is None or not room.isdecimal():
        return Needs()
    people = _of_room(state, int(room))
    return Needs((gathering_stream(state.gathering), *(gathered_stream(state.gathering, who) for _, who in people)))


def _of_room(state: GatheringState, room: int) -> list[tuple[str, str]]:
    assert state.asked is not None
    return list(state.people.items())[room * state.asked.limit : (room + 1) * state.asked.limit]


def decide_created(message: Message, facts: GatherFacts, view: View, chance: Chance) -> Decision:
    """A group is there: its people are invited, each once."""
    body: GroupCreated = message.body
    room = body.request.rpartition(":")[2]
    if not facts.state.gathering or not room.isdecimal():
        return NOTHING
    state: GatheringState = view.state(gathering_stream(facts.state.gathering))
    if room in state.rooms or int(room) >= state.asked_rooms:
        return NOTHING
    found = Decision(events=(_event(message, state, RoomFound(room, body.chat)),))
    return found + invite(message, state, body.chat, _of_room(state, int(room)))


def need_ended(message: Message, facts: object) -> Needs:
    """The person that an invitation was for; nothing for the wishes of others."""
    parts = message.body.wish.split(":")
    return Needs(streams=(gathered_stream(parts[1], parts[2]),)) if _is_ours(parts) else Needs()


def _is_ours(parts: Sequence[str]) -> bool:
    return len(parts) == 3 and parts[0] == _SORT


def decide_ended(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """An invitation went out or was refused."""
    body: ActionEnded = message.body
    parts = body.wish.split(":")
    if not _is_ours(parts):
        return NOTHING
    stream = gathered_stream(parts[1], parts[2])
    state: GatheredState = view.state(stream)
    if not state.external or state.outcome:
        return NOTHING
    return Decision(events=(NewEvent(stream, PersonAnswered(body.outcome, body.reason), parts[2]),))


# --- staff do it ------------------------------------------------------------------------------------------------------


def need_own(message: Message, facts: GatherFacts) -> Needs:
    """The gathering, and everybody whose mass send may go out now."""
    state = facts.state
    if not state.gathering:
        return Needs()
    people = (gathered_stream(state.gathering, state.people[external]) for external in state.waiting)
    return Needs(streams=(gathering_stream(state.gathering), *people))


def decide_entry(message: Message, facts: GatherFacts, view: View, chance: Chance) -> Decision:
    """There is a group to come into: ask for the live code that leads there, once."""
    body: EntryOpened = message.body
    if not facts.state.gathering:
        return NOTHING
    state: GatheringState = view.state(gathering_stream(facts.state.gathering))
    if state.code_wanted or state.code:
        return NOTHING
    return Decision(events=(_event(message, state, CodeWanted(body.pool, False)),))


def coded_decider(code_url: CodeUrl) -> Callable[[Message, GatherFacts, View, Chance], Decision]:
    """The rule that hears of the live code."""

    def decide_coded(message: Message, facts: GatherFacts, view: View, chance: Chance) -> Decision:
        """The link exists: the mass send goes to staff for confirmation."""
        body: CodeMade = message.body
        if not facts.state.gathering:
            return NOTHING
        state: GatheringState = view.state(gathering_stream(facts.state.gathering))
        if state.code:
            return NOTHING
        coded = Decision(events=(_event(message, state, GatheringCoded(body.code)),))
        return coded + _file(message, replace(state, code=body.code), code_url)

    return decide_coded


def _file(message: Message, state: GatheringState, code_url: CodeUrl) -> Decision:
    """One mass send to all who wait, as soon as there is a link; it is named after its round, so it is filed once."""
    if not state.code or not state.waiting or state.asked is None:
        return NOTHING
    name = f"{pool_of(state.gathering)}:{len(state.sendings) + 1}"
    text = f"{state.asked.text}\n{code_url(state.code)}"
    people = [(external, state.people[external]) for external in state.waiting]
    events = (
        _event(message, state, SendingFiled(name, state.waiting)),
        *(_person_event(state, person, PersonAsked(external)) for external, person in people),
    )
    # No sender: each contact is told by the staff member who last spoke with them (wecom-api.md §6).
    send = Wish(state.channel, Broadcast(name, state.waiting, text), lane_key=gathering_stream(state.gathering))
    return Decision(events=events, wishes=(send,))


def need_told(message: Message, facts: GatherFacts) -> Needs:
    """The gathering of a mass send, and the people whose result came."""
    body, state = message.body, facts.state
    if not state.gathering:
        return Needs()
    results = body.refused if isinstance(body, BroadcastFiled) else body.results
    people = (gathered_stream(state.gathering, state.people[one]) for one in results if one in state.people)
    return Needs(streams=(gathering_stream(state.gathering), *people))


def decide_filed(message: Message, facts: GatherFacts, view: View, chance: Chance) -> Decision:
    """The platform took the task; those it can never reach are settled at once."""
    body: BroadcastFiled = message.body
    if not facts.state.gathering:
        return NOTHING
    state: GatheringState = view.state(gathering_stream(facts.state.gathering))
    known = state.sendings.get(body.broadcast)
    if known is None or known.task:
        return NOTHING
    tasked = _event(message, state, SendingTasked(body.broadcast, body.task))
    told = Decision(events=(tasked,), timers=(_poll(message, state, body.broadcast),))
    return told + _settle(message, state, body.broadcast, dict.fromkeys(body.refused, "not_contact"), view)


def decide_read(message: Message, facts: GatherFacts, view: View, chance: Chance) -> Decision:
    """Settle everybody whose result is final; ask again for the others."""
    body: BroadcastRead = message.body
    if not facts.state.gathering:
        return NOTHING
    state: GatheringState = view.state(gathering_stream(facts.state.gathering))
    known = state.sendings.get(body.broadcast)
    if known is None:
        return NOTHING
    left = frozenset(known.left)
    final = {one: result for one, result in body.results.items() if result != "waiting" and one in left}
    again = len(final) < len(left) and known.polls < MAX_POLLS and bool(known.task)
    timers = (_poll(message, state, body.broadcast),) if again else ()
    return _settle(message, state, body.broadcast, final, view) + Decision(timers=timers)


def _settle(
    message: Message, state: GatheringState, broadcast: str, results: Mapping[str, str], view: View
) -> Decision:
    events = [_event(message, state, SendingRead(broadcast, tuple(sorted(results))))]
    for external, result in sorted(results.items()):
        person = state.people.get(external, "")
        known: GatheredState = view.state(gathered_stream(state.gathering, person)) if person else GatheredState()
        if known.external and not known.outcome:
            outcome = Outcome.STAFF_CONFIRMED if result == "sent" else Outcome.REFUSED_BY_PLATFORM
            events.append(_person_event(state, person, PersonAnswered(outcome, _REASONS.get(result, ""))))
    return Decision(events=tuple(events))


def _poll(message: Message, state: GatheringState, broadcast: str) -> Timer:
    body = PollSending(state.gathering, broadcast)
    return Timer(gathering_stream(state.gathering), f"poll:{broadcast}", message.at + POLL_EVERY, body)


def need_poll(message: Message, facts: object) -> Needs:
    """The gathering."""
    return Needs(streams=(gathering_stream(message.body.gathering),))


def decide_poll(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """Ask how far a mass send is."""
    body: PollSending = message.body
    state: GatheringState = view.state(gathering_stream(body.gathering))
    known = state.sendings.get(body.broadcast)
    if known is None or not known.left or not known.task:
        return NOTHING
    action = ReadBroadcast(body.broadcast, known.task)
    return Decision(wishes=(Wish(state.channel, action, lane_key=gathering_stream(state.gathering)),))


# --- who said something -----------------------------------------------------------------------------------------------


def is_valid_message(body: MessagePosted) -> bool:
    """Whether a message counts as activity: some letters, or a picture; a lone sign does not (campaigns.md §11)."""
    return bool(body.media) or sum(letter.isalnum() for letter in body.text[:200]) >= LEAST_LETTERS


def need_spoke(message: Message, facts: SpokeState) -> Needs:
    """The person's words, if they are to be noted now."""
    due = is_valid_message(message.body) and _is_due(message, facts) and bool(message.person)
    return Needs(streams=(spoke_stream(message.person),)) if due else Needs()


def _is_due(message: Message, state: SpokeState) -> bool:
    return state.last_at is None or message.at - state.last_at >= timedelta(hours=SPOKE_HOURS)


def decide_spoke(message: Message, facts: SpokeState, view: View, chance: Chance) -> Decision:
    """Somebody said something: noted once in some hours, without the words."""
    body: MessagePosted = message.body
    if not message.person or not is_valid_message(body) or not _is_due(message, facts):
        return NOTHING
    stream = spoke_stream(message.person)
    if not _is_due(message, view.state(stream)):
        return NOTHING
    group = f"group:{message.channel}:{body.chat}"
    return Decision(events=(NewEvent(stream, PersonSpoke(), message.person, group, channel=message.channel),))


# --- pieces -----------------------------------------------------------------------------------------------------------


def _event(message: Message, state: GatheringState, body: object) -> NewEvent:
    return NewEvent(gathering_stream(state.gathering), body, channel=state.channel or message.channel)


def _person_event(state: GatheringState, person: str, body: object) -> NewEvent:
    return NewEvent(gathered_stream(state.gathering, person), body, person, channel=state.channel)


def of_message(message: Message) -> str:
    """The gathering that an answer of the platform is about, empty when it is none's."""
    body = message.body
    named = getattr(body, "pool", "") or getattr(body, "broadcast", "") or getattr(body, "request", "")
    return gathering_of(str(named))
