"""What is sent to a shell and what its answer means, without SSH."""

import contextlib
import socket
import struct
import subprocess
import threading
from dataclasses import replace

import pytest

from diagnostics.targets import REFUSED, UNREACHABLE, USAGE, Ssh, Target, TargetError, parse
from diagnostics.transport import AUTO, OPENSSH, PARAMIKO, transport, troubles
from diagnostics.transport.openssh import OpensshTransport
from diagnostics.transport.paramiko_ssh import ParamikoTransport
from diagnostics.transport.process import talk
from diagnostics.transport.session import Session

HOST = Target("ssh://ops@a.test", "ssh", "a.test", ssh=Ssh("a.test", "ops"))


def refused(function, *arguments):
    with pytest.raises(TargetError) as caught:
        function(*arguments)
    assert caught.value.remedy
    return caught.value


def test_a_script_on_this_machine():
    script = "cat <<'X'\nnot a command; é\nX\n" + "# a long line\n" * 20000 + "printf end"
    said = transport(parse("local")).run(script, 30).decode()
    assert said == "not a command; é\nend"


def test_a_command_cannot_take_the_rest_of_the_script():
    assert transport(parse("local")).run("cat\ncat >/dev/null\necho end", 30) == b"end\n"


def test_the_script_is_on_no_command_line():
    said = transport(parse("local")).run("tr '\\0' ' ' </proc/$$/cmdline # sesame", 30).decode()
    assert said.strip() == 'sh -c eval "$(cat)"'


def test_an_exit_status_is_not_judged():
    assert transport(parse("local")).run("echo half; exit 3", 30) == b"half\n"


def test_a_script_that_does_not_end():
    error = refused(transport(parse("local")).run, "while :; do read x </dev/null; done", 0.5)
    assert error.kind == UNREACHABLE
    assert "within" in error.message


@pytest.mark.parametrize("where", ["", " >&2"])
def test_a_host_that_prints_without_end(where):
    error = refused(transport(parse("local")).run, f"while :; do echo {'much ' * 2000}; done{where}", 60)
    assert error.kind == REFUSED
    assert "printed more than 16 MiB" in error.message


def test_what_is_much_and_ends_is_heard():
    said = transport(parse("local")).run(f"# {'x' * 3_000_000}\nhead -c 15000000 /dev/zero; echo end", 60)
    assert said == bytes(15_000_000) + b"end\n"


def test_a_command_that_does_not_read_its_input():
    done = talk(["sh", "-c", "exec <&-; echo heard; exit 3"], b"x" * 1_000_000, 30)
    assert (done.returncode, done.stdout) == (3, b"heard\n")


def through(shell: list, session: Session) -> bytes:
    done = subprocess.run(shell, input=session.input, capture_output=True, check=False, timeout=60)
    return session.answer(done.stdout, done.stderr)


@pytest.mark.parametrize(
    "greeting", ["echo 'Welcome, you have mail'; echo {}; ", "printf 'no line end'; printf '\\377'; "]
)
def test_what_a_login_shell_prints_is_no_answer(greeting):
    session = Session(HOST, "echo '{}'")
    assert through(["sh", "-c", greeting + session.command], session).strip() == b"{}"


@pytest.fixture
def sudo(tmp_path, monkeypatch):
    """A sudo that does what the text says; it stands for the real one, which the lab has."""

    def make(text: str) -> None:
        file = tmp_path / "sudo"
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
        id = tmp_path / "id"
        id.write_text("#!/bin/sh\necho 1000\n")
        id.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return make


def test_sudo_is_asked_not_to_ask(sudo):
    sudo('[ "$1" = -n ] || exit 1; shift; exec "$@"')
    session = Session(replace(HOST, sudo=True), "echo done")
    assert through(["sh", "-c", session.command], session) == b"done\n"


def test_root_needs_no_sudo(sudo, tmp_path):
    sudo("exit 1")
    (tmp_path / "id").write_text("#!/bin/sh\necho 0\n")
    session = Session(replace(HOST, sudo=True), "echo done")
    assert through(["sh", "-c", session.command], session) == b"done\n"


@pytest.mark.parametrize("asks", [True, False])
def test_sudo_gets_its_password_or_nobody_does(sudo, asks):
    """Where sudo does not ask, the password must not become a command."""
    reads = 'IFS= read -r said; [ "$said" = "se sa; me" ] || { echo "sudo: no" >&2; exit 1; }; ' if asks else ""
    sudo(f'[ "$1 $2" = "-S -p" ] || exit 1; shift 3; {reads}exec "$@"')
    session = Session(replace(HOST, sudo=True, become_password="se sa; me"), "echo done")
    assert "sesame" not in session.command
    assert "se sa" not in session.command
    done = subprocess.run(
        ["sh", "-c", session.command], input=session.input, capture_output=True, check=False, timeout=60
    )
    assert session.answer(done.stdout, done.stderr) == b"done\n"
    assert done.stderr == b""


