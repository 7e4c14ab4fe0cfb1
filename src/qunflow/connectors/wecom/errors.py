"""WeCom's refusals as typed errors: cause, way out, and whether another try makes sense (wecom-api.md §0)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qunflow.domain.errors import QunflowError
from qunflow.domain.reasons import Reason

#: A fault of the set-up stands until a person mends it; what waits behind it is tried again, not thrown away.
SETUP_WAIT = 300.0


class Cause(StrEnum):
    """What kind of fault it is; the errcode itself stays in :attr:`WecomError.errcode`."""

    BUSY = "busy"
    RATE_LIMITED = "rate_limited"
    SETUP = "setup"
    TOKEN = "token"
    BAD_REQUEST = "bad_request"
    STAFF = "staff"
    NOT_CONTACT = "not_contact"
    NO_SUCH_GROUP = "no_such_group"
    NO_SUCH_CONFIG = "no_such_config"
    QUOTA = "quota"
    TAG = "tag"
    TRANSFER = "transfer"
    TEMPLATE = "template"
    MOMENT = "moment"
    WORDS = "words"
    ALBUM = "album"
    SIGN_IN = "sign_in"
    WELCOME = "welcome"
    MEDIA = "media"
    BROADCAST = "broadcast"
    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table; ``wait`` above 0 means worth another try after so many wall seconds."""

    cause: Cause
    rule: str
    way_out: str = ""
    wait: float = 0.0
    reason: Reason = Reason.PLATFORM_ERROR


class WecomError(QunflowError):
    """A refusal by WeCom, or no answer. ``unknown`` means that the call may have been carried out."""

    def __init__(self, errcode: int, fault: Fault, *, said: str = "", unknown: bool = False) -> None:
        self.errcode = errcode
        self.fault = fault
        self.cause = fault.cause
        self.reason = fault.reason
        self.wait = fault.wait
        self.unknown = unknown
        rule = f"{fault.rule} (errcode {errcode})" if errcode else fault.rule
        if said:
            rule = f"{rule.rstrip('.')}: {said[:200]}."
        super().__init__(f"wecom_{fault.cause.value}", rule, way_out=fault.way_out, status=502)

    @property
    def retryable(self) -> bool:
        """True when the same call may succeed after :attr:`wait` seconds."""
        return self.wait > 0


_SPLIT = "Shorten it, or split it into several."
_RANGE = "Add the member to 使用范围 of 客户联系 and to the app's visible range."
_GROUP_GONE = Fault(
    Cause.NO_SUCH_GROUP,
    "This is no customer group of the corp, or it was dissolved.",
    "Take it out of the pool.",
)
_NO_CONFIG = Fault(Cause.NO_SUCH_CONFIG, "WeCom does not know this config_id.", "Make a new code.")
_TOKEN = Fault(Cause.TOKEN, "The access token is no longer good.", wait=1.0)
_BAD_STAFF = Fault(Cause.STAFF, "WeCom does not know this staff member.", "Check the userid.")
_STAFF_RANGE = Fault(Cause.STAFF, "The staff member may not use customer contact.", _RANGE)
_BAD_PARAMETER = Fault(Cause.BAD_REQUEST, "WeCom does not accept a parameter.", "See what it says.")
_BAD_ATTACHMENT = Fault(Cause.BAD_REQUEST, "WeCom does not accept an attachment.", "Check kind, number and size.")
_MEDIA_GONE = Fault(Cause.MEDIA, "The uploaded image is no longer there.", wait=1.0)
_MEDIA_BAD = Fault(Cause.MEDIA, "WeCom does not accept the file.", "Use a JPG or PNG of 6 bytes to 10 MB.")
_TRUSTED_DOMAIN = "Add it under 网页授权及JS-SDK on the app's page."
_TRANSFER_UNDER_WAY = Fault(Cause.TRANSFER, "The customer is being handed over just now.", "Read the results later.")
_TRANSFER_TOO_OFTEN = Fault(Cause.TRANSFER, "The customer was handed over twice in 90 days.", "Wait, or leave it.")
_TRANSFER_REFUSED = Fault(Cause.TRANSFER, "The group cannot be handed over.", "Check owner, taker and their ranges.")
_NO_MOMENT = Fault(Cause.MOMENT, "WeCom does not know this moment, or not for this app.", "See the list of moments.")
_BAD_WORDS = Fault(Cause.WORDS, "WeCom does not accept the rule about words.", "Check name, words, staff and number.")
_BAD_PRODUCT = Fault(Cause.ALBUM, "WeCom does not accept the product.", "Check id, price, description and images.")
_NO_LICENCE = Fault(Cause.STAFF, "The member has no interface licence, or it has ended.", "Buy one in the console.")

