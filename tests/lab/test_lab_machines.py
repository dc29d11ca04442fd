"""The machines themselves: they are apart, reachable, repaired by `up`, broken on demand, and gone after `down`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import ca, faults, images, lifecycle, mounts, network, state

PROJECT = Path(__file__).resolve().parents[2]
CONTROL_GROUPS = Path("/sys/fs/cgroup")


def command(*arguments: str) -> list:
    """The command line `cli.py lab …`."""
    return [sys.executable, str(PROJECT / "cli.py"), "lab", *arguments]


def run(*arguments: str, status: int = 0) -> subprocess.CompletedProcess:
    done = subprocess.run(command(*arguments), capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def boots(lab: state.Lab) -> dict:
    """Machine name => which boot it is in."""
    return {each.name: boot(each) for each in lifecycle.machines(lab)}


def boot(machine) -> str:
    """A container shares the kernel's boot id, so the start of its first process stands for it."""
    return machine.ssh("stat -c %Y.%i /proc/1; cut -d' ' -f22 /proc/1/stat").stdout


def v4_version(lab: state.Lab) -> str:
    """What V4 says of itself to another machine, over HTTPS that is verified against the machine's own store."""
    answer = lifecycle.find(lab, "client1-v4").ssh("curl -sS -D - https://v4.client1.test/api/v1/ping").stdout
    return re.search(r"X-Ninja-Version: (\S+)", answer).group(1)


def test_every_machine_runs_and_is_another(lab):
    everybody = lifecycle.machines(lab)
    assert [each["state"] for each in lifecycle.status(lab)["machines"]] == ["running"] * 3
    assert len({each.ssh("cat /etc/machine-id").stdout for each in everybody}) == 3
    assert len({each.ssh("cat /etc/ssh/ssh_host_ed25519_key.pub").stdout for each in everybody}) == 3
    names = [each.ssh("hostname").stdout.strip() for each in everybody]
    assert names == ["download", "client1-v4", "client1-v5"]


def test_v5_machine_is_bare(lab):
    bare = lifecycle.find(lab, "client1-v5")
    assert bare.ssh("cat /etc/debian_version").stdout.startswith("12.")
    assert bare.ssh("command -v php nginx mariadbd mysqld", check=False).stdout == ""
    assert int(bare.ssh("ls /var/cache/apt/archives/*.deb | wc -l").stdout) > 100


def test_v4_machine_has_the_older_v4_with_data(lab):
    v4 = lifecycle.find(lab, "client1-v4")
    assert v4.ssh("cat /etc/debian_version").stdout.startswith("11.")
    assert v4.ssh("php -r 'echo PHP_VERSION;'").stdout.startswith("7.4.")
    assert v4_version(lab) == "4.5.49"
    count = (
        "SELECT COUNT(*) FROM invoices; SELECT account_key FROM accounts; SELECT email FROM users ORDER BY id LIMIT 1"
    )
    invoices, key, email = v4.ssh("mysql -N ninja4", input=count).stdout.split()
    assert int(invoices) > 0
    assert (len(key), email) == (32, "owner@client1.test")
    assert (
        v4.ssh("stat -c %U /var/www/invoiceninja/artisan /var/www/invoiceninja/.env").stdout.split() == ["www-data"] * 2
    )
    assert "www-data" in v4.ssh("cat /etc/cron.d/invoiceninja4").stdout


def test_ssh_as_ops_checks_host_keys(lab, tmp_path):
    v5 = lifecycle.find(lab, "client1-v5")
    assert v5.ssh("id -un; sudo -n id -un", user="ops").stdout.split() == ["ops", "root"]
    stranger = tmp_path / "known_hosts"
    stranger.write_text("")
    options = [option.replace(str(lab.known_hosts), str(stranger)) for option in v5.ssh_command("ops")]
    refused = subprocess.run([*options, "true"], capture_output=True, text=True, check=False)
    assert refused.returncode == 255
    assert "Host key verification failed" in refused.stderr
    by_name = ["ssh", "-F", str(lab.ssh_config), "client1-v5", "id -un"]
    assert subprocess.run(by_name, capture_output=True, text=True, check=True).stdout == "ops\n"


