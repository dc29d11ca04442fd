"""The probe on a host that is another: nothing but busybox, and the directories of RHEL with PHP by Remi."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from diagnostics import probe
from diagnostics.probe import Options
from tests.probe_host import needs_root, script, there, v4, v5
from tests.unit.test_probe_parts import NGINX, PHPINFO


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A directory that stands for /: busybox's commands, two users, and a V5 in /srv/invoices/ninja."""
    needs_root()
    if not there("busybox"):
        pytest.skip("busybox is not installed")
    root = tmp_path / "host"
    for each in ["bin", "sbin", "usr/bin", "usr/sbin", "etc/nginx", "proc", "tmp", "dev", "var/spool/cron", "run"]:
        (root / each).mkdir(parents=True)
    for each in ("busybox", "setpriv"):
        path = str(shutil.which(each))
        shutil.copy(path, root / "bin" / each)
        libraries = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(/\S+) \(0x", libraries):
            target = root / library.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, target)
    names = subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
    for name in names:
        if name != "busybox" and not (root / "bin" / name).exists():
            (root / "bin" / name).symlink_to("busybox")
    (root / "etc/passwd").write_text(
        "root:x:0:0::/root:/bin/sh\nnginx:x:981:981::/:/bin/sh\nninja:x:1001:1001::/:/bin/sh\n"
    )
    (root / "etc/group").write_text("root:x:0:\nnginx:x:981:\nninja:x:1001:\n")
    (root / "etc/os-release").write_text('ID="centos"\nVERSION_ID="7"\nPRETTY_NAME="CentOS Linux 7 (Core)"\n')
    (root / "dev/null").touch()
    (root / "tmp").chmod(0o1777)
    installation = v5(root / "srv/invoices/ninja")
    for each in [installation, *installation.rglob("*")]:
        shutil.chown(each, 1001, 1001)
    for above in (root / "srv/invoices", root / "srv", root):
        above.chmod(0o755)
    return root


def facts_in(root: Path, options: Options) -> dict:
    """The facts of that host."""
    inside = " && ".join(
        [
            f"mount --bind {root} {root}",
            f"mount -t proc proc {root}/proc",
            f"mount --bind /dev/null {root}/dev/null",
            f"exec chroot {root} /bin/sh -s",
        ]
    )
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--propagation", "private", "sh", "-c", inside],
        input=probe.script(options).encode(),
        capture_output=True,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        check=False,
        timeout=120,
    )
    if b"Operation not permitted" in done.stderr or b"permission denied" in done.stderr.lower():
        pytest.skip("this machine does not let a test mount")
    assert done.stderr == b"", done.stderr
    document = probe.parse(done.stdout)
    assert probe.validate(document) == ""
    return document


@pytest.mark.parametrize("become", ["setpriv", "su", ""])
def test_nothing_but_busybox(host: Path, become: str) -> None:
    if become != "setpriv":
        (host / "bin/setpriv").rename(host / "setpriv-moved")
        (host / "bin/setpriv").symlink_to("busybox")
    if become == "su":
        # As `su -s /bin/sh USER -c COMMAND` does it.
        script(host / "bin/su", 'exec /setpriv-moved --reuid "$3" --regid 1001 --clear-groups sh -c "$5"\n')
    (host / "srv/invoices/ninja/storage/logs/laravel.log").write_text(
        "[2026-11-25 10:00:00] production.ERROR: Kale wrote to kale@example.test\n"
    )
    document = facts_in(host, Options(signatures=("nothing",)))
    assert document["probe"]["complete"] is True
    assert document["app"]["root"] == "/srv/invoices/ninja" and document["app"]["found_by"] == "search"
    assert document["host"]["os"] == {"id": "centos", "version": "7", "name": "CentOS Linux 7 (Core)"}
    assert document["probe"]["missing"]["database"] == "PHP is not there"
    assert re.fullmatch("Kale wrote to <email:[0-9a-f]{6}>", document["logs"]["hits"][0]["text"])
    assert {each["what"] for each in document["storage"]["disks"]} >= {"root", "storage", "logs", "tmp"}
    assert all(each["total_bytes"] > 0 for each in document["storage"]["disks"])
    assert document["web_user"] == {"name": "ninja", "source": "owner"}
    assert document["env"]["mode"] == "0644" and document["env"]["owner"] == "ninja"
    assert document["permissions"]["owners"]["root"] == 1
    if not become:
        assert (
            document["probe"]["missing"]["permissions/paths"]
            == "Only root, or ninja itself, can test what ninja may do"
        )
        return
    paths = {each["path"]: each for each in document["permissions"]["paths"]}
    assert document["permissions"]["tested_as"] == "ninja"
    assert paths["storage"]["writable"] and paths["vendor"]["readable"]
    assert document["permissions"]["unwritable_count"] == 1
    assert document["permissions"]["unwritable"][0]["path"] == "storage/logs/laravel.log"


