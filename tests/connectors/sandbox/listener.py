"""A callback URL over real HTTP: verifies, opens and keeps what the sandbox sends."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from qunflow.sandbox.sealing import key_of, open_sealed, signature

TOKEN = "Tok3nForTests"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"


@dataclass
class Listener:
    """What arrived, opened; ``answers`` holds statuses for the next posts (200 when empty)."""

    corp_id: str
    events: list[ElementTree.Element] = field(default_factory=list)
    envelopes: list[ElementTree.Element] = field(default_factory=list)
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    tries: list[float] = field(default_factory=list)
    slow: float = 0.0
    busy: int = 0
    most_at_once: int = 0
    echo_suffix: bytes = b""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def opened(self, query: dict[str, list[str]], sealed: str) -> bytes:
        stamp, nonce = query["timestamp"][0], query["nonce"][0]
        assert query["msg_signature"][0] == signature(TOKEN, stamp, nonce, sealed)
        return open_sealed(sealed, key_of(AES_KEY), self.corp_id)

    def take(self, query: dict[str, list[str]], body: bytes) -> int:
        envelope = ElementTree.fromstring(body)
        plain = self.opened(query, envelope.findtext("Encrypt", ""))
        with self.lock:
            self.busy += 1
            self.most_at_once = max(self.most_at_once, self.busy)
        time.sleep(self.slow)
        with self.lock:
            self.busy -= 1
            self.tries.append(time.monotonic())
            status = self.answers.pop(0) if self.answers else 200
            if status == 200:
                self.envelopes.append(envelope)
                self.queries.append(query)
                self.events.append(ElementTree.fromstring(plain))
        return status


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ListeningServer

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        listener = self.server.listener
        self._answer(200, listener.opened(query, query["echostr"][0]) + listener.echo_suffix)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self._answer(self.server.listener.take(parse_qs(urlsplit(self.path).query), body), b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test output clean."""


class ListeningServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: Listener, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.listener = listener
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.append(request)
        super().process_request(request, client_address)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/wecom/callback"

    def close(self) -> None:
        """Go away like a process that dies: open connections end too."""
        self.shutdown()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
        self._thread.join()
