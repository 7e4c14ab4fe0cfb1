"""The registration file that a server's admin loads, so that the server knows qunflow as an application service."""

from __future__ import annotations

import re
from typing import Any

import yaml

from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.domain.errors import InvalidInput

_CHANNEL = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_channel_name(channel: str) -> None:
    """Raises InvalidInput for a name that cannot stand in an address."""
    if not _CHANNEL.fullmatch(channel):
        raise InvalidInput(
            "matrix_channel",
            "A channel's name is 1 to 64 letters, digits, - and _.",
            field="channel",
            way_out="Choose another name.",
        )


def callback_url(settings: MatrixSettings, channel: str) -> str:
    """The address under which the server pushes; one for each channel, so that many servers can be registered."""
    check_channel_name(channel)
    return f"{settings.base_url.rstrip('/')}/hooks/matrix/{channel}"


def registration_data(settings: MatrixSettings, channel: str) -> dict[str, Any]:
    """The registration as data: our account and the aliases of our rooms, both for us alone.

    MSC4190 lets us make the device to which transaction ids belong, without a login.
    """
    server, sender = re.escape(settings.server_name), re.escape(settings.sender_localpart)
    return {
        "id": f"qunflow-{channel}",
        "url": callback_url(settings, channel),
        "as_token": settings.as_token,
        "hs_token": settings.hs_token,
        "sender_localpart": settings.sender_localpart,
        "rate_limited": False,
        "receive_ephemeral": False,
        "io.element.msc4190": True,
        "namespaces": {
            "users": [{"exclusive": True, "regex": f"@{sender}:{server}"}],
            "aliases": [{"exclusive": True, "regex": f"#{sender}_(g|dm)_[0-9a-f]+:{server}"}],
            "rooms": [],
        },
    }


def render_registration(settings: MatrixSettings, channel: str) -> str:
    """The registration file as YAML; it holds both tokens, so it is as secret as they are."""
    return yaml.safe_dump(registration_data(settings, channel), sort_keys=False, allow_unicode=True)
