"""The scan: what it finds in the recordings and in logs of every kind, bad input, its memory, both ways of reading."""

import bz2
import gzip
import io
import json
import lzma
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.scan import files, judge_hits, report, scanner, signatures
from diagnostics.scan.files import FileError, LogFile, in_order
from diagnostics.scan.judge import Judge
from diagnostics.scan.scanner import Scan
from diagnostics.scan.shapes import shape
from diagnostics.scan.times import TimeError, since_time

PROJECT = Path(__file__).parents[2]
RECORDINGS = PROJECT / "tests" / "contract" / "recordings"
DATA = Path(__file__).parent / "data" / "scan"
JUDGES = {True: Judge(), False: Judge(fast=False)}


@pytest.fixture(params=[True, False], ids=["fast", "plain"])
def judge(request):
    return JUDGES[request.param]


def scan(tmp_path, content, judge=None, name="laravel.log", **options):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Scan(judge or JUDGES[True], **options).files(in_order([str(path)]))


def counts(result):
    return {id: group.count for id, group in result.known.items()}


def shapes(result):
    return {shape: group.count for shape, group in result.unknown.items()}


@pytest.mark.parametrize(
    ("name", "known", "last"),
    [
        ("v5/corrupt-zip.production.laravel.log", {"zip-open-fails": 1}, None),
        ("v5/over-upload_max_filesize.production.laravel.log", {"zip-open-fails": 1}, None),
        ("v5/existing-no-force.production.laravel.log", {"existing-company-no-force": 1}, None),
        ("v5/no-file.production.laravel.log", {"upload-no-file": 1}, None),
        ("v5/import-exception.production.laravel.log", {}, "invoices"),
        ("v5/import-exception.production.mail-log.laravel.log", {"import-missing-clients": 1}, "invoices"),
        ("v5/import-exception.worker-env-override.laravel.log", {"import-missing-clients": 1}, "invoices"),
        ("v5/migration-success.production.laravel.log", {}, None),
        ("v5/migration-success.expanded-logging.laravel.log", {}, None),
        ("v5/migration-success.expanded-logging.invoiceninja.log", {}, None),
        ("v4/laravel-error.log", {"v4-storage-not-writable": 1}, None),
        ("v4/laravel-info.log", {}, None),
        ("v4/check-data.txt", {}, None),
        ("v5/check-data-success.txt", {}, None),
    ],
)
def test_recordings(judge, name, known, last):
    result = Scan(judge).files(in_order([str(RECORDINGS / name)]))
    assert counts(result) == known
    assert not result.unknown
    assert (result.unfinished or {}).get("last_resource") == last


def test_every_message_of_the_recorded_imports_is_known():
    """What a real V5 said of 44 changed exports."""
    verdicts = json.loads((RECORDINGS / "export-cases" / "verdicts.json").read_text())
    said = 0
    for case, verdict in verdicts.items():
        for level, message in verdict["messages"]:
            if "is not available for migration" in message:
                continue
            said += 1
            record = f"[2026-11-23 17:41:12] migration.{level}: {message}"
            assert JUDGES[True].judge(record.encode()).ids, (case, message)
    assert said > 20


def test_rotated_logs_are_one(tmp_path):
    """The newest import is in the newest file, whatever the order and the names."""
    begun = "[2026-01-0{0} 10:00:00] production.INFO: Importing account  \n"
    done = "[2026-01-0{0} 10:09:00] production.INFO: Completed🚀🚀🚀🚀🚀 at 2026-01-0{0} 10:09:00  \n"
    names = ["laravel.log", "laravel.log.1", "laravel-2026-01-01.log", "laravel.log.3.gz"]
    contents = [begun.format(9), begun.format(7) + done.format(7), begun.format(1), begun.format(3) + done.format(3)]
    for name, content in zip(names, contents):
        packed = gzip.compress(content.encode()) if name.endswith(".gz") else content.encode()
        (tmp_path / name).write_bytes(packed)
    paths = [str(tmp_path / name) for name in names]
    result = Scan(JUDGES[True]).files(in_order(paths))
    assert [Path(each.name).name for each in result.files] == [names[2], names[3], names[1], names[0]]
    assert result.unfinished["started"] == "2026-01-09 10:00:00"
    assert result.unfinished["file"] == paths[0]
    assert (result.imports_began, result.imports_completed) == (4, 2)
    assert Scan(JUDGES[True]).files(in_order(paths[1:])).unfinished is None


