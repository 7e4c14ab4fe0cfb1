"""The words for what a person means to do, and when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

SCAN, JOIN, POSTER, SUBMIT, LOOK, LEAVE, REJOIN = "scan", "join", "poster", "submit", "look", "leave", "rejoin"
#: What people do in campaigns that play a model: open the play page, buy in the shop, post an advertisement.
PLAY, BUY, SAY = "play", "buy", "say"
#: A visit out of turn, since a friend called: in nobody's plan.
CALLED = "called"
#: Done one after the other in the order of persons, so that who gets the last piece follows from the seed alone.
IN_TURN = (PLAY, BUY)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a person means to do, and when at the earliest; ``exact`` ones are not moved to the grid."""

    kind: str
    at: datetime
    exact: bool = False
