"""The benchmark says in a sentence what it needs; what it measures is no test."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "scripts" / "bench"


def run(*arguments, program=BENCH, python=sys.executable, **options):
    done = subprocess.run(
        [python, *options.pop("flags", ()), str(program), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )
    assert "Traceback" not in done.stderr
    return done


def test_help_is_what_stands_at_its_top_with_any_python():
    """Another python goes on as the one in .venv, which may be a link."""
    done = run("--help", python="/usr/bin/python3")
    assert done.returncode == 0
    assert "scripts/bench upload" in done.stdout


def test_a_part_that_is_none():
    done = run("everything")
    assert done.returncode == 2
    named = "migration converged diagnose fleet status reconcile upload cron settings night scan lint simulated"
    assert f"`scripts/bench {named}`" in done.stderr


def test_without_the_packages(tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "bench").write_bytes(BENCH.read_bytes())
    done = run(program=tmp_path / "scripts" / "bench", flags=("-I", "-S"))
    assert done.returncode == 1
    assert f"Mend it with: `{tmp_path}/scripts/test lint`" in done.stderr


def test_without_root(monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "argv", [str(BENCH), "upload"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(BENCH), run_name="__main__")
    assert ended.value.code == 2
    assert "needs root. Mend it with: `sudo scripts/bench upload`" in capsys.readouterr().err
