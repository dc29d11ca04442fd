"""Bundles as an attacker would write them, and the facts of a host that is well enough to be in one."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import Any, Sequence

TOP = "ninjalift-bundle"


def facts_document(name: str = "v5", kind: str = "v5", **changed: Any) -> dict[str, Any]:
    """The smallest facts that are valid: the probe found next to nothing."""
    document: dict[str, Any] = {
        "schema": 1,
        "probe": {
            "version": 1,
            "began": 1764000000,
            "seconds": 0.5,
            "complete": True,
            "limit_seconds": 60,
            "uid": 0,
            "user": "root",
            "root_asked": "",
            "missing": {"database": "PHP is not there"},
            "redacted": {"email": 2},
        },
        "host": {"name": name},
        "time": {"epoch": 1764000000},
        "app": {"kind": kind},
    }
    return {**document, **changed}


def manifest(files: dict[str, bytes], **changed: Any) -> bytes:
    """The manifest that fits these files, with some of it changed."""
    hosts = [
        {
            "name": name.rpartition("/")[2][: -len(".json")],
            "role": "v5",
            "file": name,
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
        }
        for name, data in files.items()
    ]
    return json.dumps({"schema": 1, "created": 1764000000, "client": "", "hosts": hosts, **changed}).encode()


def member(name: str, data: bytes = b"", type: bytes = tarfile.REGTYPE, **attributes: Any) -> tuple:
    """A member of an archive; attributes are those of TarInfo."""
    info = tarfile.TarInfo(name)
    info.size, info.type = len(data), type
    for key, value in attributes.items():
        setattr(info, key, value)
    return info, data


def packed(members: Sequence[tuple], format: int = tarfile.GNU_FORMAT) -> bytes:
    """The archive of these members, compressed."""
    raw = io.BytesIO()
    for info, data in members:
        raw.write(info.tobuf(format, "utf-8", "surrogateescape"))
        raw.write(data + bytes(-len(data) % 512))
    raw.write(bytes(1024))
    return gzip.compress(raw.getvalue(), mtime=0)


def forged(files: dict[str, bytes] | None = None, *more: tuple, **changed: Any) -> bytes:
    """A bundle of these files (one good host, if none are given) and more members, its manifest changed."""
    if files is None:
        files = {"hosts/v5.json": json.dumps(facts_document()).encode()}
    members = [member(f"{TOP}/manifest.json", manifest(files, **changed))]
    members += [member(f"{TOP}/{name}", data) for name, data in files.items()]
    return packed([*members, *more])
