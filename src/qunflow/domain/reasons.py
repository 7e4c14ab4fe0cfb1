"""Why something was refused, dropped or ended. A closed list; every use is counted."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The reasons of rejections (campaigns.md §1.2, §8), stops of the pipeline, and outcomes."""

    # the engine
    UNKNOWN_KIND = "unknown_kind"
    POISON = "poison"
    TOO_DEEP = "too_deep"
    ALREADY_DONE = "already_done"
    # codes and groups
    UNKNOWN_CODE = "unknown_code"
    CODE_CLOSED = "code_closed"
    POOL_EMPTY = "pool_empty"
    UNKNOWN_GROUP = "unknown_group"
    STALE_READING = "stale_reading"
    # campaigns
    NOT_RUNNING = "not_running"
    EXPIRED = "expired"
    SELF_HELP = "self_help"
    ALREADY_HELPED = "already_helped"
    HELPER_QUOTA = "helper_quota"
    NOT_NEW_USER = "not_new_user"
    NOT_IN_GROUP = "not_in_group"
    NOT_PARTICIPATING = "not_participating"
    ALREADY_PARTICIPATING = "already_participating"
    BUDGET_SPENT = "budget_spent"
    STAGE_ORDER = "stage_order"
    STAGE_UNKNOWN = "stage_unknown"
    WORSE_FOR_PEOPLE = "worse_for_people"
    WRONG_STATE = "wrong_state"
    LEFT = "left"
    KICKED = "kicked"
    UNFOLLOWED = "unfollowed"
    FRAUD = "fraud"
    # proofs (campaigns.md §8)
    NOT_TARGET_PAGE = "not_target_page"
    WRONG_POSTER = "wrong_poster"
    QR_MISMATCH = "qr_mismatch"
    DUPLICATE_IMAGE = "duplicate_image"
    TOO_FEW_LIKES = "too_few_likes"
    GROUPED_VISIBILITY = "grouped_visibility"
    DELETED_OR_TOO_SHORT = "deleted_or_too_short"
    UNREADABLE = "unreadable"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    EDITED = "edited"
    OUT_OF_WINDOW = "out_of_window"
    NOT_GROUP_MEMBER = "not_group_member"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    OWN_INVITEE = "own_invitee"
    OTHER = "other"
    # delivery
    NOT_CONTACT = "not_contact"
    WELCOME_EXPIRED = "welcome_expired"
    ALREADY_WELCOMED = "already_welcomed"
    QUOTA = "quota"
    NO_CAPABILITY = "no_capability"
    PLATFORM_ERROR = "platform_error"
    CAMPAIGN_CLOSED = "campaign_closed"
