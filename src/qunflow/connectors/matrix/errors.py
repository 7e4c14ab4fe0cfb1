"""A Matrix server's refusals as typed errors: cause, way out, and whether another try makes sense."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qunflow.domain.errors import QunflowError
from qunflow.domain.reasons import Reason

#: A fault of the set-up stands until a person mends it; what waits behind it is tried again, not thrown away.
SETUP_WAIT = 300.0
_BUSY_WAIT = 10.0
_MAX_WAIT = 3_600.0


class Cause(StrEnum):
    """What kind of fault it is; the errcode itself stays in :attr:`MatrixError.errcode`."""

    BUSY = "busy"
    RATE_LIMITED = "rate_limited"
    SETUP = "setup"
    DEVICE = "device"
    BAD_REQUEST = "bad_request"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    NO_SUCH_CALL = "no_such_call"
    TAKEN = "taken"
    TOO_LARGE = "too_large"
    MEDIA = "media"
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


class MatrixError(QunflowError):
    """A refusal by the server, or no answer. ``wait`` above 0 means worth another try after so many seconds."""

    def __init__(self, errcode: str, fault: Fault, *, said: str = "", wait: float | None = None) -> None:
        self.errcode = errcode
        self.cause = fault.cause
        self.reason = fault.reason
        self.wait = fault.wait if wait is None else wait
        rule = f"{fault.rule} ({errcode})" if errcode else fault.rule
        if said:
            rule = f"{rule.rstrip('.')}: {said[:200].rstrip('.')}."
        super().__init__(f"matrix_{fault.cause.value}", rule, way_out=fault.way_out, status=502)

    @property
    def retryable(self) -> bool:
        """True when the same call may succeed after :attr:`wait` seconds."""
        return self.wait > 0


_TOKEN = Fault(
    Cause.SETUP,
    "The server does not know our as_token.",
    "Load the registration file again and restart the server.",
    SETUP_WAIT,
)
_ACCOUNT = Fault(
    Cause.SETUP, "The server has closed qunflow's account.", "Ask the server's admin to open it.", SETUP_WAIT
)
_ROOM_VERSION = Fault(
    Cause.SETUP, "The server does not know this room version.", "Set room_version to one that it has.", SETUP_WAIT
)
_BAD_REQUEST = Fault(Cause.BAD_REQUEST, "The server does not accept the request.", "See what it says.")

#: errcode → fault.
FAULTS: dict[str, Fault] = {
    "M_UNKNOWN_TOKEN": _TOKEN,
    "M_MISSING_TOKEN": _TOKEN,
    "M_UNAUTHORIZED": _TOKEN,
    "M_EXCLUSIVE": Fault(
        Cause.SETUP,
        "The name belongs to another application service, or lies outside of our namespace.",
        "Compare sender_localpart with the registration files of the server.",
        SETUP_WAIT,
    ),
    "M_USER_DEACTIVATED": _ACCOUNT,
    "M_USER_LOCKED": _ACCOUNT,
    "M_USER_SUSPENDED": _ACCOUNT,
    "M_CONSENT_NOT_GIVEN": _ACCOUNT,
    "M_RESOURCE_LIMIT_EXCEEDED": Fault(
        Cause.SETUP, "The server has reached a limit of its plan.", "Speak to the server's admin.", SETUP_WAIT
    ),
    "M_UNSUPPORTED_ROOM_VERSION": _ROOM_VERSION,
    "M_INCOMPATIBLE_ROOM_VERSION": _ROOM_VERSION,
    "M_FORBIDDEN": Fault(
        Cause.FORBIDDEN,
        "The server does not let us do this.",
        "Look whether qunflow's account is in the room and stands above the person.",
    ),
    "M_NOT_FOUND": Fault(Cause.NOT_FOUND, "The server knows no such thing.", "Check the id."),
    "M_UNRECOGNIZED": Fault(Cause.NO_SUCH_CALL, "The server does not have this call.", "Use a newer server."),
    "M_ROOM_IN_USE": Fault(Cause.TAKEN, "A room with this alias is there already."),
    "M_USER_IN_USE": Fault(Cause.TAKEN, "The account is there already."),
    "M_UNKNOWN_DEVICE": Fault(Cause.DEVICE, "Our device was deleted.", wait=1.0),
    "M_TOO_LARGE": Fault(
        Cause.TOO_LARGE, "This is larger than the server takes.", "Make it smaller.", reason=Reason.TOO_LARGE
    ),
    "M_NOT_YET_UPLOADED": Fault(Cause.MEDIA, "The file has not arrived yet.", wait=_BUSY_WAIT),
    "M_LIMIT_EXCEEDED": Fault(
        Cause.RATE_LIMITED, "Too many calls.", "Nothing to do, or set rate_limited: false in the registration.", 5.0
    ),
    "M_BAD_JSON": _BAD_REQUEST,
    "M_NOT_JSON": _BAD_REQUEST,
    "M_BAD_STATE": _BAD_REQUEST,
    "M_INVALID_PARAM": _BAD_REQUEST,
    "M_MISSING_PARAM": _BAD_REQUEST,
    "M_INVALID_USERNAME": _BAD_REQUEST,
    "M_INVALID_ROOM_STATE": _BAD_REQUEST,
}

UNREACHABLE = Fault(
    Cause.UNREACHABLE, "The Matrix server cannot be reached.", "Check network and homeserver_url.", _BUSY_WAIT
)
NO_ANSWER = Fault(Cause.NO_ANSWER, "The Matrix server gave no answer that can be read.", "Nothing to do.", _BUSY_WAIT)
WRONG_ADDRESS = Fault(Cause.SETUP, "There is no Matrix server at this address.", "Check homeserver_url.", SETUP_WAIT)
_BUSY = Fault(Cause.BUSY, "The Matrix server failed or is busy.", "Nothing to do.", _BUSY_WAIT)
_OTHER = Fault(Cause.UNKNOWN, "The Matrix server refused", "Look the errcode up in the Matrix specification.")
_SPOKEN = (Cause.UNKNOWN, Cause.BAD_REQUEST, Cause.FORBIDDEN, Cause.BUSY)


def refusal(status: int, errcode: str, said: str = "", wait: float | None = None) -> MatrixError:
    """The error for an answer with ``status`` 4xx or 5xx; ``wait`` in seconds as the server asked."""
    fault = FAULTS.get(errcode, _OTHER)
    if status == 429:
        fault = FAULTS["M_LIMIT_EXCEEDED"]
    elif status == 413:
        fault = FAULTS["M_TOO_LARGE"]
    elif status >= 500 and fault.wait == 0:
        fault = _BUSY
    asked = None if wait is None or fault.wait == 0 else min(max(wait, 0.1), _MAX_WAIT)
    return MatrixError(errcode, fault, said=said if fault.cause in _SPOKEN else "", wait=asked)


def refused_here(rule: str, way_out: str, reason: Reason = Reason.PLATFORM_ERROR) -> MatrixError:
    """The error for a call that breaks a known rule and was therefore not made."""
    return MatrixError("", Fault(Cause.BAD_REQUEST, rule, way_out, reason=reason))
