"""Texts for people, by code and language: gettext catalogues read once. The domain knows codes only."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType

from babel.messages.pofile import read_po

LANGUAGES = ("zh", "en")
DEFAULT_LANGUAGE = "zh"
_MAX_HEADER = 200


class Texts:
    """Catalogues by language. A text holds its parameters in braces: ``{count}``."""

    def __init__(self, catalogues: Mapping[str, Mapping[str, str]]) -> None:
        self.catalogues = catalogues

    @classmethod
    def load(cls) -> Texts:
        """The catalogues that come with qunflow."""
        return cls({language: _read(language) for language in LANGUAGES})

    def knows(self, code: str) -> bool:
        """Whether there is a text for a code."""
        return code in self.catalogues[DEFAULT_LANGUAGE]

    def say(self, language: str, code: str, /, **parameters: object) -> str:
        """The text of a code with its parameters filled in. Raises KeyError for a code that no catalogue has."""
        return self.catalogues[language][code].format(**parameters)

    def zone(self, language: str, tz: str) -> str:
        """A time zone as people call it: its own text, else the city in its name."""
        code = f"page.zone.{tz}"
        return self.say(language, code) if self.knows(code) else tz.rpartition("/")[2].replace("_", " ")


def choose_language(asked: str, accepted: str) -> str:
    """The language of a page: what ``?lang=`` asks for, else the first known one of Accept-Language, else Chinese."""
    return asked if asked in LANGUAGES else _first_known(accepted[:_MAX_HEADER])


@lru_cache(maxsize=1024)
def _first_known(accepted: str) -> str:
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted.split(",")):
        name, _, quality = part.partition(";")
        short = name.strip().lower().partition("-")[0]
        if short in LANGUAGES and (weight := _weight(quality)) > 0:
            ranked.append((-weight, place, short))
    return min(ranked)[2] if ranked else DEFAULT_LANGUAGE


def _weight(quality: str) -> float:
    try:
        return float(quality.strip().removeprefix("q=")) if quality.strip() else 1.0
    except ValueError:
        return 0.0


@cache
def _read(language: str) -> Mapping[str, str]:
    """``zh.po`` and every ``<part>.zh.po`` beside it. Raises ValueError for an id that two files have."""
    found: dict[str, str] = {}
    for source in (resources.files("qunflow.web") / "catalogues").iterdir():
        if source.name != f"{language}.po" and not source.name.endswith(f".{language}.po"):
            continue
        with source.open("rb") as opened:
            catalogue = read_po(opened, locale=language)
        texts = {str(message.id): str(message.string) for message in catalogue if message.id and message.string}
        if doubled := found.keys() & texts.keys():
            raise ValueError(f"{source.name} repeats {sorted(doubled)[0]}")
        found |= texts
    return MappingProxyType(found)
