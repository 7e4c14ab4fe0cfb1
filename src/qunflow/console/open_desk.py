"""What a page gets for one visit: the operator, texts, times, and acts that are checked and noted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

import structlog
from nicegui import Client, ui

from qunflow.console.notes import DONE, FAILED, REFUSED
from qunflow.console.office import Office
from qunflow.console.seats import Forbidden, SignedOut, Visitor
from qunflow.domain.errors import QunflowError
from qunflow.domain.rights import Right
from qunflow.web.desk import Operator

T = TypeVar("T")


class OpenDesk:
    """One visit of one page; implements :class:`qunflow.web.desk.Desk`."""

    def __init__(self, office: Office, visitor: Visitor, token: str, client: Client) -> None:
        self.office = office
        self.visitor = visitor
        self.operator: Operator = visitor.operator
        self._token = token
        self._client = client

    @property
    def workspace(self) -> str:
        """The workspace that was open when the page was."""
        return self.operator.workspace

    def say(self, code: str, /, **parameters: object) -> str:
        """A text in the operator's language. Raises KeyError for a code that no catalogue has."""
        return self.office.texts.say(self.operator.language, code, **parameters)

    def may(self, right: Right) -> bool:
        """Whether the operator had the right when the page was opened."""
        return self.visitor.may(right)

    def local(self, at: datetime | None) -> str:
        """A time of the workspace's zone; a dash for None."""
        return "–" if at is None else at.astimezone(ZoneInfo(self.visitor.seat.tz)).strftime("%Y-%m-%d %H:%M")

    async def fresh(self, right: Right) -> Visitor:
        """Who this is now, in the workspace of this page. Raises SignedOut, Forbidden."""
        visitor = (await self.office.seats.find(self._token)).in_workspace(self.workspace)
        if not visitor.may(right):
            raise Forbidden(right)
        return visitor

    async def act(
        self, right: Right, name: str, target: str, work: Callable[[], Awaitable[T]], **details: object
    ) -> T | None:
        """Do ``work`` if the operator has the right at this moment; noted either way, errors shown in words."""
        try:
            await self.fresh(right)
            answer = await work()
        except QunflowError as error:
            await self._note(name, target, REFUSED, error.code, details)
            self.show_error(error)
            return None
        except (Exception, asyncio.CancelledError) as error:  # noted whatever it was, then told to whoever waits
            await self._note(name, target, FAILED, type(error).__name__, details)
            if isinstance(error, Exception):
                self.show_failure(error)
            raise
        await self._note(name, target, DONE, "", details)
        return answer

    def show_error(self, error: QunflowError) -> None:
        """Say what was wrong; whoever is signed out goes to the sign-in page."""
        if isinstance(error, SignedOut):
            self._go("/login")
        else:
            self.tell(self.sentence(error), "negative")

    def show_failure(self, error: Exception) -> None:
        """Something that nobody foresaw: logged whole, told short."""
        structlog.get_logger("qunflow.console").error("act_failed", exc_info=error)
        self.tell(self.say("console.error.internal"), "negative")

    def show_any(self, error: Exception) -> None:
        """What escaped from a handler of the page."""
        if isinstance(error, QunflowError):
            self.show_error(error)
        else:
            self.show_failure(error)

    def sentence(self, error: QunflowError) -> str:
        """An error in the operator's language, where a catalogue has it."""
        return error_text(self.office, self.operator.language, error)

    def tell(self, text: str, kind: Literal["positive", "negative", "warning", "info"]) -> None:
        """A short message at the edge of the page, if it is still open."""
        if not self._client.is_deleted:
            with self._client:
                ui.notify(text, type=kind, timeout=8_000 if kind == "negative" else 4_000, close_button="✕")

    def _go(self, path: str) -> None:
        if not self._client.is_deleted:
            self._client.open(path)

    async def _note(self, act: str, target: str, outcome: str, reason: str, details: dict[str, object]) -> None:
        who = self.operator
        await asyncio.shield(
            self.office.notes.add(who.workspace, who.account, who.name, act, target, outcome, reason, details)
        )


def error_text(office: Office, language: str, error: QunflowError) -> str:
    """``error.<code>`` of the catalogue, else the error's own sentence."""
    code = f"error.{error.code}"
    if not office.texts.knows(code):
        return error.sentence()
    minutes = getattr(error, "minutes", 0)
    return office.texts.say(language, code, field=error.field, minutes=minutes)
