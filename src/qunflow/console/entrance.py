"""The plain pages before the console: signing in, one-time links, and what is said when something is refused."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from qunflow.console.office import Office
from qunflow.console.open_desk import error_text
from qunflow.console.seats import LONGEST, Visitor
from qunflow.domain.errors import NotFound, QunflowError
from qunflow.storage.operators import AccountRow, set_manners
from qunflow.web.csrf import FIELD
from qunflow.web.responses import wants_json
from qunflow.web.templating import Templates
from qunflow.web.templating_assets import Assets
from qunflow.web.texts import LANGUAGES, choose_language

SESSION_COOKIE = "qunflow_session"
#: Holds what a form's code is made from while nobody is signed in.
VISIT_COOKIE = "qunflow_visit"
LANGUAGE_COOKIE = "qunflow_language"

Answer = Callable[[Request], Awaitable[Response]]


class Entrance:
    """Plain pages, rendered on the server; they work without scripts."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._assets = Assets()
        self._templates = Templates(office.texts, self._assets)

    def routes(self) -> list[Route]:
        """Signing in, one-time links, health and the files of these pages."""
        return [
            Route("/login", self._told(self._login_page, "console_login"), methods=["GET"]),
            Route("/login", self._told(self._login, "console_login"), methods=["POST"]),
            Route("/link/{token}", self._told(self._link_page, "console_problem"), methods=["GET"]),
            Route("/link/{token}", self._told(self._link, "console_link"), methods=["POST"]),
            Route("/health", self._health, methods=["GET"]),
            Route("/static/{name}", self._static, methods=["GET"]),
        ]

    def problem(self, request: Request, error: QunflowError, visitor: Visitor | None = None) -> Response:
        """A refusal in words; JSON for those who ask for that."""
        if wants_json(request):
            return JSONResponse(error.as_data(), status_code=error.status)
        return self._page(request, "console_problem", error=error, visitor=visitor, status=error.status)

    def _page(
        self,
        request: Request,
        template: str,
        /,
        *,
        error: QunflowError | None = None,
        visitor: Visitor | None = None,
        status: int = 200,
        **values: Any,
    ) -> Response:
        language = visitor.account.language if visitor is not None else self._language(request)
        visit = request.cookies.get(VISIT_COOKIE, "") or secrets.token_urlsafe(24)
        known = f"console.problem.{status if status in (401, 403, 404, 413, 500) else 400}"
        shown = {
            "path": request.url.path,
            "other_language": "en" if language == "zh" else "zh",
            "form_field": FIELD,
            "form_code": self._office.codes.make(visit),
            "title": self._office.texts.say(language, known) if template == "console_problem" else "",
            "problem": "" if error is None else error_text(self._office, language, error),
            "code": "" if error is None else error.code,
            "signed_in": visitor is not None,
            "next": "",
            "name": "",
            **values,
        }
        answer = HTMLResponse(self._templates.render(template, language, shown), status_code=status)
        self._set_cookie(answer, VISIT_COOKIE, visit, 3600)
        if request.query_params.get("lang", "") in LANGUAGES:
            self._set_cookie(answer, LANGUAGE_COOKIE, language, 31_536_000)
        return answer

    def _told(self, act: Answer, page: str) -> Answer:
        """An act whose errors for people are told on its page."""

        async def answer(request: Request) -> Response:
            try:
                return await act(request)
            except NotFound as error:
                return self.problem(request, error)
            except QunflowError as error:
                values = dict(request.scope["state"].get("form_values", {}))
                return self._page(request, page, error=error, status=error.status, **values)

        return answer

    async def _login_page(self, request: Request) -> Response:
        return self._page(request, "console_login", next=safe_path(request.query_params.get("next", "/")))

    async def _login(self, request: Request) -> Response:
        form = await self._form(request)
        aim = safe_path(_text(form, "next", 500))
        request.state.form_values = {"next": aim, "name": _text(form, "name", 64)}
        address = _address(request)
        account = await self._office.sign_in.check(_text(form, "name", 200), _text(form, "password", 1000), address)
        return await self._enter(request, account, aim)

    async def _link_page(self, request: Request) -> Response:
        link, name = await self._office.accounts.look_at(request.path_params["token"])
        return self._page(request, "console_link", kind=link.kind, role=link.role, owner=name)

    async def _link(self, request: Request) -> Response:
        token = request.path_params["token"]
        form = await self._form(request)
        link, owner = await self._office.accounts.look_at(token)
        name = _text(form, "name", 200)
        request.state.form_values = {"kind": link.kind, "role": link.role, "owner": owner, "name": name[:64]}
        password = _text(form, "password", 1000)
        if password != _text(form, "again", 1000):
            raise QunflowError("password_differs", "the two passwords differ", field="password")
        account = await self._office.accounts.use_link(token, name, password, _address(request))
        if account.language != self._language(request) and link.kind != "reset":
            async with self._office.database.directory() as connection:
                await set_manners(connection, account.account, self._language(request), account.look)
        return await self._enter(request, account, "/")

    async def _enter(self, request: Request, account: AccountRow, aim: str) -> Response:
        token = await self._office.sign_in.open(account, _address(request), request.headers.get("user-agent", ""))
        answer = RedirectResponse(aim, 303)
        self._set_cookie(answer, SESSION_COOKIE, token, int(LONGEST.total_seconds()))
        answer.delete_cookie(VISIT_COOKIE, path="/")
        return answer

    async def _form(self, request: Request) -> FormData:
        """The form of a page of ours. Raises QunflowError for any other."""
        form = await request.form(max_files=0, max_fields=10)
        self._office.codes.check(request.cookies.get(VISIT_COOKIE, ""), _text(form, FIELD, 200))
        return form

    async def _health(self, request: Request) -> Response:
        async with self._office.database.directory() as connection:
            await connection.fetchval("SELECT 1")
        return JSONResponse({"status": "ok"})

    async def _static(self, request: Request) -> Response:
        return self._assets.answer(request)

    def _language(self, request: Request) -> str:
        asked = request.query_params.get("lang", "") or request.cookies.get(LANGUAGE_COOKIE, "")
        return choose_language(asked, request.headers.get("accept-language", ""))

    def _set_cookie(self, answer: Response, name: str, value: str, seconds: int) -> None:
        answer.set_cookie(
            name, value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=self._office.secure
        )


def _text(form: FormData, name: str, most: int) -> str:
    value = form.get(name, "")
    return value[:most] if isinstance(value, str) else ""


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def safe_path(path: str) -> str:
    """Where to go after signing in: a path of ours, never another host."""
    parts = urlsplit(path)
    ours = path.startswith("/") and not path.startswith(("//", "/\\", "/login", "/link/"))
    return path if ours and not parts.netloc and not parts.scheme and len(path) <= 500 and path.isprintable() else "/"
