"""What every command of the CLI shares: open the data folder, join the parts, print one JSON document or lines."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import orjson
import typer

from qunflow.bootstrap import Application, open_home, set_up_logging
from qunflow.settings import read_settings
from qunflow.storage.directory import DEFAULT_WORKSPACE

T = TypeVar("T")
WORKSPACE = DEFAULT_WORKSPACE


@asynccontextmanager
async def opened(**given: object) -> AsyncIterator[Application]:
    """The joined parts over the data folder of the settings."""
    settings = read_settings(**given)
    set_up_logging("warning" if settings.log_level == "info" else settings.log_level)
    home = await open_home(settings)
    try:
        yield Application.join(home)
    finally:
        await home.close()


def run(act: Callable[[Application], Awaitable[T]], **given: object) -> T:
    """Open, act, close."""

    async def whole() -> T:
        async with opened(**given) as application:
            return await act(application)

    return asyncio.run(whole())


def show(data: Any, lines: list[str], as_json: bool) -> None:
    """One JSON document on stdout, or lines for people."""
    if as_json:
        sys.stdout.write(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    for line in lines:
        typer.echo(line)
