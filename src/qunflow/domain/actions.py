"""What qunflow wants done outside: one frozen dataclass per wish. A connector maps each to a call, or says it cannot.

``wish`` (where an action has one) is the key under which the outcome comes back as :class:`ActionEnded`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from qunflow.domain.payments import PAYMENT_ACTIONS


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something beside a text: ``kind`` is ``image`` (``blob``) or ``link`` (``url``, ``title``, ``desc``)."""

    kind: str
    url: str = ""
    title: str = ""
    desc: str = ""
    blob: str = ""


@dataclass(frozen=True, slots=True)
class SendWelcome:
    """The one message to a new contact; the code is good for 20 s and once (wecom-api.md §3.5)."""

    KIND: ClassVar[str] = "send_welcome"
    external: str
    welcome_code: str
    text: str
    attachments: tuple[Attachment, ...] = ()
    wish: str = ""


@dataclass(frozen=True, slots=True)
class SendText:
    """A text into a group (``chat``) or, with ``external`` only, to one person directly."""

    KIND: ClassVar[str] = "send_text"
    text: str
    chat: str = ""
    external: str = ""
    wish: str = ""


@dataclass(frozen=True, slots=True)
class SendImage:
    """An image from the blob store into a group or to one person."""

    KIND: ClassVar[str] = "send_image"
    blob: str
    caption: str = ""
    chat: str = ""
    external: str = ""
    wish: str = ""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One text to many contacts at once; where staff must confirm, one task for all of them."""

    KIND: ClassVar[str] = "broadcast"
    broadcast: str
    externals: tuple[str, ...]
    text: str
    sender: str = ""


@dataclass(frozen=True, slots=True)
class ReadBroadcast:
    """Ask how far a mass send is."""

    KIND: ClassVar[str] = "read_broadcast"
    broadcast: str
    task: str
    sender: str = ""


@dataclass(frozen=True, slots=True)
class TellStaff:
    """A card to a staff member: what to do, with everything needed on it."""

    KIND: ClassVar[str] = "tell_staff"
    staff: str
    title: str
    text: str
    url: str = ""
    wish: str = ""


@dataclass(frozen=True, slots=True)
class OpenContactCode:
    """Make a 联系我 code whose State is ``token`` (architecture.md §5, WeCom A)."""

    KIND: ClassVar[str] = "open_contact_code"
    token: str
    staff: tuple[str, ...]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class CloseContactCode:
    """Delete a contact code; they count against 500,000 a corp."""

    KIND: ClassVar[str] = "close_contact_code"
    config: str


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """Make a way into at most five groups for the pool's entry ``entry``."""

    KIND: ClassVar[str] = "open_entry"
    pool: str
    entry: str
    chats: tuple[str, ...]
    auto_create: bool = False
    base_name: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class UpdateEntry:
    """Set the groups behind an entry."""

    KIND: ClassVar[str] = "update_entry"
    pool: str
    entry: str
    config: str
    chats: tuple[str, ...]
    auto_create: bool = False
    base_name: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """Ask which groups lie behind an entry now."""

    KIND: ClassVar[str] = "read_entry"
    pool: str
    entry: str
    config: str


@dataclass(frozen=True, slots=True)
class CloseEntry:
    """Delete a join way."""

    KIND: ClassVar[str] = "close_entry"
    config: str


@dataclass(frozen=True, slots=True)
class CreateGroup:
    """Make a new group; ``request`` is our key, ``admins`` are platform ids to invite at once."""

    KIND: ClassVar[str] = "create_group"
    name: str
    request: str
    admins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadGroup:
    """Read a group whole, with its members."""

    KIND: ClassVar[str] = "read_group"
    chat: str


@dataclass(frozen=True, slots=True)
class ListGroups:
    """List the groups that the account's staff own."""

    KIND: ClassVar[str] = "list_groups"
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadContact:
    """Read a contact: name, union id, states."""

    KIND: ClassVar[str] = "read_contact"
    external: str


