"""``qunflow wecom stats`` and ``qunflow wecom broadcast``: WeCom's numbers, and mass sends under way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from qunflow.cli.opening import show
from qunflow.cli.wecom_account import Account, AsJson, Channel, From, Staff, To, ask, days, plain, show_rows
from qunflow.connectors.wecom.errors import WecomError
from qunflow.connectors.wecom.kept import not_reminded, reminding
from qunflow.connectors.wecom.statistics import DayNumbers, OwnerNumbers
from qunflow.domain.errors import InvalidInput

stats = typer.Typer(help="WeCom's own numbers, from yesterday back to 180 days.", no_args_is_help=True)
broadcast = typer.Typer(help="Mass sends that wait for staff.", no_args_is_help=True)
Task = Annotated[str, typer.Argument(help="WeCom's id of the mass send (msgid).")]
_STATUS = {0: "waiting", 1: "sent", 2: "not_contact", 3: "quota"}


@dataclass(frozen=True, slots=True)
class StaffDay:
    """One day of one staff member."""

    staff: str
    day: str
    numbers: dict[str, float]


@stats.command("staff")
def staff_numbers(
    staff: Staff = None, first: From = None, last: To = None, channel: Channel = "", as_json: AsJson = False
) -> None:
    """Show new contacts, chats, messages and answers per staff member and day."""

    async def read(account: Account) -> list[StaffDay]:
        begin, end = days(account, first, last)
        found: list[StaffDay] = []
        for name in tuple(staff or ()) or await account.client.contacts.follow_users():
            rows = await account.client.statistics.staff_by_day(begin, end, [name])
            found.extend(StaffDay(name, str(row.day or ""), row.numbers) for row in rows)
        return found

    show_rows(ask(channel, read), as_json, lambda row: f"{row.staff}  {row.day}  {_numbers(row.numbers)}", "no numbers")


@stats.command("groups")
def group_numbers(
    owner: Annotated[list[str] | None, typer.Option("--owner", help="Owner of groups; once for each.")] = None,
    by: Annotated[str, typer.Option("--by", help="Per owner or per day.")] = "owner",
    first: From = None,
    last: To = None,
    channel: Channel = "",
    as_json: AsJson = False,
) -> None:
    """Show groups, members and messages per owner (at most 30 days) or per day; there are none per group."""
    if by not in ("owner", "day"):
        raise InvalidInput("stats_by", "Numbers are per owner or per day.", field="by", way_out="Use owner or day.")

    async def read(account: Account) -> tuple[OwnerNumbers, ...] | tuple[DayNumbers, ...]:
        begin, end = days(account, first, last)
        owners = tuple(owner or ()) or account.client.settings.staff
        if by == "owner":
            return await account.client.statistics.groups_by_owner(begin, end, owners)
        return await account.client.statistics.groups_by_day(begin, end, owners)

    show_rows(ask(channel, read), as_json, _group_line, "no numbers")


@broadcast.command("remind")
def remind(task: Task, channel: Channel = "", as_json: AsJson = False) -> None:
    """Remind staff to confirm a mass send, at most three times in 24 hours."""

    async def act(account: Account) -> None:
        database, now = account.home.database, account.home.clock.now()
        async with database.unit(account.workspace) as unit:
            key = await reminding(unit, account.channel, task, now)
        try:
            await account.client.mass_sends.remind(task)
        except WecomError as error:
            if not error.unknown:
                async with database.unit(account.workspace) as unit:
                    await not_reminded(unit, account.channel, key)
            raise

    ask(channel, act)
    show({"reminded": task}, ["reminded"], as_json)


@broadcast.command("cancel")
def cancel(task: Task, channel: Channel = "", as_json: AsJson = False) -> None:
    """Stop what staff have not sent yet of a mass send."""
    ask(channel, lambda account: account.client.mass_sends.cancel(task))
    show({"cancelled": task}, ["cancelled; what was sent stays"], as_json)


@broadcast.command("results")
def results(task: Task, channel: Channel = "", as_json: AsJson = False) -> None:
    """Show who has confirmed a mass send, and what became of each customer or group."""

    async def read(account: Account) -> dict[str, Any]:
        calls = account.client.mass_sends
        parts = await calls.parts(task)
        rows = [row for part in parts for row in await calls.results(task, part.staff)]
        shown = [
            {"to": row.external or row.chat, "staff": row.staff, "status": _STATUS.get(row.status, str(row.status))}
            for row in rows
        ]
        return {"staff": plain(parts), "results": shown}

    found = ask(channel, read)
    counts = Counter(row["status"] for row in found["results"])
    lines = [f"{part['staff']}  {'confirmed' if part['sent'] else 'waits'}" for part in found["staff"]]
    show(found, [*lines, *(f"{count} {status}" for status, count in sorted(counts.items()))], as_json)


def _group_line(row: OwnerNumbers | DayNumbers) -> str:
    name = row.owner if isinstance(row, OwnerNumbers) else str(row.day or "?")
    return f"{name}  {_numbers(row.numbers)}"


def _numbers(values: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:g}" for name, value in values.items())
