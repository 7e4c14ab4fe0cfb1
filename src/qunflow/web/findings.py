"""Findings of a channel's doctor in words: what was looked at, what is wrong, and the way out."""

from __future__ import annotations

from qunflow.domain.health import Finding
from qunflow.web.texts import Texts


def finding_title(texts: Texts, language: str, kind: str, finding: Finding) -> str:
    """What was looked at; ``kind`` is that of the channel."""
    return texts.say(language, f"doctor.check.{kind}.{finding.check}")


def finding_cause(texts: Texts, language: str, kind: str, finding: Finding) -> str:
    """What is wrong, in plain words; empty when all is well."""
    if not finding.code:
        return ""
    detail = dict(finding.detail)
    if "after" in detail:
        detail["after"] = texts.say(language, f"doctor.check.{kind}.{detail['after']}")
    return texts.say(language, f"doctor.cause.{finding.code}", **detail)


def finding_way_out(texts: Texts, language: str, finding: Finding) -> str:
    """What to do; empty where there is nothing to do."""
    code = f"doctor.way.{finding.code}"
    return texts.say(language, code, **finding.detail) if finding.code and texts.knows(code) else ""
