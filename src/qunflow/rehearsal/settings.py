"""What a crowd is made with: its size, seed, window and habits."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from qunflow.domain.errors import InvalidInput
from qunflow.rehearsal.dice import BPS

PEOPLE_MOST = 200_000
FRIENDS_MOST = 6
_MINUTES_MOST = 24 * 60


@dataclass(frozen=True, slots=True)
class CrowdSettings:
    """A crowd. Shares are bps of those who got as far as the step before; delays are means in minutes.

    The crowd comes between ``begins_at`` and ``ends_at`` (the campaign's end); the clock then runs on to ``until``.
    ``friends`` are the bps of people who show their poster to 0, 1 … 6 friends. ``hold_hours`` is the campaign's:
    leavers leave before it is over. A forger hands in another's image or a screen without a code instead of proof.

    The rest is for campaigns that play a model, and 0 in the demo: who plays at all, who comes back on the next day
    (asked anew each day), who helps the friend that brought them, who buys or pays what was ordered, who gives a thing
    back; four kinds of fraud (accounts on the inviter's own phone, friends who help each other in rings, those who
    leave right after the hold, posters of advertisements). ``hours`` are the minutes after local midnight at which a
    model has something to do; without them people come in the waves of the day. ``grid_minutes`` is the step of the
    crowd's instants: coarser for long campaigns.
    """

    people: int
    seed: str
    begins_at: datetime
    ends_at: datetime
    until: datetime
    tz: str = "Asia/Shanghai"
    hold_hours: int = 24
    seeds_bps: int = 500
    scan_bps: int = 8_500
    add_contact_bps: int = 9_200
    join_bps: int = 9_400
    opens_poster_bps: int = 8_500
    submits_bps: int = 7_500
    leaver_bps: int = 800
    rejoin_bps: int = 3_000
    forger_bps: int = 500
    looks_bps: int = 3_000
    friends: tuple[int, ...] = (1_200, 1_800, 2_200, 2_000, 1_400, 900, 500)
    scan_minutes: int = 100
    join_minutes: int = 10
    poster_minutes: int = 20
    submit_minutes: int = 60
    look_minutes: int = 240
    rejoin_minutes: int = 240
    plays_bps: int = 0
    comes_back_bps: int = 0
    helps_bps: int = 9_000
    buys_bps: int = 0
    returns_bps: int = 0
    shared_device_bps: int = 0
    ring_bps: int = 0
    quitter_bps: int = 0
    ad_bps: int = 0
    hours: tuple[int, ...] = ()
    grid_minutes: int = 30

    def __post_init__(self) -> None:
        """Raises InvalidInput for the first setting that does not fit."""
        _within("people", self.people, 1, PEOPLE_MOST)
        _within("hold_hours", self.hold_hours, 0, 24 * 30)
        for entry in fields(self):
            if entry.name.endswith("_bps"):
                _within(entry.name, getattr(self, entry.name), 0, BPS)
            if entry.name.endswith("_minutes"):
                _within(entry.name, getattr(self, entry.name), 1, _MINUTES_MOST)
        _within("grid_minutes", self.grid_minutes, 5, 240)
        for minute in self.hours:
            _within("hours", minute, 0, _MINUTES_MOST - 1)
        if not 1 <= len(self.seed) <= 100:
            raise InvalidInput("crowd_seed", "a seed has 1 to 100 characters", field="seed")
        if len(self.friends) > FRIENDS_MOST + 1 or min(self.friends, default=-1) < 0 or sum(self.friends) != BPS:
            raise InvalidInput("crowd_friends", "up to seven shares, none below 0, that sum to 10,000", field="friends")
        self._check_window()

    @property
    def grid(self) -> timedelta:
        """The step of the crowd's instants."""
        return timedelta(minutes=self.grid_minutes)

    def _check_window(self) -> None:
        for name in ("begins_at", "ends_at", "until"):
            if getattr(self, name).tzinfo is None:
                raise InvalidInput("crowd_time", "an instant has a time zone", field=name)
        if not self.begins_at < self.ends_at <= self.until:
            raise InvalidInput("crowd_window", "begins_at < ends_at <= until", field="begins_at")
        try:
            ZoneInfo(self.tz)
        except (KeyError, ValueError, OSError) as error:
            raise InvalidInput("crowd_zone", "a time zone like Asia/Shanghai", field="tz") from error


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InvalidInput("crowd_number", f"a whole number from {low} to {high}", field=name)
