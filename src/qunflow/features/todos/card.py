"""A card for a member of staff: everything needed to do one thing by hand. Pure; the texts are told from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from qunflow.features.todos.kinds import KINDS, is_by_hand

#: Characters of what others wrote that a card shows; its page shows all of it.
SHORT = 200


class Say(Protocol):
    """The text of a code in a language, its parameters filled in."""

    def __call__(self, language: str, code: str, /, **parameters: object) -> str:
        """The text."""
        ...


@dataclass(frozen=True, slots=True)
class About:
    """What a card names besides its wish; names are for the eye only and stand in no event."""

    group: str = ""
    person: str = ""
    language: str = "zh"


def card_title(say: Say, language: str, action: str) -> str:
    """What is to be done, in one line."""
    if action in KINDS:
        return say(language, f"todo.title.{action}")
    return say(language, "todo.title.other", action=action[:64])


def card_lines(
    say: Say, action: str, data: Mapping[str, Any], about: About, proof: str, hours: int, short: int = SHORT
) -> list[str]:
    """The lines of a card: the group, the person, the content, why, the evidence, how, and until when."""
    told = _told(action, data, about)
    language = about.language
    lines = [say(language, f"todo.line.{name}", value=_cut(value, short)) for name, value in told if value]
    how = f"todo.how.{action}" if action in KINDS else "todo.how.other"
    lines.append(say(language, how))
    lines.append(say(language, "todo.closes.hand" if is_by_hand(proof) else "todo.closes.event"))
    lines.append(say(language, "todo.line.hours", value=hours))
    return lines


def _told(action: str, data: Mapping[str, Any], about: About) -> list[tuple[str, str]]:
    chat, external = str(data.get("chat", "")), str(data.get("external", ""))
    names = data.get("names") or data.get("rules") or ()
    listed = ", ".join(str(name) for name in names) if isinstance(names, (list, tuple)) else ""
    return [
        ("group", about.group or chat),
        ("name" if action == "create_group" else "new_name", _flat(str(data.get("name", "")))),
        ("person", _both(about.person, external)),
        ("staff", str(data.get("new_owner", "")) or ", ".join(str(one) for one in data.get("new_admins", ()))),
        ("text", str(data.get("topic", "") or data.get("text", "") or data.get("caption", "")) or listed),
        ("reason", _flat(str(data.get("reason", "")))),
        ("evidence", _flat(str(data.get("evidence", "")))),
        ("link", str(data.get("link", ""))),
    ]


def _both(name: str, external: str) -> str:
    return f"{name} ({external})" if name and external else name or external


def _flat(value: str) -> str:
    """On one line: what others wrote must not look like a line of the card."""
    return " ".join(value.split())


def _cut(value: str, most: int) -> str:
    flat = value.strip()
    return flat if len(flat) <= most else flat[: most - 1] + "…"
