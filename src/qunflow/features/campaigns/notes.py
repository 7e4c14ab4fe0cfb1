"""Notes from the groups (M15): what staff saw or heard, to mend now or to do better next time. Pure.

Events say that there is a note; its words lie in an erasable table (``note_store.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from qunflow.domain.decisions import Chance, Decision, Needs, NewEvent, reject
from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.campaigns.model import CampaignState, campaign_stream

NOW, NEXT_TIME = "now", "next_time"
DUES = (NOW, NEXT_TIME)
MAX_WORDS = 1000
MAX_AUTHOR = 64


@dataclass(frozen=True, slots=True)
class NoteState:
    """One note: ``due`` is now or next_time; ``done_at`` once it was dealt with."""

    note: str = ""
    due: str = ""
    taken_at: datetime | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NoteTaken:
    """Somebody wrote something down; ``chat`` is the platform's id of the group, empty for none."""

    KIND: ClassVar[str] = "campaign_note_taken"
    SCHEMA: ClassVar[int] = 1
    note: str
    due: str
    chat: str = ""


@dataclass(frozen=True, slots=True)
class NoteDone:
    """A note was dealt with, or (``done`` false) was not after all."""

    KIND: ClassVar[str] = "campaign_note_done"
    SCHEMA: ClassVar[int] = 1
    note: str
    done: bool = True


@dataclass(frozen=True, slots=True)
class TakeNote:
    """Write something down; the words are stored beside the log."""

    KIND: ClassVar[str] = "take_campaign_note"
    note: str
    due: str
    chat: str
    author: str
    words: str


@dataclass(frozen=True, slots=True)
class MarkNote:
    """Say that a note was dealt with, or take that back."""

    KIND: ClassVar[str] = "mark_campaign_note"
    note: str
    done: bool = True


def note_stream(campaign: str, note: str) -> str:
    """The stream of a note."""
    return stream_id("note", campaign, note)


def need_note(message: Message, facts: Any) -> Needs:
    """The note's stream; for a new one the campaign's too."""
    stream = note_stream(message.campaign, message.body.note)
    return Needs(streams=(stream, campaign_stream(message.campaign)))


def decide_take_note(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """A note of any campaign that is there, also of an ended one: reviews are written afterwards."""
    body: TakeNote = message.body
    campaign: CampaignState = view.state(campaign_stream(message.campaign))
    stream = note_stream(message.campaign, body.note)
    if not campaign.status:
        return reject(Reason.WRONG_STATE, status="no such campaign")
    if body.due not in DUES or not 1 <= len(body.words) <= MAX_WORDS or len(body.author) > MAX_AUTHOR:
        return reject(Reason.OTHER, words=f"1 to {MAX_WORDS} characters, due {' or '.join(DUES)}")
    if view.state(stream).note:
        return Decision(answer=body.note)
    taken = NoteTaken(body.note, body.due, body.chat)
    return Decision(events=(NewEvent(stream, taken, campaign=message.campaign),), answer=body.note)


def decide_mark_note(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """Done, or open again; twice the same changes nothing."""
    body: MarkNote = message.body
    stream = note_stream(message.campaign, body.note)
    state: NoteState = view.state(stream)
    if not state.note:
        return reject(Reason.WRONG_STATE, status="no such note")
    if body.done == (state.done_at is not None):
        return Decision(answer=body.note)
    marked = NewEvent(stream, NoteDone(body.note, body.done), campaign=message.campaign)
    return Decision(events=(marked,), answer=body.note)


def evolve_note(state: NoteState, event: Event) -> NoteState:
    """Fold one event of a note."""
    body = event.body
    if isinstance(body, NoteTaken):
        return NoteState(body.note, body.due, event.at)
    if isinstance(body, NoteDone):
        return replace(state, done_at=event.at if body.done else None)
    return state


NOTE_EVENTS = (NoteTaken, NoteDone)
NOTE_BODIES = (TakeNote, MarkNote)
