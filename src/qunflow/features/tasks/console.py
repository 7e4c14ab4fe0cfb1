"""Pages of reviewers: the queue, the figures of each reviewer, and the pictures that belong to proofs."""

from __future__ import annotations

from nicegui import ui

from qunflow.analytics.ratio import ratio
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.tasks import acts
from qunflow.features.tasks.console_proof import PICTURE, blob_of
from qunflow.features.tasks.console_queue import COLUMNS, ReviewQueue
from qunflow.features.tasks.console_review import ReviewPage
from qunflow.features.tasks.pages import media_type_of
from qunflow.features.tasks.store import ReviewerFigures, read_attempts
from qunflow.storage.blobs import BlobStore
from qunflow.web.desk import ConsoleFile, ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.figures import named
from qunflow.web.widgets.formats import span_words
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, answer_from, show_list
from qunflow.web.widgets.look import faint, link

#: Figures of reviewers are those of so many days.
DAYS = 7
REVIEWER_COLUMNS = (
    Column("name", "console.reviews.people.name", sortable=True),
    Column("decided", "console.reviews.people.decided", Cell.NUMBER, sortable=True),
    Column("approved", "console.reviews.people.approved", Cell.RATE, sortable=True),
    Column("undone", "console.reviews.people.undone", Cell.RATE, sortable=True),
    Column("overturned", "console.reviews.people.overturned", Cell.RATE, sortable=True),
    Column("wait", "console.reviews.people.wait", sortable=False),
)


def pages(door: Door, blobs: BlobStore) -> Pages:
    """Every page and file of reviews."""
    queue = ReviewQueue(door)

    async def show(desk: Desk) -> None:
        with ui.element("div").classes("qf-row w-full"):
            ui.label(desk.say("console.reviews.title")).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            link(desk.say("console.reviews.people"), "/reviews/people")
        await ReviewPage(desk, queue, blobs).begin()

    async def picture(operator: Operator, submission: str, attempt: str) -> tuple[str, str, bytes]:
        state = await acts.find_submission(door, operator.workspace, submission)
        async with door.database.read(operator.workspace) as unit:
            attempts = tuple(await read_attempts(unit, submission))
        number = int(attempt) if attempt.isascii() and attempt.isdigit() and len(attempt) < 4 else 0
        content = await blobs.read(operator.workspace, blob_of(state, attempts, number))
        return media_type_of(content), f"proof-{number}", content

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        page = await queue.list_page(operator.workspace, query)
        return ListPage([{**row, "more": " ".join(row["more_codes"])} for row in page.rows], page.total)

    page = ConsolePage(
        "/reviews", "console.reviews.title", Right.SEE_REVIEWS, show, "console.reviews.title", "rule", 30
    )
    return (
        page,
        ConsoleFile(PICTURE, Right.SEE_REVIEWS, picture),
        export_file("/reviews.csv", "reviews", COLUMNS, load_for),
        *_figure_pages(queue),
    )


def _figure_pages(queue: ReviewQueue) -> Pages:
    """What each reviewer did in the last days."""

    async def rows(workspace: str, desk: Desk | None) -> list[dict[str, object]]:
        found = await queue.reviewers(workspace, DAYS)
        return [_row(figures, await queue.name_of(figures.by), desk) for figures in found]

    async def show(desk: Desk) -> None:
        with ui.element("div").classes("qf-row w-full"):
            ui.label(desk.say("console.reviews.people")).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            link(desk.say("console.reviews.title"), "/reviews")
        faint(desk.say("console.reviews.people.text", days=DAYS))

        async def load(query: ListQuery) -> ListPage:
            return answer_from(await rows(desk.workspace, desk), REVIEWER_COLUMNS, query)

        empty = Empty("console.reviews.people.empty", "console.reviews.title", "/reviews")
        await show_list(
            desk, REVIEWER_COLUMNS, load, empty=empty, sort="-decided", export="/reviews/people.csv", every=3.0
        )
        with ui.element("div").classes("qf-row"):
            for column in REVIEWER_COLUMNS[1:]:
                named(desk, column.text)

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        return answer_from(await rows(operator.workspace, None), REVIEWER_COLUMNS, query)

    return (
        ConsolePage("/reviews/people", "console.reviews.people", Right.SEE_REVIEWS, show),
        export_file("/reviews/people.csv", "reviewers", REVIEWER_COLUMNS, load_for, sort="-decided"),
    )


def _row(figures: ReviewerFigures, name: str, desk: Desk | None) -> dict[str, object]:
    wait: object = None if figures.median_wait is None else round(figures.median_wait)
    return {
        "key": figures.by,
        "name": name,
        "decided": figures.decided,
        "approved": ratio(figures.approved, figures.decided),
        "undone": ratio(figures.undone, figures.decided),
        "overturned": ratio(figures.overturned, figures.approved),
        "wait": wait if desk is None else span_words(desk.say, figures.median_wait),
    }
