"""What the sandbox is started with, and the limits that can be turned while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from qunflow.domain.errors import InvalidInput

DAY = 86_400
MASS_POLICIES = ("month", "week", "day")


@dataclass(slots=True)
class Limits:
    """The platform's limits; each can be changed by ``POST /admin/settings``.

    ``group_limit`` members at which scanning stops (§4 sizes), ``frequency_*`` calls per API (0 = off),
    ``token_ttl``, ``welcome_seconds`` and ``mass_dispatch_seconds`` in seconds of the domain clock,
    ``way_cap`` contact and join ways together, ``mass_policy`` month | week | day (§6), ``retries`` after the
    first try of a callback, ``retry_wait`` and ``callback_timeout`` in wall seconds, ``unionid_bound``
    whether the corp has bound a developer account (§3.1).

    Set-up: ``trusted_ips`` and ``trusted_domains`` name, apart by commas, who may call (60020) and where pages
    live (50001), empty for all; ``callable_app`` false answers 48002 to customer contact; ``temporary_ways`` makes
    this a medical corp. Disturbances: ``clock_skew`` seconds the platform's clock is ahead,
    ``member_stale_seconds`` for which groupchat/get goes on telling the members of before a change.
    ``half_first`` makes a contact wait for the member's yes after ``add_half_external_contact``. ``tag_cap`` corp
    tags, ``takeover_limit`` customers of a member who takes over more, ``transfer_seconds`` until a transfer takes
    effect, ``moment_dispatch_seconds`` until a moment is filed.
    """

    group_limit: int = 200
    frequency_per_minute: int = 10_000
    frequency_per_hour: int = 150_000
    token_ttl: int = 7_200
    welcome_seconds: int = 20
    way_cap: int = 500_000
    mass_policy: str = "month"
    mass_dispatch_seconds: int = 0
    group_qr_seconds: int = 7 * DAY
    media_seconds: int = 3 * DAY
    unionid_bound: bool = True
    trusted_ips: str = ""
    trusted_domains: str = ""
    callable_app: bool = True
    half_first: bool = False
    temporary_ways: bool = False
    clock_skew: int = 0
    member_stale_seconds: int = 0
    tag_cap: int = 10_000
    takeover_limit: int = 20_000
    transfer_seconds: int = DAY
    moment_dispatch_seconds: int = 0
    retries: int = 3
    retry_wait: float = 1.0
    callback_timeout: float = 5.0

    def change(self, wishes: dict[str, Any]) -> None:
        """Set the named limits, all or none; ``InvalidInput`` names the first that does not fit."""
        for name, value in wishes.items():
            _check_limit(name, value)
        for name, value in wishes.items():
            setattr(self, name, value)

    def shown(self) -> dict[str, Any]:
        """All limits by name."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}


_BOUNDS: dict[str, tuple[float, float]] = {
    "group_limit": (2, 500),
    "frequency_per_minute": (0, 10_000_000),
    "frequency_per_hour": (0, 100_000_000),
    "token_ttl": (1, 7_200),
    "welcome_seconds": (1, 3_600),
    "way_cap": (1, 500_000),
    "mass_dispatch_seconds": (0, 3_600),
    "group_qr_seconds": (1, 365 * DAY),
    "media_seconds": (1, 365 * DAY),
    "retries": (0, 10_000),
    "retry_wait": (0.01, 60),
    "callback_timeout": (0.1, 5),
    "clock_skew": (-7 * DAY, 7 * DAY),
    "member_stale_seconds": (0, DAY),
    "tag_cap": (1, 100_000),
    "takeover_limit": (0, 1_000_000),
    "transfer_seconds": (0, 30 * DAY),
    "moment_dispatch_seconds": (0, 3_600),
}
_FLAGS = ("unionid_bound", "callable_app", "half_first", "temporary_ways")
_LISTS = ("trusted_ips", "trusted_domains")
_LIST_MOST = 2_000


def _check_limit(name: str, value: Any) -> None:
    if name == "mass_policy":
        if value not in MASS_POLICIES:
            raise InvalidInput("sandbox_limit", "must be month, week or day.", field=name)
        return
    if name in _LISTS:
        if not isinstance(value, str) or len(value) > _LIST_MOST:
            raise InvalidInput("sandbox_limit", "must be a text, names apart by commas.", field=name)
        return
    if name in _FLAGS:
        if not isinstance(value, bool):
            raise InvalidInput("sandbox_limit", "must be true or false.", field=name)
        return
    if name not in _BOUNDS:
        known = ", ".join(entry.name for entry in fields(Limits))
        raise InvalidInput("sandbox_limit_unknown", "is no limit.", field=name, way_out=f"Known: {known}.")
    low, high = _BOUNDS[name]
    whole = name not in ("retry_wait", "callback_timeout")
    fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not fits or not low <= value <= high:
        raise InvalidInput("sandbox_limit", f"must be a number from {low} to {high}.", field=name)


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Address, the corp that exists from the start, the clock file and the limits.

    ``base_url`` is what stands in QR codes and picture links; empty means ``http://host:port``. ``seed``
    makes ids repeatable; without one they are random. The access log is always off.
    """

    host: str = "127.0.0.1"
    port: int = 8790
    base_url: str = ""
    corp_id: str = "wwsandbox0000000001"
    secret: str = field(default="sandbox-secret", repr=False)
    agentid: int = 1_000_002
    clock_file: Path | None = None
    seed: str = ""
    limits: Limits = field(default_factory=Limits)

    def public_url(self) -> str:
        """The address people and phones use, without a slash at the end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")
