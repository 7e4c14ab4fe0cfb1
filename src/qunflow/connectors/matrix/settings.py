"""Credentials, limits and capabilities of an application service on a Matrix server."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from qunflow.domain.actions import (
    BanMember,
    Broadcast,
    CloseContactCode,
    CloseEntry,
    CreateGroup,
    FetchMedia,
    InviteMember,
    ListGroups,
    OpenContactCode,
    OpenEntry,
    PinMessage,
    ReadBroadcast,
    ReadContact,
    ReadEntry,
    ReadGroup,
    RedactMessage,
    RefuseKnock,
    RemoveMember,
    SendImage,
    SendText,
    SendWelcome,
    SetJoinRule,
    SetTopic,
    TellStaff,
    UnbanMember,
    UpdateEntry,
)
from qunflow.domain.errors import InvalidInput
from qunflow.domain.outcomes import OnUnknown, Way

#: Action kind → how Matrix can carry it out. There are no welcomes and no contact codes: the join is the proof, and
#: the result of a broadcast comes with it, so there is nothing to read later.
WAYS: Mapping[str, Way] = MappingProxyType(
    {
        SendText.KIND: Way.AUTOMATIC,
        SendImage.KIND: Way.AUTOMATIC,
        Broadcast.KIND: Way.AUTOMATIC,
        TellStaff.KIND: Way.AUTOMATIC,
        OpenEntry.KIND: Way.AUTOMATIC,
        UpdateEntry.KIND: Way.AUTOMATIC,
        ReadEntry.KIND: Way.AUTOMATIC,
        CloseEntry.KIND: Way.AUTOMATIC,
        CreateGroup.KIND: Way.AUTOMATIC,
        ReadGroup.KIND: Way.AUTOMATIC,
        ReadContact.KIND: Way.AUTOMATIC,
        InviteMember.KIND: Way.AUTOMATIC,
        RemoveMember.KIND: Way.AUTOMATIC,
        BanMember.KIND: Way.AUTOMATIC,
        UnbanMember.KIND: Way.AUTOMATIC,
        RefuseKnock.KIND: Way.AUTOMATIC,
        RedactMessage.KIND: Way.AUTOMATIC,
        SetTopic.KIND: Way.AUTOMATIC,
        PinMessage.KIND: Way.AUTOMATIC,
        SetJoinRule.KIND: Way.AUTOMATIC,
        FetchMedia.KIND: Way.AUTOMATIC,
        SendWelcome.KIND: Way.UNAVAILABLE,
        OpenContactCode.KIND: Way.UNAVAILABLE,
        CloseContactCode.KIND: Way.UNAVAILABLE,
        ListGroups.KIND: Way.UNAVAILABLE,
        ReadBroadcast.KIND: Way.UNAVAILABLE,
    }
)

#: Action kind → what may be done when the answer was never seen (architecture.md §4.6). Sends carry a transaction
#: id; a group is found by the alias made from its wish, an invitation, a removal and a ban by the membership they left.
#: A topic, a pin and a join rule are set to what they shall be, so doing it again changes nothing.
ON_UNKNOWN: Mapping[str, OnUnknown] = MappingProxyType(
    {
        SendText.KIND: OnUnknown.NATIVE_KEY,
        SendImage.KIND: OnUnknown.NATIVE_KEY,
        Broadcast.KIND: OnUnknown.NATIVE_KEY,
        TellStaff.KIND: OnUnknown.NATIVE_KEY,
        CreateGroup.KIND: OnUnknown.DETECTABLE,
        InviteMember.KIND: OnUnknown.DETECTABLE,
        RemoveMember.KIND: OnUnknown.DETECTABLE,
        BanMember.KIND: OnUnknown.DETECTABLE,
        UnbanMember.KIND: OnUnknown.DETECTABLE,
        RefuseKnock.KIND: OnUnknown.DETECTABLE,
        RedactMessage.KIND: OnUnknown.NATIVE_KEY,
        SetTopic.KIND: OnUnknown.READ_ONLY,
        PinMessage.KIND: OnUnknown.READ_ONLY,
        SetJoinRule.KIND: OnUnknown.READ_ONLY,
        OpenEntry.KIND: OnUnknown.READ_ONLY,
        UpdateEntry.KIND: OnUnknown.READ_ONLY,
        ReadEntry.KIND: OnUnknown.READ_ONLY,
        CloseEntry.KIND: OnUnknown.READ_ONLY,
        ReadGroup.KIND: OnUnknown.READ_ONLY,
        ReadContact.KIND: OnUnknown.READ_ONLY,
        FetchMedia.KIND: OnUnknown.READ_ONLY,
    }
)

#: Room versions whose power levels we know how to set; from 12 on a creator must not be named in them.
ROOM_VERSIONS = ("9", "10", "11", "12")
JOIN_RULES = ("invite", "knock")
_CREATOR_STANDS_ABOVE = ("12",)

MAX_MXID_BYTES = 255
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_SERVER = re.compile(r"[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_LOCALPART = re.compile(r"[a-z0-9._=/+-]{1,64}")
_MXID = re.compile(r"@[!-9;-~]{1,254}:[A-Za-z0-9.:\[\]-]{1,230}")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,256}")
_MAX_STAFF = 1000
_MAX_DISPLAY_NAME = 100


def is_mxid(value: str) -> bool:
    """Whether a text is the id of a Matrix user, ``@name:server`` of at most 255 bytes."""
    return len(value.encode("utf-8", "replace")) <= MAX_MXID_BYTES and _MXID.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class MatrixSettings:
    """One application service on one server; raises :class:`InvalidInput` for the first field that breaks its rule.

    ``homeserver_url`` is where qunflow calls, ``base_url`` where the server reaches qunflow. ``sender_localpart`` is
    the name of qunflow's own account and ``display_name`` what people read instead; ``staff`` are the Matrix ids of
    staff. ``join_rule`` of new groups is ``invite`` or ``knock``. ``plain_http`` allows addresses without TLS on other
    hosts: for a closed network only.
    """

    homeserver_url: str
    server_name: str
    as_token: str = field(repr=False)
    hs_token: str = field(repr=False)
    sender_localpart: str
    base_url: str
    staff: tuple[str, ...] = ()
    room_version: str = "11"
    timeout_seconds: float = 10.0
    connections: int = 20
    plain_http: bool = False
    join_rule: str = "invite"
    display_name: str = ""

    def __post_init__(self) -> None:
        _check_identity(self)
        _check_tokens(self)
        _check_staff(self)
        _check_url(self, "homeserver_url", self.homeserver_url)
        _check_url(self, "base_url", self.base_url)
        _check_numbers(self)

    @property
    def sender(self) -> str:
        """The Matrix id under which qunflow acts."""
        return f"@{self.sender_localpart}:{self.server_name}"

    @property
    def ways(self) -> Mapping[str, Way]:
        """Action kind → how this account carries it out."""
        return WAYS

    @property
    def creator_is_named(self) -> bool:
        """Whether the power levels of a new room have to name its creator."""
        return self.room_version not in _CREATOR_STANDS_ABOVE

    def alias_name(self, sort: str, key: str) -> str:
        """The local part of the alias by which a room of ours is found again; ``sort`` is ``g`` or ``dm``."""
        return f"{self.sender_localpart}_{sort}_{hashlib.sha256(key.encode()).hexdigest()[:24]}"

    def alias(self, name: str) -> str:
        """The whole alias of a local part."""
        return f"#{name}:{self.server_name}"


def _refuse(name: str, rule: str, way_out: str) -> InvalidInput:
    return InvalidInput(f"matrix_{name}", rule, field=name, way_out=way_out)


def _check_identity(settings: MatrixSettings) -> None:
    if not _SERVER.fullmatch(settings.server_name):
        raise _refuse("server_name", "The server name must be a host, as in @name:host.", "Ask the server's admin.")
    if not _LOCALPART.fullmatch(settings.sender_localpart):
        raise _refuse(
            "sender_localpart",
            "The account's name must be 1 to 64 of a-z, 0-9 and . _ = - / +.",
            "For example qunflow; write it without @ and server.",
        )


def _check_tokens(settings: MatrixSettings) -> None:
    for name, token in (("as_token", settings.as_token), ("hs_token", settings.hs_token)):
        if not _TOKEN.fullmatch(token):
            raise _refuse(name, "The token must be 16 to 256 letters and digits.", "Make a long random one.")
    if settings.as_token == settings.hs_token:
        raise _refuse("hs_token", "as_token and hs_token must differ.", "Make another random one.")


def _check_staff(settings: MatrixSettings) -> None:
    if len(settings.staff) > _MAX_STAFF or len(set(settings.staff)) != len(settings.staff):
        raise _refuse("staff", f"Name each staff member once, at most {_MAX_STAFF}.", "Remove doubles.")
    for mxid in settings.staff:
        if not is_mxid(mxid):
            raise _refuse("staff", f"{mxid[:64]!r} is no Matrix id.", "Write it as @name:server.")


def _check_url(settings: MatrixSettings, name: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise _refuse(name, "The address must be http(s)://host[:port].", "For example https://matrix.example.org.")
    if parts.scheme == "http" and parts.hostname not in _LOCAL_HOSTS and not settings.plain_http:
        raise _refuse(name, "Tokens must not travel without TLS.", "Use https, or set plain_http on a closed network.")


def _check_numbers(settings: MatrixSettings) -> None:
    if settings.room_version not in ROOM_VERSIONS:
        raise _refuse("room_version", f"Must be one of {', '.join(ROOM_VERSIONS)}.", "Leave it out for the default.")
    if settings.join_rule not in JOIN_RULES:
        raise _refuse("join_rule", f"Must be one of {', '.join(JOIN_RULES)}.", "Leave it out for the default.")
    if len(settings.display_name) > _MAX_DISPLAY_NAME:
        raise _refuse("display_name", f"Has at most {_MAX_DISPLAY_NAME} characters.", "Shorten it.")
    bounds: tuple[tuple[str, float, float, float], ...] = (
        ("timeout_seconds", settings.timeout_seconds, 0.5, 120),
        ("connections", settings.connections, 1, 200),
    )
    for name, value, low, high in bounds:
        if not low <= value <= high:
            raise _refuse(name, f"Must be from {low} to {high}.", "Leave it out for the default.")
