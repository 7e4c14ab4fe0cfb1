"""``risk(signals) → allow | hold | deny`` (campaigns.md §6): a table of rules, their sum, and nothing else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

ALLOW, FLAG, CHALLENGE, HOLD, DENY = "allow", "flag", "challenge", "hold", "deny"
#: A score from which something is held, and one from which it is denied.
HOLD_AT, DENY_AT = 60, 90
#: What a rule weighs when a plan names only its reaction.
WEIGHTS: Mapping[str, int] = MappingProxyType({"off": 0, FLAG: 30, CHALLENGE: HOLD_AT, HOLD: HOLD_AT, DENY: DENY_AT})
#: A hold ends by itself after so many hours, as if it had been approved.
HOLD_HOURS = 72
#: Of the own invitees so many in ten thousand must have gone before leavers count against who invited them.
LEAVERS_BPS = 3000


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: it applies when more than ``most`` were seen, and weighs ``weight`` then.

    ``crowd``: it tells of the place and not of the person, so it never denies without another. ``severe``: what it
    holds waits for a person, however long. ``challenge``: what it holds, the person may free by a small question.
    """

    weight: int
    most: int = 0
    crowd: bool = False
    severe: bool = False
    challenge: bool = False

    @property
    def reaction(self) -> str:
        """The reaction of the same weight; empty for a weight that none has."""
        if self.weight == HOLD_AT:
            return CHALLENGE if self.challenge else HOLD
        return next((name for name, weight in WEIGHTS.items() if weight == self.weight), "")


Rules = Mapping[str, Rule]

STANDARD: Rules = MappingProxyType(
    {
        "self_device": Rule(DENY_AT, severe=True),  # helper and owner use one device
        "same_account": Rule(DENY_AT, severe=True),  # helper and owner are paid to one account
        "same_address": Rule(DENY_AT),  # their parcels go to one address
        "device_farm": Rule(DENY_AT, 2),  # helpers on one device in one campaign
        "ip": Rule(HOLD_AT, 5, crowd=True),  # helpers from one address within an hour
        "ip_shared": Rule(HOLD_AT, 30, crowd=True),  # the same, where many honest people share the address
        "velocity": Rule(HOLD_AT, 10, crowd=True, challenge=True),  # helps for one owner within ten minutes
        "night": Rule(HOLD_AT, 5, crowd=True),  # the same from midnight to six, by the campaign's clock
        "vote_rush": Rule(HOLD_AT, crowd=True, challenge=True),  # votes a minute for one entry, as its contest says
        "farming": Rule(DENY_AT, 4),  # owners whom one person helped within seven days
        "ring": Rule(HOLD_AT),  # two people help each other
        "clique": Rule(HOLD_AT, 50),  # percent of an owner's helps from people who help one another
        "leavers": Rule(HOLD_AT, 2),  # own invitees who left early, at least three in ten
        "young": Rule(30),  # an account of less than three days, where that is known
        "no_avatar": Rule(20),  # an account without a picture, where that is known: no hold becomes a denial by it
        "staff": Rule(DENY_AT),  # staff of the campaign win nothing
    }
)
STRICT: Rules = MappingProxyType(
    {
        **STANDARD,
        "device_farm": Rule(DENY_AT, 1),
        "ip": Rule(HOLD_AT, 3, crowd=True),
        "ip_shared": Rule(HOLD_AT, 15, crowd=True),
        "velocity": Rule(HOLD_AT, 5, crowd=True, challenge=True),
        "night": Rule(HOLD_AT, 3, crowd=True),
        "farming": Rule(DENY_AT, 3),
        "clique": Rule(HOLD_AT, 30),
        "leavers": Rule(HOLD_AT, 1),
        "young": Rule(HOLD_AT),
        "no_avatar": Rule(30),
    }
)
PROFILES: Mapping[str, Rules] = MappingProxyType({"standard": STANDARD, "strict": STRICT, "off": {}})


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What a plan changes about one rule; None leaves it as it is."""

    most: int | None = None
    weight: int | None = None
    challenge: bool | None = None


@dataclass(frozen=True, slots=True)
class RiskPlan:
    """The part ``risk:`` of a plan."""

    profile: str = "standard"
    rules: Mapping[str, RuleChange] = field(default_factory=dict)
    hold_hours: int = HOLD_HOURS


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that applied, with its evidence: how many were seen, and how many would have been fine."""

    rule: str
    weight: int
    seen: int
    most: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from what was seen."""

    outcome: str = ALLOW
    score: int = 0
    hits: tuple[Hit, ...] = ()
    severe: bool = False


CLEAN = Verdict()


def rules_of(plan: RiskPlan | None) -> Rules:
    """The rules of a plan's profile with the plan's changes; empty when it wants none."""
    if plan is None:
        return STANDARD
    rules = PROFILES[plan.profile]
    if not plan.rules or not rules:
        return rules
    return {name: _changed(rule, plan.rules.get(name)) for name, rule in rules.items()}


def hold_hours_of(plan: RiskPlan | None) -> int:
    """After how many hours a hold ends by itself."""
    return plan.hold_hours if plan is not None else HOLD_HOURS


def risk(seen: Mapping[str, int], rules: Rules) -> Verdict:
    """The verdict on what was ``seen``, by rule. More of anything never makes it milder.

    What only tells of the place (an address, a rush) holds and never denies, whatever it weighs.
    """
    hits = tuple(
        Hit(name, rule.weight, seen[name], rule.most)
        for name, rule in rules.items()
        if rule.weight and seen.get(name, 0) > rule.most
    )
    if not hits:
        return CLEAN
    score = sum(hit.weight for hit in hits)
    personal = any(not rules[hit.rule].crowd for hit in hits)
    firm = sum(hit.weight for hit in hits if not rules[hit.rule].challenge)
    outcome = DENY if score >= DENY_AT and personal else HOLD if firm >= HOLD_AT else FLAG
    if outcome == FLAG and score >= HOLD_AT:
        outcome = CHALLENGE  # without what a question answers it would not have been held
    return Verdict(outcome, score, hits, any(rules[hit.rule].severe for hit in hits))


def leavers(invitees: Mapping[str, str]) -> int:
    """How many of one's own invitees are gone, as far as that says anything: 0 below three in ten."""
    gone = sum(state == "revoked" for state in invitees.values())
    return gone if gone * 10_000 >= len(invitees) * LEAVERS_BPS else 0


def _changed(rule: Rule, change: RuleChange | None) -> Rule:
    if change is None:
        return rule
    most = rule.most if change.most is None else change.most
    weight = rule.weight if change.weight is None else change.weight
    challenge = rule.challenge if change.challenge is None else change.challenge
    return Rule(weight, most, rule.crowd, rule.severe, challenge)
