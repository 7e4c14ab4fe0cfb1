"""What is wrong with a page on a narrow phone, as the browser itself sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from playwright.async_api import Browser, Page, Response, Route

from qunflow.features.campaigns.plays.pages_links import ME

MOST_BYTES = 60_000
WIDTHS = (375, 320)
AGENT = "Mozilla/5.0 (iPhone) MicroMessenger/8.0"
PLATFORM = "https://platform.example/"
#: Of which a first view is made beside the page itself; pictures come later.
_WEIGHED = ("stylesheet", "script")
#: One by one: what hangs over an edge, what a thumb misses, what is hard to read, lines that begin with punctuation,
#: a last line of one character, and words that are meant for programs. ``theirs`` are texts of the plan and of people.
EXAMINE = r"""
(theirs) => {
  const found = [], edge = window.innerWidth;
  const say = (what, el) => found.push(what + ': ' + el.tagName + ' ' + (el.textContent || '').trim().slice(0, 40));
  const shown = (el) => {
    const box = el.getBoundingClientRect();
    return getComputedStyle(el).visibility !== 'hidden' && box.width > 0 && box.height > 0;
  };
  const all = (what) => [...document.body.querySelectorAll(what)].filter(shown);
  const boxes = (el) => {
    const range = document.createRange(), letters = [];
    const walker = document.createTreeWalker(el, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) for (let at = 0; at < node.data.length; at++) {
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const box = /\s/.test(node.data[at]) ? undefined : range.getClientRects()[0];
      if (box) letters.push({text: node.data[at], middle: box.top + box.height / 2});
    }
    return letters;
  };
  if (document.documentElement.scrollWidth > edge) found.push('wider than the phone');
  for (const el of all('*')) {
    const box = el.getBoundingClientRect();
    if (box.left < -0.5 || box.right > edge + 0.5) say('over the edge', el);
    if (el.clientWidth && el.scrollWidth > el.clientWidth + 1 && getComputedStyle(el).display !== 'inline')
      say('hangs out of its box', el);
  }
  for (const el of all('a,button,input:not([type=hidden]),select,textarea,summary')) {
    const box = (el.closest('label') || el).getBoundingClientRect();
    if (Math.min(box.width, box.height) < 43.9) say('too small for a thumb', el);
  }
  const numbers = (text) => text.match(/[\d.]+/g).map(Number);
  const light = (color) => color.slice(0, 3).map((one) => one / 255)
    .map((one) => one <= .03928 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [.2126, .7152, .0722][at], 0);
  const ground = (el) => {
    for (; el; el = el.parentElement) {
      const color = numbers(getComputedStyle(el).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  for (const el of all('*')) {
    const own = [...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || el.closest('option,script,svg')) continue;
    const style = getComputedStyle(el), size = parseFloat(style.fontSize);
    const both = [light(numbers(style.color)), light(ground(el))].sort((a, b) => b - a);
    const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    if ((both[0] + .05) / (both[1] + .05) < (large ? 3 : 4.5)) say('too pale', el);
    if (size < 12) say('too small to read', el);
    const letters = boxes(el);
    letters.forEach((one, at) => {
      if (at && one.middle > letters[at - 1].middle + 8 && /[，。、；：？！）」』”’》%…]/.test(one.text))
        say('a line begins with ' + one.text, el);
    });
  }
  for (const el of all('h1,h2,.button,.next,.state,dt,th')) {
    const letters = boxes(el), last = letters.length && letters[letters.length - 1].middle;
    const rest = letters.filter((one) => Math.abs(one.middle - last) < 8).map((one) => one.text).join('');
    if (letters.length > rest.length && rest.replace(/[，。：？！）]/g, '').length < 2) say('lonely ' + rest, el);
  }
  let words = document.body.innerText.replace(/https?:\/\/\S+/g, '');
  for (const text of theirs) words = words.replaceAll(text, '');
  const raw = [/\b[a-z]+(_[a-z]+)+\b/g, /\b(None|True|False)\b|[{}]/g, /\b[A-Z][a-z]+\/[A-Z]/g,
    /\b(?=\w*\d)(?=\w*[a-z])[a-z0-9]{10,}\b/g].flatMap((shape) => [...words.matchAll(shape)]);
  for (const word of raw) found.push('a word for programs: ' + word[0]);
  const other = document.documentElement.lang.startsWith('zh') ? /\b[a-z]{2,}\b/g : /[\u4e00-\u9fff]{3,}/g;
  for (const word of words.matchAll(other)) found.push('the other language: ' + word[0]);
  return found;
}
"""


@dataclass
class PhoneEye:
    """A phone before the pages of one server; ``theirs`` are texts of the plan and of people.

    ``found`` is what is wrong, ``heaviest`` the most bytes that a first view took.
    """

    page: Page
    base: str
    language: str
    theirs: list[str]
    found: list[str] = field(default_factory=list)
    heaviest: int = 0
    _sizes: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def open(cls, browser: Browser, base: str, language: str, theirs: Iterable[str]) -> PhoneEye:
        """A phone in a language, with no cookies yet."""
        locale = "zh-CN" if language == "zh" else "en-GB"
        context = await browser.new_context(base_url=base, locale=locale, user_agent=AGENT)
        eye = cls(await context.new_page(), base, language, sorted(filter(None, theirs), key=len, reverse=True))
        eye.page.on("response", eye._weigh)
        eye.page.on("console", lambda line: eye.found.append(line.text) if line.type == "error" else None)
        # The platform's own picture of a code is the one thing that comes from elsewhere.
        await eye.page.route(lambda url: not url.startswith((base, PLATFORM)), eye._foreign)
        await eye.page.route(PLATFORM + "*", lambda route: route.fulfill(body=b"", content_type="image/png"))
        return eye

    async def look(self, path: str, me: str = "") -> None:
        """Open a page, as whose last own link was ``me``, and note what is wrong with it on both widths."""
        await self.page.context.clear_cookies()
        if me:
            await self.page.context.add_cookies([{"name": ME, "value": me, "url": self.base}])
        await self.page.set_viewport_size({"width": WIDTHS[0], "height": 812})
        known = len(self.found)
        answer = await self.page.goto(f"{path}{'&' if '?' in path else '?'}lang={self.language}")
        assert answer is not None and answer.status == 200, path
        for width in WIDTHS:
            await self.page.set_viewport_size({"width": width, "height": 812})
            self.found += [f"{width}: {one}" for one in dict.fromkeys(await self.page.evaluate(EXAMINE, self.theirs))]
        self.found[known:] = [f"{path} {self.language} {one}" for one in self.found[known:]]
        linked = await self.page.evaluate(
            "[...document.querySelectorAll('link[rel=stylesheet],script[src]')].map((one) => one.href || one.src)"
        )
        size = len(await answer.body()) + sum(self._sizes[url] for url in linked)
        self.heaviest = max(self.heaviest, size)

    async def _weigh(self, response: Response) -> None:
        if response.request.resource_type in _WEIGHED:
            self._sizes[response.url] = len(await response.body())

    async def _foreign(self, route: Route) -> None:
        self.found.append(f"a request to {route.request.url}")
        await route.abort()
