"""What the words of a command line point at."""

import subprocess

import pytest

from diagnostics.targets import BUNDLE, INVENTORY, LOCAL, SSH, USAGE, Ssh, TargetError, parse

ADDRESSES = {
    "ssh://v5.example.com": (Ssh("v5.example.com"), ""),
    "ssh://root@v5.example.com": (Ssh("v5.example.com", "root"), ""),
    "ssh://v5.example.com:2222/": (Ssh("v5.example.com", port=2222), ""),
    "SSH://ops@v5.example.com:22/var/www/invoiceninja": (Ssh("v5.example.com", "ops", 22), "/var/www/invoiceninja"),
    "ssh://[2001:db8::1]/srv": (Ssh("2001:db8::1"), "/srv"),
    "ssh://ops@[::1]:2222/srv": (Ssh("::1", "ops", 2222), "/srv"),
    "ssh://[fe80::1%25eth0]": (Ssh("fe80::1%eth0"), ""),
    "ssh://an%40other@v5.example.com": (Ssh("v5.example.com", "an@other"), ""),
    "ssh://an@other@v5.example.com": (Ssh("v5.example.com", "an@other"), ""),
    "ssh://my_alias/srv/in voice/a%20b%25": (Ssh("my_alias"), "/srv/in voice/a b%"),
    'ssh://v5.example.com/srv/it\'s "here"?x#y@z:1': (Ssh("v5.example.com"), '/srv/it\'s "here"?x#y@z:1'),
    "ssh://bücher.example.com": (Ssh("bücher.example.com"), ""),
}


@pytest.mark.parametrize("word, expected", ADDRESSES.items())
def test_an_address(word, expected):
    target = parse(word)
    assert (target.ssh, target.path) == expected
    assert (target.kind, target.word) == (SSH, word)
    assert not target.sudo


def test_this_machine(tmp_path, monkeypatch):
    assert (parse("local").kind, parse("local").path) == (LOCAL, "")
    assert parse("local:/srv/a b").path == "/srv/a b"
    monkeypatch.chdir(tmp_path)
    assert parse("local:site").path == str(tmp_path / "site")


def test_a_file_is_a_bundle_and_any_other_name_is_the_inventorys(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "client1").write_bytes(b"")
    (tmp_path / "b.tar.gz").write_bytes(b"")
    assert (parse("client1").kind, parse("client1").path) == (BUNDLE, "client1")
    assert parse(str(tmp_path / "b.tar.gz")).kind == BUNDLE
    for word in ("client2", "client:client1", "v5.client1.test", "10.0.0.1"):
        assert parse(word).kind == INVENTORY
    assert parse("client:client1").name == "client1"
    assert parse("client:a.json").name == "a.json"
    assert parse("client:client1").word == "client:client1"


@pytest.mark.parametrize(
    "word, said",
    [
        ("", "An empty word"),
        ("a b", "neither a target nor a name"),
        ("ssh://", "names no host"),
        ("ssh:///srv", "names no host"),
        ("ssh://-oProxyCommand=id/srv", "names no host"),
        ("ssh://a.test;id/srv", "names no host"),
        ("ssh://$(id)@a.test", "has no user"),
        ("ssh://-lroot@a.test", "has no user"),
        ("ssh://@a.test", "has no user"),
        ("ssh://a.test:99999", "no port between"),
        ("ssh://a.test:0", "no port between"),
        ("ssh://a.test:", "no port between"),
        ("ssh://a.test:ssh/srv", "no host that can be read"),
        ("ssh://2001:db8::1/srv", "stands in brackets"),
        ("ssh://[2001:db8::1/srv", "stands in brackets"),
        ("https://v5.example.com", "only ssh:// addresses are"),
        ("root@v5.example.com", "written ssh://root@v5.example.com"),
        ("local:", "names no directory"),
        ("none/here.tar.gz", "There is no file"),
        ("here.tar.gz.json", "There is no file"),
        ("client:", "neither a target"),
        ("a\0b", "neither a target"),
        ("x" * 5000 + "/", "There is no file"),
    ],
)
def test_anything_else_is_said(word, said):
    with pytest.raises(TargetError) as caught:
        parse(word)
    assert said in caught.value.message
    assert caught.value.kind == USAGE
    assert caught.value.remedy


def test_a_password_is_refused_and_not_repeated():
    for word in ("ssh://ops:sesame@a.test/srv", "ftp://ops:sesame@a.test", "ssh://ops:ses@me@a.test"):
        with pytest.raises(TargetError) as caught:
            parse(word)
        assert "sesame" not in str(caught.value)
        assert "ses@me" not in str(caught.value)


def test_a_directory_is_no_bundle(tmp_path):
    with pytest.raises(TargetError) as caught:
        parse(str(tmp_path))
    assert caught.value.remedy == f"./cli.py diagnose local:{tmp_path}"


def test_secrets_are_in_no_representation():
    assert "sesame" not in repr(Ssh("a.test", password="sesame"))


def test_what_ssh_gets_is_what_it_understands(tmp_path):
    config = tmp_path / "a config"
    config.write_text("Host *\n  User nobody\n")
    ssh = Ssh("a.test", "an@other", 2222, ("-o", "ProxyJump=b.test"), config=str(config))
    said = subprocess.run(["ssh", "-G", *ssh.arguments], capture_output=True, text=True, check=True).stdout
    assert {"hostname a.test", "user an@other", "port 2222", "proxyjump b.test"} <= set(said.splitlines())
    assert f"-F '{config}'" in ssh.by_hand()
    assert "StrictHostKeyChecking=ask" in ssh.by_hand()
