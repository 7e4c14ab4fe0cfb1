"""A proof's text on a real PostgreSQL: the reader finds its work, and nothing waits for a dead one."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from PIL import Image, ImageDraw
from tests.integration.features.conftest import Stage
from tests.integration.features.proofs import hand_in, proof

from qunflow.bootstrap import Application
from qunflow.features.campaigns.plan import TaskPlan
from qunflow.features.posters.fonts import font_of
from qunflow.features.tasks.decide import TEXT_SECONDS
from qunflow.features.tasks.reading import Wanted, find_in_text
from qunflow.features.tasks.reading_desk import ReadingDesk
from qunflow.features.tasks.reading_engine import can_read, open_engine

needs_engine = pytest.mark.skipif(
    not can_read(), reason="NO ENGINE THAT READS TEXT: `make text` installs it (350 MB), then this test runs"
)
LATE = timedelta(seconds=TEXT_SECONDS + 1)


@pytest.fixture
def reading(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The same stage where text is read."""
    monkeypatch.setattr("qunflow.bootstrap.application.reads_text", lambda settings: True)
    return Stage(Application.join(stage.application.home), stage.platform)


async def likes_from(reading: Stage, external: str = "b", likes: int = 38) -> str:
    """A proof under the own code whose likes somebody has to count."""
    code = await reading.launch(task=TaskPlan("likes", reward_fen=200, likes_required=likes))
    await reading.add(external, code)
    await reading.join(external)
    own = reading.application.home.links.code(await reading.own_code(external))
    return await hand_in(reading, external, qr_texts=(own,))


def desk_of(reading: Stage, read: Callable[[bytes], list[str]]) -> ReadingDesk:
    application = reading.application
    return ReadingDesk(application.door, application.home.blobs, application.workspaces, lambda: read)


async def test_likes_that_are_read_under_the_own_code_approve_and_the_reward_is_paid_once(reading: Stage) -> None:
    name = await likes_from(reading)
    assert (await proof(reading, name)).status == "checking"
    desk = desk_of(reading, lambda image: ["小雨同学", "2小时前", "38人觉得很赞"])
    assert (await desk.turn(), await desk.turn()) == (1, 0)
    await reading.wait(LATE)
    assert (await proof(reading, name)).status == "approved"
    paid = await reading.rows("SELECT count(*) FROM events WHERE type = 'rewarded' AND data->>'rule' = 'task'")
    assert paid == [(1,)]
    kept = await reading.rows("SELECT data FROM events WHERE type = 'text_read'")
    assert "小雨" not in str(kept)
    await reading.check()


async def test_a_picture_that_breaks_the_engine_and_an_engine_that_is_dead_leave_it_to_a_person(reading: Stage) -> None:
    name = await likes_from(reading)

    def broken(image: bytes) -> list[str]:
        raise RuntimeError("the engine cannot")

    assert await desk_of(reading, broken).turn() == 1
    assert (await proof(reading, name)).findings == ("count_likes:38", "no_text")
    code = (await reading.campaign()).code
    await reading.add("c", code)
    await reading.join("c")
    own = reading.application.home.links.code(await reading.own_code("c"))
    other = await hand_in(reading, "c", qr_texts=(own,))
    assert (await proof(reading, other)).status == "checking"
    await reading.wait(LATE)
    assert (await proof(reading, other)).status == "queued"
    assert await desk_of(reading, broken).turn() == 0
    await reading.check()


def screenshot() -> bytes:
    """A post in a feed as a phone shows it, drawn."""
    picture = Image.new("RGB", (1080, 2160), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((180, 520, 780, 1320), fill=(255, 240, 220))
    for at, text, size, colour in (
        ((440, 90), "朋友圈", 52, "black"),
        ((180, 240), "小雨同学", 46, (87, 107, 149)),
        ((180, 320), "和我一起来读书吧", 44, "black"),
        ((220, 560), "冬日阅读营", 88, (200, 40, 40)),
        ((220, 720), "扫码进群 免费领书单", 50, (60, 60, 60)),
        ((180, 1360), "2小时前", 36, "gray"),
        ((180, 1460), "38人觉得很赞", 36, (87, 107, 149)),
    ):
        draw.text(at, text, font=font_of(size, 400), fill=colour)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return file.getvalue()


@pytest.mark.long
@needs_engine
def test_the_real_engine_reads_a_drawn_post() -> None:
    lines = open_engine()(screenshot())
    wanted = Wanted(("冬日阅读营", "扫码进群 免费领书单"), "小雨同学", 120, 38)
    found = find_in_text(lines, wanted)
    assert (found.score, found.newest, found.likes, found.hidden) == (100, 120, 38, 0), lines
