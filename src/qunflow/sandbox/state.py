"""What the sandbox remembers, all in memory: the corp, its staff, phones, groups, ways and messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from qunflow.sandbox.codes import Json

INBOX_MOST = 10_000


@dataclass(slots=True)
class Corp:
    """The one corp of this sandbox and where its events go; ``callback_url`` is set only once verified."""

    corp_id: str
    secret: str = field(repr=False)
    agentid: int
    callback_url: str = ""
    callback_token: str = field(default="", repr=False)
    callback_key: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Inbox:
    """Messages in the order they came, numbered from 1; the oldest go when there are too many."""

    entries: list[Json] = field(default_factory=list)
    forgotten: int = 0

    def add(self, message: Json) -> None:
        """Keep a message; the same object may lie in many inboxes and changes only by a recall."""
        self.entries.append(message)
        if len(self.entries) > INBOX_MOST:
            del self.entries[0]
            self.forgotten += 1

    def after(self, number: int, most: int) -> Iterator[Json]:
        """Up to ``most`` messages with a higher number, each with its ``number``."""
        first = max(number - self.forgotten, 0)
        for index, message in enumerate(self.entries[first : first + most], start=first + 1):
            yield {"number": index + self.forgotten, **message}


@dataclass(slots=True, eq=False)
class Staff:
    """A member of the corp; ``contacts`` by external_userid, ``in_range`` of the app, ``resigned`` when (seconds).

    ``inbox`` holds the app's messages, ``talks`` what customers and groups wrote.
    """

    userid: str
    name: str
    contacts: dict[str, Relation] = field(default_factory=dict)
    waiting: dict[str, tuple[str, int]] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    tasks: dict[str, Share] = field(default_factory=dict)
    inbox: Inbox = field(default_factory=Inbox)
    talks: Inbox = field(default_factory=Inbox)
    received: list[float] = field(default_factory=list)
    in_range: bool = True
    resigned: int = 0
    mobile: str = ""


@dataclass(slots=True, eq=False)
class Phone:
    """A person with a WeChat account; ``met`` once the corp has seen the external_userid."""

    phone: str
    name: str
    external_userid: str
    unionid: str = ""
    met: bool = False
    follows: dict[str, Relation] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    inbox: Inbox = field(default_factory=Inbox)


@dataclass(slots=True, eq=False)
class Relation:
    """A staff member and a customer; ``left`` when the customer deleted the staff member (one-way, 84061).

    ``half`` while the staff member has yet to confirm, ``tags`` hold tag ids, ``spoken`` when they last wrote.
    """

    staff: Staff
    phone: Phone
    created: int
    state: str
    add_way: int
    left: bool = False
    half: bool = False
    remark: str | None = None
    description: str = ""
    company: str = ""
    mobiles: list[str] = field(default_factory=list)
    tags: dict[str, None] = field(default_factory=dict)
    spoken: float = 0.0


@dataclass(slots=True, eq=False)
class ContactWay:
    """A 「联系我」 way (§3.3). ``fields`` are the values as shown by get_contact_way."""

    config_id: str
    serial: int
    created: int
    fields: Json
    served: int = 0


@dataclass(slots=True, eq=False)
class JoinWay:
    """A way to enter up to five groups (§4). ``next_number`` names the next room made by it."""

    config_id: str
    fields: Json
    next_number: int


@dataclass(slots=True, eq=False)
class Member:
    """A member of a group; ``shown`` is the entry of ``member_list`` without the name."""

    userid: str
    name: str
    phone: Phone | None
    shown: Json


@dataclass(slots=True, eq=False)
class Group:
    """A customer group. ``version`` counts changes of its members; ``status`` 1 owner resigned, 3 inherited.

    ``past`` holds what groupchat/get told before, while stale answers are switched on; ``welcome`` is the
    template its owner chose.
    """

    chat_id: str
    name: str
    owner: Staff
    created: int
    notice: str = ""
    members: dict[str, Member] = field(default_factory=dict)
    version: int = 0
    dismissed: bool = False
    status: int = 0
    admins: list[str] = field(default_factory=list)
    welcome: str = ""
    past: list[tuple[float, int, dict[str, Member]]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Welcome:
    """A welcome code: one use, within seconds of ``issued``."""

    staff: Staff
    phone: Phone
    issued: float
    used: bool = False


@dataclass(slots=True)
class TempChat:
    """A chat through a temporary way: what it leaves behind and when it ends by itself (seconds)."""

    conclusions: Json
    ends: float


@dataclass(slots=True, eq=False)
class Target:
    """One customer or group of a mass send; status 0 unsent, 1 sent, 2 no friend any more, 3 over quota."""

    external_userid: str = ""
    chat_id: str = ""
    status: int = 0
    send_time: int = 0


@dataclass(slots=True, eq=False)
class Share:
    """The part of a mass send that one staff member has to confirm; ``sent_at`` 0 until then."""

    staff: Staff
    targets: list[Target]
    sent_at: int = 0


@dataclass(slots=True, eq=False)
class MassSend:
    """A mass-send task (§6); ``on_phone`` is how phones show its attachments, ``shares`` lie by userid."""

    msgid: str
    chat_type: str
    creator: str
    created: int
    text: str
    attachments: list[Json]
    on_phone: list[Json]
    shares: dict[str, Share]
    allow_select: bool = False
    cancelled: bool = False
    reminded: list[float] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Media:
    """An uploaded file; ``url`` is where phones see it, ``qr`` what they read when it is a code of ours."""

    media_id: str
    kind: str
    digest: bytes
    filename: str
    content_type: str
    expires: float
    url: str
    qr: str = ""
