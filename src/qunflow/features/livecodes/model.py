"""Pools of groups, the entries that lead into them, and the codes that people scan. States and events, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from qunflow.domain.ids import stream_id

#: A place is kept for ten minutes (architecture.md §5).
RESERVED_FOR = timedelta(minutes=10)
SWEEP_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Entry:
    """A way into groups: a join way of at most five chats (WeCom) or one room (Matrix)."""

    entry: str
    chats: tuple[str, ...] = ()
    config: str = ""
    qr_image: str = ""
    address: str = ""
    ready: bool = False
    place: int = 0  # entries are filled in this order


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """What an operator sets for a pool. Sizes count members, staff among them.

    ``soft_limit`` members are handed out for, ``low_at`` free places ask for more, ``refill`` is how:
    ``auto_create`` (the join way makes rooms), ``request`` (create, or a to-do where the channel cannot), ``none``.
    Up to ``chats_per_entry`` groups stand behind one join way; with one, no group gets more than its own places.
    """

    channel: str
    base_name: str
    staff: tuple[str, ...]
    soft_limit: int = 150
    low_at: int = 50
    refill: str = "request"
    chats_per_entry: int = 1
    hard_limit: int = 200
    contact: bool = True  # people come over a staff contact; their personal codes are contact codes


@dataclass(frozen=True, slots=True)
class PoolState:
    """A pool: its groups with their sizes, the entries in front of them, and the groups that were asked for."""

    pool: str = ""
    settings: PoolSettings = field(default_factory=lambda: PoolSettings("", "", ()))
    groups: Mapping[str, int] = field(default_factory=dict)  # chat → members
    order: tuple[str, ...] = ()  # the chats in the order in which they came
    gone: tuple[str, ...] = ()
    entries: Mapping[str, Entry] = field(default_factory=dict)
    requests: Mapping[str, str] = field(default_factory=dict)  # request → name of the group asked for
    asked: int = 0
    staffed: frozenset[str] = frozenset()  # chats with a staff member of ours inside

    def room_of(self, chat: str) -> int:
        """Members that a group may still take before its soft limit."""
        return max(0, self.settings.soft_limit - self.groups.get(chat, 0)) if chat not in self.gone else 0

    def alive(self) -> tuple[str, ...]:
        """The chats that still exist, oldest first."""
        return tuple(chat for chat in self.order if chat not in self.gone)

    def in_order(self) -> list[Entry]:
        """The entries in the order in which they are filled."""
        return sorted(self.entries.values(), key=lambda entry: entry.place)

    def room_behind(self, entry: str) -> int:
        """Places behind an entry, reservations not yet taken off."""
        return sum(self.room_of(chat) for chat in self.entries[entry].chats)


@dataclass(frozen=True, slots=True)
class CodeState:
    """A code that people scan: of a campaign, or personal when it has an ``owner``."""

    code: str = ""
    pool: str = ""
    channel: str = ""
    campaign: str = ""
    owner: str = ""
    contact: bool = False  # leads to a staff contact first (WeCom A)
    config: str = ""
    qr_image: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PoolDirectory:
    """Which pool each group of a channel belongs to, and the pools there are."""

    pools: tuple[str, ...] = ()
    chats: Mapping[str, str] = field(default_factory=dict)


# --- events of its own ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PoolMade:
    """A pool exists."""

    KIND: ClassVar[str] = "pool_made"
    SCHEMA: ClassVar[int] = 1
    pool: str
    settings: PoolSettings


@dataclass(frozen=True, slots=True)
class PoolGroupAdded:
    """A group belongs to a pool from now on; ``request`` is answered by it."""

    KIND: ClassVar[str] = "pool_group_added"
    SCHEMA: ClassVar[int] = 1
    pool: str
    chat: str
    size: int = 0
    request: str = ""
    staffed: bool = False


@dataclass(frozen=True, slots=True)
class PoolGroupSized:
    """A group of a pool has ``size`` members now."""

    KIND: ClassVar[str] = "pool_group_sized"
    SCHEMA: ClassVar[int] = 1
    chat: str
    size: int
    staffed: bool | None = None


@dataclass(frozen=True, slots=True)
class PoolGroupGone:
    """A group of a pool was dissolved."""

    KIND: ClassVar[str] = "pool_group_gone"
    SCHEMA: ClassVar[int] = 1
    chat: str


@dataclass(frozen=True, slots=True)
class EntrySet:
    """The chats behind an entry are these from now on (a rotation, M03)."""

    KIND: ClassVar[str] = "entry_set"
    SCHEMA: ClassVar[int] = 1
    entry: str
    chats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryReady:
    """An entry can be shown: its way on the platform exists."""

    KIND: ClassVar[str] = "entry_ready"
    SCHEMA: ClassVar[int] = 1
    entry: str
    config: str
    qr_image: str
    address: str


@dataclass(frozen=True, slots=True)
class GroupRequested:
    """A pool asked for one more group."""

    KIND: ClassVar[str] = "group_requested"
    SCHEMA: ClassVar[int] = 1
    request: str
    name: str


@dataclass(frozen=True, slots=True)
class CodeOpened:
    """A code was made; its contact code on the platform may follow."""

    KIND: ClassVar[str] = "code_opened"
    SCHEMA: ClassVar[int] = 1
    code: str
    pool: str
    campaign: str
    owner: str
    contact: bool


@dataclass(frozen=True, slots=True)
class CodeLinked:
    """The platform's contact code behind a code."""

    KIND: ClassVar[str] = "code_linked"
    SCHEMA: ClassVar[int] = 1
    config: str
    qr_image: str


