"""The feature's door: handlers in order, streams and events."""

from __future__ import annotations

from qunflow.domain.events import (
    Approved,
    CodeReady,
    Confirmed,
    Departed,
    Joined,
    MemberJoined,
    MemberLeft,
    Refused,
    Submitted,
)
from qunflow.domain.facts import CampaignVoice, GroupCampaign, ParticipantProgress, ParticipantStanding, PosterBrief
from qunflow.domain.inbound import ContactAdded
from qunflow.engine.feature import Feature, Handler, StreamType
from qunflow.features.campaigns import answers, earning, entering, life
from qunflow.features.campaigns.model import (
    BODIES,
    EVENTS,
    CampaignState,
    DraftCampaign,
    HoldOver,
    InvolvedState,
    LaunchCampaign,
    OpenPoster,
    ParticipationState,
    RaiseBudget,
    RecordStage,
    RemindDue,
    RemoveParticipant,
    SetStatus,
    evolve_campaign,
    evolve_involved,
    evolve_participation,
)

_campaign = entering.load_campaign

CAMPAIGNS = Feature(
    name="campaigns",
    handlers=(
        Handler("campaigns.draft", DraftCampaign, life.need_campaign, life.decide_draft),
        Handler("campaigns.launch", LaunchCampaign, life.need_campaign, life.decide_launch),
        Handler("campaigns.status", SetStatus, life.need_campaign, life.decide_status),
        Handler("campaigns.raise", RaiseBudget, life.need_campaign, life.decide_raise),
        Handler("campaigns.contact", ContactAdded, entering.need_entry, entering.decide_contact, entering.load_entry),
        Handler(
            "campaigns.joined",
            MemberJoined,
            entering.need_membership,
            entering.decide_joined,
            entering.load_membership,
        ),
        Handler("campaigns.left", MemberLeft, entering.need_membership, entering.decide_left, entering.load_membership),
        Handler("campaigns.hold_over", HoldOver, entering.need_own, entering.decide_hold_over, _campaign),
        Handler("campaigns.remind", RemindDue, entering.need_own, entering.decide_remind, _campaign),
        Handler("campaigns.remove", RemoveParticipant, entering.need_own, entering.decide_remove, _campaign),
        Handler("campaigns.code_ready", CodeReady, entering.need_coded, entering.decide_code_ready, _campaign),
        Handler("campaigns.open_poster", OpenPoster, entering.need_own, entering.decide_open_poster, _campaign),
        Handler("campaigns.help_joined", Joined, earning.need_inviter, earning.decide_help_changed, _campaign),
        Handler("campaigns.help_left", Departed, earning.need_inviter, earning.decide_help_changed, _campaign),
        Handler("campaigns.help_confirmed", Confirmed, earning.need_inviter, earning.decide_help_changed, _campaign),
        Handler("campaigns.approved", Approved, earning.need_earner, earning.decide_approved, _campaign),
        Handler("campaigns.submitted", Submitted, earning.need_earner, earning.decide_proof_script, _campaign),
        Handler("campaigns.refused", Refused, earning.need_earner, earning.decide_proof_script, _campaign),
        Handler("campaigns.stage", RecordStage, earning.need_earner, earning.decide_stage, _campaign),
    ),
    streams=(
        StreamType("campaign", CampaignState, CampaignState(), evolve_campaign),
        StreamType("participation", ParticipationState, ParticipationState(), evolve_participation),
        StreamType("involved", InvolvedState, InvolvedState(), evolve_involved),
    ),
    events=EVENTS,
    bodies=BODIES,
    answers={
        ParticipantStanding: answers.answer_standing,
        CampaignVoice: answers.answer_voice,
        ParticipantProgress: answers.answer_progress,
        PosterBrief: answers.answer_brief,
        GroupCampaign: answers.answer_group_campaign,
    },
)
