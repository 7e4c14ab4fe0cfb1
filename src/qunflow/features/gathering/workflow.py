"""The feature's door: what is read ahead, and the handlers."""

from __future__ import annotations

from collections.abc import Callable

from qunflow.domain.events import CodeMade
from qunflow.domain.inbound import (
    ActionEnded,
    BroadcastFiled,
    BroadcastRead,
    EntryOpened,
    GroupCreated,
    Message,
    MessagePosted,
)
from qunflow.engine.feature import Feature, Handler, Reader, StreamType
from qunflow.features.gathering import decide
from qunflow.features.gathering.model import (
    BODIES,
    EVENTS,
    Gather,
    GatheredState,
    GatheringState,
    PollSending,
    SpokeState,
    evolve_gathered,
    evolve_gathering,
    evolve_spoke,
    gathering_stream,
    spoke_stream,
)


async def load_gathering(reader: Reader, message: Message) -> decide.GatherFacts:
    """The gathering that a message is about."""
    name = decide.of_message(message)
    found: GatheringState | None = await reader.state(gathering_stream(name)) if name else None
    return decide.GatherFacts(found or GatheringState())


async def load_spoke(reader: Reader, message: Message) -> SpokeState:
    """When the person last said something."""
    found: SpokeState | None = None
    if message.person:
        found = await reader.state(spoke_stream(message.person), stale_ok=True)
    return found or SpokeState()


def gathering_feature(code_url: Callable[[str], str]) -> Feature:
    """The feature; ``code_url`` makes the address of a live code."""
    coded, gather = decide.coded_decider(code_url), decide.gather_decider(code_url)
    return Feature(
        name="gathering",
        handlers=(
            Handler("gathering.gather", Gather, decide.need_gather, gather),
            Handler("gathering.created", GroupCreated, decide.need_created, decide.decide_created, load_gathering),
            Handler("gathering.ended", ActionEnded, decide.need_ended, decide.decide_ended),
            Handler("gathering.entry", EntryOpened, decide.need_own, decide.decide_entry, load_gathering),
            Handler("gathering.coded", CodeMade, decide.need_own, coded, load_gathering),
            Handler("gathering.filed", BroadcastFiled, decide.need_told, decide.decide_filed, load_gathering),
            Handler("gathering.read", BroadcastRead, decide.need_told, decide.decide_read, load_gathering),
            Handler("gathering.poll", PollSending, decide.need_poll, decide.decide_poll),
            Handler("gathering.spoke", MessagePosted, decide.need_spoke, decide.decide_spoke, load_spoke),
        ),
        streams=(
            StreamType("gathering", GatheringState, GatheringState(), evolve_gathering),
            StreamType("gathered", GatheredState, GatheredState(), evolve_gathered),
            StreamType("spoke", SpokeState, SpokeState(), evolve_spoke),
        ),
        events=EVENTS,
        bodies=BODIES,
    )
