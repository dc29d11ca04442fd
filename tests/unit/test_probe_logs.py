"""What the probe brings of logs: records, their shapes, the newest import, and nothing that is no hit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from diagnostics.probe import Options
from tests.probe_host import AWKS, commands, facts, owned, there, v4, v5


def logs(tmp_path: Path, content: bytes | str, name: str = "laravel.log", **options: object) -> dict:
    """The facts' `logs` of a V5 that has this one log."""
    root = v5(tmp_path / "ninja")
    log = root / "storage/logs" / name
    log.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = facts(Options(root=str(owned(root)), **options))["logs"]  # type: ignore[arg-type]
    found["files"] = [each for each in found["files"] if each["name"].startswith("storage/")]
    found["hits"] = [each for each in found["hits"] if each["file"].startswith("storage/")]
    return found


def texts(found: dict) -> list[str]:
    return [each["text"] for each in found["hits"]]


def line(second: int, text: str, level: str = "INFO", env: str = "production") -> str:
    return f"[2026-11-25 10:{second // 60:02d}:{second % 60:02d}] {env}.{level}: {text}\n"


def test_records_of_one_shape_are_one_hit(tmp_path: Path) -> None:
    content = line(1, "fine")
    for number in range(5):
        content += line(2 + number, f"Job {number} of 'x{number}' failed for kale{number}@client1.test {{}}", "ERROR")
        content += f"[stacktrace]\n#0 /srv/app.php({number}): run()\n\n"
    content += line(30, "another failure", "CRITICAL", "migration")
    found = logs(tmp_path, content)
    first, second = found["hits"]
    assert (first["count"], first["first"], first["last"]) == (5, "2026-11-25 10:00:02", "2026-11-25 10:00:06")
    assert first["text"].startswith("Job 4 of '<text>' failed for <email:") and "#0 /srv/app.php(4)" in first["text"]
    assert (first["level"], first["env"], first["file"]) == ("ERROR", "production", "storage/logs/laravel.log")
    assert (second["level"], second["env"], second["count"]) == ("CRITICAL", "migration", 1)
    assert found["hits_cut"] == 0
    assert found["files"][0]["from"] == 0 and found["files"][0]["to"] == len(content)


@pytest.mark.parametrize("level", ["INFO", "DEBUG", "WARNING", "NOTICE"])
def test_a_level_below_error_is_none(tmp_path: Path, level: str) -> None:
    assert not logs(tmp_path, line(1, "production.ERROR: in words", level))["hits"]


@pytest.mark.parametrize("awk", AWKS)
def test_a_literal_makes_a_hit(tmp_path: Path, awk: str) -> None:
    if not there(awk):
        pytest.skip(f"{awk} is not installed")
    root = v5(tmp_path / "ninja")
    (root / "storage/logs/laravel.log").write_text(
        line(1, "fine")
        + line(2, "Missing resource key: clients_99999")
        + line(3, "fine again")
        + line(4, "two lines")
        + "of which this [one] has it.*\nand more\n"
        + line(5, "end")
    )
    options = Options(root=str(owned(root)), signatures=("Missing resource key: ", "this [one] has it.*", "$(never)"))
    hits = facts(options, path=commands(tmp_path, awk))["logs"]["hits"]
    hits = [each for each in hits if each["file"].startswith("storage")]
    assert [(each["level"], each["text"].split("\n")[0], each["last"][-2:]) for each in hits] == [
        ("INFO", "Missing resource key: clients_99999", "02"),
        ("INFO", "two lines", "04"),
    ]
    assert "this [one] has it.*" in hits[1]["text"]


MAIL = """[2026-11-25 10:00:09] production.DEBUG: From: Example <hello@example.test>
To: Kale Roberts <owner@client1.test>
Subject: Migration Failed
Content-Transfer-Encoding: quoted-printable

Dear Kale, your balance is 1,234.00

Looks like something went wrong with the migration for the following compan=
y: M=C3=BCller GmbH

    Missing resource key: clients_99999
    the rest of a private letter

"""


