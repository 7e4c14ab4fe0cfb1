"""One proof before a reviewer: the screenshot beside what the checks found, the participant, earlier attempts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from nicegui import ui

from qunflow.domain.errors import NotFound
from qunflow.domain.facts import ParticipantProgress, ParticipantStanding
from qunflow.features.tasks.console_queue import ReviewQueue
from qunflow.features.tasks.console_words import codes_of, finding_words, reason_words, wait_words
from qunflow.features.tasks.model import SubmissionState
from qunflow.features.tasks.store import Attempt, WaitingProof, read_attempts
from qunflow.storage.blobs import BlobStore
from qunflow.storage.people import find_names
from qunflow.web.desk import Desk
from qunflow.web.widgets.formats import money_words, number_words
from qunflow.web.widgets.look import faint, link, steady, title

PICTURE = "/reviews/proof"
CSS = """
.qf-review { display: grid; gap: 20px; width: 100%; align-items: start;
  grid-template-columns: minmax(260px, 5fr) minmax(320px, 6fr); }
@media (max-width: 900px) { .qf-review { grid-template-columns: 1fr; } }
.qf-shot { display: flex; justify-content: center; width: 100%; padding: 0; border: 1px solid var(--qf-line);
  border-radius: 8px; background: var(--qf-soft); cursor: zoom-in; min-height: 320px; align-items: center; }
.qf-shot img { max-width: 100%; max-height: max(320px, calc(100vh - 290px)); object-fit: contain; display: block; }
.qf-shot:focus-visible { outline: 2px solid var(--qf-link); outline-offset: 2px; }
.qf-zoom { width: 100%; height: 100%; overflow: auto; text-align: center; background: #111; padding: 0; border: 0; }
.qf-zoom img { max-width: min(100%, 1080px); }
.qf-findings { margin: 0; padding: 0; list-style: none; display: flex; flex-direction: column; gap: 6px; }
.qf-findings li { display: flex; gap: 8px; align-items: flex-start; }
.qf-keys { display: grid; gap: 4px; width: 100%; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); }
.qf-key { font-family: ui-monospace, monospace; font-size: .75rem; border: 1px solid currentColor; border-radius: 4px;
  padding: 0 5px; margin-left: 6px; opacity: .75; }
