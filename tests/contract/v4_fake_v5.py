"""A V5 that only records: it answers the two requests of V4's wizard as it is told, and keeps what it was sent."""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Iterator

LOGIN, START = "/api/v1/login?include=token", "/api/v1/migration/start"


@dataclass
class Seen:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def parts(self) -> list[tuple[str, str | None, str | None, bytes]]:
        """The parts of a multipart body: name, file name, type, content."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + self.body, policy=email.policy.HTTP)
        return [
            (
                part.get_param("name", header="content-disposition"),
                part.get_filename(),
                part.get_content_type() if part["content-type"] else None,
                part.get_payload(decode=True),
            )
            for part in message.iter_parts()
        ]


@dataclass
class FakeV5:
    """Answers per path: (status, headers, body)."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)

    def answer(self, path: str, status: int = 200, content: Any = None, **headers: str) -> None:
        """Set the answer for `path`: bytes as they are, anything else as JSON."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, {"Content-Type": "application/json", **named}, body)


@contextlib.contextmanager
def fake_v5(context: ssl.SSLContext | None = None) -> Iterator[FakeV5]:
    """Serve a FakeV5 on a port of 127.0.0.1, with TLS if a context is given."""
    fake = FakeV5()
    fake.answer(LOGIN, content={"data": [{"token": {"token": "v5-token"}}, {"token": {"token": "other"}}]})
    fake.answer(START, content={"_id": "1", "method": "x", "started_at": "y"})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            fake.seen.append(Seen(self.command, self.path, headers, self.rfile.read(size)))
            status, named, body = fake.answers.get(self.path, (404, {}, b'{"message":"404 | Nothing to see here!"}'))
            self.send_response(status)
            for name, value in {**named, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    fake.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
