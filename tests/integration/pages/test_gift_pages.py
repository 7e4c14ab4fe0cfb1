"""A gift as a friend opens it: whose it is, the operator's words, and first of all what the friend gets."""

from __future__ import annotations

import html
import re

from tests.integration.pages.conftest import Stage
from tests.integration.pages.test_play_pages import MUTUAL, Page, phones, shared

WORDS = '收下吧 <script>alert(1)</script> & "{yuan}"'


def title_of(page: Page) -> str:
    return html.unescape(re.findall(r"<title>(.*?)</title>", page.text)[0])


def words_of(page: Page) -> str:
    """The words with a link that the owner may send."""
    return html.unescape(re.findall(r'data-words="[^"]+">(.*?)</p>', page.text)[0])


async def test_a_friend_reads_the_operators_words_and_the_title_leads_with_what_they_get(stage: Stage) -> None:
    owner, friend = await phones(stage, {**MUTUAL, "gift_message": WORDS}, "owner", "friend")
    page = await owner.tap(await owner.open(), "open")
    await friend.open()
    view = await friend.open(shared(page))
    assert "<script>alert" not in view.text
    assert html.unescape(re.findall(r'data-message="yes">(.*?)</p>', view.text)[0]) == WORDS
    assert html.unescape(re.findall(r'<meta name="description" content="([^"]*)">', view.text)[0]) == WORDS
    assert title_of(view).startswith("送你 3.00 元见面礼") and "O** 送你一份见面礼" in view.text
    english = await friend.open(shared(page) + "?lang=en")
    assert title_of(english).startswith("A gift of 3.00 yuan for you") and "gives you a gift" in english.text
    own = await friend.open()
    assert 'data-message="yes"' in own.text, "the gift stands on the friend's own page, too"


async def test_the_sharer_is_given_words_to_send_that_lead_with_what_the_friend_gets(stage: Stage) -> None:
    (owner,) = await phones(stage, {**MUTUAL, "gift_message": WORDS}, "owner")
    page = await owner.tap(await owner.open(), "open")
    words = words_of(page)
    assert words.startswith("送你 3.00 元见面礼") and WORDS in words and words.endswith(shared(page))
    assert 'data-message="yes"' not in page.text


async def test_without_words_and_without_the_name_the_gift_is_the_campaigns(stage: Stage) -> None:
    model = {**MUTUAL, "gift_from_sharer_name": False, "helper_reward_at": "order"}
    owner, friend = await phones(stage, model, "owner", "friend")
    page = await owner.tap(await owner.open(), "open")
    await friend.open()
    view = await friend.open(shared(page))
    assert "data-message" not in view.text and 'name="description"' not in view.text
    assert "O** 送你" not in view.text and "下单后你得 3.00 元" in view.text
    assert title_of(view).startswith("送你一份见面礼，下单得 3.00 元")