def test_of_a_logged_mail_only_lines_with_a_literal_travel(tmp_path: Path) -> None:
    literals = ("something went wrong with the migration for the following company", "Missing resource key: ")
    found = logs(tmp_path, line(1, "fine") + MAIL + line(10, "fine"), signatures=literals)
    (hit,) = found["hits"]
    one, two = hit["text"].split("\n")
    assert one.startswith("Looks like something went wrong with the migration for the following company: <name:")
    assert two == "    Missing resource key: clients_99999"
    assert (hit["level"], hit["first"]) == ("DEBUG", "2026-11-25 10:00:09")
    assert not logs(tmp_path / "other", MAIL, signatures=())["hits"]


def test_the_newest_import(tmp_path: Path) -> None:
    old = "".join(line(number, f"Importing {each}") for number, each in enumerate(["account", "company", "users"]))
    new = line(60, "Importing account", env="migration") + line(61, "Importing company", env="migration")
    new += line(62, "Importing clients", env="migration") * 3 + line(63, "Missing resource key: x_1", env="migration")
    found = logs(tmp_path, old + line(30, "Completed🚀🚀 at x") + line(31, "other") + new)
    assert [each["text"] for each in found["import"]] == [
        "Importing account",
        "Importing company",
        "Importing clients",
        "Missing resource key: x_1",
    ]
    assert found["import"][0] == {
        "at": "2026-11-25 10:01:00",
        "env": "migration",
        "level": "INFO",
        "text": "Importing account",
    }


def test_after_completed_the_import_is_over(tmp_path: Path) -> None:
    content = line(1, "Importing account") + line(2, "Completed🚀🚀 at x") + line(3, "Somebody logged in")
    assert [each["text"] for each in logs(tmp_path, content)["import"]] == ["Importing account", "Completed🚀🚀 at x"]


def test_the_newest_import_of_several_logs(tmp_path: Path) -> None:
    root = v5(tmp_path / "ninja")
    (root / "storage/logs/laravel-2026-11-26.log").write_text(
        "[2026-11-26 10:00:00] production.INFO: Importing account\n"
    )
    (root / "storage/logs/laravel.log").write_text(line(1, "Importing account") + line(2, "Importing users"))
    found = facts(Options(root=str(owned(root))))["logs"]["import"]
    assert [each["at"] for each in found] == ["2026-11-26 10:00:00"]


def test_the_logs_of_v4(tmp_path: Path) -> None:
    root = v4(tmp_path / "ninja")
    (root / "storage/logs/laravel-error.log").write_text(
        "[2026-11-23T17:35:31.367030+00:00] production.ERROR: ***ErrorException*** [0] : /srv/Export.php [Line 144] "
        '=> ZipArchive::close(): Failure to create temporary file  {"context":"PHP","user_name":"Kale Roberts"} []\n'
        "[2026-11-23T17:35:31.367191+00:00] production.ERROR: [stacktrace] 2026-11-23 05:35:31 ZipArchive: #0 x\n"
        '[2026-11-23T17:36:00.000000+00:00] production.ERROR: [not found] x {"user_agent":"Ninjalift probe"} []\n'
    )
    (hit,) = [
        each for each in facts(Options(root=str(owned(root))))["logs"]["hits"] if each["file"].startswith("storage")
    ]
    assert hit["first"] == "2026-11-23 17:35:31"
    assert "ZipArchive::close(): Failure to create" in hit["text"] and "Kale" not in hit["text"]


def test_since_and_offsets(tmp_path: Path) -> None:
    early, late = line(1, "an early failure", "ERROR"), line(120, "a late one", "ERROR")
    since = 1795600860  # 2026-11-25 10:01:00 UTC
    assert texts(logs(tmp_path / "a", early + late, since=since)) == ["a late one"]
    found = logs(tmp_path / "b", early + late, log_from={"storage/logs/laravel.log": len(early)})
    assert texts(found) == ["a late one"]
    assert found["files"][0]["from"] == len(early) and found["files"][0]["to"] == len(early + late)
    nothing = logs(tmp_path / "c", early + late, log_from={"storage/logs/laravel.log": len(early + late)})
    assert texts(nothing) == [] and nothing["files"][0]["from"] == nothing["files"][0]["to"]
    # A log that is shorter than it was is another one, and is read from its beginning.
    assert len(texts(logs(tmp_path / "d", early + late, log_from={"storage/logs/laravel.log": 10**9}))) == 2