def test_an_unfinished_import_says_what_the_import_said(tmp_path, judge):
    log = (
        "[2026-01-01 10:00:00] production.INFO: Importing account  \n"
        "[2026-01-01 10:00:01] production.INFO: Importing clients  \n"
        '[2026-01-01 10:00:02] production.ERROR: It fell {"exception":"[object] (TypeError(code: 0): It fell)\n'
        "[stacktrace]\n#0 /v/app/Jobs/Util/StartMigration.php(130): App\\\\Jobs\\\\Util\\\\Import->handle()\n"
        '"} \n'
        "[2026-06-01 10:00:02] production.ERROR: something else, months later\n"
    )
    found = scan(tmp_path, log, judge).unfinished
    assert found["last_resource"] == "clients"
    assert found["resources"] == ["account", "clients"]
    assert found["message"] == "It fell"
    assert found["env"] == "production"
    assert found["last_at"] == "2026-01-01 10:00:02"


def test_v4s_own_lines_about_importing_are_no_import(tmp_path, judge):
    log = "[2026-11-23T17:35:30.204993+00:00] production.INFO: Importing contacts => 1 [] []\n" * 5000
    result = scan(tmp_path, log, judge)
    assert result.unfinished is None
    assert not result.unknown and not result.known


FORMATS = {
    "laravel": "[2026-11-23 17:40:4{n}] production.ERROR: {text}\n",
    "iso": "[2026-11-23T17:40:4{n}.123456+00:00] production.ERROR: {text}\n",
    "php": "[23-Nov-2026 17:40:4{n} UTC] PHP Fatal error:  {text}\n",
    "nginx": "2026/11/23 17:40:4{n} [error] 12#12: *7 {text}\n",
    "apache": "[Mon Nov 23 17:40:4{n}.123456 2026] [php:error] [pid 9] {text}\n",
    "container": "app-1  | [2026-11-23 17:40:4{n}] production.ERROR: {text}\n",
    "syslog": "2026-11-23T17:40:4{n}.1+00:00 web laravel[7]: production.ERROR: {text}\n",
    "plain": "production.ERROR: {text}\n",
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("times", [1, 3000])
def test_formats(tmp_path, judge, form, times):
    line = FORMATS[form]
    log = "".join(
        line.format(n=n % 10, text=text)
        for n in range(times)
        for text in ("could not find driver", f"Nobody knows user {n}", "cURL error 60: SSL certificate problem: x")
    )
    result = scan(tmp_path, log, judge)
    assert counts(result) == {"v5-php-ext": times, "tls-self-signed": times}
    assert sum(shapes(result).values()) == times
    assert len(result.unknown) == 1
    group = result.known["v5-php-ext"]
    if form == "plain":
        assert (group.first, group.last) == ("", "")
    else:
        assert (group.first, group.last) == ("2026-11-23 17:40:40", f"2026-11-23 17:40:4{min(9, times - 1)}")


def test_unknown_errors_are_grouped_by_shape(tmp_path, judge):
    log = "".join(
        f'[2026-11-23 17:40:42] production.ERROR: No room for {mail} in "{name}" at /srv/c{n}/a.php:{n} token {n:032x}'
        f' {{"userId":{n}}}\n'
        for n, (mail, name) in enumerate((f"u{n}@example.com", "x" * n) for n in range(40))
    )
    result = scan(tmp_path, log + "[2026-11-23 17:40:42] production.CRITICAL: Other\n", judge)
    assert sorted(shapes(result).values()) == [1, 40]
    assert "Other" in result.unknown


def test_no_error_is_lost(tmp_path, judge, monkeypatch):
    """More shapes than are kept: the rest is counted."""
    monkeypatch.setattr(scanner, "SHAPES", 10)
    words = ["".join(random.Random(n).choices("ghijklmnopqrstuvwxyz", k=12)) for n in range(300)]
    log = "".join(f"[2026-11-23 17:40:42] production.ERROR: {word}\n" * 3 for word in words)
    result = scan(tmp_path, log, judge)
    assert len(result.unknown) == 10
    assert sum(shapes(result).values()) + result.records_more == 900


def test_errors_that_differ_in_hashes_alone_are_grouped(tmp_path, judge):
    random_hex = random.Random(1)
    log = "".join(
        f"[2026-11-23 17:40:42] production.ERROR: No such thing: {random_hex.getrandbits(128):032x}\n"
        for _ in range(9000)
    )
    assert list(shapes(scan(tmp_path, log, judge)).values()) == [9000]


def test_known_failures_among_hashes_are_found(tmp_path, judge):
    random_hex = random.Random(1)
    log = "".join(
        f"[2026-11-23 17:40:42] production.ERROR: "
        f"{'could not find driver' if n % 3 else 'Nothing'} {random_hex.getrandbits(128):032x}\n"
        for n in range(9000)
    )
    result = scan(tmp_path, log, judge)
    assert counts(result) == {"v5-php-ext": 6000}
    assert list(shapes(result).values()) == [3000]


def test_digits_that_count_are_not_folded(tmp_path, judge):
    log = "".join(
        f"[2026-11-23 17:40:42] production.ERROR: cURL error {(60, 7)[n % 2]}: it is number {n}\n" for n in range(5000)
    )
    assert counts(scan(tmp_path, log, judge)) == {"tls-self-signed": 2500, "tls-or-dns-unreachable": 2500}


def test_a_quoted_log_is_no_log(tmp_path, judge):
    mail = (
        "[2026-11-23 17:41:04] production.DEBUG: From: Example <hello@example.com>\n"
        "Subject: What went wrong\n\n"
        "[2026-11-23 17:00:00] production.INFO: Importing account\n"
        "[2026-11-23 17:00:01] production.ERROR: quoted error\n"
    )
    after = "[2026-11-23 17:41:05] production.ERROR: real error\n"
    for log in (mail + after, (mail + after) * 400):
        result = scan(tmp_path, log, judge)
        assert result.unfinished is None
        assert set(result.unknown) == {"real error"}


def test_a_mail_about_an_unknown_failure_counts(tmp_path, judge):
    mail = (
        "[2026-11-23 17:41:04] production.DEBUG: From: Example <hello@example.com>\nSubject: Migration Failed\n\n"
        "Looks like something went wrong with the migration for the following company: Acme\n\n"
        "    Nobody has seen this before: 17\n    Nobody has seen this before: 17\n"
    )
    assert set(scan(tmp_path, mail, judge).unknown) == {"Nobody has seen this before: N"}


def test_a_message_that_a_mail_broke_into_lines_is_found(tmp_path, judge):
    mail = (
        "[2026-11-23 17:41:04] production.DEBUG: From: Example <hello@example.com>\n"
        "Content-Transfer-Encoding: quoted-printable\n\n"
        "    SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry '2-C1' for key 'credits_com=\n"
        "pany_id_number_unique'\n"
    )
    assert counts(scan(tmp_path, mail, judge)) == {"import-duplicate-number": 1}


def test_v4s_trace_is_not_counted_again(tmp_path, judge):
    log = (RECORDINGS / "v4" / "laravel-error.log").read_text()
    assert log.count("production.ERROR") == 2
    unknown = log.replace("ZipArchive::close()", "SomethingElse::close()")
    assert list(shapes(scan(tmp_path, unknown, judge)).values()) == [1]


def test_samples_have_the_records_around_them(tmp_path, judge):
    info = "[2026-11-23 17:40:{0:02}] production.INFO: step {0}  \n"
    log = "".join(
        f"[2026-11-23 17:40:{n:02}] production.ERROR: could not find driver\n" if n in (5, 40) else info.format(n)
        for n in range(60)
    )
    [group] = scan(tmp_path, log, judge, context=2).known.values()
    assert [sample.at[-2:] for sample in group.samples] == ["05", "40"]
    for sample, number in zip(group.samples, (5, 40)):
        assert [text[-2:].strip() for text in sample.before] == [str(number - 2), str(number - 1)]
        assert [text[-2:].strip() for text in sample.after] == [str(number + 1), str(number + 2)]
    assert all(not sample.before for sample in scan(tmp_path, log, judge, context=0).known["v5-php-ext"].samples)


def test_records_around_reach_over_pieces(tmp_path, monkeypatch):
    """A sample at the border of what is read at once has its neighbours too."""
    monkeypatch.setattr(files, "PIECE", 1 << 16)
    info = "[2026-11-23 17:40:42] production.INFO: step {0}  \n"
    log = "".join(
        f"[2026-11-23 17:40:42] production.ERROR: could not find driver {n}\n" if n % 331 == 0 else info.format(n)
        for n in range(1, 9000)
    )
    [group] = scan(tmp_path, log, context=1).known.values()
    assert group.count == 27
    for sample in group.samples:
        number = int(sample.text.split()[-1])
        assert [text.split()[-1] for text in sample.before + sample.after] == [str(number - 1), str(number + 1)]


def test_since(tmp_path, judge):
    log = "".join(
        f"[2026-11-{day:02} 10:00:00] production.ERROR: could not find driver\n" * 3000 for day in range(20, 26)
    )
    assert counts(scan(tmp_path, log, judge, since="2026-11-24 00:00:00")) == {"v5-php-ext": 6000}
    assert counts(scan(tmp_path, log, judge, since="2026-12-24 00:00:00")) == {}
    assert counts(scan(tmp_path, log, judge, since="2026-01-24 00:00:00")) == {"v5-php-ext": 18000}
    assert counts(scan(tmp_path, "could not find driver\n", judge, since="2026-01-01 00:00:00")) == {"v5-php-ext": 1}


def test_times():
    from datetime import datetime, timezone

    now = datetime(2026, 11, 25, 10, 30, tzinfo=timezone.utc)
    assert since_time("2h", now) == "2026-11-25 08:30:00"
    assert since_time("3d", now) == "2026-11-22 10:30:00"
    assert since_time("2026-11-25") == "2026-11-25 00:00:00"
    assert since_time("2026-11-25T10:00") == "2026-11-25 10:00:00"
    assert since_time("2026-11-25 10:00:01") == "2026-11-25 10:00:01"
    for wrong in ("yesterday", "", "2026-13-01", "-1h", "999999w"):
        with pytest.raises(TimeError):
            since_time(wrong)


ERROR = b"[2026-11-23 17:40:42] production.ERROR: could not find driver\n"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("name", ["laravel.log.1.gz", "nothing-in-its-name"])
def test_packed_files(tmp_path, pack, name):
    result = scan(tmp_path, pack(ERROR * 20000), name=name)
    assert counts(result) == {"v5-php-ext": 20000}
    assert result.files[0].note == ""


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_that_are_cut_short(tmp_path, pack):
    noise = "".join(random.Random(3).choices("abcdef ", k=100_000)).encode()
    packed = pack(ERROR * 5000 + noise)
    result = scan(tmp_path, packed[:-2000], name="cut.gz")
    if pack is not bz2.compress:  # it has one block for all of this, and gives none of it
        assert counts(result) == {"v5-php-ext": 5000}
    assert "cut short" in result.files[0].note
    assert report.warned(result)


def test_a_damaged_gz(tmp_path):
    packed = bytearray(gzip.compress(ERROR * 5000))
    packed[30:40] = b"0123456789"
    assert "damaged" in scan(tmp_path, bytes(packed), name="damaged.gz").files[0].note
    assert scan(tmp_path, b"\x1f\x8b", name="two.gz").files[0].note


def test_two_archives_one_after_the_other(tmp_path):
    assert counts(scan(tmp_path, gzip.compress(ERROR) + gzip.compress(ERROR))) == {"v5-php-ext": 2}


def test_empty_files(tmp_path):
    for content in (b"", gzip.compress(b"")):
        result = scan(tmp_path, content)
        assert result.files[0].note == "it is empty"
        assert not report.warned(result) and not report.failed(result)


@pytest.mark.parametrize(
    "mangle",
    [
        lambda log: log.replace(b"\n", b"\r\n"),
        lambda log: b"\xef\xbb\xbf" + log,
        lambda log: b"\0" * 3000 + log + b"\0" * 10,
        lambda log: log.decode().encode("utf-16"),
        lambda log: log.rstrip(b"\n"),
        lambda log: b"half a line of\n" + log,
        lambda log: log + b"[2026-11-23 17:40:43] production.ERR",
        lambda log: log.replace(b"driver", b"driver \xff\xfe\x80"),
        lambda log: b"x" * 3_000_000 + b"\n" + log,
        lambda log: b"[2026-11-23 17:40:40] production.INFO: " + b"y" * 3_000_000 + b"\n" + log,
    ],
)
def test_ugly_files(tmp_path, judge, mangle):
    for times in (1, 2000):
        assert counts(scan(tmp_path, mangle(ERROR * times), judge)) == {"v5-php-ext": times}


def test_an_error_with_an_endless_line(tmp_path, judge):
    log = b"[2026-11-23 17:40:42] production.ERROR: Boo " + b"z" * 5_000_000 + b"\n" + ERROR
    result = scan(tmp_path, log, judge)
    assert counts(result) == {"v5-php-ext": 1}
    assert sum(shapes(result).values()) == 1


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=80),
            st.sampled_from(
                [
                    ERROR,
                    b"[2026-11-23 17:41:04] production.DEBUG: From: a\n",
                    b"[2026-11-23 17:40:42] production.INFO: Importing account  \n",
                    b"2026/11/23 17:40:42 [error] 1#1: x\n",
                    b"\n",
                    b"app-1  | ",
                ]
            ),
        ),
        max_size=40,
    )
)
def test_no_bytes_raise(lines):
    content = b"".join(lines)
    found = []
    for each in JUDGES.values():
        run = Scan(each)
        reader = scanner._Reader(run, "x")
        for start in range(0, len(content), 100):
            reader.feed(content[start : start + 100])
        reader.end()
        found.append((counts(run.result), shapes(run.result), run._unfinished()))
        report.document(run.result)
        report.text(run.result)
    assert found[0] == found[1]


