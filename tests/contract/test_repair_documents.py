"""Attachments from the V4 stand-in to the V5 stand-in: fetched, proven, attached; and every way in which that fails."""

from __future__ import annotations

import contextlib
import hashlib
import io
import sys
from pathlib import Path
from typing import Iterator

import pytest
from conftest import PhpApp, program
from v5_standin import COMPANY_KEY, EMAIL, EXPORT, V5App, v5, v5_server

from migration import hashed_ids
from migration.document_name import v5_name
from migration.errors import MigrationError
from migration.repair import documents, packet, v4_documents, v5_documents
from migration.v5_api import V5Client

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from local_servers import serve

__all__ = ["v5", "v5_server"]  # fixtures
PNG_SHA1 = "e46f495250bfdfadbf3c5ab9bac9cd6a8391ec7b"  # of the recorded attachments, as V4 recorded it


def wanted(v5_ids: tuple = (1, 2)) -> list:
    """The attachments of the invoices 0001 and 0002, whose rows in V5 have these ids."""
    return [
        {
            "id": f"documents/invoices/000{i}/a.png",
            "v4_id": i,
            "kind": "invoices",
            "record": hashed_ids.encode(number),
            "label": f"000{i}",
            "sha256": "",
            "wrong": "",
        }
        for i, number in enumerate(v5_ids, 1)
    ]


def php(socket: Path, folder: Path) -> str:
    """A PHP command that knows the private server's socket, as php.ini would."""
    wrapper = folder / "php-of-the-test"
    wrapper.write_text(f'#!/bin/sh\nexec {program("php8.2", "php")} -d pdo_mysql.default_socket={socket} "$@"\n')
    wrapper.chmod(0o755)
    return str(wrapper)


def source(v4: PhpApp, tmp_path: Path, url: str = "") -> v4_documents.Source:
    return v4_documents.Source(v4.path, php(v4.database.socket, tmp_path), "", url, "", "")


def fetch(v4: PhpApp, tmp_path: Path, url: str = "", v5_ids: tuple = (1, 2)) -> list:
    """Fetch into tmp_path/documents.tar, anew."""
    path = tmp_path / "documents.tar"
    path.unlink(missing_ok=True)
    return v4_documents.fetch(source(v4, tmp_path, url), COMPANY_KEY, wanted(v5_ids), path)


def test_attachments_come_over_the_api_as_v5_would_fetch_them(v4: PhpApp, tmp_path: Path) -> None:
    with v4.serve() as url:
        found = fetch(v4, tmp_path, url)
    assert [(one["from"], one["trouble"], one["name"], one["size"]) for one in found] == [("api", "", "a.png", 75)] * 2
    assert (tmp_path / "documents.tar").stat().st_mode & 0o777 == 0o600
    with packet.Packet(tmp_path / "documents.tar") as made:
        assert [entry["label"] for entry in made.entries] == ["0001", "0002"]
        content = made.content(0).read()
        assert hashlib.sha1(content).hexdigest() == PNG_SHA1  # noqa: S324
        assert made.entries[0]["sha256"] == hashlib.sha256(content).hexdigest()
    token = v4.database.value("SELECT token FROM account_tokens")
    assert token.encode() not in (tmp_path / "documents.tar").read_bytes()


def test_without_a_token_they_come_from_the_storage(v4: PhpApp, tmp_path: Path) -> None:
    v4.database.run("UPDATE account_tokens SET deleted_at = NOW()")
    with v4.serve() as url:
        assert [one["from"] for one in fetch(v4, tmp_path, url)] == ["storage", "storage"]