@dataclass(frozen=True, slots=True)
class CodeClosed:
    """A code leads nowhere any more."""

    KIND: ClassVar[str] = "code_closed"
    SCHEMA: ClassVar[int] = 1


# --- commands and timers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MakePool:
    """Make a pool from groups that exist, with its first entry."""

    KIND: ClassVar[str] = "make_pool"
    pool: str
    settings: PoolSettings


@dataclass(frozen=True, slots=True)
class AddPoolGroup:
    """Put a group that the channel knows into a pool."""

    KIND: ClassVar[str] = "add_pool_group"
    pool: str
    chat: str


@dataclass(frozen=True, slots=True)
class ArrangePool:
    """Look at a pool again: entries in front of groups with room, more groups when few places are left."""

    KIND: ClassVar[str] = "arrange_pool"
    pool: str


@dataclass(frozen=True, slots=True)
class SweepPlaces:
    """A timer: give back places that were kept for ten minutes and not used."""

    KIND: ClassVar[str] = "sweep_places"
    pool: str


@dataclass(frozen=True, slots=True)
class MakeCode:
    """Make a live code; ``code`` empty draws one."""

    KIND: ClassVar[str] = "make_code"
    pool: str
    campaign: str = ""
    owner: str = ""
    contact: bool = True


@dataclass(frozen=True, slots=True)
class Scan:
    """A visitor opened a code in a browser."""

    KIND: ClassVar[str] = "scan"
    code: str
    visitor: str


@dataclass(frozen=True, slots=True)
class Scans:
    """Different visitors opened one code in browsers at the same time; the answer has a place for each.

    ``fresh`` are those whose id was drawn for this very scan: no place can be kept for them yet.
    """

    KIND: ClassVar[str] = "scans"
    code: str
    visitors: tuple[str, ...]
    fresh: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TakePlace:
    """A known person asks for the way into a group; a place kept for their browser (``visitor``) becomes theirs."""

    KIND: ClassVar[str] = "take_place"
    pool: str
    visitor: str = ""


@dataclass(frozen=True, slots=True)
class AskInvite:
    """A visitor gives the name under which the platform knows them, and asks to be invited (Matrix)."""

    KIND: ClassVar[str] = "ask_invite"
    code: str
    external: str
    visitor: str = ""


@dataclass(frozen=True, slots=True)
class InviteAsked:
    """A person asked to be invited through a code; the join proves that the name is theirs."""

    KIND: ClassVar[str] = "invite_asked"
    SCHEMA: ClassVar[int] = 1
    code: str


@dataclass(frozen=True, slots=True)
class InvitedState:
    """The codes through which a person asked to be invited, the first one first."""

    codes: tuple[str, ...] = ()


def invited_stream(person: str) -> str:
    """The stream of a person's invitations."""
    return stream_id("invited", person)


def pool_stream(pool: str) -> str:
    """The stream of a pool."""
    return stream_id("pool", pool)


def code_stream(code: str) -> str:
    """The stream of a code."""
    return stream_id("code", code)


def directory_stream(channel: str) -> str:
    """The stream of a channel's pools."""
    return stream_id("pools", channel)


def place_scope(pool: str) -> str:
    """The scope of the claims on places of a pool."""
    return f"place:{pool}"


def place_counter(pool: str, entry: str) -> str:
    """The counter of places handed out behind an entry."""
    return f"places:{pool}:{entry}"


def person_key(person: str) -> str:
    """The key of a person's place (a visitor's is the cookie's id)."""
    return f"p:{person}"


EVENTS = (
    PoolMade,
    PoolGroupAdded,
    PoolGroupSized,
    PoolGroupGone,
    EntrySet,
    EntryReady,
    GroupRequested,
    CodeOpened,
    CodeLinked,
    CodeClosed,
    InviteAsked,
)
BODIES = (MakePool, AddPoolGroup, ArrangePool, SweepPlaces, MakeCode, Scan, Scans, TakePlace, AskInvite)


@dataclass(frozen=True, slots=True)
class ScanAnswer:
    """What a scan gets: the entry with a kept place (empty: wait), until when, and the code's contact QR."""

    code: str
    campaign: str
    entry: str
    qr_image: str
    address: str
    contact: bool
    until: datetime | None = None
