"""What happens at a scan: a place is kept for ten minutes, or the visitor waits. Never more places than there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from qunflow.domain.actions import OpenContactCode, Wish
from qunflow.domain.decisions import NOTHING, Chance, Claim, CounterMove, Decision, Needs, NewEvent, Timer, reject
from qunflow.domain.events import CodeMade, CodeReady, CodeWanted, Participating, Scanned
from qunflow.domain.ids import short_code
from qunflow.domain.inbound import ContactCodeOpened, Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.livecodes.arrange import MAX_REQUESTS
from qunflow.features.livecodes.leading import MOST_TOGETHER, PlacesKept, ScannedTogether
from qunflow.features.livecodes.model import (
    RESERVED_FOR,
    SWEEP_EVERY,
    ArrangePool,
    CodeLinked,
    CodeOpened,
    CodeState,
    MakeCode,
    PoolState,
    Scan,
    ScanAnswer,
    Scans,
    SweepPlaces,
    TakePlace,
    code_stream,
    person_key,
    place_counter,
    place_scope,
    pool_stream,
)


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """The code (of a scan) and the pool with its entries, as read before locking."""

    code: CodeState | None
    pool: PoolState | None


async def load_place(reader: Reader, message: Message) -> PlaceFacts:
    """Read the code and its pool."""
    body = message.body
    scanned = isinstance(body, Scan | Scans)
    code: CodeState | None = await reader.state(code_stream(body.code), stale_ok=True) if scanned else None
    name = body.pool if isinstance(body, TakePlace) else (code.pool if code else "")
    pool: PoolState | None = await reader.state(pool_stream(name), stale_ok=True) if name else None
    return PlaceFacts(code, pool)


def need_place(message: Message, facts: PlaceFacts) -> Needs:
    """The visitor's claim, the counters of all entries, and the code's stream for the scan event."""
    if facts.pool is None:
        return Needs()
    pool = facts.pool.pool
    counters = tuple(place_counter(pool, entry) for entry in facts.pool.entries)
    body = message.body
    scope = place_scope(pool)
    if isinstance(body, Scan | Scans):
        fresh = fresh_of(body)
        claims = tuple((scope, visitor) for visitor in visitors_of(body) if visitor not in fresh)
        return Needs((code_stream(body.code),), claims, counters)
    keys = [(scope, person_key(message.person))]
    if body.visitor:
        keys.append((scope, body.visitor))
    return Needs(claims=tuple(keys), counters=counters)


def visitors_of(body: Scan | Scans) -> tuple[str, ...]:
    """Who scanned."""
    return (body.visitor,) if isinstance(body, Scan) else body.visitors


def fresh_of(body: Scan | Scans) -> frozenset[str]:
    """Those among them for whom no place can be kept yet."""
    return frozenset() if isinstance(body, Scan) else body.fresh


def decide_scan(message: Message, facts: PlaceFacts, view: View, chance: Chance) -> Decision:
    """A durable scan with a kept place; the same visitor gets the same place again."""
    decision = decide_scans(message, facts, view, chance)
    if decision.rejection is not None:
        return decision
    (answer,) = decision.answer.values()
    return replace(decision, answer=answer)


def decide_scans(message: Message, facts: PlaceFacts, view: View, chance: Chance) -> Decision:
    """As ``decide_scan`` for each visitor in their order; the answer is visitor → answer."""
    body: Scan | Scans = message.body
    code, pool = facts.code, facts.pool
    if code is None or pool is None:
        return reject(Reason.UNKNOWN_CODE, code=body.code)
    stream = code_stream(body.code)
    if view.state(stream).closed:
        return reject(Reason.CODE_CLOSED, code=body.code)
    decision = _keep_places(message, pool, view, visitors_of(body), fresh_of(body))
    places: dict[str, str] = decision.answer
    new = {claim.key for claim in decision.claims}
    kept = {visitor for visitor, entry in places.items() if entry and visitor not in new}
    answers = {entry: _answer(code, pool, entry) for entry in set(places.values())}
    events = tuple(
        NewEvent(stream, event, code.owner, "", code.campaign, code.channel)
        for event in _recorded(body.code, places, kept)
    )
    return replace(decision, events=events, answer={visitor: answers[entry] for visitor, entry in places.items()})


def _recorded(code: str, places: Mapping[str, str], kept: Set[str]) -> Iterator[Scanned | PlacesKept | ScannedTogether]:
    """What the log gets of scans: one event for those who came together."""
    visitors = tuple(places)
    if len(visitors) == 1:
        yield Scanned(code, visitors[0], places[visitors[0]])
        if kept:  # stands last, so that who reads backwards meets it before its scan
            yield PlacesKept(visitors)
        return
    for first in range(0, len(visitors), MOST_TOGETHER):
        part = visitors[first : first + MOST_TOGETHER]
        again = tuple(visitor for visitor in part if visitor in kept) if kept else ()
        yield ScannedTogether(code, part, tuple(places[visitor] for visitor in part), again)


def _lasts(held: Claim, at: datetime) -> bool:
    """Whether a place is still kept."""
    return held.until is not None and held.until > at


def decide_take_place(message: Message, facts: PlaceFacts, view: View, chance: Chance) -> Decision:
    """A known person's place: the one kept for their browser becomes theirs, else a new one."""
    body: TakePlace = message.body
    pool = facts.pool
    if pool is None:
        return reject(Reason.UNKNOWN_CODE)
    place = keep_place(message, pool, view, person_key(message.person), body.visitor)
    answer = _answer(CodeState(pool=pool.pool), pool, place.answer or "")
    return place + Decision(answer=answer)


