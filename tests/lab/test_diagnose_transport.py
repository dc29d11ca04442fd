"""Both SSH clients against a real sshd: they let the same scripts through, and say the same where they do not."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from typing import Callable, Iterator

import pytest

from diagnostics.targets import REFUSED, UNREACHABLE, TargetError, parse
from diagnostics.transport import AUTO, OPENSSH, PARAMIKO, transport
from fleet.targets import explained
from lab import faults, lifecycle, state
from lab.machines import Machine

SECONDS = 60.0
both = pytest.mark.parametrize("backend", [PARAMIKO, OPENSSH])


@pytest.fixture
def v4(lab: state.Lab) -> Machine:
    return lifecycle.find(lab, "client1-v4")


@pytest.fixture
def v5(lab: state.Lab) -> Machine:
    return lifecycle.find(lab, "client1-v5")


@pytest.fixture
def settings(lab: state.Lab, tmp_path: Path) -> Callable:
    """Writes a file of settings and returns its path: what is given, the lab's names, then what every host needs."""

    def write(text: str = "", known_hosts: Path | None = None, key: Path | None = None) -> str:
        names = "".join(f"Host {each.name}\n  HostName {each.address}\n" for each in lifecycle.machines(lab))
        common = (
            f'Host *\n  User ops\n  IdentityFile "{key or lab.key}"\n  IdentitiesOnly yes\n  ConnectTimeout 5\n'
            f'  UserKnownHostsFile "{known_hosts or lab.known_hosts}"\n  GlobalKnownHostsFile none\n'
        )
        file = tmp_path / "config"
        file.write_text(text + names + common)
        return str(file)

    return write


@pytest.fixture(autouse=True)
def no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


def run(
    word: str, backend: str, config: str, script: str = "id -un", seconds: float = SECONDS, **changed: object
) -> str:
    return transport(replace(parse(word), **changed), backend, config).run(script, seconds).decode()


def refused(*arguments: object, **changed: object) -> TargetError:
    with pytest.raises(TargetError) as caught:
        run(*arguments, **changed)
    assert "Traceback" not in str(caught.value)
    return caught.value


def new_key(file: Path, passphrase: str = "") -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(file)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return file


@both
def test_a_script_runs_as_the_user_and_as_root(v5, settings, backend):
    config = settings()
    assert run("ssh://client1-v5", backend, config) == "ops\n"
    assert run("ssh://root@client1-v5:22/srv", backend, config) == "root\n"
    assert run("ssh://client1-v5", backend, config, sudo=True) == "root\n"
    assert run("ssh://root@client1-v5", backend, config, sudo=True) == "root\n"


@both
def test_long_scripts_and_long_answers_come_whole(v5, settings, backend):
    script = (
        "cat <<'END'\n" + "é'\"$`\\ a line of the script\n" * 20000 + "END\nhead -c 5000000 /dev/zero | tr '\\0' x\n"
    )
    script += "head -c 3000000 /dev/zero | tr '\\0' e >&2; exit 3"
    said = run("ssh://client1-v5", backend, settings(), script)
    assert said.count("é'\"$`\\ a line of the script\n") == 20000
    assert said.endswith("x" * 5000000)


@both
def test_neither_script_nor_secret_is_in_a_list_of_processes(v5, settings, backend):
    script = "secret=sesame; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'sesa[m]e'"
    assert run("ssh://client1-v5", backend, settings(), script, sudo=True) == "0\n"


@both
def test_an_unknown_host_key_is_refused_until_it_is_known(v5, lab, settings, tmp_path, backend):
    known = tmp_path / "known hosts"
    config = settings(known_hosts=known)
    error = refused("ssh://client1-v5", backend, config)
    assert error.kind == REFUSED
    assert f"The host key of {v5.address}" in error.message
    assert "not known here" in error.message
    assert "ssh-keygen -lf" in error.message
    # The remedy asks a person; here the person says yes at once.
    remedy = error.remedy.replace("=ask", "=accept-new")
    subprocess.run(["sh", "-c", remedy], check=True, stdin=subprocess.DEVNULL, capture_output=True)
    assert run("ssh://client1-v5", backend, config) == "ops\n"
    assert not known.read_text().startswith("|1|")
    subprocess.run(["ssh-keygen", "-H", "-f", str(known)], check=True, capture_output=True)
    assert known.read_text().startswith("|1|")
    assert run("ssh://client1-v5", backend, config) == "ops\n"


