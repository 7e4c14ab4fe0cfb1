"""What is wrong with the set-up of a Matrix account: a pure report from what the probes saw."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from qunflow.connectors.matrix.doctor_probes import Probes, Reply
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.domain.errors import InvalidInput
from qunflow.domain.health import Finding, failed, unknown, well

SKIPPED = "doctor_skipped"
#: The oldest version of the specification whose calls qunflow makes (v3 paths came with it).
OLDEST = (1, 1)
_VERSION = re.compile(r"v(\d{1,3})\.(\d{1,3})")
_UNKNOWN_TOKEN = ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_UNAUTHORIZED")
#: What the homeserver's ping says → (check, code).
_PING: dict[str, tuple[str, str]] = {
    "M_URL_NOT_SET": ("registration", "matrix_registration_no_url"),
    "M_FORBIDDEN": ("registration", "matrix_registration_other"),
    "M_CONNECTION_FAILED": ("push", "matrix_push_refused"),
    "M_CONNECTION_TIMEOUT": ("push", "matrix_push_timeout"),
    "M_BAD_STATUS": ("push", "matrix_push_status"),
}


def examine(settings: MatrixSettings, probes: Probes) -> tuple[Finding, ...]:
    """Every check of an account, in the order in which a person would mend them."""
    parts: tuple[Callable[[MatrixSettings, Probes], Finding], ...] = (
        _homeserver,
        _tls,
        _version,
        _as_token,
        _registration,
        _hs_token,
        _push,
        _rate_limits,
    )
    return tuple(part(settings, probes) for part in parts)


def bad_settings(error: InvalidInput) -> tuple[Finding, ...]:
    """The report of an account whose stored settings break a rule: nothing can be asked."""
    return (failed("settings", "matrix_settings_bad", field=error.field or "?"),)


def _homeserver(settings: MatrixSettings, probes: Probes) -> Finding:
    reply, host = probes.versions, urlsplit(settings.homeserver_url).hostname or ""
    if reply.good and isinstance(reply.answer.get("versions"), list):
        return well("homeserver", host=host)
    if reply.fault == "certificate":
        return unknown("homeserver", SKIPPED, after="tls")
    if reply.fault == "unreachable":
        return failed("homeserver", "matrix_unreachable", host=host)
    return failed("homeserver", "matrix_not_a_homeserver", host=host)


def _tls(settings: MatrixSettings, probes: Probes) -> Finding:
    host = urlsplit(settings.homeserver_url).hostname or ""
    if probes.versions.fault == "certificate":
        return failed("tls", "matrix_tls_certificate", host=host)
    return unknown("tls", SKIPPED, after="homeserver") if probes.versions.fault else well("tls")


def _version(settings: MatrixSettings, probes: Probes) -> Finding:
    listed = probes.versions.answer.get("versions")
    if not probes.versions.good or not isinstance(listed, list):
        return unknown("version", SKIPPED, after="homeserver")
    found = [_VERSION.fullmatch(str(name)) for name in listed]
    newest = max(((int(match[1]), int(match[2])) for match in found if match), default=(0, 0))
    shown = f"v{newest[0]}.{newest[1]}"
    return well("version", newest=shown) if newest >= OLDEST else failed("version", "matrix_too_old", newest=shown)


def _as_token(settings: MatrixSettings, probes: Probes) -> Finding:
    reply = probes.whoami
    if reply.errcode in _UNKNOWN_TOKEN or reply.status == 401:
        return failed("as_token", "matrix_as_token_unknown")
    if not reply.good:
        return unknown("as_token", SKIPPED, after="homeserver")
    account = str(reply.answer.get("user_id", ""))[:255]
    if account != settings.sender:
        return failed("as_token", "matrix_other_account", account=account, wanted=settings.sender)
    return well("as_token", account=account)


def _registration(settings: MatrixSettings, probes: Probes) -> Finding:
    if probes.whoami.errcode in _UNKNOWN_TOKEN or probes.whoami.status == 401:
        return failed("registration", "matrix_registration_missing")
    if probes.ping.fault:
        return unknown("registration", SKIPPED, after="as_token")
    if _no_ping(probes.ping):
        return unknown("registration", "matrix_no_ping")
    check, code = _PING.get(probes.ping.errcode, ("", ""))
    return failed("registration", code) if check == "registration" else well("registration")


def _hs_token(settings: MatrixSettings, probes: Probes) -> Finding:
    """Asked from here: whether the running server of ours holds the same token and channel."""
    if probes.push.status == 403:
        return failed("hs_token", "matrix_hs_token_other")
    if probes.push.fault or probes.push.status != 200:
        return unknown("hs_token", SKIPPED, after="push")
    return well("hs_token")


def _push(settings: MatrixSettings, probes: Probes) -> Finding:
    """Where the homeserver cannot say whether it reaches us, what we see from here is the next best."""
    address = settings.base_url
    check, code = _PING.get(probes.ping.errcode, ("", ""))
    if check == "push":
        return failed("push", code, address=address, status=_status_in(probes.ping))
    if probes.push.fault:
        return failed("push", "matrix_push_down", address=address)
    if probes.push.answer.get("code") == "matrix_channel_unknown":
        return failed("push", "matrix_push_channel", address=address)
    if probes.push.status not in (200, 403):
        return failed("push", "matrix_push_status", address=address, status=probes.push.status)
    if probes.ping.good:
        return well("push", milliseconds=_milliseconds(probes.ping))
    return unknown("push", "matrix_no_ping") if _no_ping(probes.ping) else unknown("push", SKIPPED, after="as_token")


def _rate_limits(settings: MatrixSettings, probes: Probes) -> Finding:
    for reply in (probes.versions, probes.whoami, probes.ping):
        if reply.status == 429 or reply.errcode == "M_LIMIT_EXCEEDED":
            wait = reply.answer.get("retry_after_ms", 0)
            return failed("rate_limits", "matrix_rate_limited", seconds=wait // 1000 if isinstance(wait, int) else 0)
    return unknown("rate_limits", SKIPPED, after="homeserver") if probes.whoami.fault else well("rate_limits")


def _no_ping(reply: Reply) -> bool:
    """Whether the server is older than the ping (specification 1.7)."""
    return reply.errcode == "M_UNRECOGNIZED" or reply.status in (404, 405)


def _status_in(reply: Reply) -> int:
    found = reply.answer.get("status")
    return found if isinstance(found, int) else 0


def _milliseconds(reply: Reply) -> int:
    found = reply.answer.get("duration_ms")
    return found if isinstance(found, int) else 0
