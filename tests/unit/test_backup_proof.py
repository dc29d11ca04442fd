"""The parts of a backup's proof that need no database."""

from __future__ import annotations

import gzip
import os
import tarfile

import pytest

from migration import backup, backup_proof
from migration.errors import MigrationError


def test_a_password_is_quoted_as_mysql_reads_it():
    settings = {"username": "ninja", "password": 'a"b\\c#d e', "host": "localhost", "port": "3306"}
    assert backup_proof.option_file(settings).splitlines() == [
        "[client]",
        'user = "ninja"',
        'password = "a\\"b\\\\c#d e"',
        'host = "localhost"',
        'port = "3306"',
    ]


def test_the_rows_in_a_dump_are_counted_whatever_is_in_them(tmp_path):
    dump = tmp_path / "database.sql.gz"
    with gzip.open(dump, "wb") as target:
        target.write(b"CREATE TABLE `notes` (\n")
        target.write(rb"INSERT INTO `notes` VALUES (1,'a),(b'),(2,'it\'s (so)'),(3,0x2829),(4,NULL);" + b"\n")
        target.write(b"INSERT INTO `notes` VALUES (5,'x');\nINSERT INTO `empty``` VALUES (1);\n")
    assert backup_proof.count_rows(dump)["notes"] == 5


@pytest.fixture
def archived(tmp_path):
    """(V4's directory, its backup)"""
    root, target = tmp_path / "v4", tmp_path / "backup"
    (root / "storage").mkdir(parents=True)
    (root / ".env").write_text("secret")
    (root / "storage/a.pdf").write_bytes(b"x" * 3_000_000)
    target.mkdir()
    with tarfile.open(target / backup.FILES, "w:gz") as archive:
        archive.add(root, arcname=".")
    return root, target


def test_every_file_is_compared(archived):
    assert backup_proof.prove_files(*archived) == (2, 0)


def test_a_file_that_was_written_or_removed_since_is_counted(archived):
    root, target = archived
    (root / "storage/a.pdf").write_text("another")
    (root / ".env").unlink()
    assert backup_proof.prove_files(root, target) == (0, 2)


def test_a_file_that_differs_although_nobody_wrote_it_fails(archived):
    root, target = archived
    path = root / "storage/a.pdf"
    state = path.stat()
    path.write_bytes(b"y" * 3_000_000)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    with pytest.raises(MigrationError, match=r"differs from V4 in the file .*a\.pdf"):
        backup_proof.prove_files(root, target)
