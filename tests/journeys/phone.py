"""A phone in somebody's hand: a browser for the public pages, a camera for QR codes, and the screen itself."""

from __future__ import annotations

import html
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import zxingcpp
from PIL import Image, ImageDraw

_AGENT = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


class Browser:
    """Opens pages and fills in the one form that they have; cookies stay on this phone."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self.page = ""
        self.url = httpx.URL("")

    async def open(self, address: str) -> str:
        """Open a page; what it says it is."""
        return self._shown(await self._http.get(address))

    async def fill_in(self, text: str) -> str:
        """Type into the form's only field and press its button; what the next page says it is."""
        action = _found(r'<form method="post" action="([^"]+)"', self.page)
        field = _found(r'<input [^>]*name="([^"]+)"', self.page)
        return self._shown(await self._http.post(self.url.join(action), data={field: text}))

    async def poster(self) -> bytes:
        """The poster on the page."""
        source = _found(r'<img class="poster" src="([^"]+)"', self.page)
        return (await self._http.get(self.url.join(source))).content

    def text_of(self, name: str) -> str:
        """What stands in the element with an id."""
        return re.sub(r"<[^>]+>", "", _found(rf'id="{name}"[^>]*>(.*?)</', self.page)).strip()

    def _shown(self, response: httpx.Response) -> str:
        assert response.status_code in (200, 400), response.text
        self.page, self.url = response.text, response.url
        return _found(r'<main[^>]*data-state="(\w+)"', self.page)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A browser without any cookie."""
    headers = {"user-agent": _AGENT, "accept": "text/html", "accept-language": "zh-CN,zh;q=0.9"}
    async with httpx.AsyncClient(headers=headers, trust_env=False, follow_redirects=True, timeout=20.0) as http:
        yield Browser(http)


def codes_in(picture: bytes) -> list[str]:
    """The texts of the QR codes in a picture."""
    with Image.open(io.BytesIO(picture)) as opened:
        return [found.text for found in zxingcpp.read_barcodes(opened.convert("L"))]


def screenshot(poster: bytes, said: str) -> bytes:
    """A screen of 1080 × 2340 on which a post shows the poster: status bar, name, words, picture, a row of likes."""
    screen = Image.new("RGB", (1080, 2340), "#f7f7f7")
    draw = ImageDraw.Draw(screen)
    draw.rectangle((0, 0, 1080, 90), fill="#ffffff")
    draw.text((48, 30), "9:41", fill="#111111", font_size=36)
    draw.ellipse((48, 150, 168, 270), fill="#7aa2c9")
    draw.text((200, 160), said, fill="#333333", font_size=40)
    with Image.open(io.BytesIO(poster)) as opened:
        screen.paste(opened.convert("RGB").resize((630, 1120)), (200, 320))
    draw.rectangle((200, 1480, 1030, 1560), fill="#ececec")
    draw.text((220, 1496), "12 likes", fill="#576b95", font_size=36)
    out = io.BytesIO()
    screen.save(out, "JPEG", quality=82)
    return out.getvalue()


def _found(pattern: str, page: str) -> str:
    found = re.search(pattern, page, re.DOTALL)
    assert found is not None, f"{pattern} is not on the page:\n{page[:3000]}"
    return html.unescape(found.group(1))