@both
def test_a_changed_host_key_is_refused_and_can_be_forgotten(v5, settings, tmp_path, backend):
    known, other = tmp_path / "known hosts", new_key(tmp_path / "other").with_suffix(".pub").read_text()
    known.write_text(f"# first\n{v5.address} {other}")
    config = settings(known_hosts=known)
    error = refused("ssh://client1-v5", backend, config)
    assert error.kind == REFUSED
    assert "has CHANGED" in error.message
    assert f"{known}, line 2" in error.message
    subprocess.run(["sh", "-c", error.remedy], check=True, stdin=subprocess.DEVNULL, capture_output=True)
    assert "not known here" in refused("ssh://client1-v5", backend, config).message


@both
def test_a_revoked_host_key_is_refused(v5, lab, settings, tmp_path, backend):
    known = tmp_path / "known_hosts"
    (line,) = (line for line in lab.known_hosts.read_text().splitlines() if line.startswith(f"{v5.address} "))
    known.write_text(f"{line}\n@revoked * {line.partition(' ')[2]}\n")
    error = refused("ssh://client1-v5", backend, settings(known_hosts=known))
    assert error.kind == REFUSED
    assert "@revoked" in error.message


@both
def test_the_host_key_may_be_known_by_an_alias_a_pattern_or_in_a_second_file(v5, lab, settings, tmp_path, backend):
    (line,) = (line for line in lab.known_hosts.read_text().splitlines() if line.startswith(f"{v5.address} "))
    key = line.partition(" ")[2]
    for name, setting in (("v5.alias", "HostKeyAlias v5.alias\n"), (f"{v5.address[:-1]}?,!10.1.*", "")):
        known = tmp_path / "known_hosts"
        known.write_text(f"{name} {key}\n")
        assert run("ssh://client1-v5", backend, settings(setting, known_hosts=known)) == "ops\n"
    text = f'UserKnownHostsFile {tmp_path}/none "{known}"\n'
    assert run("ssh://client1-v5", backend, settings(text)) == "ops\n"


@both
def test_a_wrong_key_and_a_wrong_user_are_not_let_in(v5, settings, tmp_path, backend):
    wrong = settings(key=new_key(tmp_path / "wrong"))
    error = refused("ssh://client1-v5", backend, wrong)
    assert error.kind == REFUSED
    assert "does not let ops in" in error.message
    error = refused("ssh://nobody-here@client1-v5", backend, settings())
    assert error.kind == REFUSED
    assert "does not let nobody-here in" in error.message
    assert "nobody-here" in error.remedy


@pytest.fixture
def locked_user(v5: Machine) -> Iterator[str]:
    """A user who may use sudo only with the password, which SSH takes too."""
    v5.ssh(
        "useradd --create-home --shell /bin/bash locked && cp -a /home/ops/.ssh /home/locked/"
        " && chown -R locked: /home/locked && chpasswd && echo 'locked ALL=(ALL) ALL' >/etc/sudoers.d/locked",
        input="locked:open sesame\n",
    )
    yield "locked"
    v5.ssh("rm -f /etc/sudoers.d/locked; userdel --force --remove locked")


@both
def test_a_user_without_the_right_to_sudo(v5, locked_user, settings, backend):
    error = refused("ssh://locked@client1-v5", backend, settings(), sudo=True)
    assert error.kind == REFUSED
    assert "locked may not use sudo without a password" in error.message
    assert "password is required" in error.message
    assert run("ssh://locked@client1-v5", backend, settings()) == "locked\n"


@both
def test_a_password_for_sudo_is_used_and_not_shown(v5, locked_user, settings, backend):
    word, config = "ssh://locked@client1-v5", settings()
    script = "id -un; tr '\\0' ' ' </proc/$PPID/cmdline; env"
    said = run(word, backend, config, script, sudo=True, become_password="open sesame")
    assert said.startswith("root\n")
    assert "sesame" not in said
    error = refused(word, backend, config, sudo=True, become_password="wrong sesame")
    assert error.kind == REFUSED
    assert "does not take the password" in error.message
    assert "wrong sesame" not in str(error)
    # ops needs none; then it must not end up in the script.
    assert run("ssh://client1-v5", backend, config, sudo=True, become_password="open sesame") == "root\n"


def test_a_password_for_ssh_is_taken_by_paramiko(v5, locked_user, settings, tmp_path):
    config = settings(key=new_key(tmp_path / "wrong"))
    target = parse("ssh://locked@client1-v5")
    with_password = replace(target, ssh=replace(target.ssh, password="open sesame"))
    assert transport(with_password, AUTO, config).run("id -un", SECONDS) == b"locked\n"
    with pytest.raises(TargetError) as caught:
        transport(replace(target, ssh=replace(target.ssh, password="wrong sesame")), AUTO, config).run("id", SECONDS)
    assert caught.value.kind == REFUSED
    assert "password is wrong" in caught.value.message
    assert "sesame" not in str(caught.value)


