"""What a person sees on a page: its state, the codes on it, and what its form carries along. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape

CONTACT_QR, GROUP_QR = "contact-qr", "group-qr"
WAITING, PREPARING, INVITE, INVITED = "waiting", "preparing", "invite", "invited"
_TAG = re.compile(r"<(main|img|input|form)\b([^>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-zA-Z][\w-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_LINK = re.compile(r"https?://[^\s<>\"'，。；）]+?/p/[A-Za-z0-9_=-]{16,}")


@dataclass(frozen=True, slots=True)
class Page:
    """``state`` and ``reason`` as the page's ``<main>`` states them; codes by id; hidden form fields by name.

    ``action`` is where the last form goes, ``field`` the name of the last input that is not hidden.
    """

    state: str
    reason: str
    codes: Mapping[str, str]
    hidden: Mapping[str, str]
    action: str = ""
    field: str = ""


def read_page(text: str) -> Page:
    """Read a page; what is no page has an empty state and no codes."""
    state = reason = action = field = ""
    codes: dict[str, str] = {}
    hidden: dict[str, str] = {}
    for tag, inner in _TAG.findall(text):
        known = {name.lower(): unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(inner)}
        kind = tag.lower()
        if kind == "main":
            state = known.get("data-state", "")
            reason = known.get("data-reason", "") or known.get("data-code", "")
        elif kind == "img" and known.get("id") in (CONTACT_QR, GROUP_QR):
            codes[known["id"]] = known.get("src", "")
        elif kind == "input" and known.get("type") == "hidden" and "name" in known:
            hidden[known["name"]] = known.get("value", "")
        elif kind == "input" and "name" in known:
            field = known["name"]
        elif kind == "form":
            action = known.get("action", "")
    return Page(state, reason, codes, hidden, action, field)


def find_link(*texts: str) -> str:
    """The first personal link in what a person was sent; empty when there is none."""
    for text in texts:
        found = _LINK.search(text)
        if found:
            return found.group()
    return ""
