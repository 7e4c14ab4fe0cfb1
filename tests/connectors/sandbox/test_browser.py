"""The phone and the desk in a browser: a whole page without anything from outside, and one participant's way on it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import httpx
import pytest
from PIL import Image
from tests.connectors.sandbox.driver import AGENT, CONTACT, Driver

from qunflow.sandbox import control_desk, control_phone, control_staff
from qunflow.sandbox.browser.reading import MAX_PICTURE
from qunflow.web.texts import LANGUAGES, Texts

FOLDER = resources.files("qunflow.sandbox.browser")
SCRIPTS = {name: (FOLDER / name).read_text("utf-8") for name in ("calls.js", "phone.js", "desk.js")}
WHOLE = "\n".join(SCRIPTS.values())
ACTS = {**control_phone.APIS, **control_staff.APIS, **control_desk.APIS}


class Page(HTMLParser):
    """Ids, forms with their fields, addresses, and whatever would run inside the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids.add(found.get("id") or "")
        self.names.add(found.get("name") or "")
        self.addresses += [found[name] or "" for name in ("src", "href", "action") if name in found]
        self.inline += [name for name in found if name.startswith("on") or name == "style"]
        if tag in ("style", "iframe") or (tag == "script" and "src" not in found):
            self.inline.append(tag)


@pytest.fixture(params=LANGUAGES)
def page(request: pytest.FixtureRequest, client: httpx.Client) -> Iterator[Page]:
    answer = client.get("/", params={"lang": request.param})
    assert (answer.status_code, answer.headers["content-language"]) == (200, request.param)
    yield Page(answer.text)


def test_nothing_of_the_page_comes_from_outside_or_runs_inside_it(page: Page, client: httpx.Client) -> None:
    assert page.inline == []
    for address in page.addresses:
        assert address.startswith(("/", "#", "data:,"))
        if address.startswith("/"):
            assert client.get(address).status_code == 200
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "connect-src 'self';" in policy


def test_every_element_that_a_script_asks_for_is_on_the_page(page: Page) -> None:
    asked = set(re.findall(r'getElementById\("([\w-]+)"\)', WHOLE)) | set(re.findall(r"document\.forms\.(\w+)", WHOLE))
    assert len(asked) > 15 and asked - page.ids == set()
    assert set(re.findall(r"elements\.(\w+)", WHOLE)) - page.names == set()


def test_what_others_wrote_never_becomes_markup() -> None:
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "javascript:"):
        assert forbidden not in WHOLE


def test_scripts_call_only_acts_that_a_phone_or_a_member_of_staff_has() -> None:
    called = set(re.findall(r'"(GET|POST)", "(/(?:phone|staff)/\w+)"', WHOLE))
    called |= {("POST", path) for path in re.findall(r'field\(item, "(/staff/\w+)"', WHOLE)}
    assert len(called) > 15
    assert {(method, path) for method, path in called if path not in ACTS or ACTS[path].method != method} == set()


def test_every_text_that_a_script_says_exists_and_every_kind_that_a_phone_sees_has_one() -> None:
    known = Texts.load().catalogues["zh"]
    said = set(re.findall(r'\bt\("(\w+[a-z])"', WHOLE)) - {"scan_", "kind_"}
    sources = [
        (resources.files("qunflow.sandbox") / f"{name}.py").read_text("utf-8") for name in ("befriending", "joining")
    ]
    kinds = set(re.findall(r'(?:"kind": |seen_by_phone\()"(\w+)"', "\n".join(sources)))
    said |= {f"scan_{kind}" for kind in kinds | {"unknown", "expired"}}
    said |= {f"kind_{kind}" for kind in ("welcome", "mass", "chat", "group", "group_welcome", "transfer", "conclusion")}
    assert len(said) > 40 and {code for code in said if f"sandbox.js.{code}" not in known} == set()


def test_unknown_files_are_not_there(client: httpx.Client) -> None:
    for name in ("nothing.js", "routes.py", "..%2Froutes.py", "page.html"):
        assert client.get(f"/browser/{name}").status_code == 404


def read(client: httpx.Client, picture: bytes, status: int = 200) -> str:
    answer = client.post("/browser/read", content=picture)
    assert answer.status_code == status, answer.text
    return str(answer.json().get("text") or answer.json()["code"])


def test_a_camera_reads_a_code_and_also_one_on_a_poster(driver: Driver) -> None:
    way = driver.contact_way(driver.new_staff())
    code = driver.client.get(way["qr_code"]).content
    text = read(driver.client, code)
    assert text == driver.client.post("/browser/read", params={"url": way["qr_code"]}).json()["text"]
    poster, out = Image.new("RGB", (720, 1280), "white"), io.BytesIO()
    poster.paste(Image.open(io.BytesIO(code)).resize((240, 240)), (400, 1000))
    poster.save(out, "JPEG", quality=80)
    assert read(driver.client, out.getvalue()) == text


