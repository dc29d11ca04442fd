"""The settings of the OpenSSH client, its known_hosts files and its messages, as the transports read them."""

import os
import pwd
import subprocess
import threading
from pathlib import Path

import pytest

from diagnostics.targets import REFUSED, UNREACHABLE, USAGE, Ssh, TargetError
from diagnostics.transport import known_hosts, openssh, settings


def wanted(folder: Path, text: str, host: str = "alias", **ssh) -> settings.Settings:
    config = folder / "config"
    config.write_text(text)
    return settings.read(Ssh(host, config=str(config), **ssh))


def test_every_setting_that_decides_where_and_as_whom(tmp_path):
    home = pwd.getpwuid(os.getuid()).pw_dir
    (tmp_path / "more").write_text("Host alias\n  HostName real.example.com\n  Port 2222\n")
    found = wanted(
        tmp_path,
        f'Include "{tmp_path}/more"\n'
        "Match host real.example.com\n  User ops\n"
        'Host al*\n  IdentityFile "~/my keys/id"\n  IdentityFile %d/.ssh/other\n  IdentitiesOnly yes\n'
        "  ConnectTimeout 3\n  UserKnownHostsFile ~/.ssh/known_%n\n  GlobalKnownHostsFile none\n",
    )
    assert (found.host, found.user, found.port, found.connect_seconds) == ("real.example.com", "ops", 2222, 3)
    assert found.identities == [f"{home}/my keys/id", f"{home}/.ssh/other"]
    assert found.get("identitiesonly") == "yes"
    assert found.known_hosts == [f"{home}/.ssh/known_alias"]
    assert found.known_as == ["[real.example.com]:2222", "real.example.com"]


def test_what_the_target_says_comes_before_the_files(tmp_path):
    options = ("-o", "UserKnownHostsFile=/x", "-o", "HostKeyAlias=Other.test")
    found = wanted(tmp_path, "Host *\n  User no\n  Port 7\n", user="ops", port=2222, options=options)
    assert (found.user, found.port, found.known_hosts[0]) == ("ops", 2222, "/x")
    assert found.known_as == ["other.test"]
    assert wanted(tmp_path, "", port=22).known_as == ["alias"]


def test_several_known_hosts_files_one_with_a_blank(tmp_path):
    blank, plain = tmp_path / "a b", tmp_path / "c"
    for path in (blank, plain):
        path.touch()
    text = f'UserKnownHostsFile "{blank}" {plain}\nGlobalKnownHostsFile none\n'
    assert wanted(tmp_path, text).known_hosts == [str(blank), str(plain)]
    assert wanted(tmp_path, "UserKnownHostsFile none\nGlobalKnownHostsFile none\n").known_hosts == []


def test_the_first_hop_is_where_many_would_knock_at_once(tmp_path):
    assert wanted(tmp_path, "Port 7\n").first_hop == "alias:7"
    assert wanted(tmp_path, "ProxyJump a.test:23,b.test\n").first_hop == "a.test:23"
    assert wanted(tmp_path, "ProxyCommand nc %h %p\n").first_hop == "nc %h %p"


def test_not_more_than_a_few_log_in_at_one_place(tmp_path):
    found = wanted(tmp_path, "HostName gate.test\n")
    inside, most, lock = [], [], threading.Lock()
    full = threading.Barrier(settings.AT_ONCE)

    def log_in():
        with settings.admitted(found, 30):
            with lock:
                inside.append(1)
                most.append(len(inside))
            full.wait(30)
            with lock:
                inside.pop()

    threads = [threading.Thread(target=log_in) for _ in range(2 * settings.AT_ONCE)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert len(most) == 2 * settings.AT_ONCE
    assert max(most) == settings.AT_ONCE


@pytest.mark.parametrize(
    "text, said", [("Nonsense yes\n", "nonsense"), ("Port many\n", "Bad"), ("Include\n", "line 1")]
)
def test_wrong_settings_are_named(tmp_path, text, said):
    with pytest.raises(TargetError) as caught:
        wanted(tmp_path, text)
    assert said in caught.value.message
    assert str(tmp_path / "config") in caught.value.message
    assert caught.value.kind == USAGE


def test_a_file_of_settings_that_is_not_there(tmp_path):
    with pytest.raises(TargetError) as caught:
        settings.read(Ssh("a.test", config=str(tmp_path / "none")))
    assert str(tmp_path / "none") in caught.value.message


def test_no_ssh_at_all(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TargetError) as caught:
        settings.read(Ssh("a.test"))
    assert "openssh-client" in caught.value.remedy


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    made = []
    for number in range(4):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / str(number))],
            check=True,
            stdin=subprocess.DEVNULL,
        )
        made.append(" ".join((folder / f"{number}.pub").read_text().split()[:2]))
    return made


