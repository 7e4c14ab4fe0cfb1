"""Credentials, limits and capabilities of a WeCom account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from types import MappingProxyType
from urllib.parse import urlsplit

from qunflow.connectors.wecom.crypto import Envelope, EnvelopeError
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

OFFICIAL_URL = "https://qyapi.weixin.qq.com"
#: No message archive: the product is whole without one.
ARCHIVE_OFF = "off"
#: Entry points under which adaptors of the message archive are installed.
ARCHIVE_GROUP = "qunflow.wecom_archive"

#: Action kind → how WeCom can carry it out (wecom-api.md §11): what no call does is a card for the staff.
WAYS: Mapping[str, Way] = MappingProxyType(
    {
        SendWelcome.KIND: Way.AUTOMATIC,
        TellStaff.KIND: Way.AUTOMATIC,
        OpenContactCode.KIND: Way.AUTOMATIC,
        CloseContactCode.KIND: Way.AUTOMATIC,
        OpenEntry.KIND: Way.AUTOMATIC,
        UpdateEntry.KIND: Way.AUTOMATIC,
        ReadEntry.KIND: Way.AUTOMATIC,
        CloseEntry.KIND: Way.AUTOMATIC,
        ReadGroup.KIND: Way.AUTOMATIC,
        ListGroups.KIND: Way.AUTOMATIC,
        ReadContact.KIND: Way.AUTOMATIC,
        ReadBroadcast.KIND: Way.AUTOMATIC,
        Broadcast.KIND: Way.STAFF_CONFIRMS,
        CreateGroup.KIND: Way.TODO,
        RemoveMember.KIND: Way.TODO,
        BanMember.KIND: Way.TODO,
        SetTopic.KIND: Way.TODO,
        InviteMember.KIND: Way.TODO,
        SendText.KIND: Way.TODO,
        SendImage.KIND: Way.TODO,
        FetchMedia.KIND: Way.UNAVAILABLE,
        UnbanMember.KIND: Way.TODO,
        RefuseKnock.KIND: Way.UNAVAILABLE,
        RedactMessage.KIND: Way.TODO,
        PinMessage.KIND: Way.TODO,
        SetJoinRule.KIND: Way.UNAVAILABLE,
    }
)

#: Action kind → what may be done when the answer was never seen (architecture.md §4.6). A welcome code is single
#: use and a card to staff carries the duplicate check, so both may be repeated. Updates overwrite and deletions of
#: what is gone count as done, so they are repeated like readings.
ON_UNKNOWN: Mapping[str, OnUnknown] = MappingProxyType(
    {
        SendWelcome.KIND: OnUnknown.NATIVE_KEY,
        TellStaff.KIND: OnUnknown.NATIVE_KEY,
        Broadcast.KIND: OnUnknown.DETECTABLE,
        OpenContactCode.KIND: OnUnknown.ORPHAN,
        OpenEntry.KIND: OnUnknown.ORPHAN,
        CloseContactCode.KIND: OnUnknown.READ_ONLY,
        UpdateEntry.KIND: OnUnknown.READ_ONLY,
        CloseEntry.KIND: OnUnknown.READ_ONLY,
        ReadEntry.KIND: OnUnknown.READ_ONLY,
        ReadGroup.KIND: OnUnknown.READ_ONLY,
        ListGroups.KIND: OnUnknown.READ_ONLY,
        ReadContact.KIND: OnUnknown.READ_ONLY,
        ReadBroadcast.KIND: OnUnknown.READ_ONLY,
    }
)

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_ID = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_SECRET = re.compile(r"[!-~]{1,256}")
_TOKEN = re.compile(r"[A-Za-z0-9]{1,32}")
_MAX_STAFF = 1000


@dataclass(frozen=True, slots=True)
class WecomSettings:
    """One self-built app of one corp; raises :class:`InvalidInput` for the first field that breaks its rule.

    ``group_limit`` is where we stop handing out a group, ``group_hard_cap`` where WeCom closes it (members).
    ``calls_per_minute`` and ``calls_per_hour`` are per API and process; WeCom allows 10,000 and 150,000 per corp.
    ``plain_http`` allows a ``base_url`` without TLS on another host: for a sandbox only. ``proxy`` is the way out
    when the trusted IP belongs to a proxy. ``archive`` names an installed adaptor of the message archive, or ``off``.
    """

    corp_id: str
    secret: str = field(repr=False)
    agent_id: int
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    base_url: str = OFFICIAL_URL
    staff: tuple[str, ...] = ()
    group_limit: int = 200
    group_hard_cap: int = 500
    calls_per_minute: int = 9_000
    calls_per_hour: int = 135_000
    timeout_seconds: float = 8.0
    connections: int = 20
    plain_http: bool = False
    proxy: str = field(default="", repr=False)  # may hold a password
    archive: str = ARCHIVE_OFF

    def __post_init__(self) -> None:
        _check_credentials(self)
        _check_addresses(self)
        _check_numbers(self)
        _check_archive(self)

    @property
    def envelope(self) -> Envelope:
        """The envelope that opens this account's callbacks."""
        return Envelope(self.token, self.aes_key, self.corp_id)

    @property
    def ways(self) -> Mapping[str, Way]:
        """Action kind → how this account carries it out."""
        return WAYS