def test_what_no_camera_can_read_is_refused_with_a_reason(driver: Driver) -> None:
    out = io.BytesIO()
    Image.new("RGB", (50, 50), "white").save(out, "PNG")
    assert read(driver.client, out.getvalue(), 400) == "sandbox_no_code"
    assert read(driver.client, b"no picture", 400) == "sandbox_picture"
    assert read(driver.client, b"", 400) == "sandbox_picture"
    assert read(driver.client, b"0" * (MAX_PICTURE + 1), 400) == "sandbox_picture_large"
    for url in ("https://elsewhere.example/qr/x.png", "/qr/unknown.png"):
        assert driver.client.post("/browser/read", params={"url": url}).json()["code"] == "sandbox_picture_url"


def test_one_participant_from_the_poster_to_leaving_again(driver: Driver) -> None:
    """The calls that the page makes, in the order in which a person presses."""
    staff = driver.new_staff()
    phone = driver.act("/phone/new", phone="browser-1", name="小白")["phone"]
    way = driver.contact_way(staff, state="poster")
    text = read(driver.client, driver.client.get(way["qr_code"]).content)
    assert driver.act("/phone/scan", phone=phone, qr=text)["kind"] == "contact_added"
    welcome = driver.events()[-1].findtext("WelcomeCode")
    attachments = [{"msgtype": "link", "link": {"title": "我的进度", "url": "https://qun.example/p/abc"}}]
    body = {"welcome_code": welcome, "text": {"content": "欢迎"}, "attachments": attachments}
    assert driver.api(CONTACT + "send_welcome_msg", body)["errcode"] == 0
    (message,) = driver.see("/phone/inbox", phone=phone, after=0)["messages"]
    assert (message["kind"], message["attachments"][0]["link"]["url"]) == ("welcome", "https://qun.example/p/abc")
    chat = driver.new_group(staff)
    shown = driver.join_way_shown(driver.join_way(chat))["qr_code"]
    entry = driver.client.post("/browser/read", params={"url": shown}).json()["text"]
    assert driver.act("/phone/scan", phone=phone, qr=entry)["kind"] == "joined"
    assert [row["chat_id"] for row in driver.see("/phone/chats", phone=phone)["chats"]] == [chat]
    driver.act("/phone/leave", phone=phone, chat_id=chat)
    assert driver.see("/phone/chats", phone=phone)["chats"] == []


def test_a_page_behind_a_poster_is_no_code_of_the_platform(driver: Driver) -> None:
    phone, _ = driver.new_phone()
    assert driver.act("/phone/scan", phone=phone, qr="https://qun.example/c/abc")["kind"] == "unknown"


def test_one_shift_at_the_desk(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, external = driver.befriend(staff)
    card = {"title": "请新建一个客户群", "description": "群名：福利群2", "url": "https://qun.example/t/abc"}
    body = {"touser": staff, "msgtype": "textcard", "agentid": AGENT, "textcard": card}
    assert driver.api("/cgi-bin/message/send", body)["errcode"] == 0
    (message,) = driver.see("/staff/inbox", userid=staff, after=0)["messages"]
    assert message["textcard"]["url"] == card["url"]
    driver.act("/staff/create_group", userid=staff, name="福利群2", members=[phone])
    (group,) = driver.see("/staff/groups", userid=staff)["groups"]
    own = {"userid": staff, "chat_id": group["chat_id"]}
    driver.mark()
    driver.act("/staff/rename", name="福利群二", **own)
    driver.act("/staff/notice", notice="八点", **own)
    driver.act("/staff/remove_member", external_userid=external, **own)
    details = [event.findtext("UpdateDetail") for event in driver.events()]
    assert details == ["change_name", "change_notice", "del_member"]
    send = {"chat_type": "single", "external_userid": [external], "sender": staff, "text": {"content": "抽奖"}}
    assert driver.api(CONTACT + "add_msg_template", send)["errcode"] == 0
    (task,) = driver.see("/staff/tasks", userid=staff)["tasks"]
    assert driver.act("/staff/confirm", userid=staff, msgid=task["msgid"])["sent"] == 1


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs the system's Chromium")
def test_in_a_real_browser_the_page_draws_what_it_was_told_as_text(driver: Driver, tmp_path: Path) -> None:
    staff = driver.new_staff()
    phone, _ = driver.befriend(staff)
    driver.act("/staff/create_group", userid=staff, name="群 <b>1</b>", members=[phone])
    address = f"{driver.client.base_url}/?lang=zh&phone={phone}&staff={staff}".replace("//?", "/?")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    drawn = subprocess.run(
        [*command, "--virtual-time-budget=6000", "--dump-dom", address], capture_output=True, text=True, timeout=60
    ).stdout
    chats = re.findall(r'<ul id="chats".*?</ul>', drawn, re.DOTALL)[0]
    assert "群 &lt;b&gt;1&lt;/b&gt; · 2 人" in chats and "退出" in chats
    assert "群 &lt;b&gt;1&lt;/b&gt;" in re.findall(r'<ul id="groups".*?</ul>', drawn, re.DOTALL)[0]
