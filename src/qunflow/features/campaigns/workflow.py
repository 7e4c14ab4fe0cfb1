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
from qunflow.domain.facts import (
    CampaignVoice,
    GroupCampaign,
    ParticipantProgress,
    ParticipantStanding,
    PosterBrief,
    TakesPart,
    WithdrawalTerms,
)
from qunflow.domain.inbound import ContactAdded
from qunflow.domain.merging import PersonMerged
from qunflow.domain.prizes import PrizeNews
from qunflow.engine.feature import Feature, Handler, StreamType
from qunflow.features.campaigns import (
    answers,
    boards,
    closing,
    earning,
    entering,
    life,
    merging,
    prize_news,
    races,
    seats,
)
from qunflow.features.campaigns.contest import (
    AwardPrize,
    BoardState,
    CloseRace,
    FreezeBoard,
    OpenRace,
    PostHeld,
    RaceJoined,
    StandingState,
    evolve_board,
    evolve_standing,
)
from qunflow.features.campaigns.merged import HelpVoided, MergeSeats
from qunflow.features.campaigns.model import (
    BODIES,
    EVENTS,
    BudgetRaised,
    CampaignState,
    DraftCampaign,
    HoldOver,
    InvolvedState,
    LaunchCampaign,
    OpenPoster,
    ParticipationState,
    RaiseBudget,
    RemindDue,
    RemoveParticipant,
    SetStatus,
    evolve_campaign,
    evolve_involved,
    evolve_participation,
)
from qunflow.features.campaigns.notes import (
    NOTE_BODIES,
    NOTE_EVENTS,
    MarkNote,
    NoteState,
    TakeNote,
    decide_mark_note,
    decide_take_note,
    evolve_note,
    need_note,
)
from qunflow.features.campaigns.running import DayBegins, ExtendEnd, RaiseStock
from qunflow.features.campaigns.screening import Screened
from qunflow.features.campaigns.staging import RecordStage

_campaign = entering.load_campaign
_standing = boards.load_standing

CAMPAIGNS = Feature(
    name="campaigns",
    handlers=(
        Handler("campaigns.draft", DraftCampaign, life.need_campaign, life.decide_draft),
        Handler("campaigns.launch", LaunchCampaign, life.need_campaign, life.decide_launch),
        Handler("campaigns.status", SetStatus, life.need_campaign, life.decide_status, closing.load_money_left),
        Handler(
            "campaigns.end_codes",
            closing.EndCodes,
            closing.need_closed,
            closing.decide_end_codes,
            closing.load_codes,
        ),
        Handler("campaigns.raise", RaiseBudget, life.need_campaign, life.decide_raise),
        Handler("campaigns.raise_stock", RaiseStock, life.need_campaign, life.decide_raise_stock),
        Handler("campaigns.day", DayBegins, earning.need_nothing, earning.decide_raised, earning.load_held),
        Handler("campaigns.extend", ExtendEnd, life.need_campaign, life.decide_extend),
        Handler("campaigns.take_note", TakeNote, need_note, decide_take_note),
        Handler("campaigns.mark_note", MarkNote, need_note, decide_mark_note),
        Handler("campaigns.contact", ContactAdded, seats.need_entry, seats.decide_contact, seats.load_entry),
        Handler(
            "campaigns.joined",
            MemberJoined,
            seats.need_membership,
            seats.decide_joined,
            seats.load_membership,
        ),
        Handler("campaigns.left", MemberLeft, seats.need_membership, seats.decide_left, seats.load_membership),
        Handler("campaigns.merged", PersonMerged, merging.need_nothing, merging.decide_merged, merging.load_involved),
        Handler("campaigns.seats", MergeSeats, merging.need_seats, merging.decide_seats, merging.load_seats),
        Handler("campaigns.hold_over", HoldOver, entering.need_own, entering.decide_hold_over, _campaign),
        Handler("campaigns.remind", RemindDue, entering.need_own, entering.decide_remind, _campaign),
        Handler("campaigns.remove", RemoveParticipant, entering.need_own, entering.decide_remove, _campaign),
        Handler("campaigns.code_ready", CodeReady, entering.need_coded, entering.decide_code_ready, _campaign),
        Handler("campaigns.open_poster", OpenPoster, entering.need_own, entering.decide_open_poster, _campaign),
        Handler("campaigns.help_joined", Joined, earning.need_inviter, earning.decide_help_changed, _campaign),
        Handler("campaigns.help_left", Departed, earning.need_inviter, earning.decide_help_changed, _campaign),
        Handler("campaigns.help_confirmed", Confirmed, earning.need_inviter, earning.decide_help_changed, _campaign),
        Handler("campaigns.help_screened", Screened, earning.need_inviter, earning.decide_help_changed, _campaign),
        Handler("campaigns.help_voided", HelpVoided, earning.need_inviter, earning.decide_help_changed, _campaign),
        *(
            Handler(f"campaigns.standing_{kind.KIND}", kind, boards.need_standing, boards.decide_standing, _standing)
            for kind in (RaceJoined, Confirmed, Departed, Screened, HelpVoided)
        ),
        Handler("campaigns.open_race", OpenRace, races.need_race, races.decide_open_race, races.load_race),
        Handler("campaigns.close_race", CloseRace, races.need_race, races.decide_close_race, races.load_race),
        Handler("campaigns.freeze", FreezeBoard, boards.need_board, boards.decide_freeze, boards.load_board),
        Handler("campaigns.award", AwardPrize, earning.need_named, earning.decide_award, _campaign),
        Handler("campaigns.raised", BudgetRaised, earning.need_nothing, earning.decide_raised, earning.load_held),
        Handler("campaigns.post_held", PostHeld, earning.need_named, earning.decide_post_held, _campaign),
        Handler("campaigns.approved", Approved, earning.need_earner, earning.decide_approved, _campaign),
        Handler("campaigns.submitted", Submitted, earning.need_earner, earning.decide_proof_script, _campaign),
        Handler("campaigns.refused", Refused, earning.need_earner, earning.decide_proof_script, _campaign),
        Handler("campaigns.prize_news", PrizeNews, prize_news.need_holder, prize_news.decide_news, _campaign),
        Handler("campaigns.stage", RecordStage, earning.need_earner, earning.decide_stage, _campaign),
    ),
    streams=(
        StreamType("campaign", CampaignState, CampaignState(), evolve_campaign, steady=True),
        StreamType("participation", ParticipationState, ParticipationState(), evolve_participation),
        StreamType("involved", InvolvedState, InvolvedState(), evolve_involved),
        StreamType("standing", StandingState, StandingState(), evolve_standing),
        StreamType("board", BoardState, BoardState(), evolve_board),
        StreamType("note", NoteState, NoteState(), evolve_note),
    ),
    events=(*EVENTS, *NOTE_EVENTS),
    bodies=(*BODIES, *NOTE_BODIES, closing.EndCodes),
    answers={
        ParticipantStanding: answers.answer_standing,
        CampaignVoice: answers.answer_voice,
        ParticipantProgress: answers.answer_progress,
        PosterBrief: answers.answer_brief,
        GroupCampaign: answers.answer_group_campaign,
        WithdrawalTerms: answers.answer_terms,
        TakesPart: answers.answer_parts,
    },
)
