"""Release archives of the stand-ins, of upstream's shape, the same bytes for the same sources.

V4 is a zip with one top folder. V5 is a tar that is gzip-compressed though its name does not say so, without a top
folder and without ``public/storage``, ``.env`` and the content of ``bootstrap/cache``, as upstream's release workflow
makes it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Iterator

STANDINS = Path(__file__).parent / "standins"
V4_VERSION, V4_OLD_VERSION = "4.5.50", "4.5.49"
V5_VERSION = "5.10.17"
STAMP = (2024, 7, 30, 0, 0, 0)
SECONDS = 1722297600  # the same moment, for tar


def _files(source: Path) -> Iterator[tuple]:
    """Path, content and executable bits of each file of the release; what a run in the checkout left is none of it."""
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source).as_posix()
        left = name == ".env" or (re.match(r"(storage|bootstrap/cache|public/storage)/", name) and path.name[0] != ".")
        if path.is_file() and not left:
            yield name, path.read_bytes(), path.stat().st_mode & 0o111


def v4_zip(version: str = V4_VERSION) -> bytes:
    """V4's release; an older version has another number and lacks the newest database migration."""
    files = list(_files(STANDINS / "v4"))
    migrations = sorted(name for name, _, _ in files if name.startswith("database/migrations/"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, executable in files:
            if version != V4_VERSION and name == migrations[-1]:
                continue
            if name == "app/Constants.php":
                content = content.replace(V4_VERSION.encode(), version.encode())
            entry = zipfile.ZipInfo(f"ninja/{name}", STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def v5_tar(version: str = V5_VERSION) -> bytes:
    """V5's release, with another version number where one is asked for. Its owner is the builder's, as upstream's."""
    entries: dict = {}
    for name, content, executable in _files(STANDINS / "v5"):
        if version != V5_VERSION and name in ("VERSION.txt", "config/ninja.php"):
            content = content.replace(V5_VERSION.encode(), version.encode())
        for parent in reversed(PurePosixPath(name).parents[:-1]):
            entries[str(parent)] = (None, 0o755)
        entries[name] = (content, 0o755 if executable else 0o644)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, (content, mode) in sorted(entries.items()):
            entry = tarfile.TarInfo(name)
            entry.mode, entry.mtime = mode, SECONDS
            entry.uid, entry.gid, entry.uname, entry.gname = 1001, 127, "runner", "docker"
            if content is None:
                entry.type = tarfile.DIRTYPE
            else:
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content or b""))
    return gzip.compress(buffer.getvalue(), mtime=0)


def write(folder: Path) -> dict:
    """Write all archives and SHA256SUMS into ``folder``; returns name → SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    archives = {
        f"ninja-v{V4_OLD_VERSION}.zip": v4_zip(V4_OLD_VERSION),
        f"ninja-v{V4_VERSION}.zip": v4_zip(),
        "invoiceninja.tar": v5_tar(),
    }
    sums = {}
    for name, content in archives.items():
        (folder / name).write_bytes(content)
        sums[name] = hashlib.sha256(content).hexdigest()
    (folder / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in sums.items()))
    return sums