def mixed(seed, records):
    """A log with everything in it."""
    choose = random.Random(seed)
    failures = [sample for each in signatures() for sample in each.sample if sample.startswith("[20")]
    trace = "[stacktrace]\n" + "".join(f"#{n} /var/www/x/y{n}.php({n}): Foo->bar()\n" for n in range(20)) + '"} \n'
    lines = []
    for number in range(records):
        at = f"[2026-11-{number * 20 // records + 1:02} 10:00:00]"
        kind = choose.random()
        if kind < 0.02:
            lines.append(
                f'{at} production.ERROR: Unknown trouble {number} {{"exception":"[object] (E(code: 0)\n{trace}'
            )
        elif kind < 0.04:
            lines.append(re.sub(r"^\[[^\]]*\]", at, choose.choice(failures)) + "\n")
        elif kind < 0.05:
            lines.append(f"{at} production.INFO: Importing {choose.choice(['account', 'clients', 'invoices'])}  \n")
        elif kind < 0.052:
            lines.append(
                f"{at} production.DEBUG: From: a@example.com\nSubject: x\n\n[2020-01-01 00:00:00] production.ERROR: y\n"
            )
        else:
            lines.append(f"{at} production.INFO: sending {choose.choice(['invoice', 'quote', 'mail'])} {number}  \n")
    return "".join(lines).encode()


