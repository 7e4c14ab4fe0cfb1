"""What WeCom does not tell again and we keep: group welcome templates, and reminders of mass sends, as claims."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from qunflow.connectors.wecom.bounds import refuse
from qunflow.connectors.wecom.welcome import MAX_TEMPLATES
from qunflow.domain.decisions import Claim
from qunflow.storage.guards import load_claims, load_counters, write_claims
from qunflow.storage.unit_of_work import UnitOfWork

MAX_REMINDERS = 3
REMINDER_SPAN = timedelta(hours=24)


async def reminding(unit: UnitOfWork, channel: str, task: str, now: datetime) -> str:
    """Take one of the three reminders that a mass send has in 24 hours; answers its key for :func:`not_reminded`.

    Raises InvalidInput when all are used, with the instant at which one is free again.
    """
    scope = _reminders(channel)
    await load_counters(unit, [scope])  # those that come at once go one after another
    keys = [f"{task}:{number}" for number in range(MAX_REMINDERS)]
    held = await load_claims(unit, [(scope, key) for key in keys])
    ends = {key: _end(held, scope, key) for key in keys}
    free = [key for key, end in ends.items() if end is None or end <= now]
    if not free:
        again = min(end for end in ends.values() if end is not None)
        raise refuse(
            "reminders",
            f"A mass send is reminded of {MAX_REMINDERS} times in 24 hours.",
            f"Again from {again:%Y-%m-%d %H:%M} UTC, or speak to the staff member.",
        )
    taken = Claim(scope, free[0], task, now + REMINDER_SPAN)
    await write_claims(unit, [taken], [(scope, free[0])] if ends[free[0]] is not None else [])
    return free[0]


async def not_reminded(unit: UnitOfWork, channel: str, key: str) -> None:
    """WeCom refused the reminder: it does not count."""
    await write_claims(unit, [], [(_reminders(channel), key)])


async def keep_template(unit: UnitOfWork, channel: str, template: str) -> None:
    """Remember a template; raises InvalidInput when there are a hundred."""
    held = await _templates(unit, channel)
    free = next((slot for slot in _slots() if slot not in held), None)
    if free is None:
        raise refuse("template", f"A corp has at most {MAX_TEMPLATES} templates.", "Delete one that is not used.")
    await write_claims(unit, [Claim(_welcomes(channel), free, template)], [])


async def drop_template(unit: UnitOfWork, channel: str, template: str) -> None:
    """Forget a template; one that is not known is no error."""
    held = await _templates(unit, channel)
    slots = [slot for slot, known in held.items() if known == template]
    await write_claims(unit, [], [(_welcomes(channel), slot) for slot in slots])


async def kept_templates(unit: UnitOfWork, channel: str) -> tuple[str, ...]:
    """The templates that were made through us, oldest place first."""
    return tuple((await _templates(unit, channel)).values())


async def _templates(unit: UnitOfWork, channel: str) -> dict[str, str]:
    scope = _welcomes(channel)
    await load_counters(unit, [scope])
    held = await load_claims(unit, [(scope, slot) for slot in _slots()])
    return {key: claim.holder for (_, key), claim in held.items()}


def _slots() -> Sequence[str]:
    return [f"{number:03}" for number in range(MAX_TEMPLATES)]


def _reminders(channel: str) -> str:
    return f"wecom_reminder:{channel}"


def _welcomes(channel: str) -> str:
    return f"wecom_welcome:{channel}"


def _end(held: dict[tuple[str, str], Claim], scope: str, key: str) -> datetime | None:
    claim = held.get((scope, key))
    return claim.until if claim is not None else None
