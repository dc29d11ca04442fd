"""Runs the probe on this machine against a directory that stands for an installation, with any shell and awk."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Mapping, Sequence

import pytest

from diagnostics import probe
from diagnostics.probe import Options

PARTS = Path(__file__).resolve().parents[1] / "diagnostics" / "probe"
DEADLINE = 120.0  # seconds
AWKS = ("mawk", "gawk", "busybox awk", "original-awk")
SHELLS = ("dash", "bash --posix", "busybox sh")
V5_DIRECTORIES = (
    "app/Jobs/Util config database public/storage bootstrap/cache vendor storage/app storage/logs "
    "storage/framework/cache/data storage/framework/sessions storage/framework/views"
)
V4_DIRECTORIES = "app/Ninja app/Traits bootstrap/cache public/logo vendor storage/logs storage/framework/sessions"
ENV = """APP_NAME="Invoice Ninja"
APP_ENV=production
APP_KEY=base64:UFdFNHpsUFk5ZmxsMDVqVGNNQklFZTIyR3NBczVzSDc=
APP_DEBUG=false
APP_URL=https://invoices.example.test
DB_HOST=127.0.0.1
DB_DATABASE=ninja_data
DB_USERNAME=canary-db-user
DB_PASSWORD='canary p&ss/w"rd'
QUEUE_CONNECTION=database
MAIL_MAILER=log
MAIL_PASSWORD=canarymail
"""


def there(command: str) -> bool:
    """Whether the first word of the command is installed here."""
    return shutil.which(command.split()[0]) is not None


def v5(folder: Path, env: str | None = ENV, version: str = "5.10.17") -> Path:
    """Put up what the probe recognizes as V5; the folder is made. env: the text of .env, None for none."""
    for each in V5_DIRECTORIES.split():
        (folder / each).mkdir(parents=True)
    for each in ("artisan", "vendor/autoload.php", "public/index.php", "config/ninja.php"):
        (folder / each).write_text("<?php\n")
    (folder / "app/Jobs/Util/StartMigration.php").write_text("<?php\n")
    (folder / "VERSION.txt").write_text(version + "\n")
    if env is not None:
        (folder / ".env").write_text(env)
    return folder


def v4(folder: Path, env: str = "APP_KEY=SomeRandomString\nDB_TYPE=mysql\nMAIL_HOST\n") -> Path:
    """Put up what the probe recognizes as V4."""
    for each in V4_DIRECTORIES.split():
        (folder / each).mkdir(parents=True)
    (folder / "app/Constants.php").write_text(
        "<?php\ndefine('NINJA_VERSION', '4.5.50' . env('NINJA_VERSION_SUFFIX'));\n"
    )
    (folder / "artisan").write_text("<?php\n")
    (folder / ".env").write_text(env)
    return folder


def commands(folder: Path, awk: str = "", but: tuple[str, ...] = (), instead: Mapping[str, str] | None = None) -> Path:
    """A directory for PATH with links to the usual commands.

    awk: which one is called awk. but: commands that are not there. instead: name to the text of a script.
    """
    bin_ = folder / "bin"
    bin_.mkdir(parents=True)
    wanted = (
        "sh awk busybox cat cut date df dash bash env find grep head id kill ls mkdir openssl php printf ps readlink "
        "setpriv sha1sum sha256sum sleep sort stat tail tr true timeout uname wc"
    )
    for name in wanted.split():
        path = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        if path and name not in but:
            (bin_ / name).symlink_to(path)
    if awk:
        (bin_ / "awk").unlink()
        if " " in awk:
            script(bin_ / "awk", f'exec {shutil.which(awk.split()[0])} {awk.split()[1]} "$@"\n')
        else:
            (bin_ / "awk").symlink_to(str(shutil.which(awk)))
    for name, text in (instead or {}).items():
        (bin_ / name).unlink(missing_ok=True)
        script(bin_ / name, text)
    return bin_


def script(path: Path, text: str) -> None:
    """Write a shell script that can be run."""
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


def run(
    options: Options,
    shell: str = "dash",
    path: Path | None = None,
    user: str = "",
    arguments: tuple[str, ...] = (),
) -> bytes:
    """What the probe prints. path: the only directory with commands. user: run by root as this one."""
    command = [*shell.split(), "-s", *(("--", *arguments) if arguments else ())]
    if user:
        command = ["setpriv", f"--reuid={user}", "--regid=65534", "--clear-groups", *command]
    environment = {
        "PATH": str(path) if path else "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": "/nonexistent",
    }
    text = probe.script(options)
    if path:
        # The script adds the usual directories to PATH; here only the given one counts.
        text = text.replace("PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:", "PATH=$PATH:/nonexistent:", 1)
        text = text.replace(":/nonexistent:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n", "\n", 1)
    done = subprocess.run(
        [shutil.which(command[0]) or command[0], *command[1:]],
        input=text.encode(),
        capture_output=True,
        env=environment,
        cwd="/",
        check=False,
        timeout=DEADLINE,
    )
    assert done.stderr == b"", done.stderr
    return done.stdout


def facts(options: Options, **how: Any) -> dict[str, Any]:
    """The document, which its schema must allow."""
    output = run(options, **how)
    document = probe.parse(output)
    assert probe.validate(document) == ""
    return document


def program(name: str) -> str:
    """An awk program as the script runs it: with the library, and the writer with the redaction."""
    names = ["lib", "redact", "writer"] if name == "writer" else ["lib", name]
    return "".join((PARTS / f"{each}.awk").read_text("utf-8") for each in names)


def awk(
    name: str,
    stdin: bytes = b"",
    command: str = "awk",
    environment: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    files: Sequence[str] = (),
) -> str:
    """What one of the awk programs prints. command: which awk. arguments: before the program, files: behind it."""
    done = subprocess.run(
        [*command.split(), *arguments, program(name), *files],
        input=stdin,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", **(environment or {})},
        check=False,
        timeout=DEADLINE,
    )
    assert done.stderr == b"", done.stderr
    return done.stdout.decode("utf-8")


def written(lines: str | bytes, command: str = "awk", ended: bool = True) -> dict[str, Any]:
    """The document that the writer makes of lines of the protocol; pseudonyms are ``<kind:value>`` here."""
    data = lines if isinstance(lines, bytes) else lines.encode()
    output = awk("writer", b"B\t0\n" + data + (b"E\t1\n" if ended else b""), command)
    values: list[str] = []
    if output.startswith("\x1d"):
        _, table, output = output.split("\x1d", 2)
        values = table.split("\n")[1:]
    document = json.loads(re.sub("\x01([0-9]+)\x02", lambda found: place(values[int(found[1]) - 1]), output))
    assert probe.validate(document) == ""
    return document


def place(value: str) -> str:
    """A line "kind value" as a pseudonym, as part of a JSON string."""
    kind, _, rest = value.partition(" ")
    return json.dumps(f"<{kind}:{rest}>")[1:-1]


def said(output: str) -> dict[str, Any]:
    """The last value of each path in lines of the protocol, and what is assigned for the shell, by ``$name``."""
    lines, _, shell = output.partition("\x1d")
    found: dict[str, Any] = {}
    for line in lines.splitlines():
        kind, _, rest = line.partition("\t")
        path, _, value = rest.partition("\t")
        if kind in ("A", "O"):
            found.setdefault(path, []).append(value)
        elif kind == "L":
            found.setdefault(path, [])
        else:
            found[path] = json.loads(value) if kind in ("N", "J") else value
    for name, value in re.findall(r"^(\w+)='((?:[^']|'\\'')*)'$", shell, re.MULTILINE):
        found[f"${name}"] = value.replace("'\\''", "'")
    return found


def needs_root() -> None:
    """Skip where the test is not run by root, who alone can become another user."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")


def owned(folder: Path, owner: str = "www-data") -> Path:
    """Give the directory and all below it to a user who exists here, and let that user in from above."""
    if os.geteuid() == 0:
        for each in [folder, *folder.rglob("*")]:
            if not each.is_symlink():
                shutil.chown(each, owner, owner)
        for above in folder.parents:
            if above.stat().st_mode & 0o011 != 0o011 and str(above) != "/":
                above.chmod(above.stat().st_mode | 0o011)
    return folder


if sys.platform != "linux":
    pytest.skip("the probe runs on Linux", allow_module_level=True)
