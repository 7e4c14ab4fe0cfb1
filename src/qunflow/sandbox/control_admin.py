"""The admin console, the switches of a test, and the state of the whole."""

from __future__ import annotations

import re
from dataclasses import asdict

from qunflow.domain.errors import InvalidInput
from qunflow.sandbox.callbacks import CallbackPost
from qunflow.sandbox.codes import TEXTS, Json
from qunflow.sandbox.control_door import ControlApi, control_fields
from qunflow.sandbox.faults import ALL_PATHS, CallFault
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.sealing import SealError, key_of
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_CORP_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CALLBACK_URL = re.compile(r"https?://[\x21-\x7e]+")
_TOKEN = re.compile(r"[A-Za-z0-9]{1,32}")
_DICE_MOST = 10_000
_LONGEST_DELAY = 60.0
_RULES_MOST = 100


def _call_fault(entry: Fields) -> CallFault:
    errcode = entry.integer("errcode", low=-1, high=10**6, default=0)
    if errcode and errcode not in TEXTS:
        raise InvalidInput("sandbox_errcode", f"{errcode} is no code the sandbox knows.", field="errcode")
    return CallFault(
        path=entry.text("path", most=128, default=ALL_PATHS),
        errcode=errcode,
        share_bps=entry.integer("share_bps", low=0, high=_DICE_MOST, default=_DICE_MOST),
        delay=entry.number("delay", low=0, high=_LONGEST_DELAY, default=0),
        times=entry.integer("times", low=0, high=10**9, default=0),
        after=entry.flag("after", default=False),
    )


class AdminDesk:
    """The admin's acts; they alone reach the delivery of callbacks."""

    def __init__(self, post: CallbackPost) -> None:
        self._post = post

    def apis(self) -> dict[str, ControlApi]:
        """The paths and their acts."""
        return {
            "/admin/corp": ControlApi("POST", self.set_corp),
            "/admin/settings": ControlApi("POST", self.set_limits),
            "/admin/faults": ControlApi("POST", self.set_faults),
            "/admin/call_faults": ControlApi("POST", self.set_call_faults),
            "/status": ControlApi("GET", self.status),
        }

    async def set_corp(self, world: World, call: Call) -> Json:
        """Change what is named: corp, secret, agent; then the callback, kept only when the URL proves itself.

        A new corp or secret makes every token unknown. An empty ``callback_url`` ends the deliveries.
        """
        fields = control_fields(call.body)
        self._set_identity(world, fields)
        if not fields.has("callback_url"):
            return {"ok": True, "reason": ""}
        url = fields.text("callback_url", most=2_048, default="")
        if not url:
            world.corp.callback_url = ""
            return {"ok": True, "reason": ""}
        return await self._set_callback(world, fields, url)

    def _set_identity(self, world: World, fields: Fields) -> None:
        corp_id = fields.text("corp_id", default=world.corp.corp_id)
        secret = fields.text("secret", most=256, default=world.corp.secret)
        agentid = fields.integer("agentid", low=1, high=2**40, default=world.corp.agentid)
        if not _CORP_ID.fullmatch(corp_id):
            raise InvalidInput("sandbox_corp_id", "must be letters, digits, - and _.", field="corp_id")
        if (corp_id, secret) != (world.corp.corp_id, world.corp.secret):
            world.tokens.forget_all()
        world.corp.corp_id, world.corp.secret, world.corp.agentid = corp_id, secret, agentid

    async def _set_callback(self, world: World, fields: Fields, url: str) -> Json:
        if not _CALLBACK_URL.fullmatch(url):
            rule = "must begin with http:// or https:// and hold no blanks."
            raise InvalidInput("sandbox_callback_url", rule, field="callback_url")
        token = fields.text("token", most=32)
        if not _TOKEN.fullmatch(token):
            raise InvalidInput("sandbox_token", "must be 1 to 32 letters and digits.", field="token")
        try:
            key = key_of(fields.text("aes_key", most=43))
        except SealError as error:
            raise InvalidInput("sandbox_aes_key", f"{error}.", field="aes_key") from error
        reason = await self._post.verify(url, token, key, world.corp.corp_id)
        if reason:
            return {"ok": False, "reason": reason}
        world.corp.callback_url = url
        world.corp.callback_token = token
        world.corp.callback_key = key
        return {"ok": True, "reason": ""}

    def set_limits(self, world: World, call: Call) -> Json:
        """Turn limits; ``force_token_expiry`` true ends every token now. Answers all limits."""
        wishes = dict(call.body)
        force = control_fields(wishes).flag("force_token_expiry", default=False)
        wishes.pop("force_token_expiry", None)
        world.limits.change(wishes)
        if force:
            world.tokens.expire_all(world.instant())
        return {"limits": world.limits.shown()}

    def set_faults(self, world: World, call: Call) -> Json:
        """Switch faults; what is not named is off. Answers the faults as they now are."""
        fields = control_fields(call.body)
        faults = self._post.faults
        faults.lose_bps = fields.integer("lose_bps", low=0, high=_DICE_MOST, default=0)
        faults.double_bps = fields.integer("double_bps", low=0, high=_DICE_MOST, default=0)
        faults.shuffle = fields.flag("shuffle", default=False)
        faults.delay = fields.number("delay", low=0, high=_LONGEST_DELAY, default=0)
        faults.seed = fields.integer("seed", low=0, high=2**53, default=0)
        faults.only = fields.text("only", default="")
        return {
            "delay": faults.delay,
            "only": faults.only,
            "lose_bps": faults.lose_bps,
            "double_bps": faults.double_bps,
            "shuffle": faults.shuffle,
            "seed": faults.seed,
        }

    def set_call_faults(self, world: World, call: Call) -> Json:
        """Switch disturbances of calls: the rules named, in their order, and no others. Answers them."""
        fields = control_fields(call.body)
        entries = fields.records("rules")
        if len(entries) > _RULES_MOST:
            raise InvalidInput("sandbox_field", f"holds more than {_RULES_MOST} entries.", field="rules")
        rules = [_call_fault(entry) for entry in entries]
        world.call_faults.seed = fields.integer("seed", low=0, high=2**53, default=0)
        world.call_faults.rules = rules
        return {"rules": [asdict(rule) for rule in rules], "seed": world.call_faults.seed}

    def status(self, world: World, call: Call) -> Json:
        """Counts of everything; quiet means ``pending_callbacks`` is 0."""
        tally = self._post.tally
        return {
            "now": world.now().isoformat(),
            "corp_id": world.corp.corp_id,
            "callback_set": bool(world.corp.callback_url),
            "events": tally.raised,
            "pending_callbacks": tally.pending,
            "delivered_callbacks": tally.delivered,
            "retried_callbacks": tally.retried,
            "lost_callbacks": tally.lost,
            "withheld_callbacks": tally.withheld,
            "doubled_callbacks": tally.doubled,
            "unsubscribed_callbacks": tally.unsubscribed,
            "phones": len(world.phones),
            "staff": len(world.staff),
            "customers": len(world.customers),
            "groups": sum(not group.dismissed for group in world.group_order),
            "contact_ways": len(world.contact_ways),
            "join_ways": len(world.join_ways),
            "mass_sends": len(world.mass_sends),
            "disturbed_calls": sum(rule.done for rule in world.call_faults.rules),
            "calls": {path: meter.calls for path, meter in world.meters.items()},
        }