def asked_of_openssh(file: Path, name: str) -> list:
    """Line numbers that ssh-keygen finds for a name."""
    said = subprocess.run(
        ["ssh-keygen", "-F", name, "-f", str(file)], capture_output=True, text=True, check=False
    ).stdout
    return [int(line.split(" found: line ")[1].split()[0]) for line in said.splitlines() if " found: line " in line]


def test_known_hosts_are_found_as_openssh_finds_them(tmp_path, keys):
    file, hashed = tmp_path / "known_hosts", tmp_path / "hashed"
    hashed.write_text(f"h.test {keys[0]}\n[h.test]:2222 {keys[1]}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(hashed)], check=True, capture_output=True)
    lines = [
        "# a comment",
        "",
        f"a.test,10.0.0.1 {keys[0]}",
        f"*.b.test,!x.b.test {keys[1]} somebody@somewhere",
        f"c?.test\t{keys[2]}",
        f"[a.test]:2222 {keys[2]}",
        f"[10.0.0.[12]]:22 {keys[2]}",
        f"@revoked *.test {keys[3]}",
        f"@cert-authority *.b.test {keys[3]}",
        "broken.test ssh-ed25519",
        "broken.test ssh-ed25519 ????",
        f"UPPER.test {keys[0]}",
        *hashed.read_text().splitlines(),
    ]
    file.write_text("\n".join(lines) + "\n")
    names = "a.test 10.0.0.1 y.b.test x.b.test b.test c1.test c12.test [a.test]:2222 [a.test]:22 upper.test h.test"
    for name in [*names.split(), "[h.test]:2222", "10.0.0.[12]", "none.example.com", "broken.test"]:
        found = known_hosts.entries([str(file), str(tmp_path / "none")], name)
        assert [entry.line for entry in found] == asked_of_openssh(file, name), name
    assert [entry.mark for entry in known_hosts.entries([str(file)], "y.b.test")] == ["", "@revoked", "@cert-authority"]


def test_a_known_hosts_file_that_changes_is_read_again(tmp_path, keys):
    file = tmp_path / "known_hosts"
    file.write_text("")
    assert known_hosts.entries([str(file)], "a.test") == []
    file.write_text(f"a.test {keys[0]}\n")
    assert len(known_hosts.entries([str(file)], "a.test")) == 1


# What OpenSSH 8.4 and 9.2 print.
CHANGED = """@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
The fingerprint for the ED25519 key sent by the remote host is
SHA256:oZ.
Add correct host key in /home/a b/known_hosts to get rid of this message.
Offending ED25519 key in /home/a b/known_hosts:7
Host key for [a.test]:2222 has changed and you have requested strict checking.
Host key verification failed.
"""
MESSAGES = [
    (
        CHANGED,
        REFUSED,
        ["CHANGED", "/home/a b/known_hosts, line 7"],
        "ssh-keygen -f '/home/a b/known_hosts' -R '[a.test]:2222'",
    ),
    (
        "No ED25519 host key is known for 10.0.0.9 and you have requested strict checking.\r\n"
        "Host key verification failed.",
        REFUSED,
        ["The host key of 10.0.0.9 is not known"],
        "StrictHostKeyChecking=ask",
    ),
    ("ops@a.test: Permission denied (publickey,password).", REFUSED, ["publickey,password"], "ssh-copy-id ops@a.test"),
    (
        "Received disconnect from 10.0.0.9 port 22:2: Too many authentication failures",
        REFUSED,
        ["IdentitiesOnly"],
        "ssh",
    ),
    ("ssh: Could not resolve hostname a.test: Name or service not known", UNREACHABLE, ["Could not resolve"], "ssh"),
    ("ssh: connect to host a.test port 22: Connection refused", UNREACHABLE, ["Connection refused"], "ssh"),
    ("ssh: connect to host a.test port 22: Connection timed out", UNREACHABLE, ["timed out"], "ssh"),
    (
        "channel 0: open failed: connect failed: No route to host\nstdio forwarding failed\n"
        "Connection closed by UNKNOWN port 65535",
        UNREACHABLE,
        ["No route to host"],
        "ssh",
    ),
    ("kex_exchange_identification: read: Connection reset by peer", UNREACHABLE, ["Connection reset"], "ssh"),
    (
        "Unable to negotiate with 10.0.0.9 port 22: no matching host key type found. Their offer: ssh-rsa",
        UNREACHABLE,
        ["ssh-rsa"],
        "ssh",
    ),
    ("/home/x/.ssh/config: line 3: Bad configuration option: foo", USAGE, ["line 3"], "ssh -G"),
    ("Bad owner or permissions on /home/x/.ssh/config", USAGE, ["permissions"], "ssh -G"),
    ("", UNREACHABLE, ["without a word"], "ssh"),
]


@pytest.mark.parametrize("said, kind, words, remedy", MESSAGES)
def test_what_openssh_says(said, kind, words, remedy):
    found = openssh.trouble(Ssh("a.test", "ops"), said)
    assert found.kind == kind
    assert all(word in found.message for word in words), found.message
    assert remedy in found.remedy
