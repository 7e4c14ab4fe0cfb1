"""What is wrong with the set-up of a WeCom account: a pure report from what the probes saw (wecom-api.md §0–§2)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from qunflow.connectors.wecom.doctor_probes import ECHO_SECONDS, Echo, Probes, Reply
from qunflow.connectors.wecom.settings import OFFICIAL_URL, WecomSettings
from qunflow.connectors.wecom.wire import texts
from qunflow.domain.errors import InvalidInput
from qunflow.domain.health import Finding, failed, unknown, well

#: Contact and join codes of a corp together (wecom-api.md §3.3); fewer left than this is a failure.
MAX_CODES, FEW_CODES = 500_000, 1_000
MAX_SKEW = 60  # seconds
SKIPPED = "doctor_skipped"
_SETUP: dict[int, tuple[str, str]] = {
    40001: ("token", "wecom_secret_wrong"),
    41004: ("token", "wecom_secret_missing"),
    40013: ("token", "wecom_corp_wrong"),
    60020: ("trusted_ip", "wecom_ip_untrusted"),
    48001: ("callable_app", "wecom_api_not_granted"),
    48002: ("callable_app", "wecom_app_not_callable"),
    301002: ("agent", "wecom_agent_wrong"),
    40056: ("agent", "wecom_agent_wrong"),
    41011: ("agent", "wecom_agent_wrong"),
}
_PASSING: dict[int, str] = {-1: "wecom_busy", 45009: "wecom_rate_limited", 45033: "wecom_rate_limited"}
_OUT_OF_RANGE = (40003, 60011, 60030, 60111, 84074)
_FROM_IP = re.compile(r"from ip: ([0-9A-Fa-f.:]{3,45})")
_ENVELOPE = "wecom_envelope_"


def examine(settings: WecomSettings, probes: Probes) -> tuple[Finding, ...]:
    """Every check of an account, in the order in which a person would mend them."""
    parts: tuple[Callable[[WecomSettings, Probes], Finding], ...] = (
        _network,
        _tls,
        _token,
        _trusted_ip,
        _callable_app,
        _agent,
        _staff,
        _callback,
        _callback_token,
        _aes_key,
        _receive_id,
        _clock,
        _codes,
        _mass_sends,
        _calls,
    )
    return tuple(part(settings, probes) for part in parts)


def bad_settings(error: InvalidInput) -> tuple[Finding, ...]:
    """The report of an account whose stored settings break a rule: nothing can be asked."""
    if error.field == "aes_key":
        return (failed("aes_key", "wecom_aes_key_bad"),)
    return (failed("settings", "wecom_settings_bad", field=error.field or "?"),)


def _network(settings: WecomSettings, probes: Probes) -> Finding:
    fault = probes.token.fault
    host = urlsplit(settings.base_url).hostname or ""
    if fault in ("", "certificate"):
        return well("network") if not fault else unknown("network", SKIPPED, after="tls")
    return failed("network", f"wecom_{fault}", host=host)


def _tls(settings: WecomSettings, probes: Probes) -> Finding:
    parts = urlsplit(settings.base_url)
    host = parts.hostname or ""
    if probes.token.fault == "certificate":
        return failed("tls", "wecom_tls_certificate", host=host)
    if parts.scheme != "https" and not _private(settings.base_url):
        return failed("tls", "wecom_tls_off", host=host)
    return unknown("tls", SKIPPED, after="network") if probes.token.fault else well("tls")


def _token(settings: WecomSettings, probes: Probes) -> Finding:
    return _of_reply("token", probes.token, "network")


def _trusted_ip(settings: WecomSettings, probes: Probes) -> Finding:
    for reply in (probes.token, probes.follow, probes.agent):
        if reply.errcode == 60020:
            found = _FROM_IP.search(reply.errmsg)
            return failed("trusted_ip", "wecom_ip_untrusted", ip=found[1] if found else "?")
    asked = any(not reply.fault for reply in (probes.follow, probes.agent))
    return well("trusted_ip") if asked else unknown("trusted_ip", SKIPPED, after="token")


def _callable_app(settings: WecomSettings, probes: Probes) -> Finding:
    return _of_reply("callable_app", probes.follow, "token")


def _agent(settings: WecomSettings, probes: Probes) -> Finding:
    if probes.agent.errcode == 81013:  # nobody to write to, as it should be: the AgentId was taken
        return well("agent", agent_id=settings.agent_id)
    return _of_reply("agent", probes.agent, "token", agent_id=settings.agent_id)


def _staff(settings: WecomSettings, probes: Probes) -> Finding:
    if not probes.follow.good:
        return unknown("staff", SKIPPED, after="callable_app")
    listed = set(texts(probes.follow.answer.get("follow_user")))
    if not listed:
        return failed("staff", "wecom_staff_none")
    outside = [userid for userid in settings.staff if userid not in listed]
    outside += [userid for userid, reply in probes.staff.items() if reply.errcode in _OUT_OF_RANGE]
    if outside:
        return failed("staff", "wecom_staff_out_of_range", names=", ".join(outside)[:200])
    return well("staff", in_range=len(listed))


def _callback(settings: WecomSettings, probes: Probes) -> Finding:
    echo, address = probes.echo, probes.callback
    if settings.base_url.rstrip("/") == OFFICIAL_URL and _private(address):
        return failed("callback", "wecom_callback_private", address=address)
    if echo.fault:
        return failed("callback", f"wecom_callback_{echo.fault}", address=address)
    if echo.code.startswith(_ENVELOPE):
        return well("callback", milliseconds=int(echo.seconds * 1000))  # it is ours; the three checks below say more
    if echo.code == "wecom_channel_unknown":
        return failed("callback", "wecom_callback_channel", address=address)
    if echo.status != 200:
        return failed("callback", "wecom_callback_status", address=address, status=echo.status)
    if not echo.right:
        return failed("callback", "wecom_callback_text", address=address)
    if echo.seconds > ECHO_SECONDS:
        return failed("callback", "wecom_callback_slow", address=address)
    return well("callback", milliseconds=int(echo.seconds * 1000))


def _callback_token(settings: WecomSettings, probes: Probes) -> Finding:
    return _of_envelope("callback_token", "wecom_callback_token_other", probes.echo, "bad_signature")


def _aes_key(settings: WecomSettings, probes: Probes) -> Finding:
    reasons = ("bad_padding", "bad_frame", "bad_length", "bad_base64")
    return _of_envelope("aes_key", "wecom_aes_key_other", probes.echo, *reasons)


def _receive_id(settings: WecomSettings, probes: Probes) -> Finding:
    if probes.token.errcode == 40013:
        return failed("receive_id", "wecom_receive_id_corp")
    return _of_envelope("receive_id", "wecom_receive_id_other", probes.echo, "foreign_receiver")


def _of_envelope(check: str, code: str, echo: Echo, *reasons: str) -> Finding:
    if echo.right:
        return well(check)
    reason = echo.code.removeprefix(_ENVELOPE) if echo.code.startswith(_ENVELOPE) else ""
    if reason in reasons:
        return failed(check, code)
    return unknown(check, SKIPPED, after="callback" if not reason else "callback_token")


def _clock(settings: WecomSettings, probes: Probes) -> Finding:
    date = probes.token.date
    if date is None:
        return unknown("clock", "wecom_no_date")
    skew = round((probes.now - date).total_seconds())
    return failed("clock", "wecom_clock_skew", seconds=skew) if abs(skew) > MAX_SKEW else well("clock", seconds=skew)


def _codes(settings: WecomSettings, probes: Probes) -> Finding:
    left = MAX_CODES - probes.used.codes
    if left < FEW_CODES:
        return failed("quota_codes", "wecom_quota_codes", used=probes.used.codes, left=max(0, left))
    return well("quota_codes", used=probes.used.codes, left=left)


def _mass_sends(settings: WecomSettings, probes: Probes) -> Finding:
    """Per customer at most one a day keeps every policy an admin may have chosen (wecom-api.md §6)."""
    return well("quota_mass_sends", last_day=probes.used.mass_sends)


def _calls(settings: WecomSettings, probes: Probes) -> Finding:
    left = settings.calls_per_minute - probes.used.calls
    if any(reply.errcode == 45009 for reply in (probes.token, probes.follow, probes.agent)) or left <= 0:
        return failed("quota_calls", "wecom_quota_calls", used=probes.used.calls, limit=settings.calls_per_minute)
    return well("quota_calls", used=probes.used.calls, left=left)


def _of_reply(check: str, reply: Reply, after: str, **detail: str | int) -> Finding:
    """What an answer says about its check; what another check owns leaves this one unknown."""
    if reply.good:
        return well(check, **detail)
    if reply.fault:
        return unknown(check, SKIPPED, after=after)
    if reply.errcode in _PASSING:
        return unknown(check, _PASSING[reply.errcode])
    owner, code = _SETUP.get(reply.errcode, (check, "wecom_refused"))
    if owner != check:
        return unknown(check, SKIPPED, after=owner)
    return failed(check, code, errcode=reply.errcode, **detail)


def _private(address: str) -> bool:
    """Whether nobody outside can reach an address: loopback, a private network, a name without a dot."""
    host = urlsplit(address).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".internal"))
