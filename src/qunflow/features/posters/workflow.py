"""The feature's door: it answers what a campaign's poster carries, drawn and read back (M13)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from qunflow.domain.facts import PosterBrief, PosterFinding
from qunflow.engine.feature import Feature, Reader
from qunflow.features.posters.check import find_poster


def posters_feature(code_url: Callable[[str], str]) -> Feature:
    """The feature; ``code_url`` makes the address that a poster's QR carries."""

    async def answer_finding(reader: Reader, campaign: str) -> PosterFinding | None:
        brief: PosterBrief | None = await reader.ask(PosterBrief, campaign)
        if brief is None:
            return None
        url = code_url(brief.code) if brief.code else ""
        return await asyncio.to_thread(find_poster, dict(brief.elements), brief.code, url)

    return Feature(name="posters", answers={PosterFinding: answer_finding})
