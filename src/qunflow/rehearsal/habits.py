"""What people do beyond bringing friends: playing a model on several days, buying, cheating. Pure.

Kinds of fraud: ``device`` is one account more on the inviter's own phone, ``ring`` helps back everybody who helped,
``quitter`` leaves right after the hold, with the reward, ``ad`` posts advertisements into the group.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from qunflow.rehearsal.dice import BPS, Dice
from qunflow.rehearsal.settings import CrowdSettings
from qunflow.rehearsal.steps import BUY, LEAVE, PLAY, SAY, Step
from qunflow.rehearsal.waves import grid_up, in_a_wave, soon_after

DEVICE, RING, QUITTER, AD = "device", "ring", "quitter", "ad"
#: Nobody comes back more often than that, whatever the share.
_DAYS_MOST = 120
_DAY = timedelta(days=1)
_BACK_MINUTES = 120


def fraud_of(settings: CrowdSettings, dice: Dice, number: int, invited: bool) -> str:
    """How somebody who joins cheats, mostly not at all; accounts on another's phone need that other."""
    shares = (
        (DEVICE, settings.shared_device_bps if invited else 0),
        (RING, settings.ring_bps if invited and settings.plays_bps else 0),
        (QUITTER, settings.quitter_bps),
        (AD, settings.ad_bps),
    )
    if not any(share for _, share in shares):
        return ""
    rest = dice.draw(number, "fraud", BPS)
    for kind, share in shares:
        rest -= share
        if rest < 0:
            return kind
    return ""


def more_steps(settings: CrowdSettings, dice: Dice, number: int, steps: list[Step], fraud: str) -> list[Step]:
    """The steps of somebody who joins, with what they play and buy and what a cheat adds, in order."""
    join_at = steps[0].at
    away = [step.at for step in steps if step.kind == LEAVE]
    found = list(steps)
    if settings.plays_bps and dice.happens(number, "plays", settings.plays_bps):
        found += _visits(settings, dice, number, join_at)
    if settings.buys_bps and dice.happens(number, "buys", settings.buys_bps):
        wait = soon_after(dice, number, BUY, join_at, 36 * 60, settings.grid)
        found += [Step(BUY, wait)]
    if fraud == AD:
        found.append(Step(SAY, join_at + settings.grid))
    if fraud == QUITTER and not away:
        held = grid_up(join_at + timedelta(hours=settings.hold_hours), settings.grid)
        found.append(Step(LEAVE, held + settings.grid * (1 + dice.draw(number, "quits", 6))))
    gone = next((step.at for step in found if step.kind == LEAVE), None)
    kept = [step for step in found if _may(settings, step, gone)]
    return sorted(kept, key=lambda step: (step.at, step.kind))


def _may(settings: CrowdSettings, step: Step, gone: datetime | None) -> bool:
    """Nobody plays or buys after the end or after leaving, nor leaves after everything is over."""
    if step.kind in (PLAY, BUY, SAY):
        return step.at < settings.ends_at and (gone is None or step.at < gone)
    return step.at <= settings.until - settings.grid


def _visits(settings: CrowdSettings, dice: Dice, number: int, join_at: datetime) -> list[Step]:
    """The first look right after joining, one on each day as long as somebody comes back."""
    zone = ZoneInfo(settings.tz)
    found = [Step(PLAY, join_at + settings.grid)]
    for day in range(1, _DAYS_MOST):
        morning = _midnight(join_at, zone) + _DAY * day
        if morning >= settings.ends_at or not dice.happens(number, f"back:{day}", settings.comes_back_bps):
            break
        if settings.hours:
            minute = settings.hours[dice.draw(number, f"hour:{day}", len(settings.hours))]
            found.append(Step(PLAY, morning + timedelta(minutes=minute), exact=True))
        else:
            start = morning + timedelta(hours=7)
            found.append(Step(PLAY, in_a_wave(dice, number, f"day:{day}", start, _BACK_MINUTES, zone, settings.grid)))
    if settings.hours:  # those who joined before today's hour come to it as well
        today = [_midnight(join_at, zone) + timedelta(minutes=minute) for minute in settings.hours]
        ahead = [at for at in today if at > found[0].at]
        if ahead and dice.happens(number, "tonight", max(settings.comes_back_bps, BPS // 2)):
            found.append(Step(PLAY, ahead[dice.draw(number, "hour:0", len(ahead))], exact=True))
    return found


def _midnight(at: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the instant's local day."""
    return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