LOGIN = b"<!DOCTYPE html><html><head><title>Invoice Ninja | Login</title></head><body></body></html>"
ANSWERS = {
    "a login page": ((200, {"Content-Type": "text/html; charset=UTF-8"}, LOGIN), "a page ('Invoice Ninja | Login')"),
    "a login page that says it is a picture": ((200, {"Content-Type": "image/png"}, LOGIN), "a page ('Invoice Ninja"),
    "a redirect to the login": ((302, {"Location": "/login"}, b""), "a redirect to /login in place of the file (302)"),
    "an error": ((500, {"Content-Type": "text/html"}, b"<title>Whoops</title>"), "status 500 Whoops"),
    "a refusal": (
        (403, {"Content-Type": "application/json"}, b'{"error":{"message":"Invalid token"}}'),
        "status 403 Invalid token",
    ),
    "another type": ((200, {"Content-Type": "application/pdf"}, b"%PDF-1.4"), "application/pdf in place of image/png"),
    "half of it": (
        (200, {"Content-Type": "image/png"}, b"\x89PNG"),
        "4 bytes with another SHA-1 than V4's record says (of 75 bytes)",
    ),
    "another picture": ((200, {"Content-Type": "image/png"}, b"\x89PNG" + b"x" * 71), "75 bytes with another SHA-1"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_not_the_file_is_recognized(v4: PhpApp, tmp_path: Path, name: str) -> None:
    answer, words = ANSWERS[name]
    status, headers, body = answer
    with serve(lambda handler: (status, list(headers.items()), body)) as server:
        url = f"http://127.0.0.1:{server.port}"
        assert [one["from"] for one in fetch(v4, tmp_path, url)] == ["storage", "storage"], "V4's own disk has it"
        (v4.path / "storage/documents").rename(v4.path / "storage/elsewhere")
        found = fetch(v4, tmp_path, url)
    assert words in found[0]["trouble"], found[0]["trouble"]
    assert "No such file or directory" in found[0]["trouble"]
    with packet.Packet(tmp_path / "documents.tar") as made:
        assert made.entries == []


def test_a_store_elsewhere_is_followed_without_the_token(v4: PhpApp, tmp_path: Path) -> None:
    content = next((v4.path / "storage/documents").rglob("*.png")).read_bytes()
    with serve(lambda handler: (200, [("Content-Type", "binary/octet-stream")], content)) as store:
        where = [("Location", f"http://localhost:{store.port}/bucket/a.png?signature=x")]
        with serve(lambda handler: (302, where, b"")) as server:
            found = fetch(v4, tmp_path, f"http://127.0.0.1:{server.port}")
        (_, path, headers), *_ = store.seen
    assert [one["from"] for one in found] == ["api", "api"]
    assert path == "/bucket/a.png?signature=x"
    assert "X-Ninja-Token" not in headers


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("path = '../../.env'", "leads out of"),
        ("disk = 's3'", "V4 keeps it on 's3'"),
        ("hash = REPEAT('0', 40)", "75 bytes with another SHA-1 than V4's record says"),
        ("hash = '', size = 74", "75 bytes, and V4's record says 74"),
    ],
)
def test_a_storage_that_is_not_as_recorded_gives_nothing(v4: PhpApp, tmp_path: Path, change: str, words: str) -> None:
    v4.database.run(f"UPDATE documents SET {change} WHERE id = 1")
    first, second = fetch(v4, tmp_path)
    assert words in first["trouble"]
    assert second["trouble"] == "", "the others come over"


def test_a_size_that_v4_has_wrong_is_no_obstacle(v4: PhpApp, tmp_path: Path) -> None:
    """V4 announces it as the length of its answer, which then ends too early; the file on its disk is whole."""
    v4.database.run("UPDATE documents SET size = 70 WHERE id = 1; UPDATE documents SET size = 90 WHERE id = 2")
    with v4.serve() as url:
        first, second = fetch(v4, tmp_path, url)
    assert (first["from"], first["size"], first["trouble"]) == ("storage", 75, "")
    assert (second["size"], second["trouble"]) == (75, "")


def test_without_a_digest_the_reconciliations_decides(v4: PhpApp, tmp_path: Path) -> None:
    v4.database.run("UPDATE documents SET hash = ''")
    content = next((v4.path / "storage/documents").rglob("*.png")).read_bytes()
    path = tmp_path / "documents.tar"
    asked = wanted()
    asked[0]["sha256"], asked[1]["sha256"] = hashlib.sha256(content).hexdigest(), "0" * 64
    first, second = v4_documents.fetch(source(v4, tmp_path), COMPANY_KEY, asked, path)
    assert (first["trouble"], first["from"]) == ("", "storage")
    assert "another content than the reconciliation saw" in second["trouble"]


def test_a_row_that_v4_deleted_meanwhile_is_told(v4: PhpApp, tmp_path: Path) -> None:
    v4.database.run("DELETE FROM documents WHERE id = 1")
    assert fetch(v4, tmp_path)[0]["trouble"] == "V4 no longer has it"


