"""Fetches attachments from V4, on V4's host, and puts those that are what V4 says they are into a packet.

First as V5 would, over V4's API (``GET /api/v1/documents/<public id>`` with ``X-Ninja-Token``); where that does not
give the file (no token, a login page, an error), from V4's storage. Either is believed only when its SHA-1 is that of
V4's own row of ``documents`` (V4's DocumentRepository::upload writes it when a file is attached). The token is read
from V4's database here and never leaves this process.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .. import counts, php_db, v5_answers
from ..document_name import v5_name
from ..errors import MigrationError
from ..http import Response, Server
from . import packet

# V4's Document::$types: what its API answers as the content's type.
TYPES = {
    "png": "image/png",
    "ai": "application/postscript",
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
    "pdf": "application/pdf",
    "gif": "image/gif",
    "psd": "image/vnd.adobe.photoshop",
    "txt": "text/plain",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
STORAGE = "storage/documents"  # V4's disk `documents` (config/filesystems.php)
ROWS = 1_000_000


class Source(NamedTuple):
    """The V4 that is read. url, address, ca_file: as for http.Server; url "" where V4 has no web address."""

    root: Path
    php: str
    web_user: str
    url: str
    address: str
    ca_file: str


class Refused(Exception):
    """One way did not give the file; the text says why."""


def queries(account_key: str, ids: list[int]) -> dict[str, str]:
    """SQL for V4: the rows of these `documents`, and a `token` of the account's owner or another administrator.

    `copies` counts the account's rows of the same file under the same name at the same record.
    """
    account = f"(SELECT id FROM accounts WHERE account_key = '{counts.checked_key(account_key)}')"  # noqa: S608
    wanted = ", ".join(str(int(one)) for one in ids) or "0"
    same = " AND ".join(f"o.{name} <=> d.{name}" for name in ("account_id", "invoice_id", "expense_id", "name", "hash"))
    return {
        "documents": "SELECT d.id, d.public_id, d.name, d.type, d.path, d.disk, d.size, d.hash, "  # noqa: S608
        f"(SELECT COUNT(*) FROM documents o WHERE {same}) AS copies "
        f"FROM documents d WHERE d.account_id = {account} AND d.id IN ({wanted})",
        "token": "SELECT t.token FROM account_tokens t JOIN users u ON u.id = t.user_id "  # noqa: S608
        f"WHERE t.account_id = {account} AND t.deleted_at IS NULL AND u.deleted_at IS NULL "
        "AND (u.is_admin = 1 OR u.public_id = 0 OR u.public_id IS NULL) "
        "ORDER BY COALESCE(u.public_id, 0), t.id LIMIT 1",
    }


def fetch(source: Source, account_key: str, wanted: list[dict[str, Any]], path: Path) -> list[dict[str, Any]]:
    """Write a packet of the wanted attachments to `path` and return what became of each.

    wanted: `id` (of the step), `v4_id` (row of V4's `documents`), `kind`, `record` (V5's hashed id), `label`, `sha256`
    (known from before, or ""), `wrong` (sha256 of V5's file that it replaces, or ""). Returned, in the same order:
    `id`, `name`, `size`, `sha256`, `from` (api, storage), and `trouble`: why it is not in the packet, or "".
    Raises MigrationError where V4's database or PHP does not answer, or the packet cannot be written.
    """
    asked = queries(account_key, [one["v4_id"] for one in wanted])
    found = php_db.query(source.root, asked, source.php, limit=ROWS, user=source.web_user)["rows"]
    rows = {int(row["id"]): row for row in found["documents"]}
    token = str(found["token"][0]["token"]) if found["token"] else ""
    results = []
    try:
        writer = packet.Writer(path)
        for one in wanted:
            result = {"id": one["id"], "name": "", "size": 0, "sha256": "", "from": "", "trouble": ""}
            results.append(result)
            row = rows.get(int(one["v4_id"]))
            if row is None:
                result["trouble"] = "V4 no longer has it"
                continue
            result.update(name=v5_name(str(row["name"])), size=int(row["size"] or 0))
            try:
                content, result["from"] = _content(source, token, row, str(one.get("sha256") or ""))
            except Refused as why:
                result["trouble"] = str(why)
                continue
            result.update(size=len(content), sha256=hashlib.sha256(content).hexdigest())
            entry = {name: result[name] for name in ("id", "name", "size", "sha256")}
            entry.update(
                kind=one["kind"],
                record=str(one["record"]),
                label=str(one["label"]),
                copies=int(row["copies"] or 1),
                wrong=str(one.get("wrong") or ""),
            )
            writer.add(entry, content)
        writer.close()
    except OSError as error:
        raise MigrationError(
            f"The packet of attachments {path} cannot be written: {error.strerror}",
            f"df -h {path.parent}",
            "packet-failed",
        ) from None
    return results


def _content(source: Source, token: str, row: dict[str, Any], sha256: str) -> tuple[bytes, str]:
    """The file and where it comes from; raises Refused with every way's reason."""
    reasons = []
    for name, way in (("api", _from_api), ("storage", _from_storage)):
        try:
            content = way(source, token, row)
            _check(content, row, sha256)
            return content, name
        except Refused as why:
            reasons.append(f"{'V4 over HTTP' if name == 'api' else 'V4’s storage'}: {why}")
    raise Refused("; ".join(reasons))


def _from_api(source: Source, token: str, row: dict[str, Any]) -> bytes:
    if not token:
        raise Refused("its administrators have no API token")
    if not source.url:
        raise Refused("v4_url is not set")
    try:
        server = Server(source.url, source.address, source.ca_file)
        answer = server.request("GET", f"/api/v1/documents/{int(row['public_id'])}", {"X-Ninja-Token": token})
        if answer.is_redirect:
            answer = _follow(source, server, answer)
    except MigrationError as error:
        raise Refused(error.message) from None
    judge(answer, str(row["type"] or ""))
    return answer.body


def _follow(source: Source, server: Server, answer: Response) -> Response:
    """Follow V4 to the store that has its files (S3 and the like, signed addresses); never to a page of V4 itself.

    The token does not go along.
    """
    target = urlsplit(answer.header("Location"))
    if not target.netloc or target.hostname == server.url.host:
        raise Refused(f"a redirect to {target.path or '/'} in place of the file ({answer.status})")
    store = Server(f"{target.scheme}://{target.netloc}", ca_file=source.ca_file)
    return store.request("GET", target.path + (f"?{target.query}" if target.query else ""))


def judge(answer: Response, kind: str) -> None:
    """Raise Refused where an answer of V4's API is not a file of this kind (``documents.type``) but a page or error."""
    shown = answer.header("Content-Type").partition(";")[0].strip().lower()
    if answer.status != 200:
        raise Refused(f"status {answer.status} {_error(answer) or v5_answers.said(answer)}".strip())
    expected = TYPES.get(kind)
    page = answer.body[:2048].lstrip().lower()
    if shown == "text/html" or (expected != "text/plain" and page.startswith((b"<!doctype html", b"<html"))):
        raise Refused(f"a page ('{v5_answers.said(answer) or 'without a title'}') in place of the file")
    if expected and shown and shown not in (expected, "application/octet-stream", "binary/octet-stream"):
        raise Refused(f"{shown} in place of {expected}")


def _error(answer: Response) -> str:
    body = answer.json()
    inner = body.get("error") if isinstance(body, dict) else None
    return str(next(iter(inner.values()), ""))[:160] if isinstance(inner, dict) else ""


def _from_storage(source: Source, token: str, row: dict[str, Any]) -> bytes:
    if str(row["disk"] or "documents") != "documents":
        raise Refused(f"V4 keeps it on '{row['disk']}', not on its own disk")
    base = (source.root / STORAGE).resolve()
    path = (base / str(row["path"])).resolve()
    if base not in path.parents:
        raise Refused(f"its path '{row['path']}' leads out of {base}")
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None


def _check(content: bytes, row: dict[str, Any], sha256: str) -> None:
    """Raise Refused where the content is not what V4 recorded when it was attached.

    The digest decides where V4 has one; a size that V4 has wrong cuts its own download short, and not the file.
    """
    recorded, size = str(row["hash"] or "").lower(), int(row["size"] or 0)
    if recorded:
        if hashlib.sha1(content).hexdigest() != recorded:  # noqa: S324 - what V4 keeps
            raise Refused(f"{len(content)} bytes with another SHA-1 than V4's record says (of {size} bytes)")
    elif len(content) != size:
        raise Refused(f"{len(content)} bytes, and V4's record says {size}")
    elif sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise Refused("another content than the reconciliation saw")
