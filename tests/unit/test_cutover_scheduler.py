"""V4's sending jobs are stopped in every place of a host, carry a mark, and come back exactly as they were."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration import pause, v4_jobs
from migration.cutover import scheduler
from migration.errors import MigrationError

WHAT = scheduler.Stopping(Path("/var/www/invoiceninja"), "v4.example.com", "www-data")
SENDING = (
    "* * * * * www-data cd /var/www/invoiceninja && php artisan schedule:run >> /dev/null 2>&1",
    "0 8 * * * /usr/bin/php7.4 /var/www/invoiceninja/artisan ninja:send-invoices",
    "0 9 * * * cd '/var/www/invoiceninja'; php -d memory_limit=-1 artisan -q ninja:send-reminders --no-ansi",
    "@daily www-data php /var/www/./invoiceninja/artisan 'ninja:send-invoices'",
    "5 * * * * curl -s 'https://v4.example.com/run_command?secret=abc&command=send-invoices'",
    "5 * * * * wget -q https://V4.example.com:443/run_command?command=send-reminders&secret=abc",
)
OTHERS = (
    "# 0 8 * * * php /var/www/invoiceninja/artisan ninja:send-invoices",
    "* * * * * www-data cd /var/www/invoiceninja-v5 && php artisan schedule:run",
    "* * * * * www-data php /var/www/invoiceninja/artisan queue:work",
    "0 3 * * 0 cd /var/www/invoiceninja && php artisan ninja:check-data",
    "0 0 * * * tar cf /backup.tar /var/www/invoiceninja",
    "5 * * * * curl 'https://other.example.com/run_command?secret=abc&command=send-invoices'",
    "5 * * * * curl 'https://v4.example.com/run_command?secret=abc&command=update-key'",
    "MAILTO=ops",
    "",
)


@pytest.mark.parametrize("line", SENDING)
def test_what_sends_is_commented_out_and_back(line: str) -> None:
    assert scheduler.comment(line, WHAT) == scheduler.MARK + line
    assert scheduler.uncomment(scheduler.MARK + line, WHAT) == line


@pytest.mark.parametrize("line", OTHERS)
def test_what_does_not_send_is_left_alone(line: str) -> None:
    assert scheduler.comment(line, WHAT) == line


def test_the_line_of_another_v4_stays_stopped() -> None:
    other = scheduler.Stopping(Path("/srv/other"), "", "www-data")
    stopped = scheduler.comment("* * * * * php /srv/other/artisan schedule:run\n", other)
    assert stopped.startswith(scheduler.MARK)
    assert scheduler.uncomment(stopped, WHAT) == stopped


@given(
    st.lists(
        st.sampled_from(SENDING + OTHERS)
        | st.text(st.characters(exclude_characters="\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"))
    )
)
def test_stopping_and_starting_gives_the_same_text(lines: list[str]) -> None:
    text = "".join(line + "\n" for line in lines if not line.startswith(scheduler.MARK))
    stopped = scheduler.comment(text, WHAT)
    assert scheduler.comment(stopped, WHAT) == stopped
    assert scheduler.uncomment(stopped, WHAT) == text


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host's /etc in a folder, without a process, a user's crontab, or a unit of systemd."""
    for folder in ("etc/cron.d", "etc/cron.daily", "etc/systemd/system", "proc", "v4"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(pause, "CRON_BASE", tmp_path)
    monkeypatch.setattr(pause, "PROC", tmp_path / "proc")
    monkeypatch.setattr(pause, "systemctl", lambda *arguments: "")
    monkeypatch.setattr(v4_jobs, "users", lambda user: [])
    monkeypatch.setattr(scheduler, "ETC", tmp_path / "etc")
    monkeypatch.setattr(scheduler, "UNITS", tmp_path / "etc/systemd/system")
    monkeypatch.setattr(scheduler, "LOCK", tmp_path / "lock")
    return tmp_path


def stopping(host: Path) -> scheduler.Stopping:
    return scheduler.Stopping(host / "v4", "v4.example.com", "www-data")


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_line_that_runs_a_script_that_sends_is_stopped(host: Path) -> None:
    wrapper = script(host / "send.sh", f"#!/bin/sh\ncd {host}/v4\nphp artisan ninja:send-invoices\n")
    harmless = script(host / "backup.sh", f"#!/bin/sh\n# php {host}/v4/artisan ninja:send-invoices\ntar c {host}/v4\n")
    cron = host / "etc/cron.d/v4"
    cron.write_text(f"0 8 * * * www-data {wrapper}\n0 9 * * * root {harmless}\n")
    cron.chmod(0o640)
    seen = scheduler.stop(stopping(host), 1)
    assert cron.read_text() == f"{scheduler.MARK}0 8 * * * www-data {wrapper}\n0 9 * * * root {harmless}\n"
    assert stat.S_IMODE(cron.stat().st_mode) == 0o640
    assert (seen["live"], seen["running"]) == ([], [])
    assert seen["stopped"] == [f"{cron}: 0 8 * * * www-data {wrapper}"]
    assert scheduler.start(stopping(host))["stopped"] == []
    assert scheduler.MARK not in cron.read_text()


def test_a_script_of_cron_daily_is_renamed_and_back(host: Path) -> None:
    text = f"#!/bin/sh\nif true; then\n  php {host}/v4/artisan ninja:send-reminders\nfi\n"
    daily = script(host / "etc/cron.daily/v4", text)
    script(host / "etc/cron.daily/logrotate", "#!/bin/sh\nlogrotate /etc/logrotate.conf\n")
    scheduler.stop(stopping(host), 1)
    assert sorted(path.name for path in daily.parent.iterdir()) == ["logrotate", "v4.stopped-by-ninjalift"]
    assert scheduler.stop(stopping(host), 1)["stopped"] == [f"{daily}.stopped-by-ninjalift"]
    scheduler.start(stopping(host))
    assert daily.read_text() == text
    assert stat.S_IMODE(daily.stat().st_mode) == 0o755


def test_a_line_that_names_no_place_is_said_and_not_touched(host: Path) -> None:
    cron = host / "etc/cron.d/who"
    cron.write_text(
        "* * * * * www-data cd $APP && php artisan schedule:run\n* * * * * root php /nowhere/artisan schedule:run\n"
    )
    seen = scheduler.stop(stopping(host), 1)
    assert len(seen["unclear"]) == 2
    assert scheduler.MARK not in cron.read_text()


def test_the_secret_of_v4s_page_is_not_shown(host: Path) -> None:
    (host / "etc/crontab").write_text(
        "0 1 * * * root curl 'https://v4.example.com/run_command?secret=s3cret&command=send-invoices'\n"
    )
    seen = scheduler.look(stopping(host))
    assert "run_command?secret=…&command=send-invoices" in seen["live"][0]
    assert "s3cret" not in str(seen)


def test_a_command_that_goes_on_is_waited_for_and_then_named(host: Path) -> None:
    process = host / "proc/4711"
    process.mkdir()
    (process / "cmdline").write_bytes(f"php\0{host}/v4/artisan\0ninja:send-invoices\0".encode())
    (process / "cwd").symlink_to(host)
    (process / "cgroup").write_text("0::/system.slice/cron.service\n")
    with pytest.raises(MigrationError) as refused:
        scheduler.stop(stopping(host), 0.2)
    assert refused.value.id == "v4-not-quiet"
    assert "process 4711" in refused.value.message


class Systemd:
    """systemd with one timer, which starts or not by what the drop-in says."""

    def __init__(self, host: Path, root: Path, active: bool = True, service: str = "") -> None:
        self.drop_in = host / "etc/systemd/system/send.timer.d" / scheduler.DROP_IN
        self.active = active
        self.calls: list[tuple] = []
        self.command = (
            service
            or f"{{ path=/usr/bin/php ; argv[]=/usr/bin/php {root}/artisan ninja:send-invoices ; ignore_errors=no ; }}"
        )

    def __call__(self, *arguments: str) -> str:
        self.calls.append(arguments)
        if arguments[0] == "stop":
            self.active = False
        if arguments[0] == "start":
            self.active = not (self.drop_in.exists() and "Condition" in self.drop_in.read_text())
        state = "active" if self.active else "inactive"
        return (
            f"Id=send.service\nExecStart={self.command}\nWorkingDirectory=\nActiveState=inactive\nUnitFileState=static\n"
            "TriggeredBy=send.timer\n\n"
            f"Id=send.timer\nActiveState={state}\nUnitFileState=enabled\nTriggers=send.service\n\n"
            "Id=nginx.service\nExecStart={ path=/usr/sbin/nginx ; argv[]=/usr/sbin/nginx ; }\nActiveState=active\n"
        )


@pytest.mark.parametrize("active", [True, False])
def test_a_timer_is_held_by_a_drop_in_and_becomes_what_it_was(host: Path, monkeypatch, active: bool) -> None:
    systemd = Systemd(host, host / "v4", active)
    monkeypatch.setattr(pause, "systemctl", systemd)
    seen = scheduler.stop(stopping(host), 1)
    assert seen["stopped"] == ["send.timer"]
    assert not systemd.active
    assert "ConditionPathExists=/nonexistent" in systemd.drop_in.read_text()
    after = scheduler.start(stopping(host))
    assert systemd.active is active
    assert after["live"] == ["send.timer"]
    assert not systemd.drop_in.parent.exists()


def test_a_start_that_was_killed_is_made_again(host: Path, monkeypatch) -> None:
    systemd = Systemd(host, host / "v4")
    monkeypatch.setattr(pause, "systemctl", systemd)
    scheduler.stop(stopping(host), 1)

    def killed(*arguments: str) -> str:
        if arguments[0] == "start":
            raise KeyboardInterrupt
        return systemd(*arguments)

    monkeypatch.setattr(pause, "systemctl", killed)
    with pytest.raises(KeyboardInterrupt):
        scheduler.start(stopping(host))
    assert not systemd.active
    monkeypatch.setattr(pause, "systemctl", systemd)
    assert scheduler.look(stopping(host))["stopped"] == ["send.timer"]
    scheduler.start(stopping(host))
    assert systemd.active
