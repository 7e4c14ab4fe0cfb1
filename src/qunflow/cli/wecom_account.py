"""What the commands below ``qunflow wecom`` share: the account they act for, and how its answers are shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, TypeVar

import typer

from qunflow.bootstrap import Application, Channels, Home
from qunflow.cli.opening import run, show
from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.statistics import ZONE
from qunflow.domain.clock import local_date
from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.storage.directory import ChannelRow, list_channels

T = TypeVar("T")
Channel = Annotated[str, typer.Option("--channel", help="Name of the channel, when there are several WeCom accounts.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Staff = Annotated[list[str] | None, typer.Option("--staff", help="Staff user ids; give it once for each.")]
Resigned = Annotated[bool, typer.Option("--resigned", help="The giver has left the company.")]
DAY = "%Y-%m-%d"
From = Annotated[datetime | None, typer.Option("--from", formats=[DAY], help="First day, in China's time.")]
To = Annotated[datetime | None, typer.Option("--to", formats=[DAY], help="Last day; by default yesterday.")]


@dataclass(frozen=True, slots=True)
class Account:
    """One WeCom account of the data folder."""

    channel: str
    workspace: str
    client: WecomClient
    home: Home


@asynccontextmanager
async def account_of(application: Application, channel: str) -> AsyncIterator[Account]:
    """The account of that name, or the only one. Raises NotFound, and InvalidInput when there are several."""
    async with application.home.database.directory() as connection:
        rows = [row for row in await list_channels(connection) if row.kind == "wecom"]
    row = _choose(rows, channel)
    channels = Channels(application.home)
    try:
        yield Account(row.name, row.workspace, channels.wecom_client(row), application.home)
    finally:
        await channels.close()


def ask(channel: str, act: Callable[[Account], Awaitable[T]]) -> T:
    """Open the account, act, close."""

    async def whole(application: Application) -> T:
        async with account_of(application, channel) as account:
            return await act(account)

    return run(whole)


def show_rows(rows: Sequence[Any], as_json: bool, line: Callable[[Any], str], none: str = "none") -> None:
    """Records as JSON, or one line each."""
    show([plain(row) for row in rows], [line(row) for row in rows] or [none], as_json)


def plain(value: Any) -> Any:
    """A record as JSON data; days and instants in ISO form."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def days(account: Account, first: datetime | None, last: datetime | None) -> tuple[date, date]:
    """The days asked for; without them the seven up to yesterday."""
    end = last.date() if last is not None else local_date(account.home.clock.now(), ZONE) - timedelta(days=1)
    return (first.date() if first is not None else end - timedelta(days=6)), end


def _choose(rows: Sequence[ChannelRow], channel: str) -> ChannelRow:
    if channel:
        named = [row for row in rows if row.name == channel]
        if not named:
            raise NotFound("channel_unknown", f"There is no WeCom channel {channel}.", field="channel")
        return named[0]
    if not rows:
        raise NotFound("channel_unknown", "There is no WeCom channel.", way_out="Run qunflow channel add wecom.")
    if len(rows) > 1:
        names = ", ".join(row.name for row in rows)
        raise InvalidInput("channel_ambiguous", f"There are several WeCom channels: {names}.", field="channel")
    return rows[0]
