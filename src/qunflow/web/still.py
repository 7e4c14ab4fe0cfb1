"""Pages that are the same for many people: drawn once, sent as bytes, past everything that a request does not need."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from qunflow.web.responses import SECURITY_HEADERS, Site
from qunflow.web.texts import choose_language

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Drawn pages that are kept, about two kilobytes each.
MAX_KEPT = 4096
_MAX_QUERY = 2048


@dataclass(frozen=True, slots=True)
class Still:
    """A drawn page: its bytes and the headers that go with them."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]

    async def answer(self, send: Send, cookie: str = "") -> None:
        """Send the page with status 200, and a cookie when there is one to set."""
        headers = self.headers if not cookie else [*self.headers, (b"set-cookie", cookie.encode("latin-1"))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class StillPages:
    """The pages that were drawn last, by all that they show."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: OrderedDict[Hashable, Still] = OrderedDict()

    def page(self, scope: Scope, accepted: str, name: str, refresh: int = 0, **values: str | int) -> Still:
        """The page ``name`` in the language of the request; ``values`` are all that it depends on."""
        path: str = scope["path"]
        query: bytes = scope.get("query_string", b"")
        asked = _asked_language(query) if b"lang" in query else ""
        language = choose_language(asked, accepted)
        key = (name, language, asked == language, path, refresh, *values.items())
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._draw(name, language, asked == language, path, refresh, values)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return found

    def _draw(
        self, name: str, language: str, by_query: bool, path: str, refresh: int, values: Mapping[str, str | int]
    ) -> Still:
        shown = {
            "refresh": refresh,
            "query": f"?lang={language}" if by_query else "",
            "other_language": "en" if language == "zh" else "zh",
            "path": path,
            **values,
        }
        body = self._site.templates.render(name, language, shown).encode()
        headers = {
            **SECURITY_HEADERS,
            "cache-control": "no-store",
            "content-language": language,
            "content-type": "text/html; charset=utf-8",
            "content-length": str(len(body)),
        }
        return Still(body, tuple((key.encode(), value.encode()) for key, value in headers.items()))


class Straight:
    """Leads the requests of a few hot paths straight to their pages, and everything else to the application.

    ``pages`` are found by the first part of the path, such as ``/c/``; the one part after it is the only parameter, and
    has the name that stands with the page.
    """

    def __init__(self, application: Application, pages: Mapping[str, tuple[str, Application]]) -> None:
        self._application = application
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's word about its start and end."""
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            first, slash, rest = scope["path"][1:].partition("/")
            found = self._pages.get(f"/{first}{slash}")
            if found is not None and rest and "/" not in rest:
                name, page = found
                scope["path_params"] = {name: rest}
                await page(scope, receive, send)
                return
        await self._application(scope, receive, send)


def headers_of(scope: Scope, *names: bytes) -> dict[bytes, str]:
    """The named headers of a request (lower case), empty where there is none; several cookies are joined."""
    found = dict.fromkeys(names, "")
    for name, value in scope["headers"]:
        if name in found:
            text = value.decode("latin-1")
            found[name] = f"{found[name]}; {text}" if found[name] and name == b"cookie" else text
    return found


def _asked_language(query: bytes) -> str:
    return parse_qs(query[:_MAX_QUERY].decode("latin-1")).get("lang", [""])[-1]