class Migrated:
    """A V5 that has imported the recorded export, and its client."""

    def __init__(self, v5: V5App) -> None:
        self.v5 = v5
        v5.start(v5.token(), EXPORT, COMPANY_KEY, silent_migration="1")
        v5.work()
        self.client = V5Client(v5.app.url)
        self.client.login(EMAIL, ["V4pass!23"])

    def attach(self, path: Path) -> dict:
        """Attach a packet and return what was done."""
        done = {"attached": 0, "removed": 0, "documents": []}
        v5_documents.attach_all(self.client, COMPANY_KEY, path, done)
        return done

    def documents(self) -> list:
        """(type, id of the record, name, size) of every attachment."""
        rows = self.v5.database.rows(
            "SELECT documentable_type t, documentable_id i, name, size FROM documents ORDER BY id"
        )
        return [(row["t"], row["i"], row["name"], int(row["size"])) for row in rows]

    def id(self, kind: str, number: str) -> int:
        """The id of an invoice's row; of the n-th expense's, which has no number in V5; of the company's."""
        if kind == "company":
            return int(self.v5.database.value(f"SELECT id FROM companies WHERE company_key = '{COMPANY_KEY}'"))
        first = "(SELECT MIN(id) FROM expenses)"
        where = f"id = {first} + {number} - 1" if kind == "expenses" else f"number = '{number}'"
        return int(self.v5.database.value(f"SELECT COALESCE((SELECT id FROM {kind} WHERE {where}), 99999)"))

    def pack(self, path: Path, *files: tuple) -> Path:
        """Write a packet of (kind, number, name, content)."""
        path.unlink(missing_ok=True)
        writer = packet.Writer(path)
        for kind, number, name, content in files:
            entry = {"id": f"documents/{kind}/{number}/{name}", "kind": kind, "label": number, "name": name}
            entry.update(record=hashed_ids.encode(self.id(kind, number)), copies=1, wrong="")
            entry.update(size=len(content), sha256=hashlib.sha256(content).hexdigest())
            writer.add(entry, content)
        writer.close()
        return path


@pytest.fixture
def migrated(v5: V5App) -> Migrated:
    return Migrated(v5)


def test_repeating_attaches_nothing_twice(migrated: Migrated, v4: PhpApp, tmp_path: Path) -> None:
    """To a company that is switched off, as every migrated one is."""
    assert {key: off for _, key, off in migrated.v5.companies()}[COMPANY_KEY] == "1"
    ids = (migrated.id("invoices", "0001"), migrated.id("invoices", "0002"))
    fetch(v4, tmp_path, v5_ids=ids)
    before = migrated.documents()
    done = migrated.attach(tmp_path / "documents.tar")
    assert (done["attached"], [one["trouble"] for one in done["documents"]]) == (2, ["", ""])
    assert migrated.documents() == [*before, *(("invoices", str(number), "a.png", 75) for number in ids)]
    assert migrated.attach(tmp_path / "documents.tar")["attached"] == 0
    assert len(migrated.documents()) == len(before) + 2


def test_names_are_what_v5_makes_of_them(migrated: Migrated, tmp_path: Path) -> None:
    names = ['offer "final" ü.pdf', "a/b\\c.pdf", "x" * 300 + ".pdf", "tab\there.pdf", "back\\"]
    expected = [v5_name(name) for name in names]
    assert expected[:2] == ['offer "final" ü.pdf', "c.pdf"]
    assert migrated.v5.database.value("SELECT COUNT(*) FROM expenses WHERE number IS NOT NULL") == "0", (
        "as the real one"
    )
    files = [("expenses", "2", name, b"%PDF-1.4 " + bytes([i])) for i, name in enumerate(expected)]
    path = migrated.pack(tmp_path / "p", *files)
    assert migrated.attach(path)["attached"] == len(names)
    assert [name for _, _, name, _ in migrated.documents()] == expected
    assert migrated.attach(path)["attached"] == 0


def test_the_company_has_attachments_too(migrated: Migrated, tmp_path: Path) -> None:
    path = migrated.pack(tmp_path / "p", ("company", "", "terms.pdf", b"%PDF-1.4"))
    assert migrated.attach(path)["attached"] == 1
    assert migrated.attach(path)["attached"] == 0
    (kind, number, _, _) = migrated.documents()[-1]
    assert (kind, int(number)) == ("App\\Models\\Company", migrated.id("company", ""))


def test_a_file_that_v5_has_lost_on_its_disk_is_replaced(migrated: Migrated, tmp_path: Path) -> None:
    path = migrated.pack(tmp_path / "p", ("invoices", "0001", "a.pdf", b"%PDF-1.4"))
    migrated.attach(path)
    next((migrated.v5.path / "public/storage" / COMPANY_KEY / "documents").iterdir()).unlink()
    with packet.Packet(path) as made:
        made.entries[0]["wrong"] = documents.MISSING
        attacher = v5_documents.Attacher(migrated.client, COMPANY_KEY)
        assert attacher.attach(made, 0) == ""
        assert (attacher.attached, attacher.removed) == (1, 1)
    assert len([name for _, _, name, _ in migrated.documents() if name == "a.pdf"]) == 1


def test_what_v5_does_not_keep_as_it_was_is_removed_again(migrated: Migrated, tmp_path: Path) -> None:
    """Something on the way, such as a proxy, changes what V5 gets."""
    path = migrated.pack(tmp_path / "p", ("invoices", "0001", "a.txt", b"the text"))
    before = migrated.documents()
    with packet.Packet(path) as made:
        made.content = lambda index: io.BytesIO(b"THE TEXT")
        attacher = v5_documents.Attacher(migrated.client, COMPANY_KEY)
        for _ in range(2):
            assert "does not give it back unchanged" in attacher.attach(made, 0)
            assert migrated.documents() == before
    assert (attacher.attached, attacher.removed) == (0, 0)


