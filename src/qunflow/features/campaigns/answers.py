"""Facts about campaigns that other features ask for."""

from __future__ import annotations

from qunflow.community.model import group_stream
from qunflow.domain.facts import (
    CampaignVoice,
    GroupCampaign,
    ParticipantProgress,
    ParticipantStanding,
    PosterBrief,
    TakesPart,
    WithdrawalTerms,
)
from qunflow.engine.feature import Reader
from qunflow.features.campaigns.model import (
    LIVE,
    CampaignState,
    InvolvedState,
    ParticipationState,
    campaign_stream,
    involved_stream,
    participation_stream,
)
from qunflow.features.campaigns.plan import Plan


async def answer_standing(reader: Reader, key: str) -> ParticipantStanding | None:
    """The standing of ``campaign:person``; None for somebody who does not take part or where no proof is asked."""
    campaign, _, person = key.partition(":")
    state: ParticipationState | None = await reader.state(participation_stream(campaign, person))
    found: CampaignState | None = await reader.state(campaign_stream(campaign), stale_ok=True)
    if state is None or found is None or found.plan is None or found.plan.task is None:
        return None
    task = found.plan.task
    accepts = found.status in (("draft", *LIVE) if state.test else LIVE) and not state.seat
    return ParticipantStanding(
        accepts,
        bool(state.groups),
        state.test,
        state.code,
        state.parent,
        task.attempts,
        task.min_height,
        task.audit_bps,
        task.likes_required,
        task.reward_fen,
        task.posted_minutes,
        bool(task.reward_fen) or any(prize.rule == "task" for prize in found.plan.prizes),
    )


async def answer_voice(reader: Reader, campaign: str) -> CampaignVoice | None:
    """The texts and hours of a campaign."""
    state: CampaignState | None = await reader.state(campaign_stream(campaign), stale_ok=True)
    if state is None or state.plan is None:
        return None
    plan = state.plan
    return CampaignVoice(
        plan.campaign,
        plan.title,
        plan.channel,
        plan.language,
        plan.tz,
        plan.staff,
        tuple((name, tuple(texts)) for name, texts in sorted(plan.scripts.items())),
        plan.digest_hour,
        state.status not in ("closed", "cancelled"),
    )


async def answer_brief(reader: Reader, campaign: str) -> PosterBrief | None:
    """What the campaign's poster is made of."""
    state: CampaignState | None = await reader.state(campaign_stream(campaign), stale_ok=True)
    if state is None or state.plan is None:
        return None
    return PosterBrief(tuple(sorted(state.plan.poster.items())), state.code)


async def answer_progress(reader: Reader, key: str) -> ParticipantProgress | None:
    """Numbers of ``campaign:person`` for scripts and pages."""
    campaign, _, person = key.partition(":")
    state: ParticipationState | None = await reader.state(participation_stream(campaign, person), stale_ok=True)
    found: CampaignState | None = await reader.state(campaign_stream(campaign), stale_ok=True)
    if state is None or found is None or found.plan is None:
        return None
    done = sum(value == "confirmed" for value in state.invitees.values())
    reward = sum(amounts.available for amounts in state.posted.values())
    return ParticipantProgress(done, next_goal(found.plan, done) - done, reward, found.plan.ends_at.isoformat())


def next_goal(plan: Plan, done: int) -> int:
    """The number of invites at which the next band or bonus begins; ``done`` when there is none."""
    goals = [at for at, _ in plan.breakthrough]
    if plan.ladder is not None:
        lows = sorted(low if plan.ladder.mode != "marginal" else min(low, high) for low, high, _ in plan.ladder.bands)
        tops = sorted(high for _, high, _ in plan.ladder.bands)
        ahead = next((goal for goal in [*lows, *tops] if goal > done), None)
        goals += [ahead] if ahead is not None else []
    return min((goal for goal in goals if goal > done), default=done)


async def answer_terms(reader: Reader, campaign: str) -> WithdrawalTerms | None:
    """What the campaign's model asks of who withdraws; None where it asks nothing."""
    state: CampaignState | None = await reader.state(campaign_stream(campaign), stale_ok=True)
    settings = state.plan.model.settings if state is not None and state.plan is not None and state.plan.model else {}
    if "withdraw_min_fen" not in settings:
        return None
    return WithdrawalTerms(campaign, int(settings["withdraw_min_fen"]), int(settings["withdraw_fee_bps"]))


async def answer_group_campaign(reader: Reader, key: str) -> GroupCampaign:
    """The campaign of ``channel:chat:person``."""
    channel, _, rest = key.partition(":")
    chat, _, person = rest.rpartition(":")
    involved: InvolvedState | None = await reader.state(involved_stream(person))
    for campaign in involved.campaigns if involved is not None else ():
        state: ParticipationState | None = await reader.state(participation_stream(campaign, person))
        if state is not None and group_stream(channel, chat) in state.groups:
            return GroupCampaign(campaign)
    return GroupCampaign("")


async def answer_parts(reader: Reader, person: str) -> TakesPart:
    """The campaigns of a person, and whether one of their plans names them as staff."""
    involved: InvolvedState | None = await reader.state(involved_stream(person), stale_ok=True)
    found: list[tuple[str, str]] = []
    staff = False
    for name in involved.campaigns if involved is not None else ():
        campaign: CampaignState | None = await reader.state(campaign_stream(name), stale_ok=True)
        part: ParticipationState | None = await reader.state(participation_stream(name, person), stale_ok=True)
        plan = campaign.plan if campaign is not None else None
        if plan is not None and part is not None:
            found.append((name, plan.title))
            staff = staff or part.external in plan.staff
    return TakesPart(tuple(found), staff)