def everything(result):
    return json.loads(report.document(result))


def test_all_ways_of_reading_find_the_same(tmp_path, monkeypatch):
    """With and without hyperscan, in one process or several, in large and small pieces."""
    path = tmp_path / "laravel.log"
    path.write_bytes(mixed(1, 60_000))
    names = in_order([str(path)])
    first = everything(Scan(JUDGES[True], processes=1).files(names))
    assert len(first["findings"]) > 50 and first["unknown"] and first["imports"]["began"] > 100
    runs = [Scan(JUDGES[False], processes=1)]
    monkeypatch.setattr(scanner, "_PART", 1 << 20)
    runs += [Scan(JUDGES[True], processes=3), Scan(JUDGES[False], processes=2)]
    for run in runs:
        other = everything(run.files(in_order([str(path)])))
        for document in (first, other):
            for each in document["findings"] + document["unknown"]:
                each.pop("samples", None)  # the ones between the first and the last are others
        assert other == first
    monkeypatch.setattr(files, "PIECE", 5000)
    other = everything(Scan(JUDGES[True], processes=1).files(in_order([str(path)])))
    for each in other["findings"]:
        each.pop("samples")
    assert other == first


def test_parts_begin_with_a_record(tmp_path):
    path = tmp_path / "laravel.log"
    mail = (
        b"[2026-11-23 17:41:04] production.DEBUG: From: a\n" + b"[2026-11-23 17:00:00] production.ERROR: quoted\n" * 9
    )
    path.write_bytes(mail * 9000)
    parts = LogFile(str(path)).parts(4, 1 << 16)
    content = path.read_bytes()
    assert len(parts) == 4
    assert [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]]
    assert all(content[part.start :].startswith(mail) for part in parts)
    assert b"".join(b"".join(part.pieces()) for part in parts) == content


