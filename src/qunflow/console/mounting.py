"""Declared pages become pages of NiceGUI: the right is checked, the shell drawn, errors told in words."""

from __future__ import annotations

import copy
import secrets
from dataclasses import dataclass
from typing import Any

import structlog
from nicegui import Client, ui
from nicegui.page import page as nicegui_page
from starlette.requests import Request
from starlette.responses import RedirectResponse

from qunflow.console.office import Office
from qunflow.console.open_desk import OpenDesk
from qunflow.console.seats import Visitor
from qunflow.console.shell import LOOKS, draw_shell
from qunflow.console.ways import Ways
from qunflow.domain.errors import QunflowError
from qunflow.domain.rights import Right
from qunflow.web.desk import ConsolePage

BUILD_SECONDS = 20.0
MAX_PARAMETER = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """A page that is open in a browser: whose session it belongs to, and what it needs."""

    session: str
    workspace: str
    right: Right


class OpenPages:
    """The pages that are open now, by NiceGUI's id of each."""

    def __init__(self) -> None:
        self._opened: dict[str, Opened] = {}

    def note(self, client: Client, opened: Opened) -> None:
        """Remember a page until NiceGUI lets go of it."""
        self._opened[client.id] = opened
        client.on_delete(lambda: self._opened.pop(client.id, None))

    def find(self, client_id: str) -> Opened | None:
        """What belongs to a page's id."""
        return self._opened.get(client_id)


def mount_pages(ways: Ways, office: Office, opened: OpenPages) -> None:
    """Register every declared page with NiceGUI."""
    for page in ways.pages:
        if isinstance(page, ConsolePage):
            _mount(page, ways, office, opened)


def _mount(page: ConsolePage, ways: Ways, office: Office, opened: OpenPages) -> None:
    async def show(request: Request) -> Any:
        visitor, token = request.state.visitor, request.state.token
        client = ui.context.client
        desk = OpenDesk(office, visitor, token, client)
        client.on_exception(desk.show_any)
        opened.note(client, Opened(visitor.session.session, visitor.seat.workspace, page.right))
        _dress(client, visitor, desk.say(page.title))
        parameters = {name: str(value)[:MAX_PARAMETER] for name, value in request.path_params.items()}
        draw_shell(desk, ways, page)
        await _fill(desk, page, client, parameters)

    ui.page(page.path, response_timeout=BUILD_SECONDS)(show)


def _dress(client: Client, visitor: Visitor, title: str) -> None:
    """Language and look belong to the account, so the page's own description is a copy for this visit."""
    described: nicegui_page = copy.copy(client.page)
    described.language = "zh-CN" if visitor.account.language == "zh" else "en-US"
    described.dark = LOOKS[visitor.account.look]
    described.title = f"{title} · qunflow"
    client.page = described


async def _fill(desk: OpenDesk, page: ConsolePage, client: Client, parameters: dict[str, str]) -> None:
    with ui.element("main").classes("qf-main") as main:
        try:
            await page.show(desk, **parameters)
        except QunflowError as error:
            client.status_code = error.status
            _problem(desk, main, desk.say(f"console.problem.{_kind(error.status)}"), desk.sentence(error))
        except Exception as error:  # noqa: BLE001 - logged whole with the number that the page shows
            number = secrets.token_hex(4)
            structlog.get_logger("qunflow.console").error("page_failed", path=page.path, number=number, exc_info=error)
            client.status_code = 500
            _problem(desk, main, desk.say("console.problem.500"), desk.say("console.problem.number", number=number))


def _problem(desk: OpenDesk, main: ui.element, title: str, text: str) -> None:
    main.clear()
    with main, ui.element("section").classes("qf-problem"):
        ui.label(title).classes("text-h6").props('role=heading aria-level="1"')
        ui.label(text)
        ui.link(desk.say("console.problem.home"), "/")


def _kind(status: int) -> str:
    return str(status) if status in (403, 404) else "400"


def home_of(ways: Ways, visitor: Visitor) -> RedirectResponse:
    """The first page of the navigation that a role may see."""
    first = next((entry.path for entry in ways.menu if visitor.may(entry.right)), "/me")
    return RedirectResponse(first, 303)
