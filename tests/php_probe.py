"""Runs the probe's PHP half alone and reads the lines that it prints."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Sequence

import pytest

SOURCES = Path(__file__).resolve().parents[1] / "diagnostics" / "probe" / "php"
BARE = ("-n",)  # no php.ini, so no extension that a package brings: neither curl nor pdo_mysql
DEADLINE = 60.0  # seconds


@dataclass
class Said:
    """What PHP printed.

    facts: by path, `/` between the parts. missing: path to reason. digests: of pseudonyms. text: all of it, as it came.
    """

    text: str
    errors: str
    facts: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    ended: bool = False

    def __getitem__(self, path: str) -> Any:
        return self.facts[path]


def program(but: Sequence[str] = (), company_key: str = "", peer: str = "") -> str:
    """The files of the half, joined as the probe does it; ``but``: names of files to leave out."""
    parts = [f"<?php $probe_company_key = '{company_key}'; $probe_peer = '{peer}';\n"]
    for source in sorted(SOURCES.glob("*.php")):
        if source.name not in but:
            parts.append(source.read_text("utf-8").removeprefix("<?php"))
    return "".join(parts)


def php() -> str:
    """PHP's path; fails the test with the line that installs it."""
    return shutil.which("php8.2") or shutil.which("php") or pytest.fail("mend it with: apt-get install -y php8.2-cli")


def call(expression: str, options: Sequence[str] = BARE) -> Any:
    """The value of a PHP expression, with the half's functions there and nothing run."""
    code = program(("main.php",)) + f"\necho json_encode({expression});"
    done = subprocess.run([php(), *options], input=code, capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def probe(
    root: Path,
    kind: str,
    peer: str = "",
    options: Sequence[str] = BARE,
    company_key: str = "",
    env: Mapping[str, str] | None = None,
    before: str = "",
    seconds: int = 30,
    fpm: str = "",
) -> Said:
    """Run the half over an installation. before: PHP that runs first. seconds: the limit that PHP is told.

    fpm: the folder with the php.ini of FPM.
    """
    code = program(company_key=company_key, peer=peer).replace("<?php ", f"<?php {before} ", 1)
    arguments = [str(root), kind, "www-data", str(seconds), fpm]
    command = [php(), "-d", "display_errors=stderr", *options, "--", *arguments]
    done = subprocess.run(
        command,
        input=code,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        timeout=DEADLINE,
        env={**os.environ, **(env or {})},
    )
    return read(done.stdout, done.stderr)


def read(text: str, errors: str = "") -> Said:
    """The lines of the protocol; fails where one is none."""
    said = Said(text, errors)
    for line in text.splitlines():
        kind, _, rest = line.partition("\t")
        path, _, value = rest.partition("\t")
        if kind in ("J", "JT"):
            said.facts[path] = json.loads(value)
        elif kind == "L":
            said.facts.setdefault(path, [])
        elif kind in ("P", "PT"):
            said.facts[path].append(json.loads(value))
        elif kind == "M":
            said.missing[path] = value
        elif kind == "Q":
            said.digests[path] = value
        elif line == "D\tphp":
            said.ended = True
        else:
            pytest.fail(f"no line of the protocol: {line!r}\n{errors}")
    return said
