"""What a phone page says of money that waits for its person, and the policy under which it may open WeChat's page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from qunflow.web.links import PersonLink
from qunflow.web.responses import SECURITY_HEADERS

_WITH_SCRIPT = SECURITY_HEADERS["content-security-policy"] + "; script-src 'self'"


@dataclass(frozen=True, slots=True)
class Takeable:
    """One payout on its person's page: ``yuan`` as people read it, ``words`` the code of what is said of it.

    ``until`` is when it is returned, ``hours`` and ``minutes`` are left until then. ``values`` open WeChat's page; they
    hold a secret and are there only inside WeChat while the payout waits.
    """

    number: str
    status: str
    words: str
    yuan: str
    until: str = ""
    hours: int = 0
    minutes: int = 0
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


#: The payouts of the person of a link, as its page shows them to this request.
FindTakes = Callable[[Request, PersonLink], Awaitable[Sequence[Takeable]]]


async def no_takes(request: Request, link: PersonLink) -> Sequence[Takeable]:
    """Nothing waits: there is no payment account."""
    return ()


def allow_script(response: Response, takes: Sequence[Takeable]) -> None:
    """The page may run its own script when there is something to open, else none."""
    if any(take.values for take in takes):
        response.headers["content-security-policy"] = _WITH_SCRIPT