def test_machines_reach_packages_and_each_other(lab):
    v5, v4 = lifecycle.find(lab, "client1-v5"), lifecycle.find(lab, "client1-v4")
    release = "http://deb.debian.org/debian/dists/bookworm/Release"
    fetch = f"import urllib.request as r; print(r.urlopen('{release}', timeout=30).read(2000).decode())"
    assert "Codename: bookworm" in v5.ssh("python3 -", input=fetch).stdout
    checked = v4.ssh(
        "cd $(mktemp -d) && curl -fsS -O https://download.test/SHA256SUMS"
        " && for file in $(cut -c67- SHA256SUMS); do curl -fsS -O https://download.test/$file; done"
        " && sha256sum -c SHA256SUMS"
    ).stdout
    assert checked.count(": OK") == 3


def test_services_of_one_machine_are_not_another_s(lab):
    v4, v5 = lifecycle.find(lab, "client1-v4"), lifecycle.find(lab, "client1-v5")
    pid = "systemctl show --property=MainPID --value cron"
    before = v5.ssh(pid).stdout
    v4.ssh("systemctl restart cron")
    assert v5.ssh(pid).stdout == before
    for each in (v4, v5):
        group = next(CONTROL_GROUPS.rglob(each.group))
        lines = [line for file in group.rglob("cgroup.procs") for line in file.read_text().split()]
        assert len(lines) > 5
        assert "0" not in lines


