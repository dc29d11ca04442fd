"""ninjalift-bundle.sh, the script for a customer without the tool: how it behaves; what is in it, test_canaries.py."""

import json
import os
import shutil
import signal
import stat
import subprocess
import tarfile
import time

import pytest

from diagnostics import bundle, probe

SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]


@pytest.fixture(params=SHELLS)
def shell(request):
    return ["busybox", "sh"] if request.param == "busybox" else [request.param]


@pytest.fixture
def script(tmp_path):
    """The script, in a directory of its own, from which it runs."""
    path = tmp_path / "here" / "ninjalift-bundle.sh"
    path.parent.mkdir()
    path.write_text(bundle.script())
    return path


@pytest.fixture
def root(tmp_path):
    """The directory of a V5 with very little in it."""
    root = tmp_path / "a V5's"
    for folder in ("public", "config"):
        (root / folder).mkdir(parents=True)
    for name in ("artisan", "public/index.php", "config/ninja.php"):
        (root / name).write_text("<?php\n")
    (root / "VERSION.txt").write_text("5.10.17\n")
    return root


def run(shell, script, *arguments, path=None):
    return subprocess.run(
        [*shell, script, *arguments],
        cwd=script.parent,
        env={**os.environ, "PATH": path or os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def without(tmp_path, *programs):
    """A PATH that has everything but these."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for place in reversed(os.environ["PATH"].split(os.pathsep)):
        for program in os.scandir(place) if os.path.isdir(place) else ():  # noqa: PTH112
            link = folder / program.name
            link.unlink(missing_ok=True)
            if program.name not in programs:
                link.symlink_to(program.path)
    return str(folder)


def test_it_is_always_the_same_text():
    assert bundle.script() == bundle.script()
    assert bundle.script().startswith("#!/bin/sh\n")
    assert probe.script(probe.Options()).rstrip("\n") in bundle.script()


def test_shellcheck_finds_nothing(script):
    if not shutil.which("shellcheck"):
        pytest.fail("shellcheck is not installed. Mend it with: `apt-get install -y shellcheck`")
    done = subprocess.run(["shellcheck", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_makes_a_bundle_with_the_same_facts(shell, script, root):
    done = run(shell, script, root, "-o", "my bundle's.tar.gz")
    assert done.returncode == 0, done.stderr
    path = script.parent / "my bundle's.tar.gz"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(each.name for each in script.parent.iterdir()) == ["my bundle's.tar.gz", script.name]
    (host,) = bundle.read(path).hosts
    assert host.role == "v5"
    assert host.document["app"]["root"] == str(root)
    assert host.document["app"]["version"] == "5.10.17"
    # The command that it names to look into the file works as printed.
    (look,) = [line.strip() for line in done.stdout.splitlines() if line.startswith("  tar ")]
    readme = subprocess.run(["sh", "-c", look], capture_output=True, text=True, check=True).stdout
    assert readme.startswith("This is a Ninjalift bundle")
    assert f"hosts/{host.name}.json" in readme
    with tarfile.open(path) as archive:
        manifest = json.load(archive.extractfile("ninjalift-bundle/manifest.json"))
    (entry,) = manifest["hosts"]
    assert len(entry["sha256"]) == 64
    assert manifest["redacted"] == host.document["probe"]["redacted"]
    for kind, count in manifest["redacted"].items():
        assert f"  {kind}: {count}\n" in readme
        assert f"  {kind}: {count}\n" in done.stdout


def test_the_default_name_and_a_relative_root(shell, script, root):
    done = run(shell, script, f"../{root.name}")
    assert done.returncode == 0, done.stderr
    (path,) = script.parent.glob("ninjalift-bundle-*.tar.gz")
    assert str(path) in done.stdout
    assert bundle.read(path).hosts[0].document["app"]["root"] == str(root)


@pytest.mark.parametrize("missing", ["tar", "gzip"])
def test_without_tar_or_gzip_it_writes_the_plain_facts(script, root, tmp_path, missing):
    done = run([shutil.which("sh")], script, root, path=without(tmp_path, missing))
    assert done.returncode == 0, done.stderr
    (path,) = script.parent.glob("ninjalift-bundle-*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert bundle.read(path).hosts[0].document["app"]["root"] == str(root)
    assert "more " in done.stdout


def test_without_a_program_for_checksums_there_is_none(script, root, tmp_path):
    path = without(tmp_path, "sha256sum", "openssl", "shasum")
    done = run([shutil.which("sh")], script, root, "-o", "b.tar.gz", path=path)
    assert done.returncode == 0, done.stderr
    with tarfile.open(script.parent / "b.tar.gz") as archive:
        manifest = json.load(archive.extractfile("ninjalift-bundle/manifest.json"))
    assert manifest["hosts"][0]["sha256"] is None
    assert bundle.read(script.parent / "b.tar.gz").hosts[0].document


def test_help(shell, script):
    for option in ("-h", "--help"):
        done = run(shell, script, option)
        assert done.returncode == 0
        assert done.stdout.startswith("Usage: sh ninjalift-bundle.sh")
    assert [each.name for each in script.parent.iterdir()] == [script.name]


@pytest.mark.parametrize("arguments", [["-o"], ["--bad"], ["a", "b"]])
def test_wrong_arguments(shell, script, arguments):
    done = run(shell, script, *arguments)
    assert done.returncode == 2
    assert "--help" in done.stderr
    assert [each.name for each in script.parent.iterdir()] == [script.name]


def test_an_existing_file_is_left_alone(shell, script, root):
    (script.parent / "there").write_text("mine")
    (script.parent / "link").symlink_to("nowhere")
    for name in ("there", "link"):
        done = run(shell, script, root, "-o", name)
        assert done.returncode == 2
        assert "there already" in done.stderr
    assert (script.parent / "there").read_text() == "mine"


def test_where_nothing_can_be_written(shell, script, root):
    done = run(shell, script, root, "-o", "no/such/folder/b.tar.gz")
    assert done.returncode == 1
    assert "-o /tmp/bundle.tar.gz" in done.stderr


def test_half_a_download_does_nothing(shell, script):
    whole = script.read_text()
    for part in (0.02, 0.5, 0.9, 0.999):
        script.write_text(whole[: int(len(whole) * part)])
        run(shell, script)
        assert [each.name for each in script.parent.iterdir()] == [script.name]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_leaves_nothing(shell, script, root, number):
    # As from a terminal, also where the tests run under nohup: a shell cannot trap what it was started to ignore.
    heard = ["env", f"--default-signal={number.name}"]
    with subprocess.Popen(
        [*heard, *shell, script, root],
        cwd=script.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 60
        while not list(script.parent.glob(".ninjalift-bundle.*")):
            assert process.poll() is None and time.monotonic() < deadline
        os.killpg(process.pid, number)
        process.communicate()
    assert process.returncode == 128 + number
    assert [each.name for each in script.parent.iterdir()] == [script.name]