"""
_ICONS = {"looks_alike": "content_copy", "like_another": "content_copy", "last_chance": "warning",
          "second": "group", "count_likes": "thumb_up",
          "appeal": "gavel", "risk": "shield", "count_minutes": "schedule", "text_warns": "visibility_off"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProofSheet:
    """All that a reviewer sees of one proof."""

    proof: WaitingProof
    attempts: tuple[Attempt, ...]
    standing: ParticipantStanding | None
    progress: ParticipantProgress | None
    inviter: str
    reviewers: dict[str, str]
    words: dict[str, str]
    plea: str = ""


async def load_proof(queue: ReviewQueue, blobs: BlobStore, workspace: str, submission: str) -> ProofSheet:
    """Read a proof with what belongs to it. Raises NotFound."""
    door = queue.door
    proof, _ = await queue.one(workspace, submission)
    if proof is None:
        raise NotFound("submission_unknown", "there is no submission of this name", field=submission[:200])
    async with door.database.read(workspace) as unit:
        attempts = await read_attempts(unit, submission)
    key = f"{proof.campaign}:{proof.person}"
    standing: ParticipantStanding | None = await door.look.ask(workspace, ParticipantStanding, key)
    progress: ParticipantProgress | None = await door.look.ask(workspace, ParticipantProgress, key)
    inviter = ""
    if standing is not None and standing.parent:
        async with door.database.read(workspace) as unit:
            inviter = (await find_names(unit, [standing.parent])).get(standing.parent, standing.parent[:8])
    who = sorted({attempt.by for attempt in attempts} | {proof.first} - {"", "auto"})
    names = dict(zip(who, await asyncio.gather(*(queue.name_of(one) for one in who)), strict=True))
    words = {attempt.words: await read_words(blobs, workspace, attempt.words) for attempt in attempts if attempt.words}
    state: SubmissionState | None = await door.look.state(workspace, submission)
    asked = state is not None and state.appealed == proof.attempt and bool(state.plea)
    plea = await read_words(blobs, workspace, state.plea) if state is not None and asked else ""
    return ProofSheet(proof, tuple(attempts), standing, progress, inviter, names, words, plea)


async def read_words(blobs: BlobStore, workspace: str, digest: str) -> str:
    """What a reviewer wrote; empty when it was erased with its person."""
    try:
        return (await blobs.read(workspace, digest)).decode(errors="replace")
    except NotFound:
        return ""


def picture_url(submission: str, attempt: int) -> str:
    """The address of an attempt's picture."""
    return f"{PICTURE}?{urlencode({'submission': submission, 'attempt': attempt})}"


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told of the picture: ``shown`` once the browser has it, ``gone`` when it is stored no more, ``zoomed``
    when it lies over the page, and no longer.
    """

    shown: Callable[[], None]
    gone: Callable[[], None]
    zoomed: Callable[[bool], None]


def draw_picture(desk: Desk, sheet: ProofSheet, watch: Watch) -> None:
    """The screenshot."""
    address = picture_url(sheet.proof.submission, sheet.proof.attempt)
    with ui.element("button").classes("qf-shot").props('type="button"') as frame:
        frame.props["aria-label"] = desk.say("console.reviews.zoom")
        picture = ui.element("img").props(f'src="{address}"').mark("screenshot")
        picture.props["alt"] = desk.say("console.reviews.screenshot", name=sheet.proof.name)
        picture.on("load", watch.shown, args=[])
        picture.on("error", watch.gone, args=[])
    frame.on("click", steady(lambda: zoom(desk, address, watch.zoomed)), args=[])


def zoom(desk: Desk, address: str, zoomed: Callable[[bool], None]) -> None:
    """The whole picture over the page; a click or Esc closes it."""
    with ui.dialog().props("maximized") as dialog:
        box = ui.element("button").classes("qf-zoom").props('type="button"')
        box.props["aria-label"] = desk.say("console.reviews.zoom_close")
        with box:
            ui.element("img").props(f'src="{address}"').props["alt"] = ""
        box.on("click", dialog.close, args=[])

    def close() -> None:
        zoomed(False)
        dialog.delete()

    dialog.on("hide", close)
    zoomed(True)
    dialog.open()


def draw_facts(desk: Desk, queue: ReviewQueue, sheet: ProofSheet) -> None:
    """Who it is, what the checks found, where the person stands, what was handed in before."""
    proof = sheet.proof
    with ui.element("div"):
        ui.label(proof.name or proof.person[:8]).classes("qf-title").mark("participant")
        attempt = {"attempt": proof.attempt, "attempts": proof.attempts or "?"}
        waited = wait_words(desk, proof.queued_at, queue.door.clock.now())
        faint(desk.say("console.reviews.about", title=proof.title or proof.campaign, waited=waited, **attempt))
    title(desk.say("console.reviews.findings"))
    with ui.element("ul").classes("qf-findings"):
        for code in codes_of(proof):
            with ui.element("li").props(f'data-finding="{code}"'):
                ui.icon(_ICONS.get(code, "help_outline"), size="20px").classes("text-warning")
                ui.label(finding_words(desk, proof, code))
    if sheet.plea:
        title(desk.say("console.reviews.plea"))
        ui.label(sheet.plea).style("white-space: pre-wrap; overflow-wrap: anywhere").mark("plea")
    if proof.first:
        faint(desk.say("console.reviews.first", name=sheet.reviewers.get(proof.first, proof.first)))
    _draw_standing(desk, sheet)
    _draw_attempts(desk, sheet)


def _draw_standing(desk: Desk, sheet: ProofSheet) -> None:
    standing, progress = sheet.standing, sheet.progress
    if standing is None:
        return
    code = "in_group" if standing.in_group else "not_in_group"
    told = [("group", desk.say(f"console.reviews.{code}"))]
    told.append(("inviter", sheet.inviter or desk.say("console.reviews.organic")))
    if progress is not None:
        told.append(("invites", number_words(progress.done)))
        told.append(("earned", money_words(progress.reward_fen)))
    told.append(("reward", money_words(standing.reward_fen)))
    title(desk.say("console.reviews.participant"))
    with ui.element("table").classes("qf-plain"):
        for name, value in told:
            with ui.element("tr"):
                with ui.element("td"):
                    ui.label(desk.say(f"console.reviews.fact.{name}"))
                with ui.element("td"):
                    ui.label(value)


def _draw_attempts(desk: Desk, sheet: ProofSheet) -> None:
    appealed = "appeal" in codes_of(sheet.proof)
    latest = sheet.proof.attempt + appealed  # of an appealed proof the rejection itself is told, too
    earlier = [attempt for attempt in sheet.attempts if attempt.attempt < latest]
    if not earlier:
        return
    title(desk.say("console.reviews.earlier"))
    for attempt in earlier:
        with ui.element("div").classes("qf-row").style("gap: 8px"):
            ui.label(_outcome(desk, sheet, attempt))
            link(desk.say("console.reviews.see_picture"), picture_url(sheet.proof.submission, attempt.attempt)).props(
                'target="_blank"'
            )


def _outcome(desk: Desk, sheet: ProofSheet, attempt: Attempt) -> str:
    by = desk.say("console.reviews.by_checks") if attempt.by == "auto" else sheet.reviewers.get(attempt.by, attempt.by)
    words = sheet.words.get(attempt.words, "")
    reason = reason_words(desk, attempt.reason) if attempt.reason else ""
    said = f"{reason}：{words}" if words else reason
    at = desk.local(attempt.at)
    return desk.say("console.reviews.attempt", attempt=attempt.attempt, at=at, reason=said, by=by)


def blob_of(state: SubmissionState, attempts: tuple[Attempt, ...], number: int) -> str:
    """The picture of one attempt of a proof. Raises NotFound."""
    found = next((item.blob for item in attempts if item.attempt == number), "")
    if not found and state.attempt == number:
        found = state.blob
    if not found:
        raise NotFound("submission_unknown", "there is no such attempt", field=str(number))
    return found