@pytest.fixture
def agent(lab: state.Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An agent that holds the lab's key, and keys before it that open nothing."""
    said = subprocess.run(
        ["ssh-agent", "-s"], check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True
    ).stdout
    place, process = re.search(r"SSH_AUTH_SOCK=([^;]+)", said)[1], re.search(r"SSH_AGENT_PID=(\d+)", said)[1]
    monkeypatch.setenv("SSH_AUTH_SOCK", place)
    for key in [*(new_key(tmp_path / f"agent{number}") for number in range(7)), lab.key]:
        subprocess.run(["ssh-add", "-q", str(key)], check=True, stdin=subprocess.DEVNULL)
    yield
    os.kill(int(process), 15)


@both
def test_an_agent_and_the_one_of_its_keys_that_is_wanted(v5, lab, agent, settings, tmp_path, backend):
    """sshd takes six keys; the one that IdentityFile names by its public half has to be the first."""
    public = tmp_path / "only.pub"
    public.write_text(lab.key.with_suffix(".pub").read_text())
    assert run("ssh://client1-v5", backend, settings(key=public)) == "ops\n"
    other = settings("IdentitiesOnly no\n", key=tmp_path / "agent0")
    error = refused("ssh://client1-v5", backend, other)
    assert error.kind == REFUSED
    assert "IdentitiesOnly" in error.message


@both
def test_jump_hosts(v4, v5, settings, backend):
    """The peer that the target's sshd saw is the last of them."""
    seen = "echo ${SSH_CONNECTION%% *}"
    config = settings(f"Host inside\n  HostName {v5.address}\n  ProxyJump client1-v4\n")
    assert run("ssh://inside", backend, config, seen) == f"{v4.address}\n"
    config = settings(f"Host inside\n  HostName {v4.address}\n  ProxyJump root@client1-v4:22,client1-v5\n")
    assert run("ssh://inside", backend, config, seen) == f"{v5.address}\n"
    command = f"Host inside\n  HostName {v5.address}\n  ProxyCommand ssh -F %d/x -W [%h]:%p client1-v4\n"
    config = settings(command)
    config = settings(command.replace("%d/x", f"'{config}'"))
    assert run("ssh://inside", backend, config, seen) == f"{v4.address}\n"


@both
def test_a_jump_host_that_does_not_help(v4, v5, lab, settings, tmp_path, backend):
    inside = f"Host inside\n  HostName {v5.address}\n"
    error = refused("ssh://inside", backend, settings(inside + "  ProxyJump client1-v4:2222\n"))
    assert error.kind == UNREACHABLE
    assert "refused" in error.message
    error = refused("ssh://inside", backend, settings(inside + "  Port 2222\n  ProxyJump client1-v4\n"))
    assert error.kind == UNREACHABLE
    assert re.search("refused|Connect failed", error.message)
    known = tmp_path / "known_hosts"
    lines = lab.known_hosts.read_text().splitlines(keepends=True)
    known.write_text("".join(line for line in lines if not line.startswith(f"{v4.address} ")))
    error = refused("ssh://inside", backend, settings(inside + "  ProxyJump client1-v4\n", known_hosts=known))
    assert error.kind == REFUSED
    assert f"The host key of {v4.address}" in error.message
    error = refused("ssh://inside", backend, settings(inside + "  ProxyCommand false\n"))
    assert error.kind == UNREACHABLE


@pytest.fixture
def second_port(v5: Machine) -> Iterator[int]:
    """A second sshd on the V5 machine."""
    v5.ssh(
        "mkdir -p /run/sshd && /usr/sbin/sshd -p 2222 -o PidFile=/run/second.pid"
        "; until test -s /run/second.pid; do sleep 0.1; done"
    )
    yield 2222
    v5.ssh("kill $(cat /run/second.pid); rm -f /run/second.pid")


@both
def test_an_alias_with_another_port(v5, lab, second_port, settings, tmp_path, backend):
    alias = f"Host shop\n  HostName {v5.address}\n  Port {second_port}\n  User root\n"
    port = "echo ${SSH_CONNECTION##* }"
    assert run("ssh://shop", backend, settings(alias), port) == "2222\n", "a key that is known without a port"
    known = tmp_path / "known_hosts"
    (line,) = (line for line in lab.known_hosts.read_text().splitlines() if line.startswith(f"{v5.address} "))
    known.write_text(f"[{v5.address}]:2222 {line.partition(' ')[2]}\n")
    config = settings(alias, known_hosts=known)
    assert run("ssh://shop", backend, config, port + "; id -un") == "2222\nroot\n"
    assert run("ssh://ops@shop:2222", backend, config, "id -un") == "ops\n"
    assert f"The host key of {v5.address}" in refused("ssh://shop:22", backend, config).message


@both
def test_nobody_there(v5, settings, backend):
    config = settings()
    error = refused("ssh://client1-v5:2222", backend, config)
    assert error.kind == UNREACHABLE
    assert "Connection refused" in error.message
    assert f"{v5.address} port 2222" in error.message
    error = refused("ssh://nowhere.invalid", backend, config)
    assert error.kind == UNREACHABLE
    assert "Could not resolve hostname nowhere.invalid" in error.message


@both
def test_a_cut_link(v5, settings, backend):
    with faults.cut_link(v5):
        error = refused("ssh://client1-v5", backend, settings("ConnectTimeout 2\n"))
    assert error.kind == UNREACHABLE
    assert re.search("timed out|No route", error.message)
    assert run("ssh://client1-v5", backend, settings()) == "ops\n"


@both
def test_a_link_that_is_cut_in_the_middle(v5, settings, backend):
    """There is nothing to hear, so the time limit ends it."""
    v5.ssh("rm -f begun; mkfifo begun", user="ops")
    config, caught = settings(), []
    script = "echo half; echo yes >begun; while :; do sleep 1; echo more; done"

    def ask() -> None:
        caught.append(refused("ssh://client1-v5", backend, config, script, seconds=10.0))

    thread = threading.Thread(target=ask)
    thread.start()
    assert v5.ssh("cat begun", user="ops").stdout == "yes\n"
    with faults.cut_link(v5):
        thread.join(SECONDS)
    assert caught
    assert caught[0].kind == UNREACHABLE
    assert "within 10 seconds" in caught[0].message


@both
def test_a_server_that_ends_in_the_middle(v5, settings, backend):
    error = refused("ssh://client1-v5", backend, settings(), "echo half; kill -9 $PPID; kill -9 $$", sudo=False)
    assert error.kind == UNREACHABLE
    assert "broke" in error.message


@both
def test_a_host_that_prints_without_end(v5, settings, backend):
    config = settings()
    for where in ("", " >&2"):
        error = refused("ssh://client1-v5", backend, config, f"while :; do echo {'much ' * 100}; done{where}")
        assert error.kind == REFUSED
        assert "printed more than 16 MiB" in error.message


@both
def test_what_answers_is_no_ssh_server(v5, settings, backend):
    v5.ssh("command -v python3 >/dev/null")
    with subprocess.Popen(
        [*v5.ssh_command(), "python3 -u -m http.server 2280"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            assert b"Serving" in server.stdout.readline()
            error = refused("ssh://client1-v5:2280", backend, settings(), seconds=20.0)
            assert error.kind == UNREACHABLE
            assert "client1-v5:2280" in error.message
        finally:
            server.terminate()
            v5.ssh("kill $(ss -Hltnp 'sport = :2280' | sed 's/.*pid=\\([0-9]*\\).*/\\1/')", check=False)


@both
def test_a_login_shell_that_greets(v5, settings, backend):
    v5.ssh(
        "cp -a /home/ops/.bashrc /home/ops/.before"
        "; sed -i '1i echo Welcome; echo \"{}\" ; echo Mind >&2' /home/ops/.bashrc"
    )
    try:
        assert "Welcome" in v5.ssh("true", user="ops").stdout
        assert run("ssh://client1-v5", backend, settings()) == "ops\n"
    finally:
        v5.ssh("mv /home/ops/.before /home/ops/.bashrc")


@both
def test_a_user_who_may_not_run_anything(v5, settings, backend):
    v5.ssh(
        "useradd --create-home --shell /usr/sbin/nologin shut && cp -a /home/ops/.ssh /home/shut/"
        " && chown -R shut: /home/shut"
    )
    try:
        error = refused("ssh://shut@client1-v5", backend, settings())
        assert error.kind == REFUSED
        assert "did not run sh" in error.message
        assert "not available" in error.message
    finally:
        v5.ssh("userdel --force --remove shut")


@both
def test_many_at_once_through_one_door(v5, settings, backend):
    """sshd drops connections when more than ten have not logged in yet."""
    config, said = settings(), []

    def ask() -> None:
        try:
            said.append(run("ssh://client1-v5", backend, config))
        except TargetError as error:
            said.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(2 * SECONDS)
    assert said == ["ops\n"] * 40


def test_a_client_of_the_inventory_by_ansibles_own_settings(lab, v4, v5):
    targets = explained([parse("client1")], lab.inventory, str(lab.vault_password))
    assert [each.name for each in targets] == ["client1-v4", "client1-v5"]
    for backend in (AUTO, PARAMIKO, OPENSSH):
        said = [transport(each, backend, hosts=2).run("uname -n; id -un", SECONDS) for each in targets]
        assert said == [b"client1-v4\nops\n", b"client1-v5\nops\n"]
