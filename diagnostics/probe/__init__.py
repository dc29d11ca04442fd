"""The probe: one POSIX sh script that gathers the facts of an installation (docs/facts.md) as one JSON document.

`script` puts it together from the parts in this folder: `*.sh` are functions, `*.awk` and `*.inner.sh` become
variables (``AWK_web``, ``SH_access``), `php/*.php` becomes ``PHP_code``. `main.sh` says in which order the parts run,
and `writer.awk` how they hand over what they found.
"""

from __future__ import annotations

import functools
import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping

from ..facts import SCHEMA

VERSION = 1  # of the probe, as probe/version says it

_HERE = Path(__file__).parent
_COMMENT = {
    "php": re.compile(r"^[ \t]*(//.*|/\*\*.*|\*.*)\n|^[ \t]+|^\n", re.MULTILINE),
    "": re.compile(r"^[ \t]*#.*\n|^[ \t]+|^\n", re.MULTILINE),
}
_NAME = "ninjalift_probe"
_AGAIN = "./cli.py diagnose TARGET"


class ProbeError(Exception):
    """What the probe printed cannot be used. ``remedy`` is the command that helps, ``""`` where there is none."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True)
class Options:
    """What the probe is asked for.

    root: the installation's directory, ``""``: look for one. peer_url: the other side, whose TLS the host judges.
    salt: the client's secret for pseudonyms, ``""``: the installation's APP_KEY. company_key: V4's account key, to
    recognize its company. limit_seconds: the whole run. log_bytes: of each log, at most this much of its end is read.
    log_from: name of a log (as in ``logs/files``) to the offset from where it is read. since: log records before this
    time (seconds since 1970) do not count. signatures: literals (one line each, none empty) that make a log record a
    hit although its level is no error; None: those of all signatures.
    """

    root: str = ""
    peer_url: str = ""
    salt: str = ""
    company_key: str = ""
    limit_seconds: int = 60
    log_bytes: int = 64 * 1024 * 1024
    log_from: Mapping[str, int] = field(default_factory=dict)
    since: int | None = None
    signatures: tuple[str, ...] | None = None


def script(options: Options) -> str:
    """The probe as one text for the standard input of ``sh -s`` (quicker with every shell: ``sh -c 'eval "$(cat)"'``).

    All of it is one function that the last line calls: of a text that was cut on its way, nothing runs.
    An argument (``sh -s -- /var/www/invoiceninja``) wins over ``options.root``.
    It may hold secrets (salt, company key): it must not become a command line or a file that others can read.
    """
    values = {
        "opt_root": options.root,
        # It becomes an argument of PHP, which everybody on the host can read.
        "opt_peer_url": re.sub(r"://[^/@]*@", "://", options.peer_url),
        "opt_salt": options.salt,
        "opt_company_key": options.company_key,
        "opt_limit": str(int(options.limit_seconds)),
        "opt_log_bytes": str(int(options.log_bytes)),
        "opt_log_from": "\n".join(f"{int(offset)} {name}" for name, offset in options.log_from.items()),
        "opt_since": "" if options.since is None else str(int(options.since)),
        "opt_literals": "\n".join(_literals() if options.signatures is None else options.signatures),
    }
    assigned = "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    return f'{_NAME}() {{\n{assigned}{_parts()}main "$@"\n}}\n{_NAME} "$@"\n'


def _literals() -> list[str]:
    """Those of all signatures; written down, because reading the signatures would take a tenth of a second."""
    return (_HERE.parent / "signatures" / "literals.txt").read_text("utf-8").strip("\n").split("\n")


@functools.lru_cache(maxsize=None)
def _parts() -> str:
    texts = []
    for path in sorted(_HERE.glob("*.awk")):
        texts.append(f"AWK_{path.stem}={_quoted(_small(path))}\n")
    for path in sorted(_HERE.glob("*.inner.sh")):
        texts.append(f"SH_{path.name.partition('.')[0]}={_quoted(_small(path))}\n")
    php = "".join(_small(path).replace("<?php", "", 1) for path in sorted(_HERE.glob("php/*.php")))
    texts.append(f"PHP_code={_quoted(php)}\n")
    for path in sorted(set(_HERE.glob("*.sh")) - set(_HERE.glob("*.inner.sh"))):
        texts.append(_small(path))
    return "".join(texts)


def _small(path: Path) -> str:
    """A part without comment lines and indentation: some shells read standard input byte by byte."""
    return _COMMENT.get(path.suffix[1:], _COMMENT[""]).sub("", path.read_text("utf-8"))


def _quoted(text: str) -> str:
    """A text as one word of the shell; shorter than that of shlex where it holds many quotes."""
    return "'" + text.replace("'", "'\\''") + "'"


def parse(output: bytes) -> dict[str, Any]:
    """The facts in what the probe printed, whatever a login banner or profile printed before or after them.

    Raises ProbeError: there is no document, it was cut, or its schema is newer than this program's.
    """
    start = output.find(b'{"schema":')
    if start < 0:
        said = output.decode("utf-8", "replace").strip().splitlines()
        words = f"; the host said: {said[-1][:200]}" if said else ""
        raise ProbeError(f"The host sent no facts{words}", "ssh USER@HOST 'command -v sh awk'")
    text = output[start:].decode("utf-8", "replace")
    try:
        document, _ = json.JSONDecoder().raw_decode(text)
    except ValueError as error:
        raise ProbeError(f"The facts were cut on their way, or damaged: {error}", _AGAIN) from None
    if not isinstance(document, dict):
        raise ProbeError("The host sent no facts, but other JSON", _AGAIN)
    schema = document.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise ProbeError(f"The facts say schema {schema!r}, which is none", _AGAIN)
    if schema > SCHEMA:
        raise ProbeError(
            f"The facts have schema {schema}, and this Ninjalift reads up to {SCHEMA}", "git pull  # a newer Ninjalift"
        )
    return document


@functools.lru_cache(maxsize=None)
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads((_HERE.parent / "facts.schema.json").read_text("utf-8")))


def validate(document: Any) -> str:
    """What in the document is not as facts.schema.json wants it: a sentence that a terminal may show, or ``""``."""
    error = next(_validator().iter_errors(document), None)
    if error is None:
        return ""
    where = "/".join(map(str, error.absolute_path)) or "the document"
    said = f"The field {where} of the facts is not as it must be: {error.message}"
    return "".join(letter if letter.isprintable() else "?" for letter in said[:300])
