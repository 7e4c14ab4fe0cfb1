"""What comes in: platform-neutral facts that connectors make from payloads, and the envelope they travel in.

``external`` is always the platform's own id of a person, ``chat`` the platform's own id of a group, ``staff`` of a
staff member; persons and groups of our own are found from them by ``community``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from qunflow.domain.payments import PAYMENT_BODIES


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to decide about: from a platform, a person who waits, a due timer, or an event going round.

    ``message_id`` makes it count once. ``at`` is domain time (of a timer: its due time). ``lane_key`` is the
    conversation; order is promised inside one and nowhere else.
    """

    workspace: str
    message_id: str
    at: datetime
    body: Any
    channel: str = ""
    lane_key: str = ""
    depth: int = 0
    person: str = ""
    group: str = ""
    campaign: str = ""
    cause: str = ""

    @property
    def kind(self) -> str:
        """The name under which handlers accept the body."""
        return str(self.body.KIND)


# --- contacts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ContactAdded:
    """A customer added a staff member; ``state`` is the token of the code that was scanned (wecom-api.md §9)."""

    KIND: ClassVar[str] = "contact_added"
    external: str
    staff: str
    state: str = ""
    welcome_code: str = ""


@dataclass(frozen=True, slots=True)
class ContactLost:
    """The link between a customer and a staff member ended; ``by_customer`` tells who ended it."""

    KIND: ClassVar[str] = "contact_lost"
    external: str
    staff: str
    by_customer: bool


@dataclass(frozen=True, slots=True)
class ContactRead:
    """The answer to reading a contact: name, union id, and the staff (with states) who follow it.

    ``pictured``: whether the account shows a picture; None where the platform does not say.
    """

    KIND: ClassVar[str] = "contact_read"
    external: str
    name: str = ""
    union_id: str = ""
    states: Mapping[str, str] = field(default_factory=dict)  # staff id → state of the code that was scanned
    pictured: bool | None = None


@dataclass(frozen=True, slots=True)
class EventNoted:
    """Something a platform told that no rule of ours follows yet: kept raw and counted, never dropped in silence.

    ``event`` and ``change`` are the platform's own names, ``subject`` what it is about (a link, a tag), ``detail`` the
    rest in one word, such as why a hand-over failed.
    """

    KIND: ClassVar[str] = "event_noted"
    event: str
    change: str = ""
    external: str = ""
    staff: str = ""
    subject: str = ""
    detail: str = ""


# --- groups -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GroupHinted:
    """Something changed in a group: a reason to read it whole. Hints may be lost, doubled or out of order."""

    KIND: ClassVar[str] = "group_hinted"
    chat: str
    change: str  # created | members_added | members_removed | renamed | notice | owner | dismissed | unknown
    members: tuple[str, ...] = ()
    removed_by_staff: bool = False


@dataclass(frozen=True, slots=True)
class MemberSeen:
    """One member in a full reading of a group. ``joined_at`` is the platform's instant; ``state`` the join code's."""

    external: str
    is_staff: bool = False
    joined_at: datetime | None = None
    how: str = ""  # invited | link | qr
    state: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class GroupRead:
    """A full reading of a group: the truth about who is in it at ``read_at`` (campaigns.md §7)."""

    KIND: ClassVar[str] = "group_read"
    chat: str
    read_at: datetime
    name: str = ""
    owner: str = ""
    version: str = ""
    members: tuple[MemberSeen, ...] = ()
    gone: bool = False
    kicked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberEntered:
    """An exact join on a platform whose events are ordered and kept (Matrix)."""

    KIND: ClassVar[str] = "member_entered"
    chat: str
    external: str
    name: str = ""
    is_staff: bool = False


@dataclass(frozen=True, slots=True)
class MemberWent:
    """An exact leave on such a platform; ``removed`` when somebody else did it, ``banned`` when it is for good.

    A ban is told also of somebody who was not inside.
    """

    KIND: ClassVar[str] = "member_went"
    chat: str
    external: str
    removed: bool = False
    banned: bool = False


@dataclass(frozen=True, slots=True)
class MemberNamed:
    """A member chose another display name."""

    KIND: ClassVar[str] = "member_named"
    chat: str
    external: str
    name: str