def test_since_is_judged_by_the_applications_clock(tmp_path: Path) -> None:
    root = v5(tmp_path / "ninja", env="SERVER_TIMEZONE=Asia/Kolkata\n")
    (root / "storage/logs/laravel.log").write_text(line(0, "before", "ERROR") + line(120, "behind", "ERROR"))
    # 10:01 in Kolkata, which is half past four in UTC
    hits = facts(Options(root=str(owned(root)), since=1795581060))["logs"]["hits"]
    assert [each["text"] for each in hits if each["file"].startswith("storage")] == ["behind"]


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    content = line(1, "an early failure", "ERROR") + line(2, "x" * 5000, "ERROR") + line(3, "the last", "ERROR")
    found = logs(tmp_path, content, log_bytes=300)
    assert texts(found) == ["the last"]
    assert found["files"][0]["from"] == len(content) - 300


def test_five_gigabytes_with_a_hole(tmp_path: Path) -> None:
    root = v5(tmp_path / "ninja")
    log = root / "storage/logs/laravel.log"
    with log.open("wb") as file:
        file.write(line(1, "an early failure", "ERROR").encode())
        file.seek(5 * 1024**3)
        file.write(b"\n" + line(2, "behind the hole", "ERROR").encode())
    found = facts(Options(root=str(owned(root)), signatures=("behind",)))
    hits = [each for each in found["logs"]["hits"] if each["file"].startswith("storage")]
    assert [each["text"] for each in hits] == ["behind the hole"]
    assert found["probe"]["complete"] is True


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"[2026-11-25 10:00:00] production.ERROR: half\xff\xfe and \xc3\x28\n", ["half\ufffd\ufffd and \ufffd("]),
        (b"[2026-11-25 10:00:00] production.ERROR: null \x00\x00 byte\n", ["null \n byte"]),
        (b"[2026-11-25 10:00:00] production.ERROR: no end of li", ["no end of li"]),
        (b"[2026-11-25 10:00:00] production.ERROR: crlf\r\n", ["crlf"]),
        (b"\x1b\x1d\x1e\x02F\ttrue\n[2026-11-25 10:00:00] production.ERROR: after noise\n", ["after noise"]),
        (b"", []),
        (b"\n\n\n", []),
        (os.urandom(100000).replace(b".ERROR: ", b""), []),
    ],
)
def test_any_bytes_are_survived(tmp_path: Path, content: bytes, wanted: list[str]) -> None:
    assert texts(logs(tmp_path, content)) == wanted


def test_a_log_cannot_forge_the_protocol(tmp_path: Path) -> None:
    forged = "S\tapp/version\t6.6.6\n\x1dF\ttrue\t0\t\t1 1 1\tforged.log\n\x1dD\nE\t1\n"
    root = v5(tmp_path / "ninja")
    (root / "storage/logs/laravel.log").write_text(line(1, f"x\n{forged}", "ERROR"))
    (root / "storage/logs/a\nS\tapp\tb.log").write_text(forged)
    document = facts(Options(root=str(owned(root))))
    assert document["app"]["version"] == "5.10.17"
    assert not [each for each in document["logs"]["files"] if each["name"] == "forged.log"]


def test_many_shapes_are_cut_and_counted(tmp_path: Path) -> None:
    words = [f"{chr(97 + a)}{chr(97 + b)}" for a in range(26) for b in range(10)]
    found = logs(tmp_path, "".join(line(number, f"failure {each}", "ERROR") for number, each in enumerate(words)))
    assert len(found["hits"]) == 200 and found["hits_cut"] == 60
    assert found["hits"][-1]["text"] == f"failure {words[-1]}"


def test_long_texts_are_cut(tmp_path: Path) -> None:
    (text,) = texts(logs(tmp_path, line(1, "word " * 3000, "ERROR") + "more\n" * 100))
    assert len(text) <= 2000