def _refuse(name: str, rule: str, way_out: str) -> InvalidInput:
    return InvalidInput(f"wecom_{name}", rule, field=name, way_out=way_out)


def _check_credentials(settings: WecomSettings) -> None:
    if not _ID.fullmatch(settings.corp_id):
        raise _refuse("corp_id", "The corp id must be 1 to 64 letters and digits.", "See 我的企业 → 企业ID.")
    if not _SECRET.fullmatch(settings.secret):
        raise _refuse("secret", "The app secret must be 1 to 256 visible characters.", "Copy it from the app's page.")
    if not 1 <= settings.agent_id <= 2**31 - 1:
        raise _refuse("agent_id", "The AgentId must be a positive number.", "Copy it from the app's page.")
    if not _TOKEN.fullmatch(settings.token):
        raise _refuse("token", "The callback Token must be 1 to 32 letters and digits.", "Copy it from 接收消息.")
    try:
        Envelope(settings.token, settings.aes_key, settings.corp_id)
    except EnvelopeError as error:
        raise _refuse("aes_key", error.rule, error.way_out) from error
    if len(settings.staff) > _MAX_STAFF or len(set(settings.staff)) != len(settings.staff):
        raise _refuse("staff", f"Name each staff member once, at most {_MAX_STAFF}.", "Remove doubles.")
    for userid in settings.staff:
        if not _ID.fullmatch(userid):
            raise _refuse("staff", f"{userid[:64]!r} is no userid.", "Use the 账号 of the member's card.")


def _check_addresses(settings: WecomSettings) -> None:
    parts = urlsplit(settings.base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise _refuse("base_url", "The base URL must be http(s)://host[:port].", f"Usually {OFFICIAL_URL}.")
    if parts.scheme == "http" and parts.hostname not in _LOCAL_HOSTS and not settings.plain_http:
        raise _refuse(
            "base_url",
            "Secrets must not travel without TLS.",
            "Use https, or set plain_http for a sandbox on another host.",
        )
    if settings.proxy and urlsplit(settings.proxy).scheme not in ("http", "https"):
        raise _refuse("proxy", "The proxy must be http(s)://host:port.", "Leave it empty when there is none.")


def _check_numbers(settings: WecomSettings) -> None:
    bounds: tuple[tuple[str, float, float, float], ...] = (
        ("group_hard_cap", settings.group_hard_cap, 2, 2_000),
        ("group_limit", settings.group_limit, 2, settings.group_hard_cap),
        ("calls_per_minute", settings.calls_per_minute, 60, 10_000),
        ("calls_per_hour", settings.calls_per_hour, 3_600, 150_000),
        ("timeout_seconds", settings.timeout_seconds, 0.5, 60),
        ("connections", settings.connections, 1, 200),
    )
    for name, value, low, high in bounds:
        if not low <= value <= high:
            raise _refuse(name, f"Must be from {low} to {high}.", "Leave it out for the default.")


def _check_archive(settings: WecomSettings) -> None:
    if settings.archive == ARCHIVE_OFF:
        return
    if settings.archive not in {point.name for point in entry_points(group=ARCHIVE_GROUP)}:
        raise _refuse(
            "archive",
            f"No message archive named {settings.archive[:64]!r} is installed.",
            f"Install an adaptor for WeCom's library (entry point group {ARCHIVE_GROUP}), or set it to {ARCHIVE_OFF}.",
        )
