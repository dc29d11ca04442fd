"""The parts of a backup's proof that need no database."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
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


def test_what_vanishes_while_it_is_backed_up_is_left_out(tmp_path, monkeypatch):
    root, target = tmp_path / "v4", tmp_path / "backup"
    for name in ("app/a.php", "app/b.php", "app/c.php", "storage/framework/sessions/1", "storage/framework/cache/x/2"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    (root / "app/link").symlink_to("a.php")
    os.mkfifo(root / "app/pipe")
    target.mkdir()
    walk = backup._walk

    def vanishing(*arguments):
        for entry, name, size in walk(*arguments):
            if name == "app/a.php":
                (root / "app/b.php").unlink()  # listed, but not yet looked at
            if name == "app/c.php":
                entry.unlink()  # looked at, but not yet opened
            yield entry, name, size

    monkeypatch.setattr(backup, "_walk", vanishing)
    count = backup._archive(root, ["app", "storage"], target / backup.FILES)
    with tarfile.open(target / backup.FILES) as archive:
        names = archive.getnames()
    assert names == [
        "app",
        "app/a.php",
        "app/link",
        "app/pipe",
        "storage",
        "storage/framework",
        "storage/framework/cache",
        "storage/framework/sessions",
    ]
    assert count == len(names)
    assert backup_proof.prove_files(root, target) == (1, 0)


def test_a_log_that_is_cut_while_it_is_backed_up_keeps_its_length():
    padded = backup._Padded(io.BytesIO(b"cut"))
    assert padded.read(5) == b"cut\0\0"
    assert padded.read(5) == b"\0" * 5


def test_a_full_disk_for_the_backup_counts_only_what_is_kept(tmp_path):
    (tmp_path / "storage/framework/sessions").mkdir(parents=True)
    (tmp_path / "storage/framework/sessions/1").write_bytes(b"x" * 5000)
    (tmp_path / "storage/a.pdf").write_bytes(b"x" * 1000)
    assert sum(size for _, _, size in backup._walk(tmp_path, ["storage"])) == 1000


class Databases:
    """A server with these databases, that notes what is dropped."""

    def __init__(self, *names: str) -> None:
        self.names, self.scripts = names, []

    def rows(self, sql, database):
        return [[name] for name in self.names]

    def run(self, script, database=""):
        self.scripts.append(script)


def test_scratch_databases_of_killed_proofs_are_dropped():
    ended = subprocess.Popen(["true"])
    ended.wait()
    server = Databases(f"ninjalift_check_{ended.pid}", f"ninjalift_check_{os.getpid()}", "ninjalift_check_mine")
    backup_proof._remove_left(server, "ninja")
    assert server.scripts == [f"DROP DATABASE `ninjalift_check_{ended.pid}`"]


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
