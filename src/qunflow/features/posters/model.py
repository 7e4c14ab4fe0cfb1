"""What a poster consists of, and what can be wrong with one (M04, M12). Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

#: The five texts of a poster; the sixth element is the live code (campaigns.md §0.2).
TEXT_ELEMENTS = ("title", "subtitle", "selling_point", "endorsement", "call_to_action")
LIVE_CODE = "live_code"
#: The line that a personal poster carries above its card; ``{nick}`` is the participant's name.
INVITED_BY = {"zh": "{nick} 邀请你一起参加", "en": "{nick} invites you"}

#: QR contents that lead into a chat past the live code, so that nobody is placed or counted.
GROUP_CODES = (
    "work.weixin.qq.com/gm/",
    "weixin.qq.com/g/",
    "qm.qq.com/",
    "jq.qq.com/",
    "matrix.to/#/",
)


class PosterFault(StrEnum):
    """Why a poster is refused."""

    NO_QR = "no_qr"
    RAW_GROUP_QR = "raw_group_qr"
    FOREIGN_QR = "foreign_qr"
    TOO_MANY_QR = "too_many_qr"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a poster; ``detail`` is the text of the QR code at fault, cut to 200 characters."""

    fault: PosterFault
    detail: str = ""


def missing_elements(elements: Mapping[str, str], code: str) -> tuple[str, ...]:
    """The elements of the six that a poster would lack."""
    texts = tuple(name for name in TEXT_ELEMENTS if not elements.get(name, "").strip())
    return texts if code else (*texts, LIVE_CODE)


def judge_codes(qr_texts: tuple[str, ...], live_code_url: str) -> tuple[Finding, ...]:
    """Exactly one QR code, and it is our live code: everything else is a finding (M04)."""
    if not qr_texts:
        return (Finding(PosterFault.NO_QR),)
    findings = [Finding(_fault_of(text), text[:200]) for text in qr_texts if text != live_code_url]
    if len(qr_texts) > 1:
        findings.append(Finding(PosterFault.TOO_MANY_QR, str(len(qr_texts))))
    return tuple(findings)


def _fault_of(text: str) -> PosterFault:
    bare = text.strip().lower().removeprefix("https://").removeprefix("http://").removeprefix("www.")
    return PosterFault.RAW_GROUP_QR if bare.startswith(GROUP_CODES) else PosterFault.FOREIGN_QR