def keep_place(message: Message, pool: PoolState, view: View, mine: str, visitor: str) -> Decision:
    """A known person's place: the one kept for their browser (``visitor``) becomes theirs, else a new one."""
    scope = place_scope(pool.pool)
    if visitor and view.claim(scope, mine) is None:
        held = view.claim(scope, visitor)
        if held is not None and _lasts(held, message.at):
            claim = Claim(scope, mine, held.holder, message.at + RESERVED_FOR)
            return Decision(releases=((scope, visitor),), claims=(claim,), answer=held.holder)
    return _keep_place(message, pool, view, mine)


def _keep_place(message: Message, pool: PoolState, view: View, key: str) -> Decision:
    """Keep a place for ``key``; the answer is the entry, None when every place is taken."""
    decision = _keep_places(message, pool, view, (key,))
    return replace(decision, answer=decision.answer[key] or None)


def _keep_places(
    message: Message, pool: PoolState, view: View, keys: Sequence[str], fresh: Set[str] = frozenset()
) -> Decision:
    """Keep a place for each key in turn; the answer is key → entry, empty for those who have to wait.

    Who is ``fresh`` holds none. A place that is still kept stays. One whose time is over goes back, and is the first
    that may be given out again.
    """
    scope = place_scope(pool.pool)
    ready = [entry.entry for entry in pool.in_order() if entry.ready]
    free = {name: view.counter(place_counter(pool.pool, name)).free for name in ready}
    moved: dict[str, int] = {}
    places: dict[str, str] = {}
    claims: list[Claim] = []
    releases: list[tuple[str, str]] = []
    asked = False
    until = message.at + RESERVED_FOR
    for key in dict.fromkeys(keys):
        held = None if key in fresh else view.claim(scope, key)
        if held is not None and _lasts(held, message.at):
            places[key] = held.holder
            continue
        asked = True
        if held is not None:
            releases.append((scope, key))
            moved[held.holder] = moved.get(held.holder, 0) - 1
            if held.holder in free:
                free[held.holder] += 1
        places[key] = ""
        for name in ready:
            if free[name] > 0:
                places[key] = name
                free[name] -= 1
                moved[name] = moved.get(name, 0) + 1
                claims.append(Claim(scope, key, name, until))
                break
    coming = len(pool.requests) * pool.settings.soft_limit
    few = asked and (sum(free.values()) + coming < pool.settings.low_at or ("" in places.values() and not coming))
    low = few and pool.settings.refill != "none" and len(pool.requests) < MAX_REQUESTS
    return Decision(
        releases=tuple(releases),
        claims=tuple(claims),
        counters=tuple(CounterMove(place_counter(pool.pool, name), by) for name, by in moved.items() if by),
        timers=_sweep_timer(message, pool, view) if claims else (),
        commands=((pool_stream(pool.pool), ArrangePool(pool.pool)),) if low else (),
        answer=places,
    )


