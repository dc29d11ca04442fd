"""The part `scan` of scripts/bench: ./cli.py scan-log beside grep and ripgrep, with the same literals on one log."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Iterator

from diagnostics.scan.judge import Judge

PROJECT = Path(__file__).resolve().parent.parent
RECORDINGS = PROJECT / "tests" / "contract" / "recordings"
ROUNDS = 3  # of which the best counts
TRACE = "".join(
    f"#{number} /var/www/invoiceninja/vendor/laravel/framework/src/Illuminate/{place}.php({100 + number}): "
    f"Illuminate\\\\{place.replace('/', chr(92) * 2)}->{call}()\n"
    for number, (place, call) in enumerate(
        [("Container/BoundMethod", "callBoundMethod"), ("Pipeline/Pipeline", "then"), ("Queue/Worker", "process")] * 14
    )
)
NAMES = ["Kale Roberts", "Anna Berg", "Liu Wei", "O'Neil & Sons", "Müller GmbH", "Acme Ltd", "Bolt Inc", "Nora Ünal"]


def made(size: int, records: Callable[[random.Random, int], str], path: Path) -> None:
    """Write a log of this size; its times go on by 0.2 s a record."""
    choose = random.Random(7)  # noqa: S311  # the same log every time
    written = number = 0
    with path.open("w") as log:
        while written < size:
            lines = []
            for _ in range(1000):
                number += 1
                seconds = number // 5
                at = f"2026-{1 + seconds // 2419200 % 12:02}-{1 + seconds // 86400 % 28:02}"
                at += f" {seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
                lines.append(f"[{at}] {records(choose, number)}\n")
            written += log.write("".join(lines))


def usual() -> Callable[[random.Random, int], str]:
    """As V5 and V4 write it, in the recordings' words.

    Of 1000 records 960 are INFO, 20 mails, 10 errors with a trace of 42 lines, 5 of one line, 5 steps of an import.
    """
    info = [
        line.split("INFO: ", 1)[1].rstrip()[:300]
        for file in ("v4/laravel-info.log", "v5/migration-success.expanded-logging.invoiceninja.log")
        for line in (RECORDINGS / file).read_text().splitlines()
        if "INFO: " in line and "Importing" not in line
    ]
    mail = (RECORDINGS / "v5" / "migration-success.production.laravel.log").read_text()
    mail = mail[mail.index("DEBUG: From") :].partition("\n[2026-")[0]
    steps = [f"Importing {name}  " for name in ("account", "company", "clients", "invoices", "documents")]
    steps.append("Completed🚀🚀🚀🚀🚀 at 2026-11-23 17:38:04  ")
    errors = [
        "SQLSTATE[HY000] [2002] Connection refused (Connection: mysql, SQL: select * from `jobs` where `id` = {})",
        "Invalid or uninitialized Zip object",
        'Attempt to read property "name" on null for invoice {}',
        "Call to a member function format() on null",
        "No query results for model [App\\Models\\Client] {}",
    ]

    def record(choose: random.Random, number: int) -> str:
        kind = choose.random()
        if kind < 0.96:
            return f"production.INFO: {choose.choice(info)} {choose.choice(NAMES)} {number}"
        if kind < 0.98:
            return f"production.{mail.replace('Untitled', choose.choice(NAMES))}{number}"
        if kind < 0.985:
            return f"production.INFO: {steps[number % len(steps)]}"
        text = choose.choice(errors).format(number)
        return f'production.ERROR: {text} {{"userId":{number}}}' if kind < 0.99 else with_trace(text)

    return record


def with_trace(text: str) -> str:
    return (
        f'production.ERROR: {text} {{"exception":"[object] (ErrorException(code: 0): {text})\n[stacktrace]\n{TRACE}"}} '
    )


def numbers(choose: random.Random, number: int) -> str:
    return f"production.ERROR: No reply for client {number} of company {number % 77} at /v/Foo.php:{number % 500}"


def hashes(choose: random.Random, number: int) -> str:
    return f"production.ERROR: No such token {choose.getrandbits(128):032x} of u{choose.getrandbits(30):x}@example.com"


def words(choose: random.Random, number: int) -> str:
    return "production.ERROR: " + " ".join("".join(choose.choices("ghijklmnopqrst", k=9)) for _ in range(8))


def same(choose: random.Random, number: int) -> str:
    return "production.ERROR: cURL error 60: SSL certificate problem: self signed certificate"


def failures(choose: random.Random, number: int) -> str:
    kind = choose.choice(["clients", "users", "vendors", "projects", "invoices"])
    return f"migration.INFO: Missing resource key: {kind}_{number}  "


def traces(choose: random.Random, number: int) -> str:
    return with_trace(f"Boo {number}")


MIXES: dict[str, tuple[str, Callable[[random.Random, int], str]]] = {
    "usual": ("a log as V4 and V5 write it", usual()),
    "errors": ("all unknown errors, numbers differ", numbers),
    "hashes": ("all unknown errors, hashes differ", hashes),
    "same": ("all the same known failure", same),
    "failures": ("all known failures, numbers differ", failures),
    "traces": ("all errors with long traces", traces),
    "words": ("all unknown errors, no two words alike", words),
}


def measured(command: str) -> tuple[float, int]:
    """Seconds and the peak memory in bytes of the largest process of a command of the shell."""
    process = subprocess.Popen(["bash", "-c", command], stdin=subprocess.DEVNULL)
    began = time.monotonic()
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 3):
        sys.exit(f"`{command}` ended with {process.returncode}")
    return took, usage.ru_maxrss * 1024


def rows(folder: Path, mix: str, size: int) -> Iterator[tuple[str, str, str]]:
    """What was measured with one mix: a name, a figure and a note each."""
    about, records = MIXES[mix]
    log, literals, output = folder / f"{mix}.log", folder / "literals", folder / "found.json"
    made(size, records, log)
    mib = log.stat().st_size / 2**20
    literals.write_bytes(b"\n".join(Judge().gate.literals) + b"\n")
    commands = {
        "scan-log": f"{sys.executable} {PROJECT}/cli.py scan-log {log} --json > {output}",
        # A grep whose output is /dev/null ends at its first hit.
        "grep -F -f": f"LC_ALL=C grep -F -f {literals} {log} | cat > /dev/null",
    }
    if shutil.which("rg"):
        commands["rg -F -f"] = f"rg --no-unicode -a -F -f {literals} {log} | cat > /dev/null"
    for _ in log.open("rb"):
        pass  # all of them read it from memory
    best = dict.fromkeys(commands, (float("inf"), 0))
    for _ in range(ROUNDS):
        for name, command in commands.items():
            best[name] = min(best[name], measured(command))
    found = json.loads(output.read_text())
    counted = sum(each["count"] for each in found["findings"] + found["unknown"]) + found["unknown_more"]
    seconds, peak = best["scan-log"]
    yield (
        f"scan-log, {about}",
        f"{mib / seconds:.0f} MB/s",
        f"{mib:.0f} MiB, {counted} hits, {peak / 2**20:.0f} MiB of memory",
    )
    for name, (other, _) in list(best.items())[1:]:
        yield f"  {name}", f"{mib / other:.0f} MB/s", f"scan-log is {other / seconds:.1f} times as fast"
    if "rg -F -f" not in commands:
        yield "  ripgrep", "-", "it is not there: apt install ripgrep"
    log.unlink()


def run(show: Callable[[str, str, str], None]) -> None:
    """Measure all mixes: 1 GiB (or BENCH_SCAN_MIB) of the usual log, and half of that of each ugly one."""
    size = int(os.environ.get("BENCH_SCAN_MIB", "1024")) << 20
    gate = Judge().gate
    how = "hyperscan" if gate.fast else "no hyperscan"
    processors = len(os.sched_getaffinity(0))
    show("literals", str(len(gate.literals)), f"{how}, {processors} processors, the best of {ROUNDS} rounds")
    with tempfile.TemporaryDirectory(prefix="bench-scan-") as folder:
        for mix in MIXES:
            for row in rows(Path(folder), mix, size if mix == "usual" else size // 2):
                show(*row)