def test_the_directories_of_red_hat_and_remi(host: Path) -> None:
    for name, text in NGINX.items():
        path = host / "etc/nginx" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("PUBLIC", "/srv/invoices/ninja/public"))
    pools = host / "etc/opt/remi/php82/php-fpm.d"
    pools.mkdir(parents=True)
    (pools / "www.conf").write_text(
        "[www]\nuser = ninja\nlisten = /run/php/fpm.sock\nphp_admin_value[memory_limit] = 768M\n"
        "request_terminate_timeout=30\n"
    )
    other = host / "etc/php-fpm.d"
    other.mkdir()
    (other / "www.conf").write_text("[www]\nuser = nginx\nlisten = /run/php-fpm/www.sock\n")
    for folder in ("opt/remi/php82/root/usr/bin", "opt/remi/php82/root/usr/sbin"):
        (host / folder).mkdir(parents=True)
    script(host / "opt/remi/php82/root/usr/sbin/php-fpm", f"cat <<'X'\n{PHPINFO}X\n")
    lines = 'J\\tphp/cli/path\\t"/remi"\\nJ\\tdatabase/reachable\\tfalse\\nM\\tconfig\\tas %s in %s\\nD\\tphp\\n'
    script(host / "opt/remi/php82/root/usr/bin/php", f'cat >/dev/null\nprintf \'{lines}\' "$(id -u)" "$PWD"\n')
    script(host / "usr/bin/php", "echo wrong\n")
    (host / "var/spool/cron/ninja").write_text("* * * * * php82 /srv/invoices/ninja/artisan schedule:run\n")
    document = facts_in(host, Options(root="/srv/invoices/ninja/"))
    web = document["php"]["web"]
    assert document["web"]["vhost"]["root"] == "/srv/invoices/ninja/public"
    assert (web["pool"], web["user"]) == ("/etc/opt/remi/php82/php-fpm.d/www.conf", "ninja")
    assert (web["binary"], web["version_id"]) == ("/opt/remi/php82/root/usr/sbin/php-fpm", 80232)
    assert web["ini"]["memory_limit"] == "768M" and web["ini"]["request_terminate_timeout"] == "30"
    assert document["web_user"] == {"name": "ninja", "source": "pool"}
    assert document["php"]["cli"]["path"] == "/remi"
    # PHP ran as the web user, never as root.
    assert document["probe"]["missing"]["config"] == "as 1001 in /"
    (entry,) = document["cron"]["entries"]
    assert (entry["source"], entry["php"], entry["every_minute"]) == ("crontab of ninja", "php82", True)
    assert document["cron"]["user_crontabs"] is True


@pytest.mark.parametrize(("told", "apart"), [(True, 0), (False, 0), (True, 60)])
def test_the_program_of_debians_pool_is_asked_only_where_php_leaves_a_doubt(host: Path, told: bool, apart: int) -> None:
    path = host / "etc/nginx/nginx.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "http { server { listen 443 ssl; root /srv/invoices/ninja/public;"
        " location ~ x { fastcgi_pass unix:/run/php/fpm.sock; } } }\n"
    )
    pools = host / "etc/php/8.2/fpm/pool.d"
    pools.mkdir(parents=True)
    (pools / "www.conf").write_text(
        "[www]\nuser = ninja\nlisten = /run/php/fpm.sock\nphp_admin_value[memory_limit] = 768M\n"
    )
    (host / "usr/sbin").mkdir(parents=True, exist_ok=True)
    # The fifth word is the folder with the php.ini of FPM.
    web = """printf 'J\\tphp/web/version\\t"%s"\\n' "$6";""" if told else ":"
    script(
        host / "usr/bin/php8.2",
        'cat >/dev/null\nwhile [ "$1" != -- ]; do shift; done\nprintf \'J\\tphp/cli/path\\t"/debian"\\n\'\n'
        f"if [ -n \"$6\" ]; then {web} fi\nprintf 'D\\tphp\\n'\n",
    )
    script(host / "usr/sbin/php-fpm8.2", f"cat <<'X'\n{PHPINFO}X\n")
    for seconds, each in enumerate(("usr/bin/php8.2", "usr/sbin/php-fpm8.2")):
        os.utime(host / each, (1_750_000_000, 1_750_000_000 + seconds * apart))
    web = facts_in(host, Options(root="/srv/invoices/ninja"))["php"]["web"]
    assert (web["pool"], web["user"]) == ("/etc/php/8.2/fpm/pool.d/www.conf", "ninja")
    assert web["binary"] == "/usr/sbin/php-fpm8.2"
    # A program of another build is asked whatever PHP says.
    asked = not told or apart
    assert web["version"] == ("8.2.32" if asked else "/etc/php/8.2/fpm")
    assert web["ini"]["request_terminate_timeout"] == "0"
    assert web["ini"].get("memory_limit") == ("768M" if asked else None)


def test_both_applications_on_one_host(host: Path) -> None:
    v4(host / "var/www/old")
    document = facts_in(host, Options())
    assert (document["app"]["kind"], document["app"]["root"]) == ("v5", "/srv/invoices/ninja")
    assert document["app"]["others"] == [{"root": "/var/www/old", "kind": "v4", "version": "4.5.50"}]
    document = facts_in(host, Options(root="/var/www/old"))
    assert document["app"]["kind"] == "v4"
    assert [each["kind"] for each in document["app"]["others"]] == ["v5"]
