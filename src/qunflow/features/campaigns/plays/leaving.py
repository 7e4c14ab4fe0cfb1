"""What leaving takes back (campaigns.md §7). Pure."""

from __future__ import annotations

from datetime import datetime

from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics.mechanic import PENDING, REVOKED, Help
from qunflow.features.campaigns.model import LIVE, CampaignState


def revocable(campaign: CampaignState, help: Help, reason: str, at: datetime) -> bool:
    """Whether a help is taken back at ``at`` for ``reason``: in its hold it always is, unless the policy says never.

    Who was removed, or found to be fraud, loses it under every policy until the campaign settles.
    """
    plan = campaign.plan
    if plan is None or help.state == REVOKED:
        return False
    forced = reason in (Reason.KICKED, Reason.FRAUD, Reason.MERGED)
    if plan.leave_policy == "never" and not forced:
        return False
    if at < help.until or (forced and help.state == PENDING):  # held beyond its time by the risk rules
        return True
    return campaign.status in LIVE and (forced or plan.leave_policy == "revoke_until_end")
