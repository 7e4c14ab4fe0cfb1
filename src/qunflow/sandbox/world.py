"""The sandbox's world: state, clock, ids, and the one place events leave from."""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from qunflow.domain.clock import Clock
from qunflow.domain.errors import Conflict, NotFound
from qunflow.sandbox.activity import Activity, ContactDay, GroupDay
from qunflow.sandbox.codes import Json
from qunflow.sandbox.due import DueActs
from qunflow.sandbox.events import Element, event_xml
from qunflow.sandbox.faults import CallFaults
from qunflow.sandbox.offers import Offers
from qunflow.sandbox.qr_book import QrBook
from qunflow.sandbox.settings import SandboxSettings
from qunflow.sandbox.state import (
    ContactWay,
    Corp,
    Group,
    JoinWay,
    MassSend,
    Media,
    Phone,
    Staff,
    TempChat,
    Welcome,
)
from qunflow.sandbox.tags import TagBook
from qunflow.sandbox.tokens import Meter, Tokens, Window

PHONES_MOST = 500_000
STAFF_MOST = 10_000


class World:
    """Everything in memory, found by id in one step. Only one event loop touches it, so it needs no locks."""

    def __init__(self, settings: SandboxSettings, clock: Clock, post: Callable[[str, str], None]) -> None:
        self.limits = settings.limits
        self.base_url = settings.public_url()
        self.corp = Corp(settings.corp_id, settings.secret, settings.agentid)
        self.tokens = Tokens()
        self.meters: dict[str, Meter] = {}
        self.staff: dict[str, Staff] = {}
        self.phones: dict[str, Phone] = {}
        self.customers: dict[str, Phone] = {}
        self.groups: dict[str, Group] = {}
        self.group_order: list[Group] = []
        self.contact_ways: dict[str, ContactWay] = {}
        self.contact_way_order: list[ContactWay | None] = []
        self.join_ways: dict[str, JoinWay] = {}
        self.welcomes: dict[str, Welcome] = {}
        self.temp_chats: dict[tuple[str, str], TempChat] = {}
        self.mass_sends: dict[str, MassSend] = {}
        self.mass_order: list[MassSend] = []
        self.mass_counts: dict[tuple[str, str], int] = {}
        self.media: dict[str, Media] = {}
        self.media_by_name: dict[str, Media] = {}
        self.files: dict[bytes, bytes] = {}
        self.file_bytes = 0
        self.recent_messages: dict[bytes, float] = {}
        self.tags = TagBook()
        self.offers = Offers()
        self.activity = Activity()
        self.ticket_windows: dict[str, Window] = {}
        self.call_faults = CallFaults()
        self.due = DueActs()
        self._clock = clock
        self._post = post
        self._serial = itertools.count(1)
        self._seed = (settings.seed or secrets.token_hex(16)).encode()[:64]
        self.qr_book = QrBook(self.base_url, self.mint)

    def now(self) -> datetime:
        """The platform's time, aware, UTC: domain time and what its clock is ahead of it."""
        return self._clock.now() + timedelta(seconds=self.limits.clock_skew)

    def instant(self) -> float:
        """The platform's time in seconds since the epoch, with its fraction: for deadlines."""
        return self.now().timestamp()

    def seconds(self) -> int:
        """The platform's time in whole seconds: for what it shows."""
        return int(self.instant())

    def number(self) -> int:
        """The next serial number of this run."""
        return next(self._serial)

    def mint(self, kind: str) -> str:
        """A new opaque id of 32 hex digits; repeatable for a given seed and order of acts."""
        text = f"{kind}:{next(self._serial)}".encode()
        return hashlib.blake2b(text, key=self._seed, digest_size=16).hexdigest()

    def alias(self, kind: str, name: str) -> str:
        """An opaque id that always belongs to this name: openids, temporary ids."""
        return hashlib.blake2b(f"{kind}:{name}".encode(), key=self._seed, digest_size=14).hexdigest()

    def raise_event(self, event: str, elements: Sequence[Element]) -> None:
        """Send an event to the callback URL. Only acts of people call this: the API has no self-echo."""
        self._post(event, event_xml(self.corp.corp_id, self.seconds(), event, elements))

    def settle(self) -> None:
        """Let happen what has become due."""
        self.due.run(self.instant())

    def contact_day(self, userid: str) -> ContactDay:
        """Today's count of a member's doings with customers."""
        return self.activity.contact_day(self.instant(), userid)

    def group_day(self, userid: str) -> GroupDay:
        """Today's count of an owner's groups."""
        return self.activity.group_day(self.instant(), userid)

    def require_staff(self, userid: str) -> Staff:
        """The staff member; ``NotFound`` for the control side."""
        found = self.staff.get(userid)
        if found is None:
            raise NotFound("sandbox_staff_unknown", f"no staff member {userid!r}.", field="userid")
        return found

    def require_phone(self, phone: str) -> Phone:
        """The phone; ``NotFound`` for the control side."""
        found = self.phones.get(phone)
        if found is None:
            raise NotFound("sandbox_phone_unknown", f"no phone {phone!r}.", field="phone")
        return found

    def require_group(self, chat_id: str) -> Group:
        """The living group; ``NotFound`` or, when it was dismissed, ``Conflict`` for the control side."""
        found = self.groups.get(chat_id)
        if found is None:
            raise NotFound("sandbox_group_unknown", f"no group {chat_id!r}.", field="chat_id")
        if found.dismissed:
            raise Conflict("sandbox_group_dismissed", "the group was dismissed.", field="chat_id")
        return found

    def ways(self) -> int:
        """Contact ways and join ways together, which share one cap (§3.3)."""
        return len(self.contact_ways) + len(self.join_ways)

    def meet(self, phone: Phone) -> None:
        """The corp sees this person for the first time: the external_userid now means something to it."""
        if not phone.met:
            phone.met = True
            self.customers[phone.external_userid] = phone


def external_userid_of(phone: str) -> str:
    """The same id for the same phone id in every run, in the platform's form."""
    return "wm" + hashlib.blake2b(phone.encode(), digest_size=15).hexdigest()


def message(kind: str, staff: Staff, at: int, text: str, attachments: list[Json], chat_id: str = "") -> Json:
    """A message as a phone shows it; ``chat_id`` when it came in a group."""
    shown: Json = {"kind": kind, "from": staff.userid, "from_name": staff.name, "at": at}
    shown |= {"text": text, "attachments": attachments}
    if chat_id:
        shown["chat_id"] = chat_id
    return shown
