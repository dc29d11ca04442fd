"""A small HTTP client for the contract tests: JSON and multipart bodies, answers whatever their status."""

from __future__ import annotations

import http.client
import json as jsonlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status_code: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode()

    def json(self) -> Any:
        """The body, decoded."""
        return jsonlib.loads(self.content)


def multipart(data: dict[str, str], files: dict[str, tuple[str, bytes, str]]) -> tuple[bytes, str]:
    """Return a multipart body and its content type; files first, as V4 sends them."""
    boundary = secrets.token_hex(16)
    body = b""
    for name, (filename, content, kind) in files.items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: {kind}'
        body += f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    for name, value in data.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def request(
    method: str,
    url: str,
    headers: dict[str, str] | None = None,
    json: Any = None,
    data: dict[str, str] | None = None,
    files: dict[str, tuple[str, bytes, str]] | None = None,
    timeout: float = 120,
) -> Answer:
    """Send one request and return its answer."""
    parts = urlsplit(url)
    headers = dict(headers or {})
    body: bytes | None = None
    if json is not None:
        body = jsonlib.dumps(json).encode()
        headers["Content-Type"] = "application/json"
    elif data is not None or files is not None:
        body, headers["Content-Type"] = multipart(data or {}, files or {})
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()
