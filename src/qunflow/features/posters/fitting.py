"""What a poster's texts look like before they are drawn: empty, cut, set very small, or with signs no font has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from qunflow.features.posters import render
from qunflow.features.posters.fonts import BOLD, REGULAR
from qunflow.features.posters.model import TEXT_ELEMENTS
from qunflow.features.posters.wrapping import fit, printable

#: Where each text stands and at which sizes, as the renderer draws it.
_BOXES: Mapping[str, tuple[render.Box, range, int]] = {
    "title": (render._TITLE, range(84, 31, -4), BOLD),
    "subtitle": (render._SUBTITLE, range(40, 19, -2), REGULAR),
    "selling_point": (render._SELLING, range(52, 21, -2), BOLD),
    "endorsement": (render._ENDORSEMENT, range(30, 15, -2), REGULAR),
    "call_to_action": (render._CALL, range(44, 19, -2), BOLD),
}


class TextFault(StrEnum):
    """What is wrong with a text."""

    EMPTY = "empty"
    CUT = "cut"
    SMALL = "small"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class TextFinding:
    """One thing to mend in one element."""

    element: str
    fault: TextFault


def check_texts(elements: Mapping[str, str]) -> tuple[TextFinding, ...]:
    """What to mend in the five texts, in their order; empty when all is well."""
    found: list[TextFinding] = []
    for name in TEXT_ELEMENTS:
        text = elements.get(name, "")
        plain = " ".join(text.split())
        if not printable(text):
            found.append(TextFinding(name, TextFault.EMPTY))
            continue
        if printable(text) != plain:
            found.append(TextFinding(name, TextFault.DROPPED))
        (left, top, right, bottom), sizes, weight = _BOXES[name]
        fitted = fit(text, right - left, bottom - top, sizes, weight)
        if "".join(fitted.lines).replace(" ", "") != printable(text).replace(" ", ""):
            found.append(TextFinding(name, TextFault.CUT))
        elif fitted.size <= sizes[-1]:
            found.append(TextFinding(name, TextFault.SMALL))
    return tuple(found)