def test_the_memory_does_not_grow_with_the_log(tmp_path):
    """Of a log that is all errors, no two alike, ten times as long."""
    peaks = []
    program = (
        "import resource, sys\nfrom diagnostics.scan.scanner import Scan\nfrom diagnostics.scan.files import in_order\n"
        "Scan(processes=1).files(in_order(sys.argv[1:]))\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    words = random.Random(5)
    for records in (20_000, 200_000):
        path = tmp_path / f"{records}.log"
        with path.open("w") as log:
            for number in range(records):
                word = "".join(words.choices("ghijklmnopqrstuvwxyz", k=20))
                log.write(f"[2026-11-23 17:40:42] production.ERROR: {word} {number} could go on and on and on and on\n")
        done = subprocess.run(
            [sys.executable, "-c", program, str(path)], cwd=PROJECT, capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] * 1.3


def test_what_cannot_be_read(tmp_path):
    for name, said, remedy in (
        (tmp_path / "none" / "x.log", "does not exist", f"ls {tmp_path}"),
        (tmp_path, "is a directory", f"{tmp_path}/*.log*"),
        ("a\0b", "cannot be read", "ls -l"),
    ):
        with pytest.raises(FileError) as error:
            in_order([str(name)])
        assert said in error.value.message
        assert remedy in error.value.remedy


def test_other_archives_are_named(tmp_path):
    for content, said in ((b"\x28\xb5\x2f\xfd....", "zstd -dc"), (b"PK\x03\x04....", "unzip -p")):
        with pytest.raises(FileError) as error:
            scan(tmp_path, content, name="an archive")
        assert f"{said} '{tmp_path}/an archive' | ./cli.py scan-log -" in error.value.remedy


def cli(*arguments, **options):
    done = subprocess.run(
        [sys.executable, str(PROJECT / "cli.py"), "scan-log", *map(str, arguments)],
        capture_output=True,
        check=False,
        **{"stdin": subprocess.DEVNULL, **({"stdin": None} if "input" in options else {}), **options},
    )
    assert b"Traceback" not in done.stderr
    return done


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user who may not read it")
def test_no_permission(tmp_path):
    path = tmp_path / "laravel.log"
    path.write_bytes(ERROR)
    path.chmod(0)
    os.seteuid(65534)
    try:
        with pytest.raises(FileError) as error:
            in_order([str(path)])
    finally:
        os.seteuid(0)
    assert error.value.message == f"{path} may not be read by this user."
    assert error.value.remedy == f"sudo ./cli.py scan-log {path}"


def test_exit_statuses(tmp_path):
    known, unknown, warning, clean = (tmp_path / name for name in "abcd")
    known.write_bytes(ERROR)
    unknown.write_text("[2026-11-23 17:40:42] production.ERROR: never seen\n")
    warning.write_text("The [public/storage] link already exists.\n")
    clean.write_text("[2026-11-23 17:40:42] production.INFO: fine\n")
    assert cli(known).returncode == 3
    assert cli(unknown).returncode == 0
    assert cli(unknown, "--strict").returncode == 4
    assert cli(warning).returncode == 0
    assert cli(warning, "--strict").returncode == 4
    assert cli(clean, "--strict").returncode == 0
    assert cli(known, unknown, "--strict").returncode == 3
    assert cli(RECORDINGS / "v5" / "import-exception.production.laravel.log").returncode == 3
    assert cli().returncode == 2
    assert cli(tmp_path / "none").returncode == 2
    assert cli(known, "--since", "lunch").returncode == 2
    missing = cli(tmp_path / "none", "--json")
    assert missing.returncode == 2
    document = json.loads(missing.stdout)
    assert document["schema"] == 1 and document["error"]["status"] == 2


def test_standard_input():
    for content in (ERROR * 3, gzip.compress(ERROR * 3)):
        document = json.loads(cli("-", "--json", input=content).stdout)
        assert document["files"] == ["-"]
        assert [(each["id"], each["count"]) for each in document["findings"]] == [("v5-php-ext", 3)]


def test_a_pipe_that_is_closed_early(tmp_path):
    path = tmp_path / "laravel.log"
    path.write_bytes(ERROR * 10)
    command = f"{sys.executable} {PROJECT}/cli.py scan-log {path} --json | head -c 10"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert "Traceback" not in done.stderr


def test_control_characters_of_a_log_do_not_reach_the_terminal(tmp_path):
    path = tmp_path / "laravel.log"
    path.write_bytes(
        b"[2026-11-23 17:40:42] production.ERROR: could not find driver \x1b]0;evil\x07 \xc2\x9b2J \xe2\x80\xae x\r\n"
    )
    said = cli(path).stdout.decode()
    assert "\\x1b]0;evil\\x07" in said and "\\x9b2J" in said and "\\x202e" in said
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", said)


def golden(name, got):
    path = DATA / name
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(got)
    assert got == path.read_text()


def test_golden_documents(monkeypatch):
    """Pinned: write them anew with WRITE_GOLDEN=1, and look at the difference."""
    monkeypatch.chdir(DATA)
    result = Scan(JUDGES[True]).files(in_order(["mixed.log", "mixed-nginx.log"]))
    golden("mixed.json", report.document(result) + "\n")
    golden("mixed.txt", report.text(result) + "\n")
    golden("mixed-colour.txt", report.text(result, colour=True) + "\n")


def test_colour_is_for_terminals_alone(tmp_path):
    import pty

    path = tmp_path / "laravel.log"
    path.write_bytes(ERROR)
    assert b"\x1b[" not in cli(path).stdout
    for extra, coloured in (({"TERM": "xterm", "NO_COLOR": ""}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False)):
        ours, theirs = pty.openpty()
        done = subprocess.run(
            [sys.executable, str(PROJECT / "cli.py"), "scan-log", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
            env={**os.environ, **extra},
            check=False,
        )
        os.close(theirs)
        with io.FileIO(ours) as terminal:
            said = terminal.read(1 << 16)
        assert done.returncode == 3
        assert (b"\x1b[31m" in said) is coloured


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Order 17 of user a.b@example.com failed", "Order N of user <email> failed"),
        ('Class "App\\Foo" not found', 'Class "…" not found'),
        ("id 3f2a9c1b-77aa-4b1c-9e2d-0123456789ab gone", "id <id> gone"),
        (
            "Could not read /var/www/clients/4711/9f86d081884c7d65/x.php:12",
            "Could not read /var/www/clients/<id>/<id>/x.php:N",
        ),
        ("GET https://v5.example.com/api/v1/x?y=1 failed", "GET <url> failed"),
        ('Boo {"userId":1,"exception":"[object] (App\\\\E(code: 0): Boo at /a.php:1)', "App\\\\E: Boo"),
        ("by <email:1a2b3c> at <ip:1a2b3c>", "by <email> at <ip>"),
        ("can't and won't", "can't and won't"),
        ("1234#1234: *6 access forbidden by rule", "access forbidden by rule"),
        ("[pid 9:tid 77] AH01797: denied", "AHN: denied"),
    ],
)
def test_shapes(message, expected):
    assert shape(message) == expected