@dataclass(frozen=True, slots=True)
class BanEnded:
    """The ban of a person was lifted."""

    KIND: ClassVar[str] = "ban_ended"
    chat: str
    external: str


@dataclass(frozen=True, slots=True)
class KnockHeard:
    """Somebody asks to be let into a group; ``reason`` is what they say about it."""

    KIND: ClassVar[str] = "knock_heard"
    chat: str
    external: str
    name: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class KnockEnded:
    """A knock is over: ``how`` is ``invited``, ``refused`` or ``withdrawn``."""

    KIND: ClassVar[str] = "knock_ended"
    chat: str
    external: str
    how: str


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """A message in a group or direct room; ``media`` is the platform's address of an image, if one came."""

    KIND: ClassVar[str] = "message_posted"
    chat: str
    external: str
    text: str = ""
    media: str = ""
    blob: str = ""  # content address, once the image lies in our own store


@dataclass(frozen=True, slots=True)
class GroupsListed:
    """The answer to listing the groups of an account."""

    KIND: ClassVar[str] = "groups_listed"
    chats: tuple[str, ...]


# --- answers to our own actions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ContactCodeOpened:
    """A contact way was made for ``token``; ``config`` must be kept, it cannot be listed later."""

    KIND: ClassVar[str] = "contact_code_opened"
    token: str
    config: str
    qr_image: str  # address of the QR image


@dataclass(frozen=True, slots=True)
class EntryOpened:
    """A way into groups was made for our entry ``entry``: a join way (WeCom) or a room's address (Matrix)."""

    KIND: ClassVar[str] = "entry_opened"
    pool: str
    entry: str
    config: str
    qr_image: str = ""
    address: str = ""
    chats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryRead:
    """The chats now behind an entry, as the platform tells (auto-created rooms appear here)."""

    KIND: ClassVar[str] = "entry_read"
    pool: str
    entry: str
    chats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupCreated:
    """A group that we asked for exists; ``request`` is our own key of the wish."""

    KIND: ClassVar[str] = "group_created"
    chat: str
    name: str
    request: str = ""


@dataclass(frozen=True, slots=True)
class BroadcastFiled:
    """A mass send was accepted by the platform and now waits for staff; ``refused`` could not be reached at all."""

    KIND: ClassVar[str] = "broadcast_filed"
    broadcast: str
    task: str
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BroadcastRead:
    """How far a mass send is: external id → ``waiting | sent | not_contact | quota``."""

    KIND: ClassVar[str] = "broadcast_read"
    broadcast: str
    results: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ActionEnded:
    """What became of an action that carries a wish: ``outcome`` from :class:`Outcome`, ``reason`` when refused."""

    KIND: ClassVar[str] = "action_ended"
    wish: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TodoNeeded:
    """An action that this channel leaves to a person: it becomes a to-do with everything needed on one card."""

    KIND: ClassVar[str] = "todo_needed"
    todo: str
    action: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProofExamined:
    """What the examination of a proof image found (campaigns.md §8, checks 1 and 4–6)."""

    KIND: ClassVar[str] = "proof_examined"
    submission: str
    attempt: int
    sha256: str
    dhash: str = ""
    width: int = 0
    height: int = 0
    format: str = ""
    qr_texts: tuple[str, ...] = ()
    qr_engine: bool = True


@dataclass(frozen=True, slots=True)
class PosterDrawn:
    """A personal poster lies in our store, to be sent to a room."""

    KIND: ClassVar[str] = "poster_drawn"
    campaign: str
    owner: str
    channel: str
    chat: str
    blob: str
    wish: str
    mention: str = ""  # the owner's platform id, named beside the image


#: Every inbound body, by kind: what the inbox can hold besides commands, timers and events.
INBOUND_BODIES: tuple[type, ...] = (
    ContactAdded,
    ContactLost,
    ContactRead,
    EventNoted,
    GroupHinted,
    GroupRead,
    MemberEntered,
    MemberWent,
    MemberNamed,
    BanEnded,
    KnockHeard,
    KnockEnded,
    MessagePosted,
    GroupsListed,
    ContactCodeOpened,
    EntryOpened,
    EntryRead,
    GroupCreated,
    BroadcastFiled,
    BroadcastRead,
    ActionEnded,
    TodoNeeded,
    ProofExamined,
    PosterDrawn,
    *PAYMENT_BODIES,
)
