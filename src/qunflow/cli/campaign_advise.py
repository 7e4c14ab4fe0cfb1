"""``qunflow campaign advise``: which model fits, with reasons. It needs no data folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from qunflow.cli.opening import show
from qunflow.features.campaigns.adviser import AIMS, AUDIENCES, SEASONS, Advice, Situation
from qunflow.features.campaigns.adviser_rules import advise as advise_on
from qunflow.web.texts import Texts


class Language(StrEnum):
    """What the answer is written in."""

    ZH = "zh"
    EN = "en"


def advise(
    audience: Annotated[str, typer.Option(help=f"Who is reached: {', '.join(AUDIENCES)}.")],
    aim: Annotated[str, typer.Option(help=f"What for: {', '.join(AIMS)}.")],
    people: Annotated[int, typer.Option(help="How many can be reached.")],
    price_fen: Annotated[int, typer.Option("--price-fen", help="The usual price of what is sold or given, in fen.")],
    margin_bps: Annotated[int, typer.Option("--margin-bps", help="What of the price remains, in basis points.")],
    season: Annotated[str, typer.Option(help=f"When: {', '.join(SEASONS)}.")] = "ordinary",
    language: Annotated[Language, typer.Option(help="Language of the answer.")] = Language.EN,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Rank the models for a situation, each with what speaks for and against it and what to watch."""
    found = advise_on(Situation(audience, aim, people, price_fen, margin_bps, season))
    texts = Texts.load()

    def say(code: str) -> str:
        return texts.say(language.value, code)

    data = {
        "models": [{**asdict(advice), "fits": advice.fits} for advice in found.models],
        "warnings": list(found.warnings),
    }
    lines = [f"! {say(f'adviser.general.{code}')}" for code in found.warnings]
    for advice in found.models:
        lines += _lines(advice, say)
    show(data, lines, as_json)


def _lines(advice: Advice, say: Callable[[str], str]) -> list[str]:
    mark = "*" if advice.fits else " "
    lines = [f"{mark} {advice.points:3d}  {say(f'adviser.model.{advice.model}')} ({advice.model})"]
    if advice.fits:
        lines += [f"         + {say(f'adviser.reason.{code}')}" for code in advice.reasons]
    lines += [f"         - {say(f'adviser.reason.{code}')}" for code in advice.against]
    if advice.fits:
        lines += [f"         ! {say(f'adviser.warning.{code}')}" for code in advice.warnings]
    return lines
