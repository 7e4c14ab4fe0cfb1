"""A phone's browser: own cookies, redirects, and patience while the server is away."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import orjson

from qunflow.rehearsal.http import Answer, HttpClient, HttpError
from qunflow.rehearsal.markup import read_page

PATIENCE = 60.0
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 4.0
_FAULTS_MOST = 8
_REDIRECTS_MOST = 5
_HOPELESS = ("not_http", "too_large", "bad_url")
_PHONE = {
    "user-agent": "Mozilla/5.0 (Linux; Android 14; Phone) AppleWebKit/537.36 Mobile MicroMessenger/8.0",
    "accept": "text/html,image/*,*/*;q=0.8",
    "accept-language": "zh-CN,zh;q=0.9",
}


@dataclass(slots=True)
class Tally:
    """Tries that had to be repeated, by what went wrong."""

    retries: dict[str, int] = field(default_factory=dict)

    def count(self, reason: str) -> None:
        """One more."""
        self.retries[reason] = self.retries.get(reason, 0) + 1


class Browser:
    """One person's; a repeated request is the same request, byte for byte."""

    def __init__(self, client: HttpClient, tally: Tally, patience: float = PATIENCE, address: str = "") -> None:
        self._client = client
        self._address = address
        self._tally = tally
        self._patience = patience
        self._cookies: dict[str, dict[str, str]] = {}

    async def get(self, url: str) -> Answer:
        """A page or a picture, redirects followed; a ``data:`` URL is read on the spot. Raises HttpError."""
        if url.startswith("data:"):
            return _inline(url)
        return await self._follow("GET", url, _PHONE, b"")

    async def get_from(self, page: str, source: str) -> Answer:
        """What a page shows under ``source``, which may be relative to it. Raises HttpError."""
        return await self.get(source if source.startswith("data:") else urljoin(page, source))

    async def post_form(
        self, url: str, values: Mapping[str, str], name: str, file: bytes, filename: str = "proof.jpg"
    ) -> Answer:
        """A form with one JPEG, as a browser sends it. Raises HttpError."""
        kind, body = _form_with(values, name, file, filename)
        return await self._follow("POST", url, {**_PHONE, "content-type": kind}, body)

    async def post_picture(self, url: str, values: Mapping[str, str], file: bytes) -> tuple[int, dict[str, Any]]:
        """A form with one JPEG, as a page's script would send it. Raises HttpError."""
        kind, body = _form_with(values, "proof", file, "photo.jpg")
        headers = {**_PHONE, "accept": "application/json", "content-type": kind}
        return _as_json(await self._persist("POST", url, headers, body))

    async def post_fields(self, url: str, values: Mapping[str, str]) -> Answer:
        """A form of plain fields, as a browser sends it. Raises HttpError."""
        headers = {**_PHONE, "content-type": "application/x-www-form-urlencoded"}
        return await self._follow("POST", url, headers, urlencode(values).encode())

    async def post_json(self, url: str, data: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """What a page's script would send, with the phone's own cookies. Raises HttpError."""
        headers = {**_PHONE, "accept": "application/json", "content-type": "application/json"}
        return _as_json(await self._persist("POST", url, headers, orjson.dumps(data)))

    async def call(self, url: str, data: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """A JSON call, POST when there is ``data``: the status and the answered object. Raises HttpError."""
        if data is None:
            answer = await self._persist("GET", url, {}, b"")
        else:
            answer = await self._persist("POST", url, {"content-type": "application/json"}, orjson.dumps(data))
        return _as_json(answer)

    async def _follow(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        for _ in range(_REDIRECTS_MOST):
            answer = await self._persist(method, url, headers, body)
            place = answer.headers.get("location")
            if answer.status not in (301, 302, 303, 307, 308) or not place:
                return answer
            url = urljoin(url, place)
            if answer.status not in (307, 308):
                method, headers, body = "GET", _PHONE, b""
        raise HttpError("not_http", f"more than {_REDIRECTS_MOST} redirects")

    async def _persist(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Try until there is an answer, the patience is over, or the server failed too often."""
        loop = asyncio.get_running_loop()
        deadline, wait, faults = loop.time() + self._patience, _FIRST_WAIT, 0
        while True:
            try:
                answer = await self._once(method, url, headers, body)
                faults += 1
                if not _is_fault(answer) or faults >= _FAULTS_MOST:
                    return answer
                reason = f"http_{answer.status}"
            except HttpError as error:
                if error.code in _HOPELESS or loop.time() + wait > deadline:
                    raise
                reason = error.code
            self._tally.count(reason)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        jar = self._cookies.setdefault(urlsplit(url).netloc, {})
        sent = dict(headers)
        if self._address:  # believed only where this machine is a trusted proxy: in a rehearsal
            sent["x-forwarded-for"] = self._address
        if jar:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        answer = await self._client.request(method, url, sent, body)
        for cookie in answer.cookies:
            _keep(jar, cookie)
        return answer


def _form_with(values: Mapping[str, str], name: str, file: bytes, filename: str) -> tuple[str, bytes]:
    """The content type and the bytes of a form with one JPEG."""
    boundary = f"----phone{hashlib.blake2b(file, digest_size=12).hexdigest()}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in values.items()
    ]
    intro = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
    parts += [f"{intro}Content-Type: image/jpeg\r\n\r\n".encode(), file, f"\r\n--{boundary}--\r\n".encode()]
    return f"multipart/form-data; boundary={boundary}", b"".join(parts)


def _as_json(answer: Answer) -> tuple[int, dict[str, Any]]:
    """The status and the answered object; an empty one where the answer is none."""
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        found = {}
    return answer.status, found if isinstance(found, dict) else {}


def _is_fault(answer: Answer) -> bool:
    """A failure of the server, not a page that says something to people."""
    if answer.status < 500:
        return answer.status == 429
    return "retry-after" not in answer.headers and not read_page(answer.text).state


def _keep(jar: dict[str, str], cookie: str) -> None:
    pair, *attributes = cookie.split(";")
    name, _, value = pair.strip().partition("=")
    if any(attribute.strip().lower() == "max-age=0" for attribute in attributes):
        jar.pop(name, None)
    else:
        jar[name] = value


def _inline(url: str) -> Answer:
    kind, _, data = url.removeprefix("data:").partition(";base64,")
    try:
        return Answer(200, {"content-type": kind}, (), base64.b64decode(data, validate=True))
    except binascii.Error as error:
        raise HttpError("bad_url", url[:60]) from error
