"""Raising a flag: what a verdict leads to, the same for invitations and for helps on units. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from qunflow.domain.decisions import NOTHING, Claim, Decision, Timer
from qunflow.domain.inbound import Message
from qunflow.engine.feature import View
from qunflow.features.campaigns.risk.commands import FlagDue, RaiseFlag
from qunflow.features.campaigns.risk.model import ASKED, DENIED, HELD, OWNER, Flagged, flag_claim, flag_stream
from qunflow.features.campaigns.risk.rules import CHALLENGE, DENY, Verdict


def raised(
    campaign: str,
    flag: str,
    kind: str,
    helper: str,
    owner: str,
    verdict: Verdict,
    until: datetime | None,
    *,
    unit: str = "",
    move: str = "",
    params: Mapping[str, Any] | None = None,
) -> Decision:
    """Take the claim that everybody looks at, and have the flag raised by a command of its own.

    What a question frees is asked of helpers; a hold on an owner is for staff to end.
    """
    status = DENIED if verdict.outcome == DENY else HELD
    asks = verdict.outcome == CHALLENGE and kind != OWNER
    due = until if status == HELD and not verdict.severe else None
    what = Flagged(
        kind, status, helper, owner, verdict.hits, verdict.score, verdict.severe, unit, move, params or {}, due
    )
    return Decision(
        claims=(Claim(*flag_claim(campaign, flag), holder=ASKED if asks else status),),
        commands=((flag_stream(campaign, flag), RaiseFlag(flag, what, asks)),),
    )


def says(view: View, campaign: str, flag: str) -> str:
    """What a flag says now: held, asked, denied, cleared; empty when there is none."""
    claim = view.claim(*flag_claim(campaign, flag))
    return claim.holder if claim is not None else ""


def turned(campaign: str, flag: str, view: View, word: str) -> Decision:
    """The claim says something else from now on."""
    key = flag_claim(campaign, flag)
    releases = (key,) if view.claim(*key) is not None else ()
    return Decision(releases=releases, claims=(Claim(*key, holder=word),))


def due_timer(message: Message, flag: str, until: datetime | None) -> Decision:
    """The timer that ends a hold by itself."""
    if until is None:
        return NOTHING
    stream = flag_stream(message.campaign, flag)
    return Decision(timers=(Timer(stream, "due", until, FlagDue(flag, until), campaign=message.campaign),))


def end_of(at: datetime, hours: int) -> datetime:
    """When a hold that begins now ends by itself."""
    return at + timedelta(hours=hours)
