"""The other side of a crowd's test: a campaign kept on paper, over real HTTP, against the real sandbox.

It knows just enough of a campaign to answer a crowd: codes, personal links, one pool of groups, proofs.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import orjson
import zxingcpp
from PIL import Image
from tests.unit.rehearsal.little_server import Asked, Reply

from qunflow.features.posters.render import render_poster
from qunflow.rehearsal.http import HttpClient
from qunflow.sandbox.sealing import key_of, open_sealed

CORP, SECRET, AGENT, STAFF = "wwpaper00000000001", "sandbox-secret", 1_000_002, "lin"
TOKEN, AES_KEY = "Tok3nForTests", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
GROUP_SIZE = 25
_ELEMENTS = dict.fromkeys(("title", "subtitle", "selling_point", "endorsement", "call_to_action"), "活动")


@dataclass
class Member:
    """A participant: the code of the inviter, the own code, and what was handed in."""

    external: str
    came_by: str
    code: str
    proofs: list[bytes] = field(default_factory=list)


@dataclass
class PaperProduct:
    """All that the campaign knows; ``url`` and ``sandbox`` are set before the first request."""

    client: HttpClient
    sandbox: str
    url: str = ""
    members: dict[str, Member] = field(default_factory=dict)  # by sealed
    contacts: dict[str, str] = field(default_factory=dict)  # code → picture of its contact code
    groups: dict[str, int] = field(default_factory=dict)
    entry: str = ""
    asked_for: int = 0
    busy: int = 0
    drops: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    waiting_proofs: list[str] = field(default_factory=list)
    posts: list[tuple[str, bytes]] = field(default_factory=list)
    _token: str = ""

    async def api(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A call of the platform; the token is fetched anew when it has ended."""
        url = f"{self.sandbox}/cgi-bin/{path}?access_token={self._token}"
        found = orjson.loads((await self.client.request("POST", url, {}, orjson.dumps(body))).body)
        if found["errcode"] in (40014, 41001, 42001):
            asked = f"{self.sandbox}/cgi-bin/gettoken?corpid={CORP}&corpsecret={SECRET}"
            self._token = orjson.loads((await self.client.request("GET", asked)).body)["access_token"]
            return await self.api(path, body)
        assert found["errcode"] == 0, (path, found)
        return dict(found)

    async def make_code(self, code: str) -> None:
        """A contact way whose state is the code."""
        body = {"type": 2, "scene": 2, "user": [STAFF], "state": code, "skip_verify": True}
        self.contacts[code] = (await self.api("externalcontact/add_contact_way", body))["qr_code"]

    async def ask_for_group(self) -> None:
        """A card for the staff: please make a group."""
        self.asked_for += 1
        text = {"content": f"请新建一个客户群\n群名：试演群{self.asked_for}\n群名照抄上一行"}
        await self.api("message/send", {"touser": STAFF, "msgtype": "text", "agentid": AGENT, "text": text})

    async def handle(self, asked: Asked) -> Reply:
        """Answer a request; a first try of every tenth form is carried out and its answer lost."""
        self.busy += 1
        try:
            parts = urlsplit(asked.target)
            if parts.path == "/callback":
                return await self._callback(asked, parse_qs(parts.query))
            if parts.path == "/poster.jpg":
                return self._poster("public")
            steps = parts.path.strip("/").split("/")
            if steps[0] == "c":
                return _page("contact", f'<img id="contact-qr" src="{self.contacts[steps[1]]}">')
            return await self._personal(asked, self.members[steps[1]], steps[2] if len(steps) > 2 else "")
        finally:
            self.busy -= 1

    async def _personal(self, asked: Asked, member: Member, page: str) -> Reply:
        if page == "entry":
            if not any(size < GROUP_SIZE for size in self.groups.values()):
                if self.asked_for == len(self.groups):
                    await self.ask_for_group()
                return _page("waiting")
            return _page("group", f'<img alt="" id="group-qr" src="{self.entry}">')
        if page == "poster.jpg":
            return self._poster(member.code)
        if page == "submit":
            return self._submit(asked, member)
        return _page("progress", '<form><input type="hidden" name="nonce" value="n0nce"></form>')

    def _poster(self, code: str) -> Reply:
        drawn = render_poster(_ELEMENTS, f"{self.url}/c/{code}")
        return Reply(body=drawn, headers=(("Content-Type", "image/jpeg"),))

    def _submit(self, asked: Asked, member: Member) -> Reply:
        assert b'name="nonce"\r\n\r\nn0nce' in asked.body
        again = (asked.target, asked.body) in self.posts
        if not again:
            self.posts.append((asked.target, asked.body))
            self._judge(member, asked.body.split(b"\r\n\r\n", 2)[2].rpartition(b"\r\n--")[0])
            if len(self.posts) % 10 == 1:
                self.drops += 1
                return Reply(drop=True)
        return Reply(303, headers=(("Location", asked.target.removesuffix("/submit")),))

    def _judge(self, member: Member, picture: bytes) -> None:
        known = {proof for other in self.members.values() for proof in other.proofs}
        member.proofs.append(picture)
        with Image.open(io.BytesIO(picture)) as opened:
            codes = [found.text for found in zxingcpp.read_barcodes(opened)]
        if picture in known:
            self.verdicts["duplicate"] += 1
        elif not codes:
            self.waiting_proofs.append(member.external)
        else:
            self.verdicts["approved" if codes == [f"{self.url}/c/{member.code}"] else "qr_mismatch"] += 1

    async def _callback(self, asked: Asked, query: dict[str, list[str]]) -> Reply:
        key = key_of(AES_KEY)
        if asked.method == "GET":
            return Reply(body=open_sealed(query["echostr"][0], key, CORP))
        sealed = ElementTree.fromstring(asked.body).findtext("Encrypt", "")
        event = ElementTree.fromstring(open_sealed(sealed, key, CORP))
        change, chat = event.findtext("ChangeType", ""), event.findtext("ChatId", "")
        if change == "add_external_contact":
            await self._welcome(event)
        elif change == "create":
            await self._add_group(chat)
        elif event.findtext("UpdateDetail") == "add_member":
            self.groups[chat] += int(event.findtext("MemChangeCnt", "0"))
        return Reply()

    async def _welcome(self, event: ElementTree.Element) -> None:
        external = event.findtext("ExternalUserID", "")
        sealed = hashlib.sha256(external.encode()).hexdigest()[:32]
        member = Member(external, event.findtext("State", ""), f"own{len(self.members)}")
        self.members[sealed] = member
        await self.make_code(member.code)
        text = {"content": f"欢迎！入群、海报和进度都在这里：{self.url}/p/{sealed}"}
        body = {"welcome_code": event.findtext("WelcomeCode", ""), "text": text}
        await self.api("externalcontact/send_welcome_msg", body)

    async def _add_group(self, chat: str) -> None:
        self.groups[chat] = 1
        body = {"scene": 2, "auto_create_room": 0, "chat_id_list": [chat]}
        made = await self.api("externalcontact/groupchat/add_join_way", body)
        shown = await self.api("externalcontact/groupchat/get_join_way", {"config_id": made["config_id"]})
        self.entry = shown["join_way"]["qr_code"]


def _page(state: str, inner: str = "") -> Reply:
    text = f'<!doctype html><main data-state="{state}">{inner}</main>'
    return Reply(body=text.encode(), headers=(("Content-Type", "text/html; charset=utf-8"),))
