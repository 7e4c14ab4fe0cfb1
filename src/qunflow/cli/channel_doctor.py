"""``qunflow channel doctor``: looks at the set-up of an account and names what is wrong, why, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application
from qunflow.bootstrap.channel_setup import examine_channel
from qunflow.cli.opening import run, show
from qunflow.domain.errors import InvalidInput
from qunflow.domain.health import Finding, Health, overall
from qunflow.web.findings import finding_cause, finding_title, finding_way_out
from qunflow.web.texts import LANGUAGES, Texts


def doctor(
    name: Annotated[str, typer.Argument(help="Name of the channel.")],
    lang: Annotated[str, typer.Option("--lang", help="Language of the lines: en or zh.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout, in both languages.")] = False,
) -> None:
    """Check an account's set-up: what fails, why, and the way out; ends with 1 when something failed.

    The server has to run, since its callback address is asked as the platform would ask it.
    """
    if lang not in LANGUAGES:
        raise InvalidInput("doctor_language", "the language is en or zh", field="--lang")

    async def act(application: Application) -> tuple[str, tuple[Finding, ...]]:
        return await examine_channel(application.home, name)

    kind, findings = run(act)
    texts = Texts.load()
    state = overall(findings)
    data = {
        "channel": name,
        "kind": kind,
        "state": str(state),
        "checks": [finding_data(texts, kind, item) for item in findings],
    }
    show(data, [line for item in findings for line in finding_lines(texts, kind, item, lang)], as_json)
    if state is Health.FAILED:
        raise typer.Exit(1)


def finding_data(texts: Texts, kind: str, finding: Finding) -> dict[str, Any]:
    """One finding as data, its texts in every language."""
    return {
        "check": finding.check,
        "title": {language: finding_title(texts, language, kind, finding) for language in LANGUAGES},
        "state": str(finding.state),
        "code": finding.code,
        "detail": dict(finding.detail),
        "cause": {language: finding_cause(texts, language, kind, finding) for language in LANGUAGES},
        "way_out": {language: finding_way_out(texts, language, finding) for language in LANGUAGES},
    }


def finding_lines(texts: Texts, kind: str, finding: Finding, language: str) -> Sequence[str]:
    """One finding for a terminal."""
    state = texts.say(language, f"doctor.state.{finding.state}")
    lines = [f"{state}  {finding_title(texts, language, kind, finding)}"]
    if finding.code:
        lines.append(f"    {finding_cause(texts, language, kind, finding)} [{finding.code}]")
        lines += [f"    → {way}" for way in [finding_way_out(texts, language, finding)] if way]
    return lines
