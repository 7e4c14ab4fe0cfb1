"""What the newer areas remember: links, transfers, moments, products, templates, rules, identity codes, tickets."""

from __future__ import annotations

from dataclasses import dataclass, field

from qunflow.sandbox.codes import Json
from qunflow.sandbox.state import Phone, Staff


@dataclass(slots=True, eq=False)
class Link:
    """An acquisition link (§3.4); ``opened`` and ``gained`` are instants, for its statistic."""

    link_id: str
    name: str
    url: str
    created: int
    skip_verify: bool
    users: list[str]
    served: int = 0
    opened: list[int] = field(default_factory=list)
    gained: list[int] = field(default_factory=list)
    customers: list[LinkCustomer] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class LinkCustomer:
    """A customer gained through a link; ``chat_status`` 0 silent, 1 has written, 2 unknown."""

    staff: Staff
    phone: Phone
    state: str
    link_id: str
    chat_key: str
    chat_status: int = 0
    messages: int = 0


@dataclass(slots=True)
class LinkQuota:
    """How many customers links may still bring; ``low_told`` once balance_low was raised."""

    total: int = 1_000
    balance: int = 1_000
    expires: int = 0
    low_told: bool = False


@dataclass(slots=True, eq=False)
class Transfer:
    """A customer on the way from one member to another (§3.6): status 1 done, 2 waiting, 3 refused, 4 full."""

    handover: Staff
    takeover: Staff
    phone: Phone
    started: float
    message: str
    resigned: bool
    status: int = 2
    takeover_time: int = 0


@dataclass(slots=True, eq=False)
class Moment:
    """A moment filed by the corp (§8.1); ``published`` holds the instant by userid, 0 until then."""

    job_id: str
    moment_id: str
    created: int
    text: str
    attachments: list[Json]
    on_phone: list[Json]
    published: dict[str, int]
    tags: list[str]
    invalid: Json
    seen_by: dict[str, list[str]] = field(default_factory=dict)
    comments: list[Json] = field(default_factory=list)
    likes: list[Json] = field(default_factory=list)
    cancelled: bool = False


@dataclass(slots=True, eq=False)
class WelcomeTemplate:
    """A group welcome of the library (§5): the content as given, and as phones show it."""

    template_id: str
    fields: Json
    text: str
    on_phone: list[Json]


@dataclass(slots=True, eq=False)
class OAuthCode:
    """A code for a page: who it stands for; one use within five minutes."""

    staff: Staff | None
    phone: Phone | None
    private: bool
    issued: float
    used: bool = False


@dataclass(slots=True)
class Ticket:
    """A JS-SDK ticket; the same one is given until it ends."""

    value: str
    ends: float


@dataclass(slots=True)
class Offers:
    """All of them, by id."""

    links: dict[str, Link] = field(default_factory=dict)
    quota: LinkQuota = field(default_factory=LinkQuota)
    link_customers: dict[tuple[str, str], LinkCustomer] = field(default_factory=dict)
    chat_keys: dict[str, LinkCustomer] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    group_transfers: dict[str, list[float]] = field(default_factory=dict)
    group_takers: dict[tuple[str, int], int] = field(default_factory=dict)
    moments: dict[str, Moment] = field(default_factory=dict)
    moment_jobs: dict[str, Moment] = field(default_factory=dict)
    templates: dict[str, WelcomeTemplate] = field(default_factory=dict)
    rules: dict[str, Json] = field(default_factory=dict)
    products: dict[str, Json] = field(default_factory=dict)
    oauth_codes: dict[str, OAuthCode] = field(default_factory=dict)
    user_tickets: dict[str, tuple[Staff, float]] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    app_messages: dict[str, Json] = field(default_factory=dict)
    cards: dict[str, tuple[Json, float]] = field(default_factory=dict)
