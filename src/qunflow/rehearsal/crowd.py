"""Who comes, through whom, when, and what each person does: fixed by the seed before anything runs. Pure."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from qunflow.rehearsal.dice import BPS, Dice
from qunflow.rehearsal.habits import fraud_of, more_steps
from qunflow.rehearsal.settings import CrowdSettings
from qunflow.rehearsal.steps import JOIN, LEAVE, LOOK, POSTER, REJOIN, SCAN, SUBMIT, Step
from qunflow.rehearsal.waves import grid_up, in_a_wave, soon_after

__all__ = ["JOIN", "LEAVE", "LOOK", "POSTER", "REJOIN", "SCAN", "SUBMIT", "Crowd", "PersonPlan", "Step", "plan_crowd"]

#: What a forger hands in: the inviter's very image, an own screen around the inviter's poster, a screen without code.
COPIED, FOREIGN, PLAIN = "copied", "foreign", "plain"
_LAST_SCAN = timedelta(hours=2)
_LAST_ACT = timedelta(minutes=30)
_SEEDS_WITHIN_BPS = 5_500
_SEEDS_LEAST = 5
_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = ("小雨", "思远", "佳琪", "子涵", "阿明", "晓燕", "建国", "一诺", "浩然", "梦洁", "丽娜", "文博")


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """One person's intentions. ``inviter`` is None for those who find the campaign's own poster.

    ``fraud`` says how the person cheats: '' | device | ring | quitter | ad (see ``habits.py``), beside ``forgery``.
    """

    number: int
    nickname: str
    inviter: int | None
    adds_contact: bool
    steps: tuple[Step, ...]
    forgery: str = ""
    fraud: str = ""

    @property
    def device(self) -> int:
        """Whose phone it is: the own one, or the inviter's for one account more on it."""
        return self.inviter if self.fraud == "device" and self.inviter is not None else self.number

    def at(self, kind: str) -> datetime | None:
        """When the person means to do this; None when never."""
        return next((step.at for step in self.steps if step.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Crowd:
    """The people who hear of the campaign, by number, and whom each of them shows the own poster to."""

    people: tuple[PersonPlan, ...]
    friends: tuple[tuple[int, ...], ...]

    def expected(self) -> dict[str, int]:
        """How often each step happens when nothing goes wrong; the counts of a run are compared with these."""
        counts: Counter[str] = Counter({"heard": len(self.people)})
        for person in self.people:
            counts.update(step.kind for step in person.steps)
            if person.steps and person.adds_contact:
                counts["contact"] += 1
            if person.forgery:
                counts[f"forged_{person.forgery}"] += 1
        return dict(sorted(counts.items()))


def plan_crowd(settings: CrowdSettings) -> Crowd:
    """The crowd of these settings.

    Seeds have the first numbers. Then whoever means to open a poster, the earliest first, shows it to the next few
    people, until all have heard of it or nobody is left who spreads it: a forest, each person under one inviter.
    """
    maker = _Maker(settings)
    people = [maker.person(number, None, maker.found_at(number)) for number in range(maker.seeds())]
    friends: dict[int, tuple[int, ...]] = {}
    waiting = [(at, person.number) for person in people if (at := person.at(POSTER))]
    heapq.heapify(waiting)
    while waiting and len(people) < settings.people:
        shown_at, number = heapq.heappop(waiting)
        wanted = maker.dice.weighted(number, "friends", settings.friends)
        numbers = range(len(people), min(len(people) + wanted, settings.people))
        friends[number] = tuple(numbers)
        for friend in numbers:
            person = maker.person(friend, people[number], shown_at)
            people.append(person)
            if at := person.at(POSTER):
                heapq.heappush(waiting, (at, friend))
    return Crowd(tuple(people), tuple(friends.get(person.number, ()) for person in people))


class _Maker:
    """Plans one person after the other; each plan depends on the seed, the number and the inviter's plan."""

    def __init__(self, settings: CrowdSettings) -> None:
        self.dice = Dice(settings.seed)
        self._settings = settings
        self._zone = ZoneInfo(settings.tz)
        self.grid = settings.grid

    def seeds(self) -> int:
        """How many find the campaign's own poster; five at least, as one alone often tells nobody."""
        people = self._settings.people
        return max(min(people, _SEEDS_LEAST), people * self._settings.seeds_bps // BPS)

    def found_at(self, number: int) -> datetime:
        """When a seed comes across the poster: in the first half of the window."""
        settings = self._settings
        window = int((settings.ends_at - settings.begins_at) / self.grid) * _SEEDS_WITHIN_BPS // BPS
        return grid_up(settings.begins_at, self.grid) + self.grid * self.dice.draw(number, "found", max(1, window))

    def person(self, number: int, inviter: PersonPlan | None, heard_at: datetime) -> PersonPlan:
        """The plan of one person who hears of the campaign at ``heard_at``."""
        settings, dice = self._settings, self.dice
        family = _FAMILY[dice.draw(number, "family", len(_FAMILY))]
        nickname = f"{family}{_GIVEN[dice.draw(number, 'given', len(_GIVEN))]}{number}"
        parent = inviter.number if inviter is not None else None
        scan_at = in_a_wave(dice, number, SCAN, heard_at, settings.scan_minutes, self._zone, self.grid)
        if not dice.happens(number, SCAN, settings.scan_bps) or scan_at > settings.ends_at - _LAST_SCAN:
            return PersonPlan(number, nickname, parent, False, ())
        adds = dice.happens(number, "contact", settings.add_contact_bps)
        steps, fraud = [Step(SCAN, scan_at)], ""
        if adds and dice.happens(number, JOIN, settings.join_bps):
            joined = self._member(number, soon_after(dice, number, JOIN, scan_at, settings.join_minutes, self.grid))
            fraud = fraud_of(settings, dice, number, parent is not None)
            steps += more_steps(settings, dice, number, joined, fraud)
        forgery = ""
        if any(step.kind == SUBMIT for step in steps) and dice.happens(number, "forger", settings.forger_bps):
            forgery = self._forgery(number, inviter, steps)
        return PersonPlan(number, nickname, parent, adds, tuple(steps), forgery, fraud)

    def _member(self, number: int, join_at: datetime) -> list[Step]:
        """What somebody does who joins: the own poster, the proof, a look at the page, perhaps leaving."""
        settings, dice = self._settings, self.dice
        away_from, away_to = self._absence(number, join_at)
        steps = [Step(JOIN, join_at)]
        last = settings.ends_at - _LAST_ACT

        def inside(at: datetime) -> bool:
            return at <= last and not (away_from is not None and at >= away_from and (not away_to or at <= away_to))

        poster_at = soon_after(dice, number, POSTER, join_at, settings.poster_minutes, self.grid)
        if dice.happens(number, POSTER, settings.opens_poster_bps) and inside(poster_at):
            steps.append(Step(POSTER, poster_at))
            submit_at = in_a_wave(dice, number, SUBMIT, poster_at, settings.submit_minutes, self._zone, self.grid)
            if dice.happens(number, SUBMIT, settings.submits_bps) and inside(submit_at):
                steps.append(Step(SUBMIT, submit_at))
        if dice.happens(number, LOOK, settings.looks_bps):
            look_at = in_a_wave(dice, number, LOOK, steps[-1].at, settings.look_minutes, self._zone, self.grid)
            steps.append(Step(LOOK, look_at))
        if away_from is not None:
            steps.append(Step(LEAVE, away_from))
        if away_to is not None:
            steps.append(Step(REJOIN, away_to))
        return sorted((step for step in steps if step.at <= settings.until - self.grid), key=lambda step: step.at)

    def _absence(self, number: int, join_at: datetime) -> tuple[datetime | None, datetime | None]:
        """When the person leaves and comes back; leaving happens well before the hold is over."""
        settings, dice = self._settings, self.dice
        room = int(timedelta(hours=settings.hold_hours - 2) / self.grid)
        if room <= 0 or not dice.happens(number, "leaver", settings.leaver_bps):
            return None, None
        left_at = join_at + self.grid * (1 + dice.draw(number, LEAVE, room))
        if left_at > settings.ends_at - _LAST_ACT:
            return None, None
        back_at = in_a_wave(dice, number, REJOIN, left_at, settings.rejoin_minutes, self._zone, self.grid)
        if not dice.happens(number, REJOIN, settings.rejoin_bps) or back_at > settings.ends_at - _LAST_ACT:
            return left_at, None
        return left_at, back_at

    def _forgery(self, number: int, inviter: PersonPlan | None, steps: list[Step]) -> str:
        """How a forger forges; without an inviter there is only a screen without a code."""
        if inviter is None:
            return PLAIN
        wish = (COPIED, FOREIGN, PLAIN)[self.dice.draw(number, "forgery", 3)]
        theirs, own = inviter.at(SUBMIT), next(step.at for step in steps if step.kind == SUBMIT)
        sent_before = theirs is not None and theirs < own and not inviter.forgery
        return FOREIGN if wish == COPIED and not sent_before else wish
