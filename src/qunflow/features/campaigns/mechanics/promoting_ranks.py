"""Ranks of promoters 分销: what raises one, what keeps one, and reviews (campaigns.md §3.1). Pure.

A change of rank counts from the next order on: what a sale earns is fixed when it is paid.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from qunflow.domain.decisions import Rejection
from qunflow.features.campaigns.mechanics import distribution_state
from qunflow.features.campaigns.mechanics.distribution_state import Book, Progressed, RankChanged, Reviewed
from qunflow.features.campaigns.mechanics.mechanic import Command, Context, Moves, Unit
from qunflow.features.campaigns.mechanics.promoting_terms import Distribution, Rank


def progressed(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    """Confirmed sales changed: a rank whose conditions all hold is reached."""
    book: Book = unit.play
    params = command.params
    moved = Progressed(str(params["buyer"]), int(params["fen"]), int(params["orders"]), bool(params["own"]))
    after = distribution_state.progressed(book, moved)
    best = max([book.rank, *(rank for rank, row in enumerate(settings.ranks, 1) if meets(after, row))])
    return Moves((moved, RankChanged(best)) if best > book.rank else (moved,))


def meets(book: Book, row: Rank) -> bool:
    """Whether everything that a rank takes is confirmed; after a demotion only what came since counts."""
    mark = book.mark
    bought = sum(fen > mark.buyers.get(buyer, 0) for buyer, fen in book.buyers.items())
    return (
        bought >= row.buyers
        and book.sales - sum(mark.buyers.values()) >= row.sales_fen
        and book.orders - mark.orders >= row.orders
        and book.own_fen - mark.own_fen >= row.own_spend_fen
        and book.own_orders - mark.own_orders >= row.own_orders
    )


def first_review(at: datetime, settings: Distribution) -> tuple[tuple[str, datetime], ...]:
    """The clock of a promoter's reviews; none without demotion."""
    return (("review", at + timedelta(days=settings.review_days)),) if settings.demotion else ()


def review(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    """Whether enough was sold since the last review to keep the rank; else the highest one that it keeps."""
    book: Book = unit.play
    early = book.reviewed_at is not None and command.at < book.reviewed_at + timedelta(days=settings.review_days)
    if not settings.demotion or early:
        return Moves()
    sold, rank = book.sales - book.reviewed_fen, book.rank
    while rank and sold < settings.ranks[rank - 1].min_keep_fen:
        rank -= 1
    return Moves((Reviewed(rank),), timers=first_review(command.at, settings))
