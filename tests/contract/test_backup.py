"""Backups with a real MariaDB: what is put back is what was there, and a broken one is never used."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from conftest import Database, DatabaseServer, dotenv, program

from migration import backup
from migration.errors import MigrationError

SCHEMA = """
CREATE TABLE clients (id INT PRIMARY KEY, name TEXT, logo BLOB, money DECIMAL(20,6));
INSERT INTO clients VALUES (1, 'é🚀 ''quoted''\\nsecond line', X'00ff', 1296.500000), (2, NULL, NULL, -0.900000);
CREATE TABLE invoices (id INT PRIMARY KEY, client_id INT, FOREIGN KEY (client_id) REFERENCES clients (id));
INSERT INTO invoices VALUES (1, 1);
CREATE DEFINER=OWNER@localhost VIEW names AS SELECT name FROM clients;
"""
PATHS = [".env", "storage", "public/storage", "not/there"]


@pytest.fixture
def database(mariadb_server: DatabaseServer) -> Database:
    database = mariadb_server.create("backup", "utf8mb4")
    database.run(SCHEMA.replace("OWNER", database.user))
    return database


@pytest.fixture
def root(database: Database, tmp_path: Path) -> Path:
    root = tmp_path / "v5"
    (root / "storage" / "logs").mkdir(parents=True)
    (root / "storage" / "logs" / "laravel.log").write_text("[2026-11-23] production.INFO: hello\n")
    (root / "public" / "storage").mkdir(parents=True)
    (root / "public" / "storage" / "document.pdf").write_bytes(os.urandom(4096))
    (root / "public" / "index.php").write_text("<?php // code\n")
    (root / ".env").write_text(dotenv({"DB_CONNECTION": "mysql", "DB_SOCKET": str(database.socket), **database.env}))
    (root / ".env").chmod(0o600)
    return root


def back_up(root: Path, tmp_path: Path, paths: list[str] = PATHS) -> Path:
    target = tmp_path / "backups" / "v5-20261123T120000Z"
    backup.back_up(root, target, paths, program("php8.2", "php"))
    return target


def restore(root: Path, target: Path) -> int:
    return backup.restore_database(root, target, program("php8.2", "php"))


def test_database_comes_back_with_every_byte(root, database, tmp_path):
    target = back_up(root, tmp_path)
    before = database.rows("SELECT id, name, HEX(logo) AS logo, money FROM clients ORDER BY id")
    database.run(
        "SET FOREIGN_KEY_CHECKS=0; DROP VIEW names; DROP TABLE clients; CREATE TABLE later (id INT);"
        "ALTER TABLE invoices ADD column_of_an_upgrade INT;"
    )
    assert restore(root, target) == 2
    assert database.rows("SELECT id, name, HEX(logo) AS logo, money FROM clients ORDER BY id") == before
    assert [row["Field"] for row in database.rows("SHOW COLUMNS FROM invoices")] == ["id", "client_id"]
    tables = "SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_schema = DATABASE()"
    assert database.value(tables) == "3", "the view is back, and what was made later is gone"


def test_files_come_back_and_the_rest_stays(root, tmp_path):
    document = (root / "public/storage/document.pdf").read_bytes()
    target = back_up(root, tmp_path)
    (root / ".env").write_text("APP_KEY=lost\n")
    (root / "public/storage/document.pdf").unlink()
    (root / "storage/logs/later.log").write_text("later")
    (root / "public/index.php").write_text("<?php // newer code\n")
    assert backup.restore_files(root, target) > 0
    assert "DB_SOCKET" in (root / ".env").read_text()
    assert (root / ".env").stat().st_mode & 0o777 == 0o600
    assert (root / "public/storage/document.pdf").read_bytes() == document
    assert not (root / "storage/logs/later.log").exists()
    assert (root / "public/index.php").read_text() == "<?php // newer code\n"
    assert sorted(path.name for path in root.parent.iterdir() if "ninjalift" in path.name) == []


def test_everything_comes_back(root, tmp_path):
    target = back_up(root, tmp_path, ["."])
    (root / "public/index.php").write_text("<?php // newer code\n")
    (root / "newer.php").write_text("<?php\n")
    backup.restore_files(root, target)
    assert (root / "public/index.php").read_text() == "<?php // code\n"
    assert not (root / "newer.php").exists()


def test_nobody_else_reads_a_backup_and_it_holds_no_password_in_the_manifest(root, database, tmp_path):
    target = back_up(root, tmp_path)
    assert (target / backup.DUMP).stat().st_mode & 0o077 == 0
    assert (target / backup.FILES).stat().st_mode & 0o077 == 0
    assert target.stat().st_mode & 0o077 == 0
    manifest = json.loads((target / backup.MANIFEST).read_text())
    assert manifest["tables"] == ["clients", "invoices"]
    assert database.password not in (target / backup.MANIFEST).read_text()


@pytest.mark.parametrize("name", [backup.DUMP, backup.FILES])
def test_a_backup_that_was_cut_short_drops_no_table(root, database, tmp_path, name):
    target = back_up(root, tmp_path)
    (target / name).write_bytes((target / name).read_bytes()[:-20])
    with pytest.raises(MigrationError) as caught:
        restore(root, target)
    assert caught.value.id == "backup-broken"
    assert database.value("SELECT COUNT(*) AS n FROM clients") == "2"


def test_a_dump_without_its_end_is_no_backup(root, tmp_path):
    target = back_up(root, tmp_path)
    text = gzip.decompress((target / backup.DUMP).read_bytes())
    (target / backup.DUMP).write_bytes(gzip.compress(text[: text.rindex(b"-- Dump completed")]))
    manifest = json.loads((target / backup.MANIFEST).read_text())
    manifest["sha256"][backup.DUMP] = backup._digest(target / backup.DUMP)
    (target / backup.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(MigrationError, match="no end"):
        backup.verify(target)


def test_a_failed_dump_leaves_nothing_that_looks_like_a_backup(root, database, tmp_path):
    database.run("CREATE VIEW broken AS SELECT id FROM invoices; DROP TABLE invoices")
    with pytest.raises(MigrationError) as caught:
        back_up(root, tmp_path)
    assert caught.value.id == "backup-dump"
    assert list((tmp_path / "backups").iterdir()) == []


def test_too_small_a_disk_is_said_before_anything_is_written(root, tmp_path, monkeypatch):
    class Small:
        free = 100

    monkeypatch.setattr(backup.shutil, "disk_usage", lambda _: Small)
    with pytest.raises(MigrationError) as caught:
        back_up(root, tmp_path)
    assert caught.value.id == "backup-no-space"
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_login_of_roots_own_is_not_used_in_place_of_the_applications(root, tmp_path, monkeypatch):
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.my.cnf").write_text("[client]\nuser=somebody-else\npassword=wrong\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert restore(root, back_up(root, tmp_path)) == 2


def test_a_directory_for_backups_that_cannot_be_made_is_told_in_one_sentence(root, tmp_path):
    (tmp_path / "backups").write_text("a file")
    with pytest.raises(MigrationError) as caught:
        back_up(root, tmp_path)
    assert caught.value.id == "backup-failed"
