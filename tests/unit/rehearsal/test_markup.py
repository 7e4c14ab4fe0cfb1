"""Reading pages and messages as people see them."""

from __future__ import annotations

import pytest

from qunflow.rehearsal.markup import find_link, read_page


def test_a_page_tells_state_codes_and_hidden_fields() -> None:
    page = read_page(
        '<!doctype html><main class="a" data-state="contact" id=m><img alt="x" src="/qr/a.png?b=1&amp;c=2" '
        'id=\'contact-qr\'><img src="/logo.png"><form><input type=hidden name=nonce value="0f&quot;">'
        '<input name="proof" type="file"></form></main>'
    )
    assert page.state == "contact"
    assert page.codes == {"contact-qr": "/qr/a.png?b=1&c=2"}
    assert page.hidden == {"nonce": '0f"'}


def test_a_refusal_tells_its_reason() -> None:
    assert read_page('<main data-state="problem" data-code="pool_empty">').reason == "pool_empty"


@pytest.mark.parametrize("text", ["", "no page", "{}", "<p>hello</p>"])
def test_what_is_no_page_says_nothing(text: str) -> None:
    page = read_page(text)
    assert (page.state, page.reason, page.codes, page.hidden) == ("", "", {}, {})


def test_the_personal_link_is_found_wherever_it_stands() -> None:
    sealed = "AbC_dEf-0123456789xyz"
    link = f"http://127.0.0.1:8780/p/{sealed}"
    assert find_link(f"入群、海报和进度都在这里：{link}") == link
    assert find_link(f"（{link}）。") == link
    assert find_link("no link", f"{link}/entry") == link
    assert find_link("http://127.0.0.1:8780/c/abcdefghijklmnopqrstuv") == ""