REFUSALS = {
    "sudo: a password is required": "may not use sudo without a password",
    "sudo: sorry, you must have a tty to run sudo": "must have a tty",
    "sh: 1: exec: sudo: not found": "There is no sudo on ops@a.test",
    "ops is not in the sudoers file.": "is not in the sudoers",
}


@pytest.mark.parametrize("said", REFUSALS)
def test_a_sudo_that_refuses(said):
    error = refused(Session(replace(HOST, sudo=True), "").answer, b"", said.encode())
    assert error.kind == REFUSED
    assert REFUSALS[said] in error.message
    assert error.remedy.startswith("ssh -t ")


def test_a_wrong_password_is_not_repeated():
    session = Session(replace(HOST, sudo=True, become_password="sesame"), "")
    error = refused(session.answer, b"", b"Sorry, try again.\nsudo: no password was provided\n")
    assert "does not take the password of ops" in error.message
    assert "sesame" not in str(error) + repr(session.command)


def test_a_host_that_runs_something_else():
    error = refused(Session(HOST, "").answer, b"This account is currently not available.\n", b"")
    assert error.kind == REFUSED
    assert "This account is currently not available" in error.message


def test_which_way_is_taken():
    assert isinstance(transport(HOST), OpensshTransport)
    assert isinstance(transport(HOST, hosts=50), ParamikoTransport)
    assert isinstance(transport(HOST, OPENSSH, hosts=50), OpensshTransport)
    assert isinstance(transport(HOST, PARAMIKO), ParamikoTransport)
    with_password = replace(HOST, ssh=Ssh("a.test", "ops", password="sesame"))
    assert isinstance(transport(with_password, AUTO), ParamikoTransport)
    error = refused(transport(with_password, OPENSSH).run, "", 5)
    assert error.kind == USAGE
    assert "sesame" not in str(error)


def test_another_file_of_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("NINJALIFT_SSH_CONFIG", "/from/environment")
    assert transport(HOST).target.ssh.config == "/from/environment"
    assert transport(HOST, ssh_config="/given").target.ssh.config == "/given"


@pytest.mark.parametrize(
    "setting", ["CertificateFile /x", "BindAddress 10.0.0.1", "PKCS11Provider /x.so", "KnownHostsCommand /bin/true %H"]
)
def test_what_paramiko_does_not_know_is_left_to_openssh(tmp_path, setting):
    config = tmp_path / "config"
    config.write_text(f"Host *\n  {setting}\n")
    target = replace(HOST, ssh=Ssh("a.test", "ops", config=str(config)))
    error = refused(ParamikoTransport(target).run, "", 5)
    assert error.kind == USAGE
    assert setting.split()[0].lower() in error.message
    assert "--ssh openssh" in error.remedy
    asked = []

    class Other:
        def run(self, script, timeout):
            asked.append((script, timeout))
            return b"by another way"

    assert ParamikoTransport(target, otherwise=Other()).run("id", 5) == b"by another way"
    assert asked[0][0] == "id"
    assert 0 < asked[0][1] <= 5


@pytest.mark.parametrize("backend", [PARAMIKO, OPENSSH])
def test_a_server_that_says_nothing(tmp_path, backend):
    config = tmp_path / "config"
    with socket.create_server(("127.0.0.1", 0)) as server:
        config.write_text(f"Host *\n  HostName 127.0.0.1\n  Port {server.getsockname()[1]}\n  ConnectTimeout 1\n")
        error = refused(transport(HOST, backend, str(config)).run, "id", 300)
    assert error.kind == UNREACHABLE
    assert "a.test" in error.message


@pytest.mark.parametrize("backend", [PARAMIKO, OPENSSH])
@pytest.mark.parametrize("greeting", [b"", b"Exceeded MaxStartups\r\n"])
@pytest.mark.parametrize(("end", "tries"), [("closes", 4), ("resets", 4), ("stays", 1)])
def test_a_server_that_ends_before_it_says_what_it_is_is_tried_again(
    monkeypatch, tmp_path, backend, greeting, end, tries
):
    """sshd does it at random where many log in; it resets the connection when it has not read what the client says."""
    monkeypatch.setattr(troubles, "WAITS", (0.01, 0.01, 0.01))
    config, came = tmp_path / "config", []

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection, contextlib.suppress(ConnectionError):  # the client may be gone first
                came.append(connection)
                connection.sendall(greeting)
                if end == "resets":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    continue
                while connection.recv(1000) and end == "stays":
                    pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        config.write_text(f"Host *\n  HostName 127.0.0.1\n  Port {server.getsockname()[1]}\n  ConnectTimeout 1\n")
        error = refused(transport(HOST, backend, str(config)).run, "id", 60)
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert error.kind == UNREACHABLE
    assert "a.test" in error.message
    assert len(came) == tries, error.message


@pytest.mark.parametrize("word", ["client1", "/dev/null"])
def test_what_is_no_host(word):
    assert refused(transport, replace(parse("local"), word=word, kind="inventory")).kind == USAGE
