"""Answers of public pages: security headers on all, friendly endings for errors, JSON for those who ask for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import QunflowError
from qunflow.domain.reasons import Reason
from qunflow.web.links import Links
from qunflow.web.templating import Templates
from qunflow.web.templating_assets import Assets
from qunflow.web.texts import Texts, choose_language

Endpoint = Callable[[Request], Awaitable[Response]]

#: No script runs, nothing is fetched from elsewhere but a platform's QR picture.
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' http: https:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
}
_STATUS = {
    Reason.UNKNOWN_CODE: 404,
    Reason.UNKNOWN_GROUP: 404,
    Reason.CODE_CLOSED: 410,
    Reason.EXPIRED: 410,
    Reason.CAMPAIGN_CLOSED: 410,
    Reason.NOT_PARTICIPATING: 403,
    Reason.NOT_IN_GROUP: 403,
    Reason.FRAUD: 403,
    Reason.TOO_LARGE: 413,
    Reason.POOL_EMPTY: 503,
    Reason.PLATFORM_ERROR: 503,
}


#: After these there is no page of the person's own.
_NO_WAY_BACK = ("link_unknown", "campaign_unknown", "overloaded")


class Refusal(QunflowError):
    """A rejection that a page shows as its ending; ``code`` is the reason's."""

    def __init__(self, rejection: Rejection) -> None:
        self.rejection = rejection
        status = _STATUS.get(rejection.reason, 409)
        super().__init__(str(rejection.reason), f"refused: {rejection.reason}", status=status)


class Site:
    """What every public page needs: texts, templates, static files and links."""

    def __init__(self, links: Links) -> None:
        self.links = links
        self.texts = Texts.load()
        self.assets = Assets()
        self.templates = Templates(self.texts, self.assets)

    def language(self, request: Request) -> str:
        """The language that this page is in."""
        return choose_language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))

    def page(self, request: Request, name: str, *, status: int = 200, refresh: int = 0, **values: Any) -> Response:
        """The page ``name``; with ``refresh`` it loads itself again after so many seconds."""
        language = self.language(request)
        asked = request.query_params.get("lang", "")
        shown = {
            "refresh": refresh,
            "query": f"?lang={language}" if asked == language else "",
            "other_language": "en" if language == "zh" else "zh",
            "path": request.url.path,
            **values,
        }
        text = self.templates.render(name, language, shown)
        headers = {**SECURITY_HEADERS, "cache-control": "no-store", "content-language": language}
        return HTMLResponse(text, status_code=status, headers=headers)

    def problem(self, request: Request, error: QunflowError) -> Response:
        """A friendly ending for an error; JSON when the caller asks for that."""
        if wants_json(request):
            return JSONResponse(error.as_data(), status_code=error.status, headers=SECURITY_HEADERS)
        title, text = self.ending(error)
        told: dict[str, Any] = {
            "code": error.code,
            "title_code": title,
            "text_code": text,
            "back": self._back(request, error),
        }
        path = request.url.path if request.method in ("GET", "HEAD") else _above(request.url.path)
        return self.page(request, "problem", status=error.status, path=path, **told)

    def _back(self, request: Request, error: QunflowError) -> str:
        """The person's own page, when the request came from below it and it is not what is gone."""
        path = request.url.path
        own = path.startswith("/p/") and _above(path) != path and error.code not in _NO_WAY_BACK
        return _above(path) if own else ""

    def ending(self, error: QunflowError) -> tuple[str, str]:
        """The codes of the title and the text that tell a person about an error."""
        kind = "reason" if isinstance(error, Refusal) else "error"
        text = f"{kind}.{error.code}"
        title = "page.problem.gone" if error.status in (404, 410) else "page.problem.title"
        return title, text if self.texts.knows(text) else "error.other"

    def guarded(self, endpoint: Endpoint) -> Endpoint:
        """An endpoint whose errors for people become friendly pages."""

        async def answer(request: Request) -> Response:
            try:
                return await endpoint(request)
            except QunflowError as error:
                return self.ended(request, error)

        return answer

    def ended(self, request: Request, error: QunflowError) -> Response:
        """The friendly ending of a request, with a word about when to try again where that helps."""
        response = self.problem(request, error)
        if error.status == 503:
            response.headers["retry-after"] = "3"
        return response


def _above(path: str) -> str:
    """The page that a form's address lies below: its first two parts."""
    return "/".join(path.split("/")[:3])


def wants_json(request: Request) -> bool:
    """Whether the caller asks for JSON and not for a page."""
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept
