"""V4's new code goes in and comes out again, whatever happens on the way."""

from __future__ import annotations

import fcntl
import os
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from migration import code_swap
from migration.errors import MigrationError


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def tree(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def installed(tmp_path: Path) -> tuple[Path, Path, Path]:
    """(V4's directory, the unpacked new code, the directory aside)"""
    root = tmp_path / "v4"
    for name, text in {
        ".env": "secret",
        "artisan": "old",
        "app/Constants.php": "old",
        "app/Gone.php": "old",
        "public/index.php": "old",
        "public/custom.html": "mine",
        "public/logo/a.png": "mine",
        "storage/logs/x.log": "mine",
        "own-backup.sh": "mine",
    }.items():
        write(root / name, text)
    work = root / ".ninjalift-upgrade"
    for name, text in {
        ".env": "never",
        ".env.example": "new",
        "artisan": "new",
        "app/Constants.php": "new",
        "public/index.php": "new",
        "public/js/app.js": "new",
        "public/logo/.gitignore": "never",
        "storage/logs/.gitignore": "never",
        "storage/templates/.gitignore": "never",
        "vendor/autoload.php": "new",
    }.items():
        write(work / "new" / "ninja" / name, text)
    return root, work / "new", work


def test_new_code_replaces_the_old_and_keeps_what_is_the_users(installed):
    root, new, aside = installed
    code = code_swap.find_code(new)
    code_swap.swap(root, code, aside)
    code_swap.finish(aside)
    assert tree(root) == {
        ".env": "secret",
        ".env.example": "new",
        "app/Constants.php": "new",
        "artisan": "new",
        "own-backup.sh": "mine",
        "public/custom.html": "mine",
        "public/index.php": "new",
        "public/js/app.js": "new",
        "public/logo/a.png": "mine",
        "storage/logs/x.log": "mine",
        "vendor/autoload.php": "new",
    }
    assert (root / "storage/templates").is_dir()


def test_a_swap_is_undone_completely(installed):
    root, new, aside = installed
    before = {name: text for name, text in tree(root).items() if not name.startswith(".ninjalift")}
    code_swap.swap(root, code_swap.find_code(new), aside)
    assert code_swap.restore(root, aside)
    assert {name: text for name, text in tree(root).items() if not name.startswith(".ninjalift")} == before
    assert not code_swap.restore(root, aside)


@pytest.mark.parametrize("moves", range(9))
def test_a_swap_that_was_killed_after_any_move_is_undone_by_the_next_run(installed, monkeypatch, moves):
    root, new, aside = installed
    before = {name: text for name, text in tree(root).items() if not name.startswith(".ninjalift")}
    left = iter(range(moves))
    move = code_swap._move

    def killed(source, target):
        if next(left, None) is None:
            raise KeyboardInterrupt
        move(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(code_swap, "_move", killed)
        with pytest.raises(KeyboardInterrupt):
            code_swap.swap(root, code_swap.find_code(new), aside)
    assert code_swap.restore(root, aside)
    assert {name: text for name, text in tree(root).items() if not name.startswith(".ninjalift")} == before


def test_a_restore_waits_for_a_move_of_a_killed_run(installed):
    root, new, aside = installed
    code_swap.swap(root, code_swap.find_code(new), aside)
    other = os.open(aside, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    restoring = threading.Thread(target=code_swap.restore, args=(root, aside))
    restoring.start()
    restoring.join(0.3)
    assert restoring.is_alive()
    assert (root / "artisan").read_text() == "new"
    os.close(other)
    restoring.join(30)
    assert (root / "artisan").read_text() == "old"


def test_a_move_that_fails_leaves_the_old_code_in_place(installed, monkeypatch):
    root, new, aside = installed
    move = code_swap._move

    def failing(source, target):
        if target == root / "public/index.php":
            monkeypatch.undo()
            raise OSError(28, "No space left on device")
        move(source, target)

    monkeypatch.setattr(code_swap, "_move", failing)
    with pytest.raises(MigrationError, match="The old code is back"):
        code_swap.swap(root, code_swap.find_code(new), aside)
    assert (root / "artisan").read_text() == "old"
    assert (root / "public/index.php").read_text() == "old"


@pytest.mark.parametrize("top", ["", "ninja/", "any name/"])
def test_the_archives_top_folder_may_have_any_name_or_be_missing(tmp_path, top):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as target:
        info = zipfile.ZipInfo(f"{top}artisan")
        info.external_attr = 0o755 << 16
        target.writestr(info, "#!/usr/bin/env php")
        target.writestr(f"{top}app/Constants.php", "")
    code_swap.unpack(archive, tmp_path / "new")
    code = code_swap.find_code(tmp_path / "new")
    assert (code / "app/Constants.php").exists()
    assert (code / "artisan").stat().st_mode & 0o777 == 0o755


def test_an_archive_of_something_else_is_refused(tmp_path):
    write(tmp_path / "new/readme.txt", "")
    with pytest.raises(MigrationError, match="holds no Invoice Ninja V4"):
        code_swap.find_code(tmp_path / "new")


def test_a_damaged_archive_is_refused(tmp_path):
    write(tmp_path / "a.zip", "no zip")
    with pytest.raises(MigrationError, match="is damaged"):
        code_swap.unpack(tmp_path / "a.zip", tmp_path / "new")


def test_a_full_disk_is_told_before_anything_is_unpacked(tmp_path, monkeypatch):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("artisan", "x")
    monkeypatch.setattr(code_swap.shutil, "disk_usage", lambda path: SimpleNamespace(free=1024))
    with pytest.raises(MigrationError, match=r"needs 64 MiB in .*; 0 MiB are free"):
        code_swap.unpack(archive, tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
