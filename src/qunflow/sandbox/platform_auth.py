"""Tokens and addresses (wecom-api.md §0, §1)."""

from __future__ import annotations

from qunflow.sandbox.codes import Json, PlatformError
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World


def gettoken(world: World, call: Call) -> Json:
    """41004 without a secret, checked first; then 40013 for another corp, 40001 for a wrong secret."""
    secret = call.query.get("corpsecret", "")
    if not secret:
        raise PlatformError(41004)
    if call.query.get("corpid", "") != world.corp.corp_id:
        raise PlatformError(40013)
    if secret != world.corp.secret:
        raise PlatformError(40001)
    token, left = world.tokens.issue(world.instant(), world.limits.token_ttl, world.mint)
    return {"access_token": token, "expires_in": left}


def ip_list(world: World, call: Call) -> Json:
    """The addresses callbacks come from: this machine."""
    return {"ip_list": ["127.0.0.1"]}


APIS: dict[str, Api] = {
    "/cgi-bin/gettoken": Api(gettoken, needs_token=False, needs_ip=False),
    "/cgi-bin/getcallbackip": Api(ip_list, {"ip_list": []}),
    "/cgi-bin/get_api_domain_ip": Api(ip_list, {"ip_list": []}),
}