def test_hits_of_the_probe():
    hits = [
        {"file": "a", "level": "ERROR", "env": "production", "count": 3, "first": "2026-01-01 00:00:00",
         "last": "2026-01-02 00:00:00", "text": "SQLSTATE[HY000] [1045] Access denied for user '<text>' (SQL: <text>)"},
        {"file": "b", "level": "error", "env": "production", "count": 2, "first": "2025-01-01 00:00:00",
         "last": "2026-01-03 00:00:00", "text": "SQLSTATE[HY000] [1045] Access denied for user '<text>'@'<text>'"},
        {"file": "a", "level": "ERROR", "env": "production", "count": 9, "text": "Boo for <email:1a2b3c> 17"},
        {"file": "a", "level": "INFO", "env": "migration", "count": 1, "last": "2026-01-03 00:00:00",
         "text": "Missing resource key: clients_99999"},
        {"file": "a", "level": "INFO", "env": "production", "count": 1, "text": "Importing account"},
    ]  # fmt: skip
    found = judge_hits(hits)
    assert [(each.id, each.severity, each.count) for each in found] == [
        ("v5-db-access-denied", "fail", 5),
        ("import-missing-clients", "fail", 1),
        ("", "warn", 9),
    ]
    assert (found[0].first, found[0].last, found[0].file) == ("2025-01-01 00:00:00", "2026-01-03 00:00:00", "b")
    assert found[0].remedy and found[2].title == "Boo for <email> N"
    assert judge_hits([]) == []
