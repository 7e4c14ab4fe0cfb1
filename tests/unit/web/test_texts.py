"""Every text exists in both languages, with the same parameters, and every text that is asked for exists."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from string import Formatter

import pytest

from qunflow.domain.reasons import Reason
from qunflow.web.texts import Texts, choose_language

TEXTS = Texts.load()
WEB = Path(str(resources.files("qunflow.web")))
SOURCE = WEB.parent


def asked_for() -> set[str]:
    """The codes that templates and pages name outright."""
    used: set[str] = set()
    for template in (WEB / "templates").glob("*.html"):
        used.update(re.findall(r"'((?:page|error|reason)\.[a-z_.]+[a-z_])'", template.read_text("utf-8")))
    shown = ("features/*/pages.py", "features/*/console*.py", "pages/*.py", "console/*.py", "web/**/*.py")
    for file in (file for pattern in shown for file in SOURCE.glob(pattern)):
        used.update(re.findall(r'"((?:page|error|reason|console)\.[a-z_.]+[a-z_])"', file.read_text("utf-8")))
    return used


def test_both_languages_have_the_same_codes() -> None:
    assert set(TEXTS.catalogues["zh"]) == set(TEXTS.catalogues["en"])


def test_every_code_that_is_asked_for_has_a_text() -> None:
    assert len(asked_for()) > 40
    assert asked_for() - set(TEXTS.catalogues["zh"]) == set()


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_an_ending_for_people(reason: Reason) -> None:
    assert TEXTS.knows(f"reason.{reason}")


@pytest.mark.parametrize(
    "status", ["draft", "scheduled", "running", "paused", "ended", "settling", "stopped", "closed"]
)
def test_every_status_of_a_campaign_has_a_word(status: str) -> None:
    assert TEXTS.knows(f"status.{status}")


def fault_of(code: str) -> str:
    """What is wrong with a text, empty when nothing is."""
    zh, en = (TEXTS.catalogues[language][code] for language in ("zh", "en"))
    names = [sorted(name for _, name, _, _ in Formatter().parse(text) if name) for text in (zh, en)]
    if names[0] != names[1]:
        return f"parameters differ: {names}"
    if code != "page.other_language" and not re.search(r"[\u4e00-\u9fff]", zh):
        return f"not Chinese: {zh}"
    if code != "page.other_language" and re.search(r"[\u4e00-\u9fff]", en):
        return f"not English: {en}"
    return ""


def test_every_text_is_translated_and_has_the_same_parameters() -> None:
    assert {code: fault for code in TEXTS.catalogues["zh"] if (fault := fault_of(code))} == {}


def test_catalogue_files_name_no_code_twice() -> None:
    for language in ("zh", "en"):
        files = [file for file in (WEB / "catalogues").glob("*.po") if file.stem.split(".")[-1] == language]
        ids = [name for file in files for name in re.findall(r'^msgid "(.+)"$', file.read_text("utf-8"), re.MULTILINE)]
        assert len(ids) == len(set(ids)) == len(TEXTS.catalogues[language])


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("", "", "zh"),
        ("en", "zh-CN", "en"),
        ("fr", "", "zh"),
        ("", "en-US,en;q=0.9", "en"),
        ("", "fr-FR,fr;q=0.9,en;q=0.5,zh;q=0.7", "zh"),
        ("", "en;q=0,zh;q=0.1", "zh"),
        ("", "en;q=broken", "zh"),
    ],
)
def test_the_language_is_asked_for_accepted_or_chinese(asked: str, accepted: str, language: str) -> None:
    assert choose_language(asked, accepted) == language
