"""Put an application's new code in the place of the old one, entry by entry, so that every step can be undone.

The directory itself, ``.env`` and ``storage`` are never moved: they may be mount points, links, or open. Old entries go
to ``aside`` on the same file system. A journal is written before the first move, so that a swap that was killed halfway
can be put back by the next run. Standard library only.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from .errors import MigrationError

# Never touched. Upstream: "the configuration is stored in the .env file"; storage holds documents, logs and sessions.
KEPT = (".env", "storage")
# Of these, entries that the new code lacks stay: the customers' own pages, .well-known, logos, modules.
MERGED = ("public", "Modules")
# Of these the old one wins as a whole.
OLD_WINS = ("public/logo",)
JOURNAL = "journal.json"
# Bytes that stay free on the disk: V4 goes on writing logs and sessions.
RESERVE = 64 * 1024 * 1024


def unpack(archive: Path, target: Path) -> None:
    """Unpack a zip into ``target`` with its modes. Raises MigrationError (archive-broken, upgrade-no-space)."""
    target.mkdir(mode=0o700, parents=True)
    try:
        with zipfile.ZipFile(archive) as source:
            needed = sum(member.file_size for member in source.infolist())
            free = shutil.disk_usage(target).free
            if free < needed + RESERVE:
                raise MigrationError(
                    f"V4's new code needs {(needed + RESERVE) >> 20} MiB in {target.parent}; {free >> 20} MiB are free",
                    f"df -h {target.parent}",
                    "upgrade-no-space",
                )
            for member in source.infolist():
                path = Path(source.extract(member, target))
                mode = member.external_attr >> 16 & 0o777
                if mode and not path.is_dir():
                    path.chmod(mode)
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise MigrationError(
            f"The archive {archive.name} is damaged: {error}",
            "${EDITOR:-nano} inventory/group_vars/CLIENT/vars.yml  # v4_upgrade_archive_url",
            "archive-broken",
        ) from None


def own(code: Path, root: Path) -> None:
    """Give the new files the owners and modes of the old ones; a file that is new gets the owner of ``artisan``."""
    owner = (root / "artisan").stat()
    for directory, names, files in os.walk(code):
        for name in [*names, *files]:
            new = Path(directory) / name
            old = root / new.relative_to(code)
            state = old.lstat() if os.path.lexists(old) else None
            os.chown(
                new, *((state.st_uid, state.st_gid) if state else (owner.st_uid, owner.st_gid)), follow_symlinks=False
            )
            if state and new.is_dir() and old.is_dir() and not old.is_symlink():
                new.chmod(state.st_mode & 0o7777)


def find_code(unpacked: Path) -> Path:
    """The directory with ``artisan`` in an unpacked archive, whose top folder may have any name or be missing."""
    candidates = [unpacked, *sorted(path for path in Path(unpacked).iterdir() if path.is_dir())]
    for path in candidates:
        if (path / "artisan").is_file() and (path / "app").is_dir():
            return path
    raise MigrationError(
        f"The archive holds no Invoice Ninja V4: there is no file artisan in {unpacked} or one folder below",
        "unzip -l ARCHIVE | head -n 20",
        "archive-not-v4",
    )


def plan(root: Path, code: Path) -> list[str]:
    """The entries to move, relative to the root, in the order in which they are moved."""
    entries = []
    for top in sorted(path.name for path in code.iterdir()):
        if top in KEPT:
            continue
        if top in MERGED and (root / top).is_dir() and (code / top).is_dir():
            inner = (f"{top}/{name}" for name in sorted(path.name for path in (code / top).iterdir()))
            entries += [name for name in inner if not (name in OLD_WINS and (root / name).exists())]
        else:
            entries.append(top)
    return entries


@contextmanager
def _alone(aside: Path) -> Iterator[None]:
    """Wait for a killed run's move that is still at work on this host; the lock goes with its process."""
    folder = os.open(aside, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def swap(root: Path, code: Path, aside: Path) -> int:
    """Move the new entries of ``code`` into ``root`` and the old ones to ``aside``; returns how many.

    Raises MigrationError after putting everything back where a move fails.
    """
    root, code, aside = Path(root), Path(code), Path(aside)
    entries = plan(root, code)
    aside.mkdir(mode=0o700, parents=True, exist_ok=True)
    journal = {"code": str(code), "entries": entries, "old": [name for name in entries if os.path.lexists(root / name)]}
    try:
        with _alone(aside):
            _write_journal(aside, journal)
            for name in entries:
                if name in journal["old"]:
                    _move(root / name, aside / "old" / name)
                _move(code / name, root / name)
            _add_directories(code / "storage", root / "storage")
    except OSError as error:
        restore(root, aside)
        raise MigrationError(
            f"The new code could not be put into {root}: {error}. The old code is back",
            f"df -h {root}",
            "code-swap-failed",
        ) from None
    return len(entries)


def restore(root: Path, aside: Path) -> bool:
    """Undo a swap, a whole one or one that was killed halfway; returns whether there was anything to undo."""
    root, aside = Path(root), Path(aside)
    if not (aside / JOURNAL).is_file():
        return False
    with _alone(aside):
        if not (aside / JOURNAL).is_file():  # the one that was waited for has done it
            return False
        journal = json.loads((aside / JOURNAL).read_text("utf-8"))
        code = Path(journal["code"])
        for name in reversed(journal["entries"]):
            old = aside / "old" / name
            if name in journal["old"] and not os.path.lexists(old):
                continue  # this entry was not reached
            if os.path.lexists(root / name):
                _move(root / name, code / name)
            if name in journal["old"]:
                _move(old, root / name)
        (aside / JOURNAL).unlink()
    return True


def finish(aside: Path) -> None:
    """Remove the old code; nothing can be undone afterwards but by the backup. The journal goes first."""
    (Path(aside) / JOURNAL).unlink(missing_ok=True)
    shutil.rmtree(aside)


def _write_journal(aside: Path, journal: dict) -> None:
    path = aside / JOURNAL
    with path.open("w", encoding="utf-8") as stream:
        json.dump(journal, stream)
        stream.flush()
        os.fsync(stream.fileno())


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)


def _add_directories(new: Path, old: Path) -> None:
    """Give ``old`` the directories that it lacks; never a file."""
    if not new.is_dir() or not old.is_dir():
        return
    owner = old.stat()
    for directory, names, _ in os.walk(new):
        for name in names:
            target = old / (Path(directory) / name).relative_to(new)
            if not target.exists():
                target.mkdir(mode=0o755)
                os.chown(target, owner.st_uid, owner.st_gid)
