"""The wishes of one participant: every script that was due, the way it took, and what became of it. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id


@dataclass(frozen=True, slots=True)
class ScriptWish:
    """One script for one person. ``way``: ``message`` (sent) or ``page`` (progress page, then the daily digest)."""

    script: str
    way: str
    at: datetime
    params: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ScriptsState:
    """All scripts of one person in one campaign, by key."""

    person: str = ""
    external: str = ""
    channel: str = ""
    wishes: Mapping[str, ScriptWish] = field(default_factory=dict)

    def open_on_page(self) -> tuple[str, ...]:
        """Keys of scripts that wait to be seen on the page."""
        return tuple(key for key, wish in self.wishes.items() if wish.way == "page" and not wish.outcome)


@dataclass(frozen=True, slots=True)
class DigestState:
    """One daily mass send of a campaign: who is told, by which task, and who is settled."""

    digest: str = ""
    channel: str = ""
    sender: str = ""
    task: str = ""
    filed_at: datetime | None = None
    people: Mapping[str, str] = field(default_factory=dict)  # external → person
    settled: tuple[str, ...] = ()
    polls: int = 0


@dataclass(frozen=True, slots=True)
class ScriptWished:
    """A script was due; it is on its way."""

    KIND: ClassVar[str] = "script_wished"
    SCHEMA: ClassVar[int] = 1
    key: str
    script: str
    way: str
    external: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ScriptEnded:
    """The terminal outcome of a script."""

    KIND: ClassVar[str] = "script_ended"
    SCHEMA: ClassVar[int] = 1
    key: str
    script: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DigestFiled:
    """The daily mass send was asked for."""

    KIND: ClassVar[str] = "digest_filed"
    SCHEMA: ClassVar[int] = 1
    digest: str
    sender: str
    people: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DigestTasked:
    """The platform accepted it as a task that staff confirm."""

    KIND: ClassVar[str] = "digest_tasked"
    SCHEMA: ClassVar[int] = 1
    task: str


@dataclass(frozen=True, slots=True)
class DigestPolled:
    """The task was read; these people are settled now."""

    KIND: ClassVar[str] = "digest_polled"
    SCHEMA: ClassVar[int] = 1
    settled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageSeen:
    """The participant looks at the progress page: scripts that wait there are shown."""

    KIND: ClassVar[str] = "page_seen"


@dataclass(frozen=True, slots=True)
class SettleScripts:
    """The digest reached (or did not reach) this person: end the scripts that were open when it was filed."""

    KIND: ClassVar[str] = "settle_scripts"
    campaign: str
    person: str
    outcome: str
    filed_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DigestDue:
    """A timer: tell everybody who did not look at the page, in one mass send a day."""

    KIND: ClassVar[str] = "digest_due"


@dataclass(frozen=True, slots=True)
class PollDigest:
    """A timer: ask how far a digest's task is."""

    KIND: ClassVar[str] = "poll_digest"
    digest: str


def scripts_stream(campaign: str, person: str) -> str:
    """The stream of one person's scripts in a campaign."""
    return stream_id("scripts", campaign, person)


def digest_stream(digest: str) -> str:
    """The stream of one daily mass send."""
    return stream_id("digest", digest)


def evolve(state: ScriptsState, event: Event) -> ScriptsState:
    """Fold one event of a person's scripts."""
    body = event.body
    if isinstance(body, ScriptWished):
        wish = ScriptWish(body.script, body.way, event.at, body.params)
        wishes = {**state.wishes, body.key: wish}
        return replace(state, person=event.person, external=body.external, channel=event.channel, wishes=wishes)
    if isinstance(body, ScriptEnded):
        known = state.wishes.get(body.key)
        if known is None or known.outcome:
            return state
        ended = replace(known, outcome=body.outcome, reason=body.reason)
        return replace(state, wishes={**state.wishes, body.key: ended})
    return state


def evolve_digest(state: DigestState, event: Event) -> DigestState:
    """Fold one event of a daily mass send."""
    body = event.body
    if isinstance(body, DigestFiled):
        return replace(
            state, digest=body.digest, channel=event.channel, sender=body.sender, people=body.people, filed_at=event.at
        )
    if isinstance(body, DigestTasked):
        return replace(state, task=body.task)
    if isinstance(body, DigestPolled):
        return replace(state, settled=(*state.settled, *body.settled), polls=state.polls + 1)
    return state


EVENTS = (ScriptWished, ScriptEnded, DigestFiled, DigestTasked, DigestPolled)
BODIES = (PageSeen, SettleScripts, DigestDue, PollDigest)