def test_a_file_twice_on_one_record_stays_twice(migrated: Migrated, tmp_path: Path) -> None:
    path = migrated.pack(tmp_path / "p", ("invoices", "0001", "a.pdf", b"%PDF-1.4"))
    with packet.Packet(path) as made:
        made.entries[0]["copies"] = 2
        attacher = v5_documents.Attacher(migrated.client, COMPANY_KEY)
        assert attacher.attach(made, 0) == ""
        assert attacher.attach(made, 0) == ""
    assert attacher.attached == 2


def test_a_wrong_file_gives_way_when_the_right_one_is_there(migrated: Migrated, tmp_path: Path) -> None:
    """As V5's importer leaves it, where V4 answered with a page: not so named files and other content stay."""
    page = b"not the file at all"
    migrated.attach(migrated.pack(tmp_path / "p", *[("invoices", "0001", name, page) for name in ("a.txt", "b.txt")]))
    migrated.attach(migrated.pack(tmp_path / "p", ("invoices", "0001", "a.txt", b"added by somebody")))
    path = migrated.pack(tmp_path / "p", ("invoices", "0001", "a.txt", b"the file"))
    with packet.Packet(path) as made:
        made.entries[0]["wrong"] = hashlib.sha256(page).hexdigest()
        attacher = v5_documents.Attacher(migrated.client, COMPANY_KEY)
        assert attacher.attach(made, 0) == ""
        assert (attacher.attached, attacher.removed) == (1, 1)
        assert attacher.attach(made, 0) == ""
        assert (attacher.attached, attacher.removed) == (1, 1)
    assert [(name, size) for _, _, name, size in migrated.documents()] == [("b.txt", 19), ("a.txt", 17), ("a.txt", 8)]


def test_what_v5_does_not_take_does_not_keep_the_others_back(migrated: Migrated, tmp_path: Path) -> None:
    path = migrated.pack(
        tmp_path / "p",
        ("invoices", "0001", "page.pdf", LOGIN),
        ("invoices", "9999", "a.pdf", b"%PDF-1.4"),
        ("invoices", "0002", "big.pdf", b"%PDF-1.4" + bytes(3 << 20)),
        ("invoices", "0003", "huge.pdf", b"%PDF-1.4" + bytes(9 << 20)),
        (
            "invoices",
            "0002",
            "broken.jpg",
            b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9",
        ),
        ("invoices", "0002", "a.pdf", b"%PDF-1.4"),
    )
    done = migrated.attach(path)
    page, missing, big, huge, broken, good = (one["trouble"] for one in done["documents"])
    assert "must be a file of type" in page
    assert "ADDITIONAL_UPLOAD_EXTENSIONS" in page
    assert "V5 no longer has the invoice 9999" in missing
    assert "upload_max_filesize" in big
    assert "(9.0 MiB) is larger than" in huge
    assert "an image that is damaged" in broken
    assert good == ""
    assert done["attached"] == 1


@contextlib.contextmanager
def forgetting(client: V5Client, v5: V5App, *at: int) -> Iterator[None]:
    """V5 forgets every token before the requests of these numbers (from 1)."""
    send, count = client._send, [0]

    def counted(*arguments: object):
        count[0] += 1
        if count[0] in at:
            v5.database.run("UPDATE company_tokens SET token = REVERSE(token)")
            v5.database.run("DELETE FROM company_tokens")
        return send(*arguments)

    client._send = counted
    try:
        yield
    finally:
        del client._send


def test_a_v5_that_forgets_its_token_is_logged_in_to_once_more(migrated: Migrated, tmp_path: Path) -> None:
    files = [("invoices", number, "a.pdf", b"%PDF-1.4") for number in ("0001", "0002", "0003")]
    path = migrated.pack(tmp_path / "p", *files)
    for at in range(1, 13):
        with forgetting(migrated.client, migrated.v5, at):
            migrated.client._renewed = False
            assert all(one["trouble"] == "" for one in migrated.attach(path)["documents"])
        assert len([one for one in migrated.documents() if one[2] == "a.pdf"]) == 3
        migrated.v5.database.run("DELETE FROM documents WHERE name = 'a.pdf'")

    with forgetting(migrated.client, migrated.v5, 1, 6), pytest.raises(MigrationError) as caught:
        migrated.client._renewed = False
        migrated.attach(path)
    assert caught.value.id == "v5-token-lost"
    assert "nothing twice" in caught.value.message
    assert len([one for one in migrated.documents() if one[2] == "a.pdf"]) == 1
    migrated.client.login(EMAIL, ["V4pass!23"])
    assert migrated.attach(path)["attached"] == 2
