"""Secrets and personal data that were planted on this machine stay there: the real probe runs, on a directory of ours.

The database's part is in tests/contract/test_probe_canaries.py; whole machines in tests/lab/test_diagnose_canaries.py.
"""

import contextlib
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from diagnostics import bundle, probe
from tests import canaries
from tests.canaries import Canaries

SALT = "salt of the test"


def run(script, *arguments, cwd, env=None):
    """Runs a script as the transports do, over standard input, and returns what it printed."""
    done = subprocess.run(
        ["sh", "-s", "--", *arguments],
        input=script.encode(),
        capture_output=True,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        check=False,
    )
    return done.stdout, done.stderr


@contextlib.contextmanager
def worker(arguments):
    """A process with these arguments; yields its id."""
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        yield process.pid
        process.stdin.close()


@pytest.fixture(params=["v4", "v5", "v5 with a cache"])
def planted(request, tmp_path):
    """A directory full of canaries: (canaries, root)."""
    c = Canaries()
    root = tmp_path / "in va'l id"
    canaries.tree(c, root, request.param[:2])
    if "cache" in request.param:
        canaries.cached_config(c, root)
    return c, root


@pytest.fixture
def probed(planted, tmp_path):
    """The probe's document and all that could be seen of it: (canaries, text of the document)."""
    c, root = planted
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    script = probe.script(probe.Options(root=str(root), salt=SALT))
    before = canaries.files_below(root, temporary)
    with worker(canaries.arguments(c, str(root))) as pid, canaries.watching(pid) as watch:
        out, errors = run(script, cwd="/", env={"TMPDIR": str(temporary)})
    assert canaries.files_below(root, temporary) == before, "the probe wrote"
    c.quiet(errors, "standard error")
    assert watch.rounds > 3
    c.quiet(b"\n".join(watch.seen), "command lines and environments")
    return c, out.decode()


def test_every_canary_is_found_where_it_was_planted(tmp_path):
    """The test's own test: what was planted would be seen, in each notation in which it could come out."""
    c = Canaries()
    canaries.tree(c, tmp_path, "v5")
    canaries.cached_config(c, tmp_path)
    everything = " ".join(
        f"{path} {path.read_bytes().decode('utf-8', 'replace')}" for path in tmp_path.rglob("*") if path.is_file()
    )
    assert len(c.where) > 200
    assert len(c.sing(everything)) == len(c.where)
    assert len(c.sing(json.dumps(everything))) == len(c.where)
    assert not c.sing("\n".join(Path(entry).read_text() for entry in (__file__, canaries.__file__)))


def test_nothing_that_was_planted_is_in_the_facts(probed):
    c, text = probed
    document = json.loads(text)
    assert probe.validate(document) == ""
    c.quiet(text, "the facts")
    assert document["logs"]["hits"], "there was nothing to redact"
    assert {"email", "name", "ip", "token", "text", "key"} <= set(document["probe"]["redacted"])


def test_nothing_that_was_planted_is_in_a_bundle(probed, tmp_path):
    c, text = probed
    path = tmp_path / "b.tar.gz"
    bundle.write(path, [bundle.Host("here", "", json.loads(text))])
    with tarfile.open(path) as archive:
        for member in archive:
            c.quiet(archive.extractfile(member).read(), member.name)


def test_the_evidence_is_still_there(probed):
    """What names no person and opens no door stays, or a finding says nothing."""
    _, text = probed
    document = json.loads(text)
    texts = "\n".join(hit["text"] for hit in document["logs"]["hits"])
    texts += "\n".join(line["text"] for line in document["logs"]["import"])
    v4 = document["app"]["kind"] == "v4"
    for kept in V4_KEPT if v4 else V5_KEPT:
        assert kept in texts, f"'{kept}' was taken out of the logs"
    assert document["env"]["values"]["APP_ENV"] == "production"
    assert {"DB_PASSWORD", "MAIL_PASSWORD", "API_SECRET"} <= set(document["env"]["keys"])
    assert "DOUBLE" in document["env"]["duplicates"]


V4_KEPT = (
    "***GuzzleHttp\\Exception\\ClientException*** [401]",
    "[Line 113]",
    "https://v5.client1.test/api/v1/login",
    "resulted in a `401 Unauthorized` response",
    "SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry",
    "users_username_unique",
)
V5_KEPT = (
    "SQLSTATE[HY000] [1045] Access denied for user",
    "Illuminate\\\\Database\\\\QueryException",
    "1062 Duplicate entry",
    "users_email_unique",
    "1406 Data too long for column",
    "Expected response code",
    "550 5.1.1",
    "Recipient address rejected: User unknown",
    "Failed to authenticate on SMTP server",
    "stream_socket_client(): Unable to connect",
    "resulted in a `401 Unauthorized` response",
    "These credentials do not match our records",
    "cURL error 28: Operation timed out",
    "Invalid API Key provided",
    "Undefined array key",
    "Failed to open stream: Permission denied",
    "file_put_contents(",
    "Argument #1 ($id) must be of type int, string given",
    "Attempt to read property",
    "Importing company",
    "Importing clients",
    "1048 Column",
)


# The script for a customer without the tool


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "ninjalift-bundle.sh"
    path.write_text(bundle.script())
    return path


def test_the_script_makes_the_same_bundle(planted, script, tmp_path):
    c, root = planted
    done = subprocess.run(
        ["sh", script, root, "-o", tmp_path / "b.tar.gz"], capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0, done.stderr
    c.quiet(done.stdout + done.stderr, "what the script printed", "name of")
    (host,) = bundle.read(tmp_path / "b.tar.gz").hosts
    assert host.role == host.document["app"]["kind"] != ""
    c.quiet(json.dumps(host.document), "the script's bundle")