def _sweep_timer(message: Message, pool: PoolState, view: View) -> tuple[Timer, ...]:
    used = sum(view.counter(place_counter(pool.pool, entry)).used for entry in pool.entries)
    if used:
        return ()
    stream = pool_stream(pool.pool)
    return (Timer(stream, "sweep", message.at + SWEEP_EVERY, SweepPlaces(pool.pool)),)


def _answer(code: CodeState, pool: PoolState, entry: str) -> ScanAnswer:
    found = pool.entries.get(entry)
    direct = found is not None and not code.contact
    return ScanAnswer(
        code=code.code,
        campaign=code.campaign,
        entry=entry,
        qr_image=found.qr_image if found is not None and direct else code.qr_image,
        address=found.address if found is not None else "",
        contact=code.contact,
    )


# --- making codes -----------------------------------------------------------------------------------------------------


async def load_pool_of(reader: Reader, message: Message) -> PoolState | None:
    """The pool that a code is to lead to."""
    name = message.body.pool
    found: PoolState | None = await reader.state(pool_stream(name), stale_ok=True) if name else None
    return found


def need_new_code(message: Message, facts: PoolState | None) -> Needs:
    """The stream of the code, whose name follows from the message, so that a repeat makes the same one."""
    return Needs(streams=(code_stream(code_for(message)),))


def code_for(message: Message) -> str:
    """A public code that nobody can guess from another: drawn from the message's random id."""
    return short_code(Chance(message.message_id.encode()[:64]).token("code"), 12)


def decide_make_code(message: Message, facts: PoolState | None, view: View, chance: Chance) -> Decision:
    """Make a code; on a channel with contact codes ask the platform for one whose State is the code."""
    body: MakeCode | Participating | CodeWanted = message.body
    if facts is None:
        return reject(Reason.UNKNOWN_CODE, pool=body.pool)
    if isinstance(body, Participating):
        owner, campaign, contact = message.person, message.campaign, facts.settings.contact
    elif isinstance(body, CodeWanted):
        owner, campaign, contact = "", message.campaign, body.contact
    else:
        owner, campaign, contact = body.owner, body.campaign, body.contact
    code = code_for(message)
    stream = code_stream(code)
    if view.state(stream).code or (isinstance(body, CodeWanted) and body.has_code):
        return NOTHING
    channel = facts.settings.channel
    events = [
        NewEvent(stream, CodeOpened(code, facts.pool, campaign, owner, contact), owner, "", campaign, channel),
        NewEvent(stream, CodeMade(code, facts.pool, channel, owner), owner, "", campaign, channel),
    ]
    if not contact:
        events.append(NewEvent(stream, CodeReady(code, owner), owner, "", campaign, channel))
        return Decision(events=tuple(events), answer=code)
    action = OpenContactCode(code, facts.settings.staff, remark=f"qunflow {code}")
    return Decision(events=tuple(events), wishes=(Wish(channel, action, lane_key=stream),), answer=code)


def need_code(message: Message, facts: object) -> Needs:
    """The stream of a code that the platform answered for."""
    return Needs(streams=(code_stream(message.body.token),))


def decide_code_opened(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """The platform's contact code exists: the live code can be shown."""
    body: ContactCodeOpened = message.body
    stream = code_stream(body.token)
    state: CodeState = view.state(stream)
    if not state.code or state.config:
        return NOTHING
    linked = NewEvent(stream, CodeLinked(body.config, body.qr_image), state.owner, "", state.campaign, state.channel)
    ready = NewEvent(stream, CodeReady(state.code, state.owner), state.owner, "", state.campaign, state.channel)
    return Decision(events=(linked, ready))
