"""A person's and an app's hands on the sandbox, over HTTP."""

from __future__ import annotations

import io
import itertools
import time
from typing import Any
from xml.etree import ElementTree

import httpx
import zxingcpp
from PIL import Image
from tests.connectors.sandbox.listener import AES_KEY, TOKEN, Listener, ListeningServer

from qunflow.storage.clock import SharedClock

Json = dict[str, Any]
CORP, SECRET, AGENT = "wwtestcorp00000001", "secret-of-tests", 1000077
CONTACT = "/cgi-bin/externalcontact/"
CHAT = CONTACT + "groupchat/"


class Driver:
    """One sandbox, one clock, one callback listener; every id it makes is new."""

    def __init__(self, client: httpx.Client, clock: SharedClock, listener: Listener) -> None:
        self.client = client
        self.clock = clock
        self.listener = listener
        self._numbers = itertools.count(1)
        self._seen = 0
        self._token = ""

    def token(self) -> str:
        query = {"corpid": CORP, "corpsecret": SECRET}
        return str(self.client.get("/cgi-bin/gettoken", params=query).json()["access_token"])

    def api(self, path: str, body: Json | None = None, **query: Any) -> Json:
        """A platform call with a valid token; always HTTP 200."""
        answer = self._ask(path, body, query)
        if answer["errcode"] in (40014, 41001, 42001):
            self._token = self.token()
            answer = self._ask(path, body, query)
        return answer

    def _ask(self, path: str, body: Json | None, query: Json) -> Json:
        params = {"access_token": self._token, **query}
        if body is None:
            answer = self.client.get(path, params=params)
        else:
            answer = self.client.post(path, params=params, json=body)
        assert answer.status_code == 200
        return dict(answer.json())

    def act(self, path: str, **body: Any) -> Json:
        """A control call that must succeed."""
        answer = self.client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def refused(self, path: str, **body: Any) -> Json:
        """A control call that must be refused with a message for people."""
        answer = self.client.post(path, json=body)
        assert answer.status_code in (400, 404, 409), answer.text
        return dict(answer.json())

    def see(self, path: str, **query: Any) -> Json:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def new_staff(self) -> str:
        return str(self.act("/staff/new", userid=f"staff{next(self._numbers)}", name="林")["userid"])

    def new_phone(self, **more: str) -> tuple[str, str]:
        """Phone id and external_userid of a new person."""
        made = self.act("/phone/new", phone=f"p{next(self._numbers)}", name="客", **more)
        return made["phone"], made["external_userid"]

    def new_group(self, owner: str, *members: str) -> str:
        made = self.act("/staff/create_group", userid=owner, name="福利群", members=list(members))
        return str(made["chat_id"])

    def contact_way(self, *users: str, state: str = "st", **more: Any) -> Json:
        body = {"type": 2 if len(users) > 1 else 1, "scene": 2, "user": list(users), "state": state}
        made = self.api(CONTACT + "add_contact_way", body | more)
        assert made["errcode"] == 0, made
        return made

    def join_way(self, *chat_ids: str, **more: Any) -> str:
        body = {"scene": 2, "chat_id_list": list(chat_ids), "state": "js", **more}
        made = self.api(CHAT + "add_join_way", body)
        assert made["errcode"] == 0, made
        return str(made["config_id"])

    def join_way_shown(self, config_id: str) -> Json:
        return dict(self.api(CHAT + "get_join_way", {"config_id": config_id})["join_way"])

    def read_qr(self, url: str) -> str:
        """What a camera reads from a picture."""
        picture = Image.open(io.BytesIO(self.client.get(url).content))
        (code,) = zxingcpp.read_barcodes(picture)
        return code.text

    def scan(self, phone: str, url: str) -> Json:
        return self.act("/phone/scan", phone=phone, qr=self.read_qr(url))

    def befriend(self, staff: str, state: str = "st") -> tuple[str, str]:
        """A new phone that has become the staff member's contact."""
        phone, external = self.new_phone()
        made = self.scan(phone, self.contact_way(staff, state=state)["qr_code"])
        assert made["kind"] == "contact_added"
        return phone, external

    def group(self, chat_id: str, need_name: int = 0) -> Json:
        return dict(self.api(CHAT + "get", {"chat_id": chat_id, "need_name": need_name})["group_chat"])

    def limits(self, **values: Any) -> None:
        self.act("/admin/settings", **values)

    def status(self) -> Json:
        return self.see("/status")

    def quiet(self, seconds: float = 5.0) -> Json:
        """Wait until no callback is under way."""
        deadline = time.monotonic() + seconds
        while (status := self.status())["pending_callbacks"]:
            assert time.monotonic() < deadline, status
            time.sleep(0.01)
        return status

    def mark(self) -> None:
        """Forget the events so far."""
        self.quiet()
        self._seen = len(self.listener.events)

    def events(self) -> list[ElementTree.Element]:
        """The events since the last mark, once all is quiet."""
        self.quiet()
        return self.listener.events[self._seen :]

    def subscribe(self, server: ListeningServer, **more: Any) -> Json:
        body = {"callback_url": server.url, "token": TOKEN, "aes_key": AES_KEY}
        return self.act("/admin/corp", **(body | more))