def test_inventory_works_with_ansible_and_its_secrets_are_in_a_vault(lab):
    tools = Path(sys.executable).parent
    environment = {**os.environ, "ANSIBLE_VAULT_PASSWORD_FILE": str(lab.vault_password)}
    pinged = subprocess.run(
        [
            str(tools / "ansible"),
            "-i",
            str(lab.inventory),
            "client1",
            "-b",
            "-m",
            "ansible.builtin.command",
            "-a",
            "id -un",
        ],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert pinged.stdout.count("root") == 2, pinged.stdout
    listed = subprocess.run(
        [str(tools / "ansible-inventory"), "-i", str(lab.inventory), "--host", "client1-v5"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    password = json.loads(listed.stdout)["v5_owner_password"]
    assert len(password) > 10
    written = [file for file in lab.inventory.rglob("*") if file.is_file()]
    assert not [file for file in written if password in file.read_text()]


def test_up_again_changes_nothing(lab):
    before = boots(lab)
    run("up", "--name", lab.name)
    assert boots(lab) == before


def test_up_starts_a_machine_that_was_killed(lab):
    before = boots(lab)
    victim = lifecycle.find(lab, "client1-v4")
    victim.ssh("touch /srv/mark")
    os.kill(victim.pid(), signal.SIGKILL)
    run("up", "--name", lab.name)
    after = boots(lab)
    assert {name for name in before if before[name] != after[name]} == {"client1-v4"}
    victim.ssh("test -e /srv/mark")
    assert v4_version(lab) == "4.5.49"


def test_up_repairs_what_a_killed_reset_left(lab):
    victim = lifecycle.find(lab, "client1-v4")
    first = victim.pid()
    with subprocess.Popen(
        command("reset", "client1-v4", "--name", lab.name), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as half:
        deadline = time.monotonic() + 120
        while victim.pid() in (None, first):
            assert time.monotonic() < deadline and half.poll() is None
            time.sleep(0.01)
        half.kill()
    run("up", "--name", lab.name)
    assert v4_version(lab) == "4.5.49"
    assert lifecycle.status(lab)["up"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("self-signed", "self.signed certificate"),
        ("expired", "certificate has expired"),
        ("wrong-name", "no alternative certificate subject name matches"),
    ],
)
def test_wrong_certificates_are_refused(lab, kind, said):
    v4 = lifecycle.find(lab, "client1-v4")
    assert kind in ca.KINDS
    with faults.wrong_certificate(v4, kind):
        refused = v4.ssh("curl -sS https://v4.client1.test/api/v1/ping", check=False)
        assert refused.returncode == 60, refused
        assert re.search(said, refused.stderr), refused.stderr
    assert v4_version(lab) == "4.5.49"


def test_a_disk_is_full_and_then_not(lab):
    v4 = lifecycle.find(lab, "client1-v4")
    folder = "/var/www/invoiceninja/storage"
    before = v4.ssh(f"ls -A {folder}; stat -c '%U %a' {folder}").stdout
    with faults.full_disk(v4, folder):
        full = v4.ssh(f"sudo -u www-data sh -c 'head -c 1000000 /dev/zero > {folder}/logs/big'", check=False)
        assert "No space left" in full.stderr
    assert v4.ssh(f"ls -A {folder}; stat -c '%U %a' {folder}").stdout == before
    v4.ssh(f"test ! -e {folder}/logs/big")


def test_a_link_is_cut_and_then_not(lab):
    v5 = lifecycle.find(lab, "client1-v5")
    with faults.cut_link(v5):
        assert v5.ssh("true", check=False, timeout=20).returncode != 0
    assert v5.ssh("hostname").stdout == "client1-v5\n"


def test_a_lab_beside_it_comes_and_goes_without_a_trace(lab):
    before = boots(lab)
    second = state.open_lab(f"{lab.name}-2")
    if second.read_settings():
        lifecycle.down(second)
    run("up", "--name", second.name)
    second = state.open_lab(second.name)
    assert second.network != lab.network
    machines = lifecycle.machines(second)
    assert all(each.pid() for each in machines)
    run("down", "--name", second.name)
    assert not [each.name for each in machines if each.pid()]
    assert not network.is_up(second)
    assert not mounts.below(second.dir)
    assert not second.dir.exists()
    assert (
        second.table not in subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout
    )
    assert not [group for each in machines for group in CONTROL_GROUPS.rglob(each.group)]
    links = [link.name for link in Path("/sys/class/net").iterdir()]
    assert not [link for link in links if link.startswith(f"vb-{second.name}-")]
    assert boots(lab) == before


def test_a_killed_build_leaves_no_image_and_the_next_one_clears_it_away(monkeypatch, tmp_path):
    """The build's first program is replaced by one that mounts something, says so, and hangs or fails."""
    program, work = tmp_path / "bin" / "debootstrap", tmp_path / "cache" / "ninjalift" / "images" / ".bare12"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\nset -e\nmkdir -p {work}/proc\nmount -t proc proc {work}/proc\n"
        f"echo $$ >{tmp_path}/pid\nexec sleep 1000\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    build = "from lab import images; images.build('bare12', print)"
    with subprocess.Popen([sys.executable, "-c", build], cwd=PROJECT, stdout=subprocess.DEVNULL) as half:
        deadline = time.monotonic() + 60
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
            assert time.monotonic() < deadline and half.poll() is None
            time.sleep(0.01)
        half.kill()
    hanging = Path("/proc") / (tmp_path / "pid").read_text().strip() / "cmdline"
    assert b"sleep" in hanging.read_bytes()
    assert mounts.below(work)

    program.write_text("#!/bin/sh\necho 'E: no mirror'; exit 7\n")
    with pytest.raises(state.LabError, match=r"debootstrap ended with 7[^\n]*\nE: no mirror"):
        images.build("bare12", print)
    assert not hanging.exists() or b"sleep" not in hanging.read_bytes()
    assert not mounts.below(work)
    assert not work.exists()
    assert not list(work.parent.glob("bare12-*"))


def test_wrong_usage_is_one_sentence(lab):
    assert "1 to 12 small letters" in run("up", "--name", "No Good", status=2).stderr
    assert "There is no machine 'client7-v4'" in run("shell", "client7-v4", "--name", lab.name, status=2).stderr
    assert "lab up --name nobody" in run("reset", "--name", "nobody", status=2).stderr
    with state.locked(lab):
        assert "Another command is working on the lab" in run("up", "--name", lab.name, status=2).stderr