@dataclass(frozen=True, slots=True)
class InviteMember:
    """Invite one person into a group; who knocks is let in by it."""

    KIND: ClassVar[str] = "invite_member"
    chat: str
    external: str
    wish: str = ""


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Remove one person from a group, with the reason for the person and the group's staff (M08, M65)."""

    KIND: ClassVar[str] = "remove_member"
    chat: str
    external: str
    reason: str
    wish: str = ""


@dataclass(frozen=True, slots=True)
class BanMember:
    """Remove one person from a group for good: no invitation and no knock works until the ban is lifted (M49)."""

    KIND: ClassVar[str] = "ban_member"
    chat: str
    external: str
    reason: str
    wish: str = ""


@dataclass(frozen=True, slots=True)
class UnbanMember:
    """Lift a ban; the person may be invited or knock again."""

    KIND: ClassVar[str] = "unban_member"
    chat: str
    external: str
    wish: str = ""


@dataclass(frozen=True, slots=True)
class RefuseKnock:
    """Turn down somebody who asks to be let into a group; ``reason`` is shown to them."""

    KIND: ClassVar[str] = "refuse_knock"
    chat: str
    external: str
    reason: str
    wish: str = ""


@dataclass(frozen=True, slots=True)
class RedactMessage:
    """Take the content of one message out of a group; ``message`` is the platform's id of it."""

    KIND: ClassVar[str] = "redact_message"
    chat: str
    message: str
    reason: str = ""
    wish: str = ""


@dataclass(frozen=True, slots=True)
class SetTopic:
    """Set the standing text of a group: its topic or notice (M73). An empty one takes it away."""

    KIND: ClassVar[str] = "set_topic"
    chat: str
    topic: str
    wish: str = ""


@dataclass(frozen=True, slots=True)
class PinMessage:
    """Pin one message in a group, or take the pin off with ``pinned`` False."""

    KIND: ClassVar[str] = "pin_message"
    chat: str
    message: str
    pinned: bool = True
    wish: str = ""


@dataclass(frozen=True, slots=True)
class SetJoinRule:
    """Who may come into a group: ``invite`` only those invited, ``knock`` also those who ask and are let in."""

    KIND: ClassVar[str] = "set_join_rule"
    chat: str
    rule: str
    wish: str = ""


@dataclass(frozen=True, slots=True)
class FetchMedia:
    """Fetch an image that a member posted into our own store; comes back as MessagePosted with ``blob``."""

    KIND: ClassVar[str] = "fetch_media"
    chat: str
    external: str
    media: str


@dataclass(frozen=True, slots=True)
class ExamineProof:
    """Examine a proof image (ours, no platform): hashes, size, QR codes."""

    KIND: ClassVar[str] = "examine_proof"
    submission: str
    attempt: int
    blob: str


@dataclass(frozen=True, slots=True)
class DrawPoster:
    """Draw a personal poster into our own store (ours, no platform); comes back as PosterDrawn."""

    KIND: ClassVar[str] = "draw_poster"
    campaign: str
    person: str
    channel: str
    wish: str
    chat: str
    external: str
    elements: tuple[tuple[str, str], ...]
    code: str
    nick: str = ""
    language: str = "zh"


#: Every action, by kind: what the outbox can hold.
ACTIONS: tuple[type, ...] = (
    SendWelcome,
    SendText,
    SendImage,
    Broadcast,
    ReadBroadcast,
    TellStaff,
    OpenContactCode,
    CloseContactCode,
    OpenEntry,
    UpdateEntry,
    ReadEntry,
    CloseEntry,
    CreateGroup,
    ReadGroup,
    ListGroups,
    ReadContact,
    InviteMember,
    RemoveMember,
    BanMember,
    UnbanMember,
    RefuseKnock,
    RedactMessage,
    SetTopic,
    PinMessage,
    SetJoinRule,
    FetchMedia,
    ExamineProof,
    DrawPoster,
    *PAYMENT_ACTIONS,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """An action on its way to the outbox.

    ``lane_key`` keeps the order of one conversation. ``coalesce`` makes a queued twin needless (reading a group
    twice tells no more). ``expires_at`` ends it as refused when it could not be sent in time.
    """

    channel: str
    action: Any
    lane_key: str = ""
    coalesce: str = ""
    not_before: datetime | None = None
    expires_at: datetime | None = None
    priority: int = 0
