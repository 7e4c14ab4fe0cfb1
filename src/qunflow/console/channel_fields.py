"""The fields of an account's form, and new callback secrets."""

from __future__ import annotations

import secrets
import string
from typing import Any

from qunflow.web.desk import Desk
from qunflow.web.widgets.forms import Field, Kind

_LETTERS = string.ascii_letters + string.digits
OFFICIAL = "https://qyapi.weixin.qq.com"

_WECOM = "console.channels.wecom."
_MATRIX = "console.channels.matrix."


def account_fields(desk: Desk, kind: str) -> tuple[Field, ...]:
    """What an account of a kind needs beside its secrets."""
    if kind == "wecom":
        return (
            Field("corp_id", f"{_WECOM}corp_id", most=64, required=True),
            Field("agent_id", f"{_WECOM}agent_id", Kind.NUMBER, least=1, most=2_147_483_647, required=True),
            Field("staff", f"{_WECOM}staff", Kind.TEXTS, most=1000, required=True),
            Field("base_url", f"{_WECOM}base_url", most=200, default=OFFICIAL),
            Field("plain_http", "console.channels.plain_http", Kind.SWITCH),
        )
    rules = {rule: desk.say(f"console.channels.join_rule.{rule}") for rule in ("invite", "knock")}
    return (
        Field("homeserver_url", f"{_MATRIX}homeserver_url", most=200, required=True),
        Field("server_name", f"{_MATRIX}server_name", most=200, required=True),
        Field("sender_localpart", f"{_MATRIX}sender_localpart", most=64, default="qunflow"),
        Field("display_name", f"{_MATRIX}display_name", most=100),
        Field("staff", f"{_MATRIX}staff", Kind.TEXTS, most=1000),
        Field("join_rule", f"{_MATRIX}join_rule", Kind.CHOICE, options=rules, default="invite"),
        Field("plain_http", "console.channels.plain_http", Kind.SWITCH),
    )


def settings_of(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """What was typed as settings of an account; what is empty stays at its default."""
    found = {name: value for name, value in data.items() if value not in (None, "")}
    found["staff"] = [str(item).strip() for item in data.get("staff") or () if str(item).strip()]
    found["plain_http"] = bool(data.get("plain_http"))
    if kind == "matrix":
        found.setdefault("display_name", "")
    return found


def new_callback_secrets() -> dict[str, str]:
    """A Token of 32 and an EncodingAESKey of 43 letters and digits, as WeCom's console takes them."""
    return {
        "token": "".join(secrets.choice(_LETTERS) for _ in range(32)),
        "aes_key": "".join(secrets.choice(_LETTERS) for _ in range(43)),
    }
