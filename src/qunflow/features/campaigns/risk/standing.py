"""What the risk rules say of one participant, for features that ask."""

from __future__ import annotations

from qunflow.domain.facts import ParticipantRisk
from qunflow.engine.feature import Reader
from qunflow.features.campaigns.risk.model import BAD, HELD, INVITE, OWNER, FlagState, flag_name, flag_stream


async def answer_risk(reader: Reader, key: str) -> ParticipantRisk:
    """The highest score of the flags on ``campaign:person``, as an invited friend and as one who invites."""
    campaign, _, person = key.partition(":")
    score = 0
    for kind in (INVITE, OWNER):
        flag: FlagState | None = await reader.state(flag_stream(campaign, flag_name(kind, person)), stale_ok=True)
        if flag is not None and flag.status in (HELD, *BAD):
            score = max(score, min(100, flag.score))
    return ParticipantRisk(score)
