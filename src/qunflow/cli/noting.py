"""The command line in the audit log: acts that the console notes are noted here too, under the same names."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from qunflow.bootstrap import Application
from qunflow.cli.opening import WORKSPACE
from qunflow.console.notes import DONE, FAILED, REFUSED, Notes
from qunflow.domain.errors import QunflowError
from qunflow.storage.operators import find_account_by_name

T = TypeVar("T")
#: How the audit log calls what was done here.
WHO = "command line"


async def noted(
    application: Application, act: str, target: str, work: Callable[[], Awaitable[T]], **details: object
) -> T:
    """Do ``work`` and note it, whatever becomes of it. Raises what ``work`` raises."""
    notes = Notes(application.home.database)
    try:
        answer = await work()
    except QunflowError as error:
        await notes.add(WORKSPACE, "", WHO, act, target, REFUSED, error.code, details)
        raise
    except (Exception, asyncio.CancelledError) as error:  # noted whatever it was, also when somebody stopped it
        await notes.add(WORKSPACE, "", WHO, act, target, FAILED, type(error).__name__, details)
        raise
    await notes.add(WORKSPACE, "", WHO, act, target, DONE, "", details)
    return answer


async def account_called(application: Application, name: str) -> str:
    """The id of the console's account of this name, whose decisions these are; the name itself when there is none."""
    async with application.home.database.directory() as connection:
        account = await find_account_by_name(connection, name)
    return account.account if account is not None else name