#: errcode → fault.
FAULTS: dict[int, Fault] = {
    -1: Fault(Cause.BUSY, "WeCom is busy.", wait=10.0),
    40001: Fault(Cause.SETUP, "The app secret is wrong.", "Copy it again from the app's page.", SETUP_WAIT),
    40003: _BAD_STAFF,
    60111: _BAD_STAFF,
    40013: Fault(Cause.SETUP, "The corp id is wrong.", "See 我的企业 → 企业ID.", SETUP_WAIT),
    41004: Fault(Cause.SETUP, "The app secret is missing.", "Set it for this channel.", SETUP_WAIT),
    40014: _TOKEN,
    42001: _TOKEN,
    41001: _TOKEN,
    40007: _MEDIA_GONE,
    40004: _MEDIA_BAD,
    40006: _MEDIA_BAD,
    44001: _MEDIA_BAD,
    45001: _MEDIA_BAD,
    40123: _MEDIA_BAD,
    45002: Fault(Cause.BAD_REQUEST, "The text is too long.", _SPLIT),
    40033: _BAD_PARAMETER,
    40035: _BAD_PARAMETER,
    40058: _BAD_PARAMETER,
    40063: _BAD_PARAMETER,
    40050: _GROUP_GONE,
    40096: Fault(Cause.NOT_CONTACT, "WeCom does not know this customer.", "Check the id.", reason=Reason.NOT_CONTACT),
    41041: Fault(Cause.BAD_REQUEST, "A contact code has at most 100 staff.", "Name fewer."),
    41044: _NO_CONFIG,
    41045: Fault(
        Cause.QUOTA,
        "The corp has used all 500,000 contact and join codes.",
        "Close campaigns whose personal codes are no longer needed.",
        reason=Reason.QUOTA,
    ),
    41047: Fault(Cause.BROADCAST, "WeCom does not know this mass send.", "Check the task id."),
    41048: Fault(
        Cause.NOT_CONTACT,
        "None of the customers can be sent to.",
        "They are no contacts of the sender.",
        reason=Reason.NOT_CONTACT,
    ),
    41050: Fault(
        Cause.WELCOME,
        "The welcome code is invalid or older than 20 seconds.",
        "Look whether callbacks arrive late.",
        reason=Reason.WELCOME_EXPIRED,
    ),
    41051: Fault(
        Cause.WELCOME,
        "The customer is already chatting or was already welcomed.",
        "Let only one app send welcomes.",
        reason=Reason.ALREADY_WELCOMED,
    ),
    41096: Fault(Cause.WELCOME, "A welcome is being sent just now.", wait=1.0),
    41063: Fault(Cause.BROADCAST, "The mass send is still being given out.", wait=60.0),
    41064: _BAD_ATTACHMENT,
    41065: _BAD_ATTACHMENT,
    41066: _BAD_ATTACHMENT,
    41067: _BAD_ATTACHMENT,
    41091: Fault(Cause.BAD_REQUEST, "An entry has at most 5 groups.", "Name fewer."),
    41093: Fault(Cause.BROADCAST, "The mass send was already cancelled."),
    41094: Fault(
        Cause.QUOTA,
        "A mass send can be reminded of three times in 24 hours.",
        "Wait, or speak to the staff member.",
        reason=Reason.QUOTA,
    ),
    45009: Fault(Cause.RATE_LIMITED, "Too many calls of this API.", "Nothing to do: it goes on by itself.", 60.0),
    45033: Fault(Cause.RATE_LIMITED, "Too many calls at the same time.", "Nothing to do.", 2.0),
    45035: Fault(Cause.RATE_LIMITED, "Two calls changed the same customer.", "Nothing to do.", 2.0),
    48001: Fault(Cause.SETUP, "The app may not use this API.", "Grant it in the console.", SETUP_WAIT),
    48002: Fault(
        Cause.SETUP,
        "The app is not among those that may call customer contact.",
        "Add it under 客户联系 → 可调用接口的应用.",
        SETUP_WAIT,
    ),
    50100: Fault(Cause.BAD_REQUEST, "The page cursor is no longer good.", "Read again from the start.", 5.0),
    60011: Fault(Cause.STAFF, "The app has no right over this member.", _RANGE),
    60020: Fault(
        Cause.SETUP,
        "This server's IP is not trusted.",
        "Add it under 企业可信IP on the app's page.",
        SETUP_WAIT,
    ),
    60021: _STAFF_RANGE,
    60030: _STAFF_RANGE,
    84074: _STAFF_RANGE,
    81013: Fault(Cause.STAFF, "None of the staff named can be written to.", _RANGE),
    81017: Fault(Cause.BAD_REQUEST, "More than 1000 people are visible.", "Name the group owners in the settings."),
    84061: Fault(
        Cause.NOT_CONTACT,
        "Customer and staff member are not connected.",
        "The customer has to add the staff member again.",
        reason=Reason.NOT_CONTACT,
    ),
    90501: _GROUP_GONE,
    301002: Fault(Cause.SETUP, "The AgentId belongs to another app.", "Correct the AgentId.", SETUP_WAIT),
    40029: Fault(Cause.SIGN_IN, "The sign-in code was used or is older than five minutes.", "Open the page again."),
    42003: Fault(Cause.SIGN_IN, "The sign-in code has ended.", "Open the page again."),
    42022: Fault(Cause.SIGN_IN, "The sign-in ticket has ended.", "Open the page again."),
    50001: Fault(Cause.SETUP, "The address of our pages is no trusted domain.", _TRUSTED_DOMAIN, SETUP_WAIT),
    40068: Fault(Cause.TAG, "WeCom does not know this tag.", "See the list of tags."),
    40071: Fault(Cause.TAG, "A tag or tag group of this name exists.", "Use it, or choose another name."),
    40126: Fault(Cause.TAG, "The corp has used all its tags.", "Delete tags that nobody uses.", reason=Reason.QUOTA),
    40097: Fault(Cause.TRANSFER, "The giver has not resigned.", "Hand over on the job instead."),
    40098: Fault(Cause.TRANSFER, "The taker has not verified the real name.", "Let the member verify it."),
    40128: _TRANSFER_UNDER_WAY,
    40129: _TRANSFER_UNDER_WAY,
    40130: _TRANSFER_TOO_OFTEN,
    40131: _TRANSFER_TOO_OFTEN,
    41035: Fault(Cause.BAD_REQUEST, "The customer's id is missing.", "Name the customer."),
    41042: Fault(Cause.BAD_REQUEST, "The style of the contact code is not known.", "Leave it out."),
    41043: _NO_CONFIG,
    41055: Fault(
        Cause.TEMPLATE, "The corp has 100 welcome templates.", "Delete one that is not used.", reason=Reason.QUOTA
    ),
    41058: Fault(Cause.TEMPLATE, "Another app made this template.", "Change it where it was made."),
    41059: _NO_MOMENT,
    41060: _NO_MOMENT,
    41061: _NO_MOMENT,
    41062: _NO_MOMENT,
    41078: Fault(Cause.MOMENT, "Too many moments are being made.", "Nothing to do.", 600.0, Reason.QUOTA),
    41079: Fault(Cause.MOMENT, "The moment is still being given out.", "Nothing to do.", 60.0),
    41068: _BAD_WORDS,
    41069: _BAD_WORDS,
    41070: _BAD_WORDS,
    41071: _BAD_WORDS,
    41076: _BAD_WORDS,
    41077: _BAD_WORDS,
    41083: _BAD_WORDS,
    41084: _BAD_WORDS,
    41073: _BAD_PRODUCT,
    41074: _BAD_PRODUCT,
    41075: _BAD_PRODUCT,
    41085: _BAD_PRODUCT,
    41086: _BAD_PRODUCT,
    41087: _BAD_PRODUCT,
    41088: _BAD_PRODUCT,
    41072: _BAD_ATTACHMENT,
    41080: _BAD_ATTACHMENT,
    41081: _BAD_ATTACHMENT,
    41082: _BAD_ATTACHMENT,
    41095: Fault(
        Cause.QUOTA, "No more acquisition links or no quota.", "Delete links or buy quota.", reason=Reason.QUOTA
    ),
    41053: Fault(Cause.NOT_CONTACT, "The customer has not agreed to the message archive.", "Ask for it in the chat."),
    90500: Fault(Cause.TRANSFER, "The owner of the group has not resigned.", "Hand it over on the job instead."),
    90502: Fault(Cause.TRANSFER, "The owner of the group has resigned.", "Hand it over as resigned."),
    90504: Fault(Cause.TRANSFER, "The group has this owner already.", "Nothing to do."),
    90507: _TRANSFER_REFUSED,
    90508: _TRANSFER_REFUSED,
    90509: _TRANSFER_REFUSED,
    90511: Fault(
        Cause.NO_SUCH_GROUP, "WeCom does not know this opengid.", "Open the mini program from the group again."
    ),
    600018: Fault(Cause.BAD_REQUEST, "There are no numbers of this time.", "Ask from yesterday back to 180 days."),
    701008: _NO_LICENCE,
    701016: _NO_LICENCE,
    701099: _NO_LICENCE,
}

UNREACHABLE = Fault(Cause.UNREACHABLE, "WeCom cannot be reached.", "Check network, proxy and base URL.", wait=10.0)
NO_ANSWER = Fault(
    Cause.NO_ANSWER, "WeCom gave no answer that can be read.", "Look whether it was carried out.", wait=10.0
)
WRONG_ADDRESS = Fault(Cause.SETUP, "There is no such API at this address.", "Check the base URL.", wait=SETUP_WAIT)
_OTHER = Fault(Cause.UNKNOWN, "WeCom refused", "Look the errcode up in WeCom's list of global error codes.")


def refusal(errcode: int, said: str = "") -> WecomError:
    """The error for an errcode; one that is not in the table carries what WeCom said (without its hint)."""
    fault = FAULTS.get(errcode, _OTHER)
    text = said.partition(", hint:")[0] if fault in (_OTHER, _BAD_PARAMETER) else ""
    return WecomError(errcode, fault, said=text)


def refused_here(rule: str, way_out: str) -> WecomError:
    """The error for a call that breaks a known limit of WeCom and was therefore not made."""
    return WecomError(0, Fault(Cause.BAD_REQUEST, rule, way_out))
